//! Decoded volume rows, checked against the store at every use.
//!
//! An entry is used only while the store says, in the same read, that the row's version and the
//! names epoch are still those it was decoded at. So a stale answer is impossible, and every
//! replica may have its own cache. The names epoch covers what a `VolumeDetails` shows of other
//! tables (type name, cluster name): whoever changes such a name bumps it in the same transaction
//! (`Tx::names_changed`). Bumping the versions of the volumes instead would miss one that another
//! transaction is just inserting.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_query::{Expr, ExprTrait as _, Func, Query, SimpleExpr};

use super::Tx;
use super::commits::Moment;
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
pub(super) struct VolumeCache(moka::sync::Cache<VolumeId, Arc<Entry>>);

struct Entry {
    stamp: Stamp,
    details: Arc<VolumeDetails>,
    /// One more than the last moment at which the stamp was seen to be right; 0: at none.
    checked: AtomicU64,
}

impl Entry {
    fn check(&self, moment: Option<Moment>) {
        if let Some(Moment(at)) = moment {
            self.checked.fetch_max(at + 1, Ordering::Relaxed);
        }
    }
}

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
    /// The row as it was at a stamp that was read at or after `moment`.
    pub(super) fn get(
        &self,
        id: VolumeId,
        stamp: Stamp,
        moment: Option<Moment>,
    ) -> Option<Arc<VolumeDetails>> {
        let entry = self.0.get(&id).filter(|entry| entry.stamp == stamp)?;
        entry.check(moment);
        Some(entry.details.clone())
    }

    /// The row, and when it was last seen to be right.
    pub(super) fn checked(&self, id: VolumeId) -> Option<(Moment, Arc<VolumeDetails>)> {
        let entry = self.0.get(&id)?;
        let at = entry.checked.load(Ordering::Relaxed).checked_sub(1)?;
        Some((Moment(at), entry.details.clone()))
    }

    /// Keeps a row that was read at or after `moment`.
    pub(super) fn put(&self, stamp: Stamp, moment: Option<Moment>, details: &Arc<VolumeDetails>) {
        let entry = Entry { stamp, details: details.clone(), checked: AtomicU64::new(0) };
        entry.check(moment);
        self.0.insert(details.volume.id, Arc::new(entry));
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
