//! One connection: HTTP/1.1 until the client leaves, the node goes down, or a fault cuts it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::exchange::{self, Asked, Outcome};
use super::refusal::{Code, Refusal};
use super::shared::Shared;

/// The largest message that the gRPC server behind the gateway takes.
const BODY_LIMIT: usize = 4 << 20;

/// The connection ends here, without an answer.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection cut by a fault rule")
    }
}

impl std::error::Error for Cut {}

pub async fn serve(shared: &Arc<Shared>, node: u16, io: TokioIo<TlsStream<TcpStream>>) {
    let reset = AtomicBool::new(false);
    let service = service_fn(|request| answer(shared, node, request, &reset));
    let mut connection = hyper::server::conn::http1::Builder::new().serve_connection(io, service);
    if let Err(error) = (&mut connection).await {
        tracing::trace!(node, %error, "connection ended");
    }
    if reset.load(Ordering::Relaxed) {
        let io = connection.into_parts().io.into_inner();
        // With nothing to linger for, closing the socket sends RST.
        if let Err(error) = io.get_ref().0.set_zero_linger() {
            tracing::debug!(node, %error, "cannot reset the connection");
        }
    }
}

async fn answer(
    shared: &Arc<Shared>,
    node: u16,
    request: Request<Incoming>,
    reset: &AtomicBool,
) -> Result<Response<Full<Bytes>>, Cut> {
    let (head, body) = request.into_parts();
    let text = |name| head.headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Refusal::new(Code::ResourceExhausted, "grpc: received message larger than max"))
        }
        Err(_) => return Err(Cut),
    };
    let asked = Asked {
        node,
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        authorization: text(header::AUTHORIZATION).map(str::to_owned),
        if_match: text(header::IF_MATCH).map(str::to_owned),
        body,
    };
    // On a task of its own: a client that hangs up does not undo what it asked for.
    let work = shared.tasks.spawn(exchange::run(Arc::clone(shared), asked));
    match work.await {
        Ok(Outcome::Answer(answer)) => Ok(*answer),
        Ok(Outcome::Close) | Err(_) => Err(Cut),
        Ok(Outcome::Reset) => {
            reset.store(true, Ordering::Relaxed);
            Err(Cut)
        }
    }
}
