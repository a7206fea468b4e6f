//! Credentials: rotated files, minted tokens, and that none is ever shown.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hearth::domain::{BackendUuid, Clock, ClusterId, Timestamp};
use hearth::lightbits::{Cluster, Credentials, Outcome, Reason, RsaKey, Settings, Trouble};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::server::{Pki, Seen, Server, USER, client, error, ok, project, put, settings};

/// A cluster that lets in only the bearer of `good`.
async fn guarded(pki: &Pki, uuid: ClusterId, good: Arc<Mutex<String>>) -> Server {
    Server::start(pki, move |seen| {
        let expected = format!("Bearer {}", good.lock().unwrap());
        if seen.authorization.as_deref() == Some(&expected) {
            ok(json!({"UUID": uuid.to_string()}))
        } else {
            error(401, 16)
        }
    })
    .await
}

async fn delete(cluster: &Cluster) -> Outcome<()> {
    cluster.delete_volume(USER, &project(), BackendUuid::random()).await
}

#[tokio::test]
async fn a_rotated_token_file_is_read_again_and_even_a_write_goes_through() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let good = Arc::new(Mutex::new("old".to_owned()));
    let server = guarded(&pki, uuid, good.clone()).await;
    put(&pki.dir, "jwt", b"old\n");
    let credentials = Credentials::JwtFile(pki.dir.path().join("jwt"));
    let cluster = client(Settings { credentials, ..settings(&pki, &[&server], uuid) });
    assert_eq!(delete(&cluster).await, Outcome::Done(()));

    "new".clone_into(&mut good.lock().unwrap());
    put(&pki.dir, "jwt", b"new\n");
    assert_eq!(delete(&cluster).await, Outcome::Done(()), "401, read again, sent again");

    // The file vanishes: the last token stays in use.
    std::fs::remove_file(pki.dir.path().join("jwt")).unwrap();
    assert_eq!(delete(&cluster).await, Outcome::Done(()));
}

#[tokio::test]
async fn an_expired_token_is_a_refusal_and_not_repeated() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let good = Arc::new(Mutex::new("t".to_owned()));
    let server = guarded(&pki, uuid, good.clone()).await;
    let credentials = Credentials::StaticJwt(SecretString::from("t"));
    let cluster = client(Settings { credentials, ..settings(&pki, &[&server], uuid) });
    assert_eq!(delete(&cluster).await, Outcome::Done(()));
    "another".clone_into(&mut good.lock().unwrap());
    let before = server.calls().len();
    let outcome = delete(&cluster).await;
    assert!(matches!(&outcome, Outcome::Refused(refusal) if refusal.reason == Reason::Unauthenticated));
    assert_eq!(server.calls().len(), before + 1);

    // On a new connection the cluster would not even say who it is.
    let credentials = Credentials::StaticJwt(SecretString::from("t"));
    let cluster = client(Settings { credentials, ..settings(&pki, &[&server], uuid) });
    let Outcome::Unknown(trouble) = delete(&cluster).await else { panic!() };
    assert!(matches!(trouble, Trouble::Unverified { .. }) && trouble.is_unsent());
    assert_eq!(trouble.refusal().map(|refusal| refusal.reason), Some(Reason::Unauthenticated));
}

#[tokio::test]
async fn credentials_that_cannot_be_read_send_nothing() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let server = Server::cluster(&pki, uuid, |_| ok(json!({}))).await;
    put(&pki.dir, "empty", b" \n");
    put(&pki.dir, "binary", &[0xff, 0xfe, b'x']);
    put(&pki.dir, "two-lines", b"a\nb\n");
    let path = |name: &str| pki.dir.path().join(name);
    let key = |name| RsaKey {
        path: path(name),
        kid: "system:hearth".to_owned(),
        subject: "hearth".to_owned(),
        roles: vec![],
    };
    for credentials in [
        Credentials::JwtFile(path("absent")),
        Credentials::JwtFile(path("empty")),
        Credentials::JwtFile(path("binary")),
        Credentials::JwtFile(path("two-lines")),
        Credentials::JwtFile(path("")),
        Credentials::RsaKey(key("absent")),
        Credentials::RsaKey(key("ca.pem")),
    ] {
        let shown = format!("{credentials:?}");
        let cluster = client(Settings { credentials, ..settings(&pki, &[&server], uuid) });
        let Outcome::Unknown(trouble) = delete(&cluster).await else { panic!("{shown}") };
        assert!(matches!(trouble, Trouble::Credentials(_)) && trouble.is_unsent(), "{shown}: {trouble}");
    }
    assert!(server.all().is_empty());
}

#[tokio::test]
async fn minted_tokens_are_signed_short_lived_and_renewed_in_time() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let server = Server::cluster(&pki, uuid, |_| ok(json!({}))).await;
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    put(&pki.dir, "key.pem", pair.serialize_pem().as_bytes());
    let credentials = Credentials::RsaKey(RsaKey {
        path: pki.dir.path().join("key.pem"),
        kid: "system:hearth".to_owned(),
        subject: "gateway".to_owned(),
        roles: vec!["system:cluster-admin".to_owned()],
    });
    let clock = Clock::manual(Clock::System.now());
    let settings = Settings { credentials, ..settings(&pki, &[&server], uuid) };
    let cluster = Cluster::new(settings, clock.clone()).unwrap();
    for _ in 0..3 {
        assert!(cluster.version(USER).await.is_ok());
    }
    let tokens = |server: &Server| {
        let mut all: Vec<_> =
            server.all().iter().filter_map(|seen: &Seen| seen.authorization.clone()).collect();
        all.dedup();
        all
    };
    let first = tokens(&server);
    assert_eq!(first.len(), 1, "one token for all");

    let token = first[0].strip_prefix("Bearer ").unwrap();
    let key = jsonwebtoken::DecodingKey::from_rsa_pem(pair.public_key_pem().as_bytes()).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.validate_nbf = true;
    let read = jsonwebtoken::decode::<Value>(token, &key, &rules).unwrap();
    assert_eq!(read.header.kid.as_deref(), Some("system:hearth"));
    assert_eq!(read.claims["sub"], "gateway");
    assert_eq!(read.claims["roles"], json!(["system:cluster-admin"]));
    let expiry = Timestamp(0).plus_seconds(read.claims["exp"].as_i64().unwrap());
    assert!((3500..=3600).contains(&expiry.seconds_since(clock.now())));
    assert_eq!(cluster.credential_expiry().await, Ok(None), "nobody has to replace it");

    clock.advance(Duration::from_secs(3100));
    assert!(cluster.version(USER).await.is_ok());
    assert_eq!(tokens(&server).len(), 2, "renewed before it expires");
}

#[tokio::test]
async fn the_expiry_of_a_given_token_is_read_where_there_is_one() {
    let pki = Pki::for_name("127.0.0.1");
    // {"exp":1700000000} and {} as payloads.
    for (token, expiry) in [
        ("e30.eyJleHAiOjE3MDAwMDAwMDB9.c2ln", Some(Timestamp(1_700_000_000_000_000))),
        ("e30.e30.c2ln", None),
        ("opaque", None),
    ] {
        let uuid = ClusterId::random();
        let server = Server::cluster(&pki, uuid, |_| ok(json!({}))).await;
        let credentials = Credentials::StaticJwt(SecretString::from(token));
        let cluster = client(Settings { credentials, ..settings(&pki, &[&server], uuid) });
        assert_eq!(cluster.credential_expiry().await, Ok(expiry), "{token}");
    }
}

#[tokio::test]
async fn no_secret_is_ever_shown() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJl";
    let server = Server::cluster(&pki, uuid, move |_| {
        crate::server::Act::Json(400, json!({"message": format!("bad token: {token}"), "code": 3}))
    })
    .await;
    let credentials = Credentials::StaticJwt(SecretString::from(token));
    let settings = Settings { credentials, ..settings(&pki, &[&server], uuid) };
    let mut shown = format!("{settings:?}");
    let cluster = client(settings);
    shown.push_str(&format!("{cluster:?} {:?} {:?}", delete(&cluster).await, cluster.endpoints()));
    assert!(!shown.contains("eyJ") && shown.contains("bad token: [token]"), "{shown}");
}
