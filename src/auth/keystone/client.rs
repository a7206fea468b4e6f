//! The calls to Keystone. Everything it may answer ends in one of three outcomes: the token is
//! valid, the token is not, or Keystone cannot say. Only the second is the caller's fault, so
//! only a clear "no such token" counts as that.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use url::Url;

use super::own_token::{Fetched, OwnToken, OwnTokens};
use super::wire::{self, Login};
use super::{Expired, KeystoneSettings, TlsVerification, Unavailable, Verdict};
use crate::domain::{Clock, Error};

pub(super) const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const X_SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");
/// Says that we enforce access rules; without it Keystone refuses credentials that have any.
const ACCESS_RULES: HeaderName = HeaderName::from_static("openstack-identity-access-rules");

const KEYSTONE: &str = "Keystone";

/// A token with a large catalogue has some 100 kB.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// A client with the gateway's own account.
pub struct KeystoneClient {
    pub(super) http: reqwest::Client,
    /// `…/v3/auth/tokens` below `auth_url`.
    login_at: Url,
    settings: KeystoneSettings,
    own: OwnTokens,
}

impl fmt::Debug for KeystoneClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeystoneClient").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl KeystoneClient {
    /// # Errors
    /// `Invalid` for settings that cannot work: a bad URL, a CA file that is not one.
    pub fn new(settings: KeystoneSettings, clock: Clock) -> Result<Self, Error> {
        let login_at = tokens_url(&settings.auth_url)
            .ok_or_else(|| Error::invalid("keystone.auth_url is not an http or https URL"))?;
        let http = http_client(&settings)?;
        Ok(Self { http, login_at, settings, own: OwnTokens::new(clock) })
    }

    pub const fn settings(&self) -> &KeystoneSettings {
        &self.settings
    }

    /// `validate` as a boxed future of a named type: without one the compiler cannot see that what
    /// contains it is `Send`.
    pub fn validate_boxed<'a>(
        &'a self,
        token: &'a str,
        expired: Expired,
    ) -> BoxFuture<'a, Result<Verdict, Unavailable>> {
        Box::pin(self.validate(token, expired))
    }

    /// Whose token is this?
    ///
    /// # Errors
    /// When Keystone cannot say.
    pub async fn validate(&self, token: &str, expired: Expired) -> Result<Verdict, Unavailable> {
        let is_printable = token.bytes().all(|byte| byte.is_ascii_graphic());
        let Some(mut subject) = HeaderValue::from_str(token).ok().filter(|_| is_printable) else {
            return Ok(Verdict::Invalid);
        };
        subject.set_sensitive(true);
        tokio::time::timeout(self.settings.request_timeout, self.ask(&subject, expired))
            .await
            .unwrap_or_else(|_| Err(Unavailable("Keystone did not answer in time".to_owned())))
    }

    /// The gateway's own token, fetched or renewed where it has to be.
    pub(super) async fn own_token(&self) -> Result<Arc<OwnToken>, Unavailable> {
        self.own.get(self.login()).await
    }

    /// It was refused, so it is used no more.
    pub(super) async fn discard(&self, token: &OwnToken) {
        self.own.discard(token).await;
    }

    async fn ask(&self, subject: &HeaderValue, expired: Expired) -> Result<Verdict, Unavailable> {
        let own = self.own_token().await?;
        let first = self.ask_as(&own, subject, expired).await?;
        if first.0 != StatusCode::UNAUTHORIZED {
            return verdict(first);
        }
        // Our own token was revoked, or Keystone lost its keys; a fresh one settles it.
        self.own.discard(&own).await;
        let own = self.own_token().await?;
        verdict(self.ask_as(&own, subject, expired).await?)
    }

    async fn ask_as(
        &self,
        own: &OwnToken,
        subject: &HeaderValue,
        expired: Expired,
    ) -> Result<(StatusCode, Vec<u8>), Unavailable> {
        let mut url = own.validate_at.clone();
        url.set_query(Some(match expired {
            Expired::Refused => "nocatalog",
            Expired::Allowed => "nocatalog&allow_expired=1",
        }));
        let mut headers = HeaderMap::new();
        headers.insert(X_AUTH_TOKEN, own.header.clone());
        headers.insert(X_SUBJECT_TOKEN, subject.clone());
        headers.insert(ACCESS_RULES, HeaderValue::from_static("1"));
        let request = || self.http.request(Method::GET, url.clone()).headers(headers.clone());
        let (status, _, body) = self.send(request).await?;
        Ok((status, body))
    }

    /// Gets a token for the gateway's own account.
    async fn login(&self) -> Result<Fetched, Unavailable> {
        let request =
            || self.http.request(Method::POST, self.login_at.clone()).json(&Login::new(&self.settings));
        let (status, mut headers, body) = self.send(request).await?;
        if status != StatusCode::CREATED {
            return Err(Unavailable(format!(
                "Keystone answered {status} when hearth logged in as {} in project {}",
                self.settings.username, self.settings.project_name
            )));
        }
        let nonsense = |what: String| Unavailable(format!("Keystone's answer to hearth's own login: {what}"));
        let (token, catalogue) = wire::read(&body).map_err(nonsense)?;
        let mut header = headers
            .remove(X_SUBJECT_TOKEN)
            .ok_or_else(|| nonsense("it has no X-Subject-Token".to_owned()))?;
        header.set_sensitive(true);
        let validate_at = match self.settings.interface {
            None => self.login_at.clone(),
            Some(interface) => catalogue
                .find("identity", interface, self.settings.region.as_deref())
                .and_then(tokens_url)
                .ok_or_else(|| nonsense("no identity endpoint of that interface and region".to_owned()))?,
        };
        Ok(Fetched { header, validate_at, catalogue, expires_at: token.expires_at })
    }

    /// Sends, and once more if a proxy or a restarting Keystone was in the way: neither of the
    /// two calls does anything that could be done twice.
    async fn send(
        &self,
        request: impl Fn() -> reqwest::RequestBuilder,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>), Unavailable> {
        match receive(request(), KEYSTONE).await {
            Ok(answer) if !is_passing(answer.0) => Ok(answer),
            Ok(_) | Err(_) => receive(request(), KEYSTONE).await,
        }
    }
}

pub(super) async fn receive(
    request: reqwest::RequestBuilder,
    who: &str,
) -> Result<(StatusCode, HeaderMap, Vec<u8>), Unavailable> {
    let failed = |error: reqwest::Error| {
        Unavailable(format!("{who} cannot be reached: {}", chain(&error.without_url())))
    };
    let mut answer = request.send().await.map_err(failed)?;
    let headers = std::mem::take(answer.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(Unavailable(format!("the answer of {who} is larger than {MAX_ANSWER_BYTES} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((answer.status(), headers, body))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

const fn is_passing(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}

fn verdict((status, body): (StatusCode, Vec<u8>)) -> Result<Verdict, Unavailable> {
    match status {
        StatusCode::OK => match wire::read(&body) {
            Ok((token, _)) => Ok(Verdict::Valid(token.into())),
            Err(what) => Err(Unavailable(format!("Keystone's answer to a validation: {what}"))),
        },
        // 400 and the like: a text that Keystone cannot even take for a token.
        StatusCode::NOT_FOUND
        | StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Ok(Verdict::Invalid),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Unavailable(format!(
            "Keystone answered {status}: hearth's own account may not validate tokens; give it the role service or admin"
        ))),
        other => Err(Unavailable(format!("Keystone answered {other} to a validation"))),
    }
}

/// `…/v3/auth/tokens` for the address of a Keystone, with or without `/v3` at its end.
fn tokens_url(address: &str) -> Option<Url> {
    let mut url = Url::parse(address.trim_end_matches('/')).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    let versioned = url.path().ends_with("/v3");
    {
        let mut path = url.path_segments_mut().ok()?;
        path.pop_if_empty();
        if !versioned {
            path.push("v3");
        }
        path.extend(["auth", "tokens"]);
    }
    Some(url)
}

fn http_client(settings: &KeystoneSettings) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.request_timeout)
        // Another host must not be handed our token, and a proxy must be configured on purpose.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    if let Some(path) = &settings.cafile {
        let bad =
            |why: &dyn fmt::Display| Error::invalid(format!("keystone.cafile {}: {why}", path.display()));
        let pem = std::fs::read(path).map_err(|error| bad(&error))?;
        let authorities = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| bad(&error))?;
        if authorities.is_empty() {
            return Err(bad(&"there is no certificate in it"));
        }
        builder = builder.tls_certs_only(authorities);
    }
    if settings.tls == TlsVerification::Insecure {
        tracing::warn!("Keystone's certificate is NOT verified (keystone.insecure): tokens can be stolen");
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    builder.build().map_err(|error| Error::invalid("keystone: TLS cannot be set up").because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_keystone_comes_in_many_spellings() {
        for (address, url) in [
            ("http://ks:5000", "http://ks:5000/v3/auth/tokens"),
            ("http://ks:5000/", "http://ks:5000/v3/auth/tokens"),
            ("https://ks/identity", "https://ks/identity/v3/auth/tokens"),
            ("https://ks/identity/v3//", "https://ks/identity/v3/auth/tokens"),
            ("https://ks/v3?x=1#y", "https://ks/v3/auth/tokens"),
        ] {
            assert_eq!(tokens_url(address).unwrap().as_str(), url, "{address}");
        }
        for bad in ["", "ks:5000", "ftp://ks/v3", "http://", "file:///v3"] {
            assert_eq!(tokens_url(bad), None, "{bad}");
        }
    }
}
