//! Show and list.

use super::{not_found, parse_id};
use crate::domain::attachment::Attachment;
use crate::domain::page::{ListQuery, Page};
use crate::domain::{Ctx, Result};
use crate::service::{Services, confined_to};

impl Services {
    /// One attachment. (Upstream shows those of other projects to anybody who owns a volume; we
    /// do not.)
    ///
    /// # Errors
    /// `NotFound`, also for one of another project.
    pub async fn get_attachment(&self, ctx: &Ctx, id: &str) -> Result<Attachment> {
        let parsed = parse_id(id)?;
        let mut session = self.store.read().await?;
        session.find_attachment(parsed, confined_to(ctx)).await?.ok_or_else(|| not_found(id))
    }

    /// A page of attachments.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker.
    pub async fn list_attachments(&self, query: &ListQuery) -> Result<Page<Attachment>> {
        self.store.read().await?.list_attachments(query).await
    }
}
