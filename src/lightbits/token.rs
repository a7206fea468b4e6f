//! The bearer token: given, read from a file that may be rotated under us, or minted from a key.
//!
//! A Lightbits cluster holds only public keys; whoever has the private one signs tokens offline
//! (`lightbits-api` §1.2). Minted ones live an hour, so that a leaked one is soon worthless.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::header::HeaderValue;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio::time::Instant;
use uuid::Uuid;

use crate::domain::{Clock, Timestamp};

use super::error::Trouble;
use super::settings::{Credentials, RsaKey};

const MINTED_LIFE: Duration = Duration::from_secs(3600);
/// A minted token is replaced when less than this is left of it.
const RENEW_BEFORE: i64 = 600;
/// Clocks of ours and the cluster's may differ by this much.
const SKEW: i64 = 60;
/// How often a token file is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A JWT fits a header; a file much larger is not one.
const MAX_TOKEN: u64 = 16 * 1024;

/// Whether a token that the cluster has just refused may be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    Cached,
    Renewed,
}

pub(super) struct Tokens {
    credentials: Credentials,
    clock: Clock,
    cache: Mutex<Option<Cached>>,
}

#[derive(Clone)]
struct Cached {
    token: SecretString,
    looked: Instant,
    file: Option<Stamp>,
    expires: Option<Timestamp>,
}

/// What changes when a file is replaced or rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<std::time::SystemTime>,
    length: u64,
    inode: u64,
}

impl Tokens {
    pub fn new(credentials: Credentials, clock: Clock) -> Self {
        Self { credentials, clock, cache: Mutex::new(None) }
    }

    /// The value of the `Authorization` header, if there is to be one.
    pub async fn authorization(&self, freshness: Freshness) -> Result<Option<HeaderValue>, Trouble> {
        let Some(token) = self.token(freshness).await? else { return Ok(None) };
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| Trouble::Credentials("the token holds characters no header may hold".to_owned()))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// Whether asking for a renewed token may bring another one.
    pub const fn can_renew(&self) -> bool {
        matches!(self.credentials, Credentials::JwtFile(_) | Credentials::RsaKey(_))
    }

    /// The `exp` of the token in use; `None` when there is no token, when it has none, or when
    /// it is minted here and so renewed in time.
    pub async fn expiry(&self) -> Result<Option<Timestamp>, Trouble> {
        if matches!(self.credentials, Credentials::RsaKey(_)) {
            return Ok(None);
        }
        Ok(self.token(Freshness::Cached).await?.and_then(|token| expiry_of(token.expose_secret())))
    }

    async fn token(&self, freshness: Freshness) -> Result<Option<SecretString>, Trouble> {
        match &self.credentials {
            Credentials::None => Ok(None),
            Credentials::StaticJwt(token) => Ok(Some(token.clone())),
            Credentials::JwtFile(path) => self.file_token(path, freshness).await.map(Some),
            Credentials::RsaKey(key) => self.minted_token(key, freshness).await.map(Some),
        }
    }

    fn cached(&self) -> Option<Cached> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, cached: Cached) {
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = Some(cached);
    }

    async fn file_token(&self, path: &Path, freshness: Freshness) -> Result<SecretString, Trouble> {
        let cached = self.cached();
        if let Some(cached) = &cached
            && freshness == Freshness::Cached
        {
            let seen_just_now = cached.looked.elapsed() < LOOK_AGAIN;
            if seen_just_now || cached.file == stamp(path).await {
                self.keep(Cached { looked: Instant::now(), ..cached.clone() });
                return Ok(cached.token.clone());
            }
        }
        // The stamp is taken first: a change during the read is then seen the next time.
        let file = stamp(path).await;
        match (read_token(path, file).await, cached) {
            (Ok(token), _) => {
                self.keep(Cached { token: token.clone(), looked: Instant::now(), file, expires: None });
                Ok(token)
            }
            (Err(why), Some(cached)) => {
                tracing::warn!(%why, "token file cannot be read; the last token stays in use");
                Ok(cached.token)
            }
            (Err(why), None) => Err(Trouble::Credentials(why)),
        }
    }

    async fn minted_token(&self, key: &RsaKey, freshness: Freshness) -> Result<SecretString, Trouble> {
        let now = self.clock.now();
        if let Some(cached) = self.cached()
            && freshness == Freshness::Cached
            && cached.expires.is_some_and(|expires| expires.seconds_since(now) > RENEW_BEFORE)
        {
            return Ok(cached.token);
        }
        let pem = tokio::fs::read(&key.path).await.map_err(|e| unreadable(&key.path, &e))?;
        let expires = now.plus(MINTED_LIFE);
        let token = SecretString::from(mint(key, &pem, now, expires)?);
        self.keep(Cached {
            token: token.clone(),
            looked: Instant::now(),
            file: None,
            expires: Some(expires),
        });
        Ok(token)
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::Credentials(format!("{}: {error}", path.display()))
}

async fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let found = tokio::fs::metadata(path).await.ok()?;
    Some(Stamp { modified: found.modified().ok(), length: found.len(), inode: found.ino() })
}

async fn read_token(path: &Path, file: Option<Stamp>) -> Result<SecretString, String> {
    if file.is_some_and(|stamp| stamp.length > MAX_TOKEN) {
        return Err(format!("{}: too large for a token", path.display()));
    }
    // The cause is not passed on when the text is not UTF-8: it is still a secret.
    let text =
        tokio::fs::read_to_string(path).await.map_err(|e| format!("{}: {}", path.display(), e.kind()))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(format!("{}: empty", path.display()));
    }
    Ok(SecretString::from(token))
}

/// The claims a cluster looks at, and those it logs.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    sub: &'a str,
    roles: &'a [String],
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

fn mint(key: &RsaKey, pem: &[u8], now: Timestamp, expires: Timestamp) -> Result<String, Trouble> {
    // The library's error could quote the key; what was wrong with it is for openssl to say.
    let bad_key = |_| Trouble::Credentials(format!("{}: not an RSA private key in PEM", key.path.display()));
    let signer = EncodingKey::from_rsa_pem(pem).map_err(bad_key)?;
    let seconds = |time: Timestamp| time.0.div_euclid(1_000_000);
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(key.kid.clone());
    let claims = Claims {
        iss: "hearth",
        sub: &key.subject,
        roles: &key.roles,
        iat: seconds(now) - SKEW,
        nbf: seconds(now) - SKEW,
        exp: seconds(expires),
        jti: Uuid::new_v4().to_string(),
    };
    jsonwebtoken::encode(&header, &claims, &signer).map_err(bad_key)
}

/// Reads `exp` without checking the signature: only the cluster can do that.
fn expiry_of(token: &str) -> Option<Timestamp> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    let exp = claims.get("exp")?;
    let seconds = exp.as_i64().or_else(|| exp.as_f64().map(|s| s as i64))?;
    Some(Timestamp(0).plus_seconds(seconds))
}
