//! Attachments, since 3.27; a short list and whole ones.

pub mod change;
pub mod connector;
pub mod list;
pub mod old_style;
pub mod view;

use crate::api::call::Call;
use crate::auth::Target;
use crate::domain::Result;
use crate::domain::attachment::Attachment;
use crate::service::attachments::Caller;

/// The attachment of the path, if the row's rule lets the caller at its volume.
async fn load_authorized(call: &Call) -> Result<Attachment> {
    let attachment = call.edge.services.get_attachment(&call.ctx, call.param("attachment_id")).await?;
    call.authorize(&Target::project(&attachment.project_id))?;
    Ok(attachment)
}

/// Who takes an attachment away: a service with a token of its own, or a user.
pub fn caller(call: &Call) -> Caller {
    let trusted = &call.edge.settings.service_token_roles;
    let service = call.ctx.service_roles.iter().any(|role| trusted.contains(role));
    if service || call.edge.authenticator.believes_everybody() { Caller::Service } else { Caller::User }
}
