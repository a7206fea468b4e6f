//! Volumes change hands: one project offers, another that knows the key takes.

mod accept;
mod create;
mod key;
mod read;

use crate::domain::transfer::Transfer;
use crate::domain::{Ctx, Error, Result, TransferId};
use crate::service::confined_to;
use crate::store::Tx;

fn not_found(id: &str) -> Error {
    Error::not_found(format!("Transfer {id} could not be found."))
}

fn parse_id(id: &str) -> Result<TransferId> {
    id.parse().map_err(|_| not_found(id))
}

/// The row, if the caller may know of it.
async fn visible(tx: &mut Tx, ctx: &Ctx, id: TransferId) -> Result<Transfer> {
    let found = tx.find_transfer(id, confined_to(ctx)).await?;
    found.ok_or_else(|| not_found(&id.to_string()))
}
