//! What Keystone said, for a while. A hundred requests with one new token are one question; a
//! Keystone that is away is not noticed for tokens that were seen lately.
//!
//! The key is a digest, so the memory holds no token. Validated tokens are believed for the
//! configured time, a little less by chance (so that replicas do not all ask again at once) and
//! never past their own end; refusals for a few seconds, since a token may become valid when
//! Keystone's replicas catch up; failures not at all.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use sha2::{Digest, Sha256};

use super::keystone::{Expired, Unavailable, Verdict};
use crate::domain::Clock;

/// How long a refused token stays refused without asking.
const REFUSAL_TTL: Duration = Duration::from_secs(10);

/// Entries, about 1 kB each. Admission is by frequency: a flood of made-up tokens does not push
/// out those in use.
const CAPACITY: u64 = 50_000;

type Key = [u8; 32];

pub(super) struct TokenCache {
    verdicts: Cache<Key, Verdict>,
    clock: Clock,
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("entries", &self.verdicts.entry_count()).finish_non_exhaustive()
    }
}

impl TokenCache {
    pub(super) fn new(ttl: Duration, clock: Clock) -> Self {
        let believe = Believe { ttl, clock: clock.clone() };
        let verdicts = Cache::builder().max_capacity(CAPACITY).expire_after(believe).build();
        Self { verdicts, clock }
    }

    /// The remembered verdict, or the one that `ask` brings.
    pub(super) async fn verdict(
        &self,
        token: &str,
        expired: Expired,
        ask: impl Future<Output = Result<Verdict, Unavailable>>,
    ) -> Result<Verdict, Arc<Unavailable>> {
        // A token that is valid by itself needs no second question for the sake of a service.
        if expired == Expired::Allowed
            && let Some(verdict @ Verdict::Valid(_)) = self.verdicts.get(&key(token, Expired::Refused)).await
            && !self.is_past(&verdict)
        {
            return Ok(verdict);
        }
        let verdict = self.verdicts.try_get_with(key(token, expired), ask).await?;
        // The entry may outlive the token by the coarseness of timers, or by a clock that jumped.
        if expired == Expired::Refused && self.is_past(&verdict) {
            return Ok(Verdict::Invalid);
        }
        Ok(verdict)
    }

    fn is_past(&self, verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Valid(token) if token.expires_at <= self.clock.now())
    }
}

fn key(token: &str, expired: Expired) -> Key {
    let mode: &[u8] = match expired {
        Expired::Refused => b"r",
        Expired::Allowed => b"a",
    };
    Sha256::new().chain_update(mode).chain_update(token).finalize().into()
}

/// How long an entry lives.
struct Believe {
    ttl: Duration,
    clock: Clock,
}

impl Expiry<Key, Verdict> for Believe {
    fn expire_after_create(&self, _: &Key, verdict: &Verdict, _: Instant) -> Option<Duration> {
        let Verdict::Valid(token) = verdict else { return Some(REFUSAL_TTL.min(self.ttl)) };
        let ttl = self.ttl.mul_f64(rand::random_range(0.9..=1.0));
        let left = token.expires_at.0.saturating_sub(self.clock.now().0);
        // Nothing left: Keystone vouched for an expired token on behalf of a service.
        Some(match u64::try_from(left) {
            Ok(left) if left > 0 => ttl.min(Duration::from_micros(left)),
            _ => ttl,
        })
    }
}
