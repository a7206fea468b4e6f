//! One TCP connection to one API server, and one exchange on it.
//!
//! We keep our own connections rather than a library's pool for two reasons. A connection is
//! asked for the cluster's UUID before it carries anything else, so no request of ours can reach
//! a cluster we do not mean. And what matters after a failure is whether the request may have
//! left: the HTTP library hands an unsent request back, a pool would hide that.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

use super::settings::Endpoint;

/// A page of 1,000 volumes with long ACLs is some megabytes.
const MAX_BODY: usize = 32 * 1024 * 1024;
/// An idle connection older than this is not trusted to be alive.
const MAX_IDLE: Duration = Duration::from_secs(20);

pub(super) type Message = Request<Full<Bytes>>;

pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    _driver: AbortOnDropHandle<()>,
    opened: Instant,
    idle_since: Instant,
    /// It has carried a request before, so that the server may have closed it meanwhile.
    pub reused: bool,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub status: StatusCode,
    pub content_type: Option<String>,
    pub body: Bytes,
}

/// An exchange without a whole answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// The request did not leave; nothing has happened.
    Unsent(String),
    /// It may have.
    Interrupted(String),
    Deadline,
    /// There was an answer, but not one that can be read to its end.
    Unreadable {
        status: StatusCode,
        what: String,
    },
}

impl Connection {
    /// Connects and shakes hands; nothing of HTTP is sent.
    pub async fn open(endpoint: &Endpoint, tls: &TlsConnector, by: Instant) -> Result<Self, String> {
        match timeout_at(by, Self::dial(endpoint, tls)).await {
            Ok(result) => result,
            Err(_) => Err("connecting timed out".to_owned()),
        }
    }

    async fn dial(endpoint: &Endpoint, tls: &TlsConnector) -> Result<Self, String> {
        let tcp = TcpStream::connect((endpoint.host(), endpoint.port())).await.map_err(|e| e.to_string())?;
        tcp.set_nodelay(true).map_err(|e| e.to_string())?;
        let name = ServerName::try_from(endpoint.host().to_owned()).map_err(|e| e.to_string())?;
        let stream = tls.connect(name, tcp).await.map_err(|e| format!("TLS: {e}"))?;
        let (sender, driver) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|e| format!("HTTP: {e}"))?;
        let driver = tokio::spawn(async move {
            // Its end, good or bad, is seen by the exchange in progress or by the next checkout.
            let _ = driver.await;
        });
        let now = Instant::now();
        Ok(Self {
            sender,
            _driver: AbortOnDropHandle::new(driver),
            opened: now,
            idle_since: now,
            reused: false,
        })
    }

    /// May it carry one more request?
    pub fn is_fit(&self, max_age: Duration) -> bool {
        !self.sender.is_closed() && self.opened.elapsed() < max_age && self.idle_since.elapsed() < MAX_IDLE
    }

    pub fn rest(&mut self) {
        self.idle_since = Instant::now();
        self.reused = true;
    }

    /// Sends one request and reads the whole answer.
    pub async fn exchange(&mut self, message: Message, by: Instant) -> Result<Reply, Broken> {
        match timeout_at(by, self.sender.ready()).await {
            Ok(Ok(())) => {}
            Ok(Err(e)) => return Err(Broken::Unsent(e.to_string())),
            Err(_) => return Err(Broken::Unsent("the connection did not get ready".to_owned())),
        }
        let answer = match timeout_at(by, self.sender.try_send_request(message)).await {
            Err(_) => return Err(Broken::Deadline),
            Ok(Ok(answer)) => answer,
            Ok(Err(mut failed)) => {
                let unsent = failed.take_message().is_some();
                let why = chain(&failed.into_error());
                return Err(if unsent { Broken::Unsent(why) } else { Broken::Interrupted(why) });
            }
        };
        match timeout_at(by, whole(answer)).await {
            Ok(result) => result,
            Err(_) => Err(Broken::Deadline),
        }
    }
}

async fn whole<B>(answer: Response<B>) -> Result<Reply, Broken>
where
    B: Body<Data = Bytes, Error = hyper::Error> + Unpin,
{
    let (head, mut body) = answer.into_parts();
    let status = head.status;
    let too_large = || Broken::Unreadable { status, what: format!("more than {MAX_BODY} bytes") };
    let announced = number(&head.headers).unwrap_or(0);
    if announced > MAX_BODY {
        return Err(too_large());
    }
    let mut bytes = BytesMut::with_capacity(announced.min(1 << 20));
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|e| Broken::Unreadable { status, what: format!("a body cut short ({})", chain(&e)) })?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > MAX_BODY {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
    Ok(Reply { status, content_type, body: bytes.freeze() })
}

fn number(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
