//! `GET /types/{id}`; `default` is the type of a volume that names none.

use super::view::{One, Sees, View};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::{Error, Result};

pub async fn show(call: Call) -> Result<Reply> {
    let found = match call.param("id") {
        "default" => {
            let missing = |_| Error::not_found("Default volume type can not be found.");
            call.edge.services.default_type(&call.ctx).await.map_err(missing)?
        }
        id => call.edge.services.get_type(&call.ctx, id).await?,
    };
    call.authorize_own()?;
    let mut sees = Sees::of(&call);
    // Upstream's extension looks the type up by what stands in the path, and finds no "default".
    sees.access &= call.param("id") != "default";
    Ok(Reply::ok(&One { volume_type: View { volume_type: &found, sees } }))
}
