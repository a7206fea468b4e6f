//! Answers that are not what they should be.

use std::time::{Duration, Instant};

use hearth::domain::{BackendUuid, ClusterId};
use hearth::lightbits::{
    Acl, Cluster, CreateVolume, ETag, ListFilter, Outcome, Reason, Trouble, UpdateVolume,
};
use serde_json::{Value, json};

use crate::server::{Act, Pki, Server, USER, client, error, ok, project, settings};

pub fn request(name: &str) -> CreateVolume {
    CreateVolume {
        project: project(),
        name: name.to_owned(),
        size: hearth::domain::Gib(1).bytes(),
        replicas: 2,
        compression: false,
        acl: Acl::Nobody,
        ip_acl: Acl::Any,
        source: None,
        qos: None,
        labels: hearth::domain::Metadata::new(),
    }
}

async fn answering(act: impl Fn() -> Act + Send + Sync + 'static) -> (Pki, Server, Cluster) {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let server = Server::cluster(&pki, uuid, move |_| act()).await;
    let cluster = client(settings(&pki, &[&server], uuid));
    (pki, server, cluster)
}

fn raw(text: &str) -> Act {
    Act::Raw(text.as_bytes().to_vec())
}

#[tokio::test]
async fn what_is_no_answer_of_a_cluster_leaves_a_create_unknown() {
    let oddities: [fn() -> Act; 9] = [
        || raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"),
        || {
            raw(
                "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
            )
        },
        || raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"UUID\":"),
        || raw("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"UUID\":"),
        || raw("HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
        || raw("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n{"),
        || Act::Endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        || ok(json!({})),
        || ok(json!([1, 2])),
    ];
    for (number, act) in oddities.into_iter().enumerate() {
        let (_pki, server, cluster) = answering(act).await;
        let outcome = cluster.create_volume(USER, &request("v")).await;
        let garbled = matches!(outcome, Outcome::Unknown(Trouble::Garbled { .. }));
        assert!(garbled, "{number}: {outcome:?}");
        assert_eq!(server.calls().len(), 1, "{number}: asked once, no redirect followed");
    }
}

#[tokio::test]
async fn not_even_http() {
    for bytes in ["SSH-2.0-x\r\n", "HTTP/1.1 999999 X\r\n\r\n", "\0\0\0\0"] {
        let (_pki, _server, cluster) = answering(move || raw(bytes)).await;
        let outcome = cluster.create_volume(USER, &request("v")).await;
        let Outcome::Unknown(trouble) = outcome else { panic!("{outcome:?}") };
        assert!(!trouble.is_unsent(), "{trouble}");
    }
}

#[tokio::test]
async fn each_status_of_a_create_is_done_refused_or_unknown() {
    use Reason::*;
    let refused = [
        (400, 3, Invalid),
        (400, 9, Busy),
        (401, 16, Unauthenticated),
        (403, 7, PermissionDenied),
        (404, 5, NotFound),
        (409, 6, AlreadyExists),
        (429, 8, Exhausted),
        (501, 12, Unsupported),
    ];
    for (status, code, reason) in refused {
        let (_pki, _server, cluster) = answering(move || error(status, code)).await;
        let outcome = cluster.create_volume(USER, &request("v")).await;
        let Outcome::Refused(refusal) = outcome else { panic!("{status}: {outcome:?}") };
        assert_eq!((refusal.reason, refusal.status), (reason, status));
    }
    for status in [408, 500, 502, 503, 504] {
        let (_pki, server, cluster) = answering(move || error(status, 2)).await;
        let outcome = cluster.create_volume(USER, &request("v")).await;
        assert!(matches!(outcome, Outcome::Unknown(Trouble::Failed { .. })), "{status}: {outcome:?}");
        assert_eq!(server.calls().len(), 1);
    }
}

#[tokio::test]
async fn a_change_of_a_busy_volume_is_refused_and_its_etag_goes_as_it_is() {
    let (_pki, server, cluster) = answering(|| error(503, 14)).await;
    let change = UpdateVolume {
        size: Some(hearth::domain::Gib(2).bytes()),
        if_match: Some(ETag("17".to_owned())),
        ..UpdateVolume::default()
    };
    let uuid = BackendUuid::random();
    let outcome = cluster.update_volume(USER, &project(), uuid, &change).await;
    assert!(matches!(outcome, Outcome::Refused(refusal) if refusal.reason == Reason::Busy));
    let seen = &server.calls()[0];
    assert_eq!(seen.line, format!("PUT /api/v2/projects/default/volumes/{uuid}"));
    assert_eq!(seen.if_match.as_deref(), Some("17"));
    assert_eq!(seen.json()["size"], "2 gib");
}

#[tokio::test]
async fn not_found_is_none_only_when_the_cluster_says_so() {
    let uuid = BackendUuid::random();
    let (_pki, _server, cluster) = answering(|| error(404, 5)).await;
    assert_eq!(cluster.volume(USER, &project(), uuid).await, Ok(None));
    let plain =
        || raw("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nNot Found\n");
    let (_pki, _server, cluster) = answering(plain).await;
    let trouble = cluster.volume(USER, &project(), uuid).await.unwrap_err();
    assert_eq!(trouble.refusal().map(|refusal| refusal.reason), Some(Reason::Unsupported));
}

#[tokio::test]
async fn a_slow_body_does_not_outlive_the_deadline() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let server = Server::cluster(&pki, uuid, |_| Act::Hang).await;
    let cluster = client(settings(&pki, &[&server], uuid)).within(Duration::from_millis(300));
    let started = Instant::now();
    assert!(cluster.all_volumes(USER, &ListFilter::default()).await.is_err());
    assert!(started.elapsed() < Duration::from_secs(3));
}

fn volumes(ids: &[BackendUuid]) -> Value {
    let row = |id: &BackendUuid| json!({"UUID": id.to_string(), "name": "v", "size": "4096"});
    json!({"volumes": ids.iter().map(row).collect::<Vec<_>>()})
}

#[tokio::test]
async fn a_list_is_walked_page_by_page_to_its_end() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let mut ids: Vec<_> = (0..2500).map(|_| BackendUuid::random()).collect();
    ids.sort();
    let all = ids.clone();
    let server = Server::cluster(&pki, uuid, move |seen| {
        let after = seen.line.split_once("offsetUUID=").map(|(_, id)| id.parse::<BackendUuid>().unwrap());
        let rest: Vec<_> =
            all.iter().copied().filter(|id| after.is_none_or(|after| *id > after)).take(1000).collect();
        ok(volumes(&rest))
    })
    .await;
    let cluster = client(settings(&pki, &[&server], uuid));
    let filter = ListFilter { project: Some(project()), ..ListFilter::default() };
    let listed = cluster.all_volumes(USER, &filter).await.unwrap();
    assert_eq!(listed.iter().map(|volume| volume.uuid).collect::<Vec<_>>(), ids);
    assert_eq!(server.calls().len(), 3);
    assert_eq!(server.calls()[0].line, "GET /api/v2/projects/default/volumes?limit=1000");
}

#[tokio::test]
async fn a_list_is_never_shortened_and_never_endless() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let page: Vec<_> = (0..1000).map(|_| BackendUuid::random()).collect();
    let (first, same) = (volumes(&page), volumes(&page));
    let failing = Server::cluster(&pki, uuid, move |seen| {
        if seen.line.contains("offsetUUID") { error(500, 2) } else { ok(first.clone()) }
    })
    .await;
    let cluster = client(settings(&pki, &[&failing], uuid));
    let trouble = cluster.all_volumes(USER, &ListFilter::default()).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Failed { status: 500, .. }), "{trouble}");

    let stuck = Server::cluster(&pki, uuid, move |_| ok(same.clone())).await;
    let cluster = client(settings(&pki, &[&stuck], uuid));
    let trouble = cluster.all_volumes(USER, &ListFilter::default()).await.unwrap_err();
    assert_eq!(trouble, Trouble::EndlessList);
    assert_eq!(stuck.calls().len(), 2);
}
