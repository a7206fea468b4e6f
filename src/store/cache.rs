//! Decoded volume rows, checked against the store at every use.
//!
//! An entry is used only while the store says, in the same read, that the row's version and the
//! names epoch are still those it was decoded at. So a stale answer is impossible, and every
//! replica may have its own cache. The names epoch covers what a `VolumeDetails` shows of other
//! tables (type name, cluster name): whoever changes such a name bumps it in the same transaction
//! (`Tx::names_changed`). Bumping the versions of the volumes instead would miss one that another
//! transaction is just inserting.

use std::sync::Arc;

use sea_query::{Expr, ExprTrait as _, Func, Query, SimpleExpr};

use super::Tx;
use crate::domain::volume::VolumeDetails;
use crate::domain::{Result, VolumeId};

/// Decoded rows kept at most, about 1.5 KiB each.
const CACHED_ROWS: u64 = 20_000;

/// The row of `locks` that counts changes of names.
const NAMES: &str = "names";

/// What a decoded row depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) version: i64,
    pub(super) names: i64,
}

/// Rows by id, each with the stamp it was read at.
#[derive(Clone)]
pub(super) struct VolumeCache(moka::sync::Cache<VolumeId, (Stamp, Arc<VolumeDetails>)>);

impl Default for VolumeCache {
    fn default() -> Self {
        Self(moka::sync::Cache::new(CACHED_ROWS))
    }
}

impl std::fmt::Debug for VolumeCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VolumeCache({})", self.0.entry_count())
    }
}

impl VolumeCache {
    pub(super) fn get(&self, id: VolumeId, stamp: Stamp) -> Option<Arc<VolumeDetails>> {
        self.0.get(&id).filter(|(at, _)| *at == stamp).map(|(_, details)| details)
    }
    pub(super) fn put(&self, stamp: Stamp, details: &Arc<VolumeDetails>) {
        self.0.insert(details.volume.id, (stamp, details.clone()));
    }
}

/// The names epoch as a column of a select.
pub(super) fn names_epoch() -> SimpleExpr {
    let mut epoch = Query::select();
    epoch.column("epoch").from("locks").and_where(Expr::col("name").eq(NAMES));
    let epoch = SimpleExpr::SubQuery(None, Box::new(epoch.into()));
    Func::coalesce([epoch, Expr::val(0i64)]).into()
}

impl Tx {
    /// The name of a type or cluster has changed: decoded volumes are no longer good.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn names_changed(&mut self) -> Result<()> {
        self.bump_epoch(NAMES).await
    }
}
