//! Endpoints that fail: reads go on elsewhere, writes only while nothing can have left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hearth::domain::operation::Lane;
use hearth::domain::{BackendUuid, ClusterId};
use hearth::lightbits::{Origin, Outcome, Settings, Timeouts, Trouble};
use serde_json::json;

use crate::server::{Act, Pki, Seen, Server, USER, client, error, ok, project, settings};

fn fine(_: &Seen) -> Act {
    ok(json!({"apiVersion": "v2.0"}))
}

async fn delete(cluster: &hearth::lightbits::Cluster) -> Outcome<()> {
    cluster.delete_volume(USER, &project(), BackendUuid::random()).await
}

#[tokio::test]
async fn a_refused_connection_is_no_reason_to_stop_even_for_a_write() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let dead = Server::cluster(&pki, uuid, fine).await;
    let live = Server::cluster(&pki, uuid, fine).await;
    let cluster = client(settings(&pki, &[&dead, &live], uuid));
    drop(dead);
    assert_eq!(delete(&cluster).await, Outcome::Done(()));
    assert_eq!(live.calls().len(), 1);
    // From now on it stays with the live one.
    assert_eq!(delete(&cluster).await, Outcome::Done(()));
    assert!(cluster.endpoints()[1].current);
}

#[tokio::test]
async fn a_read_goes_on_after_a_broken_connection_but_a_write_does_not() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let breaking = Server::cluster(&pki, uuid, |_| Act::Close).await;
    let live = Server::cluster(&pki, uuid, fine).await;

    let cluster = client(settings(&pki, &[&breaking, &live], uuid));
    let outcome = delete(&cluster).await;
    let Outcome::Unknown(trouble) = outcome else { panic!("{outcome:?}") };
    assert!(matches!(trouble, Trouble::Interrupted { .. }) && !trouble.is_unsent(), "{trouble}");
    assert_eq!((breaking.calls().len(), live.calls().len()), (1, 0), "sent once, nowhere else");

    let cluster = client(settings(&pki, &[&breaking, &live], uuid));
    assert!(cluster.version(USER).await.is_ok());
    assert_eq!(live.calls().len(), 1);
}

#[tokio::test]
async fn a_connection_closed_while_idle_costs_a_write_nothing() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let server = Server::cluster(&pki, uuid, |seen| {
        if seen.line.starts_with("GET") { Act::JsonAndClose(200, json!({})) } else { ok(json!({})) }
    })
    .await;
    let cluster = client(settings(&pki, &[&server], uuid));
    for _ in 0..10 {
        assert!(cluster.version(USER).await.is_ok());
        assert_eq!(delete(&cluster).await, Outcome::Done(()));
    }
    let deletes = server.calls().iter().filter(|seen| seen.line.starts_with("DELETE")).count();
    assert_eq!(deletes, 10);
}

#[tokio::test]
async fn a_hanging_server_is_left_by_reads_and_waited_for_by_writes() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let hanging = Server::cluster(&pki, uuid, |_| Act::Hang).await;
    let live = Server::cluster(&pki, uuid, fine).await;
    let cluster = client(settings(&pki, &[&hanging, &live], uuid));
    let started = Instant::now();
    assert!(cluster.version(USER).await.is_ok());
    assert!(started.elapsed() < Duration::from_secs(4), "one attempt, not the whole deadline");

    let cluster = client(settings(&pki, &[&hanging, &live], uuid)).within(Duration::from_millis(600));
    let started = Instant::now();
    let outcome = delete(&cluster).await;
    assert!(matches!(outcome, Outcome::Unknown(Trouble::Deadline { .. })), "{outcome:?}");
    assert!(started.elapsed() >= Duration::from_millis(500) && started.elapsed() < Duration::from_secs(3));
    assert_eq!(live.calls().len(), 1, "only the read came here");
}

#[tokio::test]
async fn when_nobody_is_there_every_endpoint_is_named_and_nothing_was_sent() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let one = Server::cluster(&pki, uuid, fine).await;
    let two = Server::cluster(&pki, uuid, fine).await;
    let (first, second) = (one.endpoint.to_string(), two.endpoint.to_string());
    let cluster = client(settings(&pki, &[&one, &two], uuid));
    drop((one, two));
    let Outcome::Unknown(trouble) = delete(&cluster).await else { panic!() };
    assert!(trouble.is_unsent());
    let text = trouble.to_string();
    assert!(text.contains(&first) && text.contains(&second), "{text}");
}

#[tokio::test]
async fn a_sick_server_is_left_by_reads_but_its_500_is_believed() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let live = Server::cluster(&pki, uuid, fine).await;
    for (status, goes_on) in [(503, true), (502, true), (504, true), (500, false), (403, false), (429, false)]
    {
        let sick = Server::cluster(&pki, uuid, move |_| error(status, 14)).await;
        let result = client(settings(&pki, &[&sick, &live], uuid)).version(USER).await;
        assert_eq!(result.is_ok(), goes_on, "{status}: {result:?}");
    }
}

#[tokio::test]
async fn endpoints_are_learnt_from_the_cluster_and_used_when_the_configured_ones_die() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let second = Server::cluster(&pki, uuid, fine).await;
    let list =
        json!({"UUID": uuid.to_string(), "apiEndpoints": [second.endpoint.to_string(), "nonsense:x:y"]});
    let first = Server::start(&pki, move |_| ok(list.clone())).await;
    let cluster = client(settings(&pki, &[&first], uuid));
    cluster.cluster_info(USER).await.unwrap();
    let status = cluster.endpoints();
    assert_eq!((status.len(), status[1].origin), (2, Origin::Learnt));
    drop(first);
    assert!(cluster.version(USER).await.is_ok());
    assert_eq!(second.calls().len(), 1);
}

#[tokio::test]
async fn a_cluster_that_comes_back_is_used_again_without_help() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let down = Arc::new(AtomicBool::new(true));
    let switch = down.clone();
    let server = Server::start(&pki, move |_| {
        if switch.load(Ordering::SeqCst) { Act::Close } else { ok(json!({"UUID": uuid.to_string()})) }
    })
    .await;
    let cluster = client(settings(&pki, &[&server], uuid));
    for _ in 0..3 {
        assert!(cluster.version(USER).await.is_err());
    }
    down.store(false, Ordering::SeqCst);
    assert!(cluster.version(USER).await.is_ok(), "back-off orders endpoints, it does not forbid them");
    assert_eq!(cluster.endpoints()[0].trouble, None);
}

#[tokio::test]
async fn an_old_connection_is_replaced_and_verified_again() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let server = Server::cluster(&pki, uuid, fine).await;
    let base = settings(&pki, &[&server], uuid);
    let timeouts = Timeouts { connection_age: Duration::ZERO, ..base.timeouts };
    let cluster = client(Settings { timeouts, ..base });
    for _ in 0..3 {
        assert!(cluster.version(USER).await.is_ok());
    }
    assert_eq!(server.all().iter().filter(|seen| seen.asks_identity()).count(), 3);
}

#[tokio::test]
async fn a_full_lane_says_so_and_leaves_the_other_alone() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let server =
        Server::cluster(&pki, uuid, |seen| if seen.line.starts_with("GET") { fine(seen) } else { Act::Hang })
            .await;
    let cluster = client(settings(&pki, &[&server], uuid));
    let stuck = tokio::spawn({
        let cluster = cluster.clone();
        async move { cluster.delete_volume(Lane::Background, &project(), BackendUuid::random()).await }
    });
    while server.calls().is_empty() {
        tokio::task::yield_now().await;
    }
    let trouble = cluster.within(Duration::from_millis(50)).version(Lane::Background).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Saturated { .. }) && trouble.is_unsent(), "{trouble}");
    assert!(cluster.version(Lane::User).await.is_ok());
    stuck.abort();
    assert!(stuck.await.is_err());
    assert!(cluster.version(Lane::Background).await.is_ok(), "an abandoned call gives its permit back");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_share_few_connections() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let server = Server::cluster(&pki, uuid, fine).await;
    let cluster = client(settings(&pki, &[&server], uuid));
    let calls = (0..500).map(|_| cluster.version(USER));
    let results = futures::future::join_all(calls).await;
    assert!(results.iter().all(Result::is_ok));
    assert!(server.connected() <= 8, "{} connections for 8 permits", server.connected());
}
