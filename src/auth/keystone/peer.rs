//! Calls to other services of the cloud with the gateway's own account. Where they are, the
//! catalogue says that came with our own token.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use url::Url;

use super::client::{KeystoneClient, X_AUTH_TOKEN, receive};
use super::own_token::OwnToken;
use super::{Interface, Unavailable};

const API_VERSION: HeaderName = HeaderName::from_static("openstack-api-version");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// Another service of the cloud.
#[derive(Debug, Clone)]
pub struct Peer {
    /// As the catalogue calls it: `compute`.
    pub service_type: &'static str,
    pub interface: Interface,
    /// Where the catalogue has several.
    pub region: Option<String>,
    /// Instead of the catalogue's.
    pub endpoint: Option<Url>,
    /// For one call as a whole, renewing the gateway's own token included.
    pub timeout: Duration,
}

/// One call. Nothing that must not be done twice: it is repeated with a fresh token.
#[derive(Debug, Clone)]
pub struct PeerCall<'a> {
    pub method: Method,
    /// Below the endpoint, one element a segment.
    pub path: &'a [&'a str],
    /// `OpenStack-API-Version`: `compute 2.89`.
    pub version: &'static str,
    /// Of the request that caused it.
    pub request_id: &'a str,
    pub body: Option<&'a serde_json::Value>,
}

/// Whose token goes with a call.
#[derive(Clone, Copy)]
pub enum Caller<'a> {
    Ourselves,
    /// Whose request we are serving: for what depends on what he may see.
    User(&'a str),
}

/// A request that is sent by whoever asked for it, and whose answer he reads: for bodies that are
/// long. It has no deadline.
#[derive(Debug)]
pub struct Prepared {
    pub request: reqwest::RequestBuilder,
    pub stamp: Stamp,
}

/// Which of our tokens a request was sent with.
#[derive(Debug)]
pub struct Stamp(Option<Arc<OwnToken>>);

/// Longer than any body may take; a request without a time of its own would have the client's.
const NO_DEADLINE: Duration = Duration::from_secs(30 * 86_400);

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Missed {
    #[error("the catalogue has no such service")]
    NoSuchService,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl KeystoneClient {
    /// Status and body of the answer, whatever they are.
    ///
    /// # Errors
    /// `NoSuchService` when the cloud has none of this type in any region.
    pub async fn call(&self, peer: &Peer, call: &PeerCall<'_>) -> Result<(StatusCode, Vec<u8>), Missed> {
        let late = || Unavailable(format!("the {} service did not answer in time", peer.service_type));
        tokio::time::timeout(peer.timeout, self.call_with_own_token(peer, call))
            .await
            .unwrap_or_else(|_| Err(late().into()))
    }

    /// # Errors
    /// When we have no token of our own, or the catalogue that comes with it not the service.
    pub async fn prepare(
        &self,
        peer: &Peer,
        caller: Caller<'_>,
        method: Method,
        path: &[&str],
    ) -> Result<Prepared, Missed> {
        let late = || Unavailable("Keystone did not answer in time".to_owned());
        let own =
            tokio::time::timeout(peer.timeout, self.own_token()).await.unwrap_or_else(|_| Err(late()))?;
        let url = address(&own, peer, path)?;
        let (token, own) = match caller {
            Caller::Ourselves => (own.header.clone(), Some(own)),
            Caller::User(token) => {
                let mut token = HeaderValue::from_str(token)
                    .map_err(|_| Unavailable("the caller's token is no token".to_owned()))?;
                token.set_sensitive(true);
                (token, None)
            }
        };
        let request = self.http.request(method, url).header(X_AUTH_TOKEN, token).timeout(NO_DEADLINE);
        Ok(Prepared { request, stamp: Stamp(own) })
    }

    /// The service no longer takes the token that we sent: the next request has a fresh one.
    /// `false`: it was not ours.
    pub async fn renew(&self, refused: &Stamp) -> bool {
        let Some(own) = &refused.0 else { return false };
        self.discard(own).await;
        true
    }

    async fn call_with_own_token(
        &self,
        peer: &Peer,
        call: &PeerCall<'_>,
    ) -> Result<(StatusCode, Vec<u8>), Missed> {
        let own = self.own_token().await?;
        let first = self.call_as(&own, peer, call).await?;
        if first.0 != StatusCode::UNAUTHORIZED {
            return Ok(first);
        }
        self.discard(&own).await;
        let own = self.own_token().await?;
        self.call_as(&own, peer, call).await
    }

    async fn call_as(
        &self,
        own: &OwnToken,
        peer: &Peer,
        call: &PeerCall<'_>,
    ) -> Result<(StatusCode, Vec<u8>), Missed> {
        let url = address(own, peer, call.path)?;
        let mut headers = HeaderMap::new();
        headers.insert(X_AUTH_TOKEN, own.header.clone());
        headers.insert(API_VERSION, HeaderValue::from_static(call.version));
        if let Ok(id) = HeaderValue::from_str(call.request_id) {
            headers.insert(REQUEST_ID, id);
        }
        let mut request = self.http.request(call.method.clone(), url).headers(headers).timeout(peer.timeout);
        if let Some(body) = call.body {
            request = request.json(body);
        }
        let (status, _, body) = receive(request, peer.service_type).await?;
        Ok((status, body))
    }
}

fn address(own: &OwnToken, peer: &Peer, path: &[&str]) -> Result<Url, Missed> {
    let told = match &peer.endpoint {
        Some(endpoint) => Some(endpoint.clone()),
        None => own
            .catalogue
            .find(peer.service_type, peer.interface, peer.region.as_deref())
            .map(|told| Url::parse(told).map_err(|_| nowhere(peer)))
            .transpose()?,
    };
    let mut url = match told {
        Some(url) => url,
        // Somewhere else there may be one: what it would say cannot be guessed.
        None if own.catalogue.knows(peer.service_type) => return Err(nowhere(peer).into()),
        None => return Err(Missed::NoSuchService),
    };
    // Some catalogues name the version in the address, some do not.
    let ends_so = |part: &&str| url.path().trim_end_matches('/').rsplit('/').next() == Some(*part);
    let path = if path.first().is_some_and(ends_so) { path.get(1..).unwrap_or_default() } else { path };
    url.path_segments_mut().map_err(|()| nowhere(peer))?.pop_if_empty().extend(path);
    Ok(url)
}

fn nowhere(peer: &Peer) -> Unavailable {
    Unavailable(format!("the catalogue has no {} endpoint of that interface and region", peer.service_type))
}
