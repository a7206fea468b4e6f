//! The gateway's own token: fetched when first needed, renewed before it expires or when
//! Keystone no longer takes it. However many requests need it at once, one fetches it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;
use reqwest::header::HeaderValue;
use url::Url;

use super::Unavailable;
use super::wire::Catalogue;
use crate::domain::{Clock, Timestamp};

/// A token is renewed this long before it expires, or after three quarters of its life if that
/// is sooner.
const MARGIN: Duration = Duration::from_secs(60);

/// One token of ours. The header value is marked sensitive: its `Debug` shows nothing.
#[derive(Debug)]
pub(super) struct OwnToken {
    pub header: HeaderValue,
    /// `…/v3/auth/tokens` where tokens are validated.
    pub validate_at: Url,
    /// Where the other services of the cloud are.
    pub catalogue: Catalogue,
    renew_at: Timestamp,
    generation: u64,
}

/// What a login brought.
pub(super) struct Fetched {
    pub header: HeaderValue,
    pub validate_at: Url,
    pub catalogue: Catalogue,
    pub expires_at: Timestamp,
}

/// The token in use. Each generation is fetched at most once at a time; to discard a token is to
/// move to the next generation, which only one of those who saw it refused can do.
pub(super) struct OwnTokens {
    generation: AtomicU64,
    by_generation: Cache<u64, Arc<OwnToken>>,
    clock: Clock,
}

impl OwnTokens {
    pub(super) fn new(clock: Clock) -> Self {
        Self { generation: AtomicU64::new(0), by_generation: Cache::builder().build(), clock }
    }

    /// The token in use, or a new one by `login`, which is a future and no closure: only so can the
    /// compiler see that what contains this is `Send`.
    pub(super) async fn get(
        &self,
        login: impl Future<Output = Result<Fetched, Unavailable>>,
    ) -> Result<Arc<OwnToken>, Unavailable> {
        let generation = self.generation.load(Ordering::Acquire);
        if let Some(token) = self.by_generation.get(&generation).await {
            if self.clock.now() < token.renew_at {
                return Ok(token);
            }
            self.discard(&token).await;
        }
        let generation = self.generation.load(Ordering::Acquire);
        let fetched = self.by_generation.try_get_with(generation, async {
            let now = self.clock.now();
            let Fetched { header, validate_at, catalogue, expires_at } = login.await?;
            let life = Duration::from_micros(u64::try_from(expires_at.0 - now.0).unwrap_or(0));
            let renew_at = now.plus(life.saturating_sub(MARGIN.min(life / 4)));
            Ok(Arc::new(OwnToken { header, validate_at, catalogue, renew_at, generation }))
        });
        fetched.await.map_err(|error: Arc<Unavailable>| Unavailable::clone(&error))
    }

    /// Never use this token again.
    pub(super) async fn discard(&self, token: &OwnToken) {
        let next = token.generation + 1;
        let outcome =
            self.generation.compare_exchange(token.generation, next, Ordering::AcqRel, Ordering::Acquire);
        if outcome.is_ok() {
            self.by_generation.invalidate(&token.generation).await;
        }
    }
}
