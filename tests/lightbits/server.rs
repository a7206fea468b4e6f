//! A hand-made TLS server that answers whatever a test wants, well-formed or not, and remembers
//! every request that reached it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hearth::domain::operation::Lane;
use hearth::domain::{Clock, ClusterId, ClusterName, LightosProject};
use hearth::lightbits::{Cluster, Endpoint, LaneLimits, Settings, Timeouts, TlsTrust};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub line: String,
    pub authorization: Option<String>,
    pub if_match: Option<String>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
    pub fn is(&self, line: &str) -> bool {
        self.line == line
    }
    pub fn asks_identity(&self) -> bool {
        self.is("GET /api/v2/clusterinfo")
    }
}

/// What to do about a request.
pub enum Act {
    Json(u16, Value),
    /// The same, and the connection is closed after it.
    JsonAndClose(u16, Value),
    /// These bytes as they are, then close.
    Raw(Vec<u8>),
    /// A head, then zeroes for as long as anybody reads.
    Endless(&'static str),
    Close,
    Hang,
}

pub fn ok(value: Value) -> Act {
    Act::Json(200, value)
}

pub fn error(status: u16, code: u16) -> Act {
    Act::Json(status, json!({"error": "no", "message": "no", "code": code}))
}

type Handler = dyn Fn(&Seen) -> Act + Send + Sync;

/// Certificates of one test: an authority, and a server certificate signed by it for 127.0.0.1.
pub struct Pki {
    pub dir: tempfile::TempDir,
    chain: Vec<rustls::pki_types::CertificateDer<'static>>,
    key: Vec<u8>,
}

impl Pki {
    pub fn for_name(name: &str) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let server = server.signed_by(&key, &authority).unwrap();
        let dir = tempfile::tempdir().unwrap();
        put(&dir, "ca.pem", authority.pem().as_bytes());
        put(&dir, "server.pem", server.pem().as_bytes());
        Self { dir, chain: vec![server.der().clone()], key: key.serialize_der() }
    }

    pub fn file(&self, name: &str) -> TlsTrust {
        TlsTrust::File(self.dir.path().join(name))
    }

    fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                self.chain.clone(),
                rustls::pki_types::PrivateKeyDer::try_from(self.key.clone()).unwrap(),
            )
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

pub fn put(dir: &tempfile::TempDir, name: &str, content: &[u8]) {
    use std::io::Write;
    let mut file = std::fs::File::create(dir.path().join(name)).unwrap();
    file.write_all(content).unwrap();
}

pub struct Server {
    pub endpoint: Endpoint,
    seen: Arc<Mutex<Vec<Seen>>>,
    pub connections: Arc<AtomicUsize>,
    _serving: AbortOnDropHandle<()>,
}

impl Server {
    pub async fn start(pki: &Pki, handler: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0", pki, handler).await
    }

    pub async fn start_at(
        address: &str,
        pki: &Pki,
        handler: impl Fn(&Seen) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let endpoint = listener.local_addr().unwrap().to_string().parse().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let connections: Arc<AtomicUsize> = Arc::default();
        let (acceptor, handler): (_, Arc<Handler>) = (pki.acceptor(), Arc::new(handler));
        let (log, count) = (seen.clone(), connections.clone());
        let serving = tokio::spawn(async move {
            // Dropped with the task, and all connections with it: the server is gone at once.
            let mut open = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                open.spawn(serve(tcp, acceptor.clone(), handler.clone(), log.clone()));
            }
        });
        Self { endpoint, seen, connections, _serving: AbortOnDropHandle::new(serving) }
    }

    /// A cluster of that UUID: the identity question is answered, the rest is the test's.
    pub async fn cluster(
        pki: &Pki,
        uuid: ClusterId,
        handler: impl Fn(&Seen) -> Act + Send + Sync + 'static,
    ) -> Self {
        Self::start(pki, as_cluster(uuid, handler)).await
    }

    /// What reached it, the identity questions left out.
    pub fn calls(&self) -> Vec<Seen> {
        self.all().into_iter().filter(|seen| !seen.asks_identity()).collect()
    }
    pub fn all(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
    pub fn connected(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

pub fn as_cluster(
    uuid: ClusterId,
    handler: impl Fn(&Seen) -> Act + Send + Sync + 'static,
) -> impl Fn(&Seen) -> Act + Send + Sync + 'static {
    move |seen| if seen.asks_identity() { ok(json!({"UUID": uuid.to_string()})) } else { handler(seen) }
}

async fn serve(
    tcp: TcpStream,
    acceptor: TlsAcceptor,
    handler: Arc<Handler>,
    log: Arc<Mutex<Vec<Seen>>>,
) -> Option<()> {
    let mut stream = BufReader::new(acceptor.accept(tcp).await.ok()?);
    loop {
        let seen = read(&mut stream).await?;
        log.lock().unwrap().push(seen.clone());
        match handler(&seen) {
            Act::Json(status, value) => stream.write_all(&answer(status, &value)).await.ok()?,
            Act::JsonAndClose(status, value) => {
                stream.write_all(&answer(status, &value)).await.ok()?;
                stream.shutdown().await.ok()?;
                return None;
            }
            Act::Raw(bytes) => {
                stream.write_all(&bytes).await.ok()?;
                stream.shutdown().await.ok()?;
                return None;
            }
            Act::Endless(head) => {
                stream.write_all(head.as_bytes()).await.ok()?;
                loop {
                    stream.write_all(b"10000\r\n").await.ok()?;
                    stream.write_all(&[b' '; 0x1_0000]).await.ok()?;
                    stream.write_all(b"\r\n").await.ok()?;
                }
            }
            Act::Close => return None,
            Act::Hang => std::future::pending().await,
        }
        stream.flush().await.ok()?;
    }
}

fn answer(status: u16, value: &Value) -> Vec<u8> {
    let body = value.to_string();
    let head = "Content-Type: application/json\r\nContent-Length";
    format!("HTTP/1.1 {status} X\r\n{head}: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn read(stream: &mut BufReader<tokio_rustls::server::TlsStream<TcpStream>>) -> Option<Seen> {
    let mut seen = Seen::default();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if seen.line.is_empty() {
            seen.line = line.strip_suffix(" HTTP/1.1")?.to_owned();
        } else if let Some((name, value)) = line.split_once(": ") {
            match name.to_ascii_lowercase().as_str() {
                "authorization" => seen.authorization = Some(value.to_owned()),
                "if-match" => seen.if_match = Some(value.to_owned()),
                "content-length" => length = value.parse().ok()?,
                _ => {}
            }
        }
    }
    seen.body = vec![0; length];
    stream.read_exact(&mut seen.body).await.ok()?;
    Some(seen)
}

/// Settings for these servers, with limits that make a failing test short.
pub fn settings(pki: &Pki, servers: &[&Server], uuid: ClusterId) -> Settings {
    let endpoints = servers.iter().map(|server| server.endpoint.clone()).collect();
    Settings {
        expected_uuid: Some(uuid),
        tls: pki.file("ca.pem"),
        timeouts: Timeouts {
            connect: Duration::from_secs(2),
            attempt: Duration::from_millis(300),
            call: Duration::from_secs(5),
            ..Timeouts::default()
        },
        lanes: LaneLimits { user: 8, background: 1 },
        ..Settings::new(ClusterName::new("a"), endpoints)
    }
}

pub fn client(settings: Settings) -> Cluster {
    Cluster::new(settings, Clock::System).unwrap()
}

pub fn project() -> LightosProject {
    LightosProject::new("default")
}

pub const USER: Lane = Lane::User;
