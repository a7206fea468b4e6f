//! What the sole owner of a database knows without asking it.
//!
//! A SQLite file belongs to one process (`app::lock`), which therefore sees every commit: what it
//! has read stands until the next one begins. Whoever reads notes a [`Moment`] BEFORE he asks, and
//! only a quiet one, with no commit under way; the result is good for as long as no commit has
//! begun since. So nobody is given an answer older than a commit that was acknowledged, nor one
//! older than what another reader has already been given. Where several processes share a
//! database there are no moments, and every read asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Who writes to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ownership {
    /// This process alone, through this store and its clones.
    Sole,
    Shared,
}

/// The commits of this process.
#[derive(Debug, Clone, Default)]
pub(super) struct Commits(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// A time between two commits, as the number of those that went before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(pub(super) u64);

/// A commit under way, until it is dropped.
pub(super) struct UnderWay(Commits);

impl Commits {
    /// To be called before a commit is sent to the database, and kept until it has answered.
    pub(super) fn begin(&self) -> UnderWay {
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        UnderWay(self.clone())
    }

    /// Now, if no commit is under way.
    pub(super) fn quiet(&self) -> Option<Moment> {
        // In this order: `ended` never overtakes `begun`, so if it had already caught up with the
        // later value of `begun`, nothing was under way when that was read.
        let ended = self.0.ended.load(Ordering::SeqCst);
        let begun = self.0.begun.load(Ordering::SeqCst);
        (ended == begun).then_some(Moment(begun))
    }

    /// Whether everything read at that moment still stands.
    pub(super) fn none_since(&self, moment: Moment) -> bool {
        self.0.begun.load(Ordering::SeqCst) == moment.0
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_ends_when_a_commit_begins_and_the_next_starts_when_it_has_ended() {
        let commits = Commits::default();
        let first = commits.quiet().unwrap();
        assert!(commits.none_since(first));
        let one = commits.begin();
        assert!(!commits.none_since(first));
        assert_eq!(commits.quiet(), None);
        let other = commits.begin();
        drop(one);
        assert_eq!(commits.quiet(), None, "the other is still under way");
        drop(other);
        let second = commits.quiet().unwrap();
        assert!(second > first && commits.none_since(second) && !commits.none_since(first));
    }
}
