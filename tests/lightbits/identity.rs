//! No request reaches a cluster we do not mean, nor a server we cannot trust.

use hearth::domain::ClusterId;
use hearth::lightbits::{Outcome, Settings, TlsTrust, Trouble};
use serde_json::json;

use crate::server::{Pki, Server, USER, as_cluster, client, error, ok, project, settings};

fn version(seen: &crate::server::Seen) -> crate::server::Act {
    if seen.is("GET /api/v2/version") { ok(json!({"apiVersion": "v2.0"})) } else { error(404, 5) }
}

#[tokio::test]
async fn asks_each_connection_once_who_it_is_and_then_keeps_it() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let server = Server::cluster(&pki, uuid, version).await;
    let cluster = client(settings(&pki, &[&server], uuid));
    for _ in 0..20 {
        assert_eq!(cluster.version(USER).await.unwrap().as_deref(), Some("v2.0"));
    }
    assert_eq!((server.connected(), server.all().len()), (1, 21));
    assert!(server.all()[0].asks_identity());
}

#[tokio::test]
async fn nothing_but_the_question_reaches_another_cluster() {
    let (pki, uuid, other) = (Pki::for_name("127.0.0.1"), ClusterId::random(), ClusterId::random());
    let server = Server::cluster(&pki, other, version).await;
    let cluster = client(settings(&pki, &[&server], uuid));
    let outcome = cluster.delete_volume(USER, &project(), hearth::domain::BackendUuid::random()).await;
    let Outcome::Unknown(trouble) = outcome else { panic!("{outcome:?}") };
    assert!(trouble.is_unsent());
    assert_eq!(trouble.to_string(), format!("cluster at {} is {other}, expected {uuid}", server.endpoint));
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn a_wrong_endpoint_beside_a_right_one_is_passed_over() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let wrong = Server::cluster(&pki, ClusterId::random(), version).await;
    let right = Server::cluster(&pki, uuid, version).await;
    let cluster = client(settings(&pki, &[&wrong, &right], uuid));
    assert!(cluster.version(USER).await.is_ok());
    assert!(wrong.calls().is_empty());
    let status = cluster.endpoints();
    assert!(status[0].trouble.as_deref().unwrap().contains("expected"), "{status:?}");
    assert!(status[1].current);
}

#[tokio::test]
async fn an_address_that_changes_hands_is_noticed_before_it_is_used() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let first = Server::cluster(&pki, uuid, version).await;
    let address = first.endpoint.to_string();
    let cluster = client(settings(&pki, &[&first], uuid));
    assert!(cluster.version(USER).await.is_ok());
    drop(first);
    let second = loop {
        // The address is free once the first server's task is gone.
        if std::net::TcpListener::bind(&address).is_ok() {
            break Server::start_at(&address, &pki, as_cluster(ClusterId::random(), version)).await;
        }
        tokio::task::yield_now().await;
    };
    let trouble = cluster.version(USER).await.unwrap_err();
    assert!(matches!(trouble, Trouble::WrongCluster { .. }), "{trouble}");
    assert!(second.calls().is_empty());
}

#[tokio::test]
async fn the_first_contact_is_remembered_when_no_uuid_is_expected() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let server = Server::cluster(&pki, uuid, version).await;
    let other = Server::cluster(&pki, ClusterId::random(), version).await;
    let cluster = client(Settings { expected_uuid: None, ..settings(&pki, &[&server, &other], uuid) });
    assert_eq!(cluster.uuid(), None);
    assert!(cluster.version(USER).await.is_ok());
    assert_eq!(cluster.uuid(), Some(uuid));
    drop(server);
    let trouble = cluster.version(USER).await.unwrap_err();
    assert!(matches!(trouble, Trouble::WrongCluster { .. }), "{trouble}");
}

#[tokio::test]
async fn a_server_that_does_not_say_who_it_is_gets_nothing_else() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    for (status, body) in [(200, json!({})), (200, json!({"UUID": "x"})), (500, json!({})), (404, json!({}))]
    {
        let server = Server::start(&pki, move |_| crate::server::Act::Json(status, body.clone())).await;
        let cluster = client(settings(&pki, &[&server], uuid));
        let outcome = cluster.delete_volume(USER, &project(), hearth::domain::BackendUuid::random()).await;
        let Outcome::Unknown(trouble) = outcome else { panic!("{outcome:?}") };
        assert!(trouble.is_unsent(), "{trouble}");
        assert!(server.calls().is_empty());
    }
}

#[tokio::test]
async fn tls_is_verified_by_authority_name_or_the_very_certificate() {
    let (named, unnamed) = (Pki::for_name("127.0.0.1"), Pki::for_name("lb.example"));
    let uuid = ClusterId::random();
    let on_named = Server::cluster(&named, uuid, version).await;
    let on_unnamed = Server::cluster(&unnamed, uuid, version).await;
    for (server, tls, good) in [
        (&on_named, named.file("ca.pem"), true),
        (&on_named, unnamed.file("ca.pem"), false),
        (&on_named, TlsTrust::PlatformRoots, false),
        (&on_unnamed, unnamed.file("ca.pem"), false),
        (&on_unnamed, unnamed.file("server.pem"), true),
        (&on_unnamed, named.file("server.pem"), false),
        (&on_unnamed, TlsTrust::InsecureSkipVerify, true),
    ] {
        let before = server.all().len();
        let settings = Settings { tls: tls.clone(), ..settings(&named, &[server], uuid) };
        // A machine without any platform roots refuses to make the client: as good.
        let Ok(cluster) = hearth::lightbits::Cluster::new(settings, hearth::domain::Clock::System) else {
            assert!(!good);
            continue;
        };
        let result = cluster.version(USER).await;
        assert_eq!(result.is_ok(), good, "{tls:?}: {result:?}");
        if let Err(trouble) = result {
            assert!(trouble.to_string().contains("TLS"), "{trouble}");
            assert_eq!(server.all().len(), before, "no byte of HTTP before trust");
        }
    }
}

#[test]
fn a_ca_file_without_certificates_is_refused_at_once() {
    let pki = Pki::for_name("127.0.0.1");
    crate::server::put(&pki.dir, "empty.pem", b"nothing here");
    for name in ["empty.pem", "absent.pem"] {
        let endpoints = vec!["127.0.0.1:1".parse().unwrap()];
        let settings = Settings {
            tls: pki.file(name),
            ..Settings::new(hearth::domain::ClusterName::new("a"), endpoints)
        };
        let error = hearth::lightbits::Cluster::new(settings, hearth::domain::Clock::System).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}
