//! Keystone behind TLS: it proves who it is, unless the operator says otherwise.

use std::sync::{Arc, Mutex};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;

use super::fake_keystone::Facts;
use super::*;
use hearth::auth::keystone::TlsVerification;

/// The fake behind a certificate of its own; its PEM and its address.
async fn behind_tls() -> (String, String) {
    let facts = Facts { session_expires_at: "2099-01-01T00:00:00Z".to_owned(), ..Facts::default() };
    let facts = Arc::new(Mutex::new(facts));
    facts.lock().unwrap().tokens.insert("good".to_owned(), token("u-1", "p-1", &["member"]));
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let router = fake_keystone::router(facts);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(socket).await else { return };
                let service = TowerToHyperService::new(router);
                let _ =
                    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (made.cert.pem(), url)
}

#[tokio::test]
async fn trust_is_given_on_purpose() {
    let (pem, url) = behind_tls().await;
    let mut cafile = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut cafile, pem.as_bytes()).unwrap();
    let visit = async |change: &dyn Fn(&mut KeystoneSettings)| {
        let mut settings = KeystoneSettings::new(&url, "cinder", PASSWORD.into(), "service");
        change(&mut settings);
        let door = Authenticator::keystone(settings, Clock::manual(NOON)).unwrap();
        enter(&door, "good").await
    };
    let stranger = visit(&|_| ()).await.unwrap_err();
    assert_eq!(stranger.kind(), ErrorKind::Unavailable);
    assert!(stranger.detail().unwrap().contains("certificate"), "{:?}", stranger.detail());
    visit(&|settings| settings.cafile = Some(cafile.path().to_owned())).await.unwrap();
    visit(&|settings| settings.tls = TlsVerification::Insecure).await.unwrap();
}
