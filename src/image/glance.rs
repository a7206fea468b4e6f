//! The calls to Glance (v2). Everything it may answer ends in an answer, in its definite no, or in
//! "not now": only the last is worth another try.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use url::Url;

use super::{Settings, wire};
use crate::auth::keystone::{self, Caller, KeystoneClient, Peer};
use crate::domain::image::{Image, NewImage};
use crate::domain::{ImageId, RequestId};

/// Of an answer other than an image's bytes; lists are asked for in small pages.
const MAX_ANSWER: usize = 4 << 20;
const MAX_ERROR_TEXT: usize = 300;
const MAX_ERROR_PAGE: usize = 8 << 10;

/// The image service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Glance(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    way: Way,
    settings: Settings,
}

#[derive(Debug)]
enum Way {
    Keystone {
        account: Arc<KeystoneClient>,
        peer: Peer,
    },
    /// Without a Keystone there are no tokens; Glance believes everybody, too.
    Direct {
        http: reqwest::Client,
        endpoint: Url,
    },
}

/// Why there is no image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missed {
    #[error("there is no such image")]
    NotFound,
    #[error("Glance does not allow it: {0}")]
    Forbidden(String),
    /// Asked again it would say the same.
    #[error("Glance refuses it: {0}")]
    Refused(String),
    /// Away, or not itself.
    #[error("{0}")]
    Unavailable(String),
}

impl Missed {
    fn nonsense() -> Self {
        Self::Unavailable("Glance's answer makes no sense".to_owned())
    }
}

impl From<keystone::Missed> for Missed {
    fn from(missed: keystone::Missed) -> Self {
        Self::Unavailable(missed.to_string())
    }
}

impl From<reqwest::Error> for Missed {
    fn from(error: reqwest::Error) -> Self {
        Self::Unavailable(format!("Glance cannot be reached: {}", chain(&error.without_url())))
    }
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

impl Glance {
    /// Found through Keystone, with the gateway's own account.
    pub fn through_keystone(account: Arc<KeystoneClient>, peer: Peer, settings: Settings) -> Self {
        Self(Arc::new(Inner { way: Way::Keystone { account, peer }, settings }))
    }

    /// Where there is no Keystone.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn direct(endpoint: Url, settings: Settings) -> Result<Self, Missed> {
        let http = reqwest::Client::builder()
            .connect_timeout(settings.patience)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self(Arc::new(Inner { way: Way::Direct { http, endpoint }, settings })))
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// # Errors
    /// See [`Missed`].
    pub async fn show(&self, caller: Caller<'_>, id: ImageId, request: &RequestId) -> Result<Image, Missed> {
        let id = id.to_string();
        let path = ["v2", "images", &id];
        let answer =
            self.send(caller, Method::GET, &path, &|call| call.header(REQUEST_ID, request.as_str())).await?;
        let (_, body) = self.whole(answer).await?;
        wire::image(&body).ok_or_else(Missed::nonsense)
    }

    /// The images of this name that the caller sees; two of them are as good as many.
    ///
    /// # Errors
    /// See [`Missed`].
    pub async fn named(
        &self,
        caller: Caller<'_>,
        name: &str,
        request: &RequestId,
    ) -> Result<Vec<Image>, Missed> {
        let with = |call: RequestBuilder| {
            call.query(&[("name", name), ("limit", "2")]).header(REQUEST_ID, request.as_str())
        };
        let answer = self.send(caller, Method::GET, &["v2", "images"], &with).await?;
        let (_, body) = self.whole(answer).await?;
        wire::images(&body).ok_or_else(Missed::nonsense)
    }

    /// # Errors
    /// See [`Missed`].
    pub async fn create(
        &self,
        caller: Caller<'_>,
        new: &NewImage,
        request: &RequestId,
    ) -> Result<Image, Missed> {
        let body = wire::creation(new);
        let with = |call: RequestBuilder| call.json(&body).header(REQUEST_ID, request.as_str());
        let answer = self.send(caller, Method::POST, &["v2", "images"], &with).await?;
        let (_, body) = self.whole(answer).await?;
        wire::image(&body).ok_or_else(Missed::nonsense)
    }

    /// Gone is gone, whoever did it.
    ///
    /// # Errors
    /// See [`Missed`].
    pub async fn delete(&self, caller: Caller<'_>, id: ImageId) -> Result<(), Missed> {
        let id = id.to_string();
        let answer = self.send(caller, Method::DELETE, &["v2", "images", &id], &|call| call).await;
        match answer {
            Ok(answer) => self.whole(answer).await.map(|_| ()),
            Err(Missed::NotFound) => Ok(()),
            Err(missed) => Err(missed),
        }
    }

    /// The bytes of an image, as ourselves.
    ///
    /// # Errors
    /// See [`Missed`].
    pub async fn download(&self, id: ImageId) -> Result<Download, Missed> {
        let id = id.to_string();
        let path = ["v2", "images", &id, "file"];
        let answer = self.send(Caller::Ourselves, Method::GET, &path, &|call| call).await?;
        match answer.status() {
            StatusCode::OK => Ok(Download { answer: Some(answer), patience: self.0.settings.patience }),
            // Nothing was ever uploaded.
            StatusCode::NO_CONTENT => Ok(Download { answer: None, patience: self.0.settings.patience }),
            _ => Err(Missed::nonsense()),
        }
    }

    /// Gives an image its bytes, as ourselves. The stream is read as fast as Glance takes it.
    ///
    /// # Errors
    /// See [`Missed`].
    pub(super) async fn upload(
        &self,
        id: ImageId,
        size: u64,
        bytes: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    ) -> Result<(), Missed> {
        let id = id.to_string();
        let path = ["v2", "images", &id, "file"];
        let (call, _) = self.prepare(Caller::Ourselves, Method::PUT, &path).await?;
        // Not every server before Glance takes a body that does not say how long it is.
        let call = call
            .header(reqwest::header::CONTENT_TYPE, "application/octet-stream")
            .header(reqwest::header::CONTENT_LENGTH, size)
            .header("x-openstack-image-size", size)
            .body(reqwest::Body::wrap_stream(bytes));
        let answer = call.send().await?;
        self.judge(answer).await.map(|_| ())
    }

    async fn prepare(
        &self,
        caller: Caller<'_>,
        method: Method,
        path: &[&str],
    ) -> Result<(RequestBuilder, Option<keystone::Stamp>), Missed> {
        match &self.0.way {
            Way::Keystone { account, peer } => {
                let prepared = account.prepare(peer, caller, method, path).await?;
                Ok((prepared.request, Some(prepared.stamp)))
            }
            Way::Direct { http, endpoint } => {
                let mut url = endpoint.clone();
                let trimmed = url.path().trim_end_matches('/').to_owned();
                let skip = usize::from(trimmed.ends_with("/v2"));
                let path = path.get(skip..).unwrap_or_default();
                url.path_segments_mut()
                    .map_err(|()| Missed::Unavailable("Glance's address is no address".to_owned()))?
                    .pop_if_empty()
                    .extend(path);
                Ok((http.request(method, url), None))
            }
        }
    }

    /// An answer that is not an error. Ours being refused may be due to an old token, and is asked
    /// once more.
    async fn send(
        &self,
        caller: Caller<'_>,
        method: Method,
        path: &[&str],
        with: &(dyn Fn(RequestBuilder) -> RequestBuilder + Sync),
    ) -> Result<Response, Missed> {
        let (call, stamp) = self.prepare(caller, method.clone(), path).await?;
        let answer = self.patiently(with(call).send()).await??;
        if answer.status() == StatusCode::UNAUTHORIZED
            && let (Way::Keystone { account, .. }, Some(stamp)) = (&self.0.way, &stamp)
            && account.renew(stamp).await
        {
            let (call, _) = self.prepare(caller, method, path).await?;
            let answer = self.patiently(with(call).send()).await??;
            return self.judge(answer).await;
        }
        self.judge(answer).await
    }

    async fn judge(&self, answer: Response) -> Result<Response, Missed> {
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let text = match self.whole(answer).await {
            Ok((_, body)) if !body.is_empty() => plain(&body),
            Ok(_) | Err(_) => status.to_string(),
        };
        Err(match status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Missed::NotFound,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Missed::Forbidden(text),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Missed::Unavailable(format!("Glance answered {status}"))
            }
            _ if status.is_client_error() => Missed::Refused(text),
            _ => Missed::Unavailable(format!("Glance answered {status}")),
        })
    }

    async fn whole(&self, mut answer: Response) -> Result<(StatusCode, Vec<u8>), Missed> {
        let mut body = Vec::new();
        while let Some(chunk) = self.patiently(answer.chunk()).await?? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(Missed::nonsense());
            }
            body.extend_from_slice(&chunk);
        }
        Ok((answer.status(), body))
    }

    async fn patiently<T>(&self, what: impl Future<Output = T>) -> Result<T, Missed> {
        patiently(self.0.settings.patience, what).await
    }
}

const REQUEST_ID: &str = "x-openstack-request-id";

async fn patiently<T>(patience: Duration, what: impl Future<Output = T>) -> Result<T, Missed> {
    tokio::time::timeout(patience, what)
        .await
        .map_err(|_| Missed::Unavailable("Glance did not answer in time".to_owned()))
}

/// What an error page says, in the way of Glance's own client: line by line without its tags, and
/// nothing twice.
fn plain(body: &[u8]) -> String {
    let mut told: Vec<String> = Vec::new();
    for line in String::from_utf8_lossy(body.get(..MAX_ERROR_PAGE).unwrap_or(body)).lines() {
        let mut inside = false;
        let mut text = String::new();
        for c in line.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside && !c.is_control() => text.push(c),
                _ => {}
            }
        }
        let text = text.trim();
        if !text.is_empty() && !told.iter().any(|other| other == text) {
            told.push(text.to_owned());
        }
    }
    told.join(": ").chars().take(MAX_ERROR_TEXT).collect()
}

/// An image on its way.
pub struct Download {
    answer: Option<Response>,
    patience: Duration,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").finish_non_exhaustive()
    }
}

impl Download {
    /// The next bytes; `None`: that was all.
    ///
    /// # Errors
    /// When Glance breaks off or falls silent.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Missed> {
        let Some(answer) = &mut self.answer else { return Ok(None) };
        Ok(patiently(self.patience, answer.chunk()).await??)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_page_is_told_as_a_sentence() {
        let page = b"<html>\n <head>\n  <title>403 Forbidden</title>\n </head>\n <body>\n  <h1>403 Forbidden</h1>\n  \
            Image upload is not allowed.<br /><br />\n\n\n </body>\n</html>";
        assert_eq!(plain(page), "403 Forbidden: Image upload is not allowed.");
        assert_eq!(plain(b"\xff\xfe"), "\u{fffd}\u{fffd}");
        assert!(plain(&[b'x'; 90_000]).len() <= MAX_ERROR_TEXT);
    }
}
