//! User messages: read and deleted here, written by the worker.

use super::{Services, confined_to};
use crate::domain::message::Message;
use crate::domain::page::{ListQuery, Page};
use crate::domain::{Ctx, Error, Result};

impl Services {
    /// # Errors
    /// `NotFound`, also for a message of another project.
    pub async fn get_message(&self, ctx: &Ctx, id: &str) -> Result<Message> {
        let missing = || Error::not_found(format!("Message {id} could not be found."));
        let parsed = id.parse().map_err(|_| missing())?;
        let mut session = self.store.read().await?;
        session.find_message(parsed, confined_to(ctx)).await?.ok_or_else(missing)
    }

    /// # Errors
    /// `NotFound` for an unknown marker.
    pub async fn list_messages(&self, query: &ListQuery) -> Result<Page<Message>> {
        self.store.read().await?.list_messages(query).await
    }

    /// # Errors
    /// Those of the database.
    pub async fn delete_message(&self, message: &Message) -> Result<()> {
        let id = message.id;
        self.store.write("delete a message", |tx, _| Box::pin(tx.delete_message(id))).await
    }
}
