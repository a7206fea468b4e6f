//! Show and list, from the store only.

use super::{not_found, parse_id};
use crate::domain::page::{ListQuery, Page};
use crate::domain::transfer::Transfer;
use crate::domain::{Ctx, Result};
use crate::service::{Services, confined_to};

impl Services {
    /// One offer.
    ///
    /// # Errors
    /// `NotFound`, also for one of another project.
    pub async fn get_transfer(&self, ctx: &Ctx, id: &str) -> Result<Transfer> {
        let parsed = parse_id(id)?;
        let mut session = self.store.read().await?;
        session.find_transfer(parsed, confined_to(ctx)).await?.ok_or_else(|| not_found(id))
    }

    /// A page of offers.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker.
    pub async fn list_transfers(&self, query: &ListQuery) -> Result<Page<Transfer>> {
        self.store.read().await?.list_transfers(query).await
    }
}
