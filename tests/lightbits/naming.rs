//! Resolving by name: adopt what is ours, flag what is not, create at most once.

use std::sync::{Arc, Mutex};

use hearth::domain::{BackendUuid, ClusterId, Gib};
use hearth::lightbits::{CreateSnapshot, CreateVolume, Outcome, Resolution, Settled, Trouble};
use serde_json::{Value, json};

use crate::answers::request;
use crate::server::{Act, Pki, Seen, Server, USER, client, error, ok, project, settings};

/// The volumes of a cluster, and what becomes of the next creates.
#[derive(Default)]
struct State {
    volumes: Vec<Value>,
    creates: usize,
    /// Answered instead of the success of a create that has happened.
    after_commit: Option<fn() -> Act>,
    /// Reads by name do not see what is there yet.
    lagging: bool,
}

fn volume(request: &CreateVolume, state: &str) -> Value {
    json!({"UUID": BackendUuid::random().to_string(), "name": request.name, "size": request.size.0.to_string(),
        "state": state, "projectName": "default"})
}

fn handle(state: &Mutex<State>, seen: &Seen) -> Act {
    let mut state = state.lock().unwrap();
    if seen.line.starts_with("POST") {
        state.creates += 1;
        let body = seen.json();
        let living = |volume: &&Value| volume["name"] == body["name"] && volume["state"] != "Deleting";
        if state.volumes.iter().any(|volume| living(&volume)) {
            return error(409, 6);
        }
        let gib: u64 = body["size"].as_str().unwrap().trim_end_matches(" gib").parse().unwrap();
        let made = json!({"UUID": BackendUuid::random().to_string(), "name": body["name"],
            "size": (gib << 30).to_string(), "state": "Creating", "projectName": body["projectName"],
            "sourceSnapshotUUID": body["sourceSnapshotUUID"]});
        state.volumes.push(made.clone());
        return state.after_commit.take().map_or_else(|| ok(made), |act| act());
    }
    let name = seen.line.split_once("name=").map_or("", |(_, name)| name.split('&').next().unwrap());
    if seen.line.contains("/volumes/?") {
        let found = state.volumes.iter().find(|volume| volume["name"] == name && !state.lagging);
        return found.cloned().map_or_else(|| error(404, 5), ok);
    }
    let hidden = |volume: &&Value| volume["name"] == name && volume["state"] != "Deleting";
    ok(json!({"volumes": state.volumes.iter().filter(hidden).collect::<Vec<_>>()}))
}

async fn cluster(state: State) -> (Pki, Server, hearth::lightbits::Cluster, Arc<Mutex<State>>) {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let state = Arc::new(Mutex::new(state));
    let shared = state.clone();
    let server = Server::cluster(&pki, uuid, move |seen| handle(&shared, seen)).await;
    let client = client(settings(&pki, &[&server], uuid));
    (pki, server, client, state)
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_adopted_and_never_doubled() {
    let losses: [fn() -> Act; 3] = [|| Act::Close, || error(500, 2), || error(503, 14)];
    for lost in losses {
        let (_pki, _server, client, state) =
            cluster(State { after_commit: Some(lost), ..State::default() }).await;
        let first = client.settle_volume(USER, &request("v")).await;
        assert!(matches!(&first, Settled::Unknown(trouble) if !trouble.is_unsent()), "{first:?}");
        let second = client.settle_volume(USER, &request("v")).await;
        assert!(matches!(second, Settled::Found(Resolution::Adopt(_))), "{second:?}");
        let state = state.lock().unwrap();
        assert_eq!((state.volumes.len(), state.creates), (1, 1));
    }
}

#[tokio::test]
async fn a_lagging_read_does_not_double_it_either() {
    let (_pki, _server, client, state) =
        cluster(State { after_commit: Some(|| Act::Close), lagging: true, ..State::default() }).await;
    assert!(matches!(client.settle_volume(USER, &request("v")).await, Settled::Unknown(_)));
    let second = client.settle_volume(USER, &request("v")).await;
    assert!(matches!(second, Settled::Unknown(_)), "409 and not to be seen: still unknown, {second:?}");
    state.lock().unwrap().lagging = false;
    let third = client.settle_volume(USER, &request("v")).await;
    assert!(matches!(third, Settled::Found(Resolution::Adopt(_))), "{third:?}");
    assert_eq!(state.lock().unwrap().volumes.len(), 1);
}

#[tokio::test]
async fn something_else_under_our_name_is_a_conflict() {
    let source = Some(BackendUuid::random());
    let mut elsewhere = volume(&request("v"), "Available");
    elsewhere["projectName"] = "other".into();
    for (is, wanted, says) in [
        (volume(&CreateVolume { size: Gib(7).bytes(), ..request("v") }, "Available"), request("v"), "size"),
        (volume(&request("v"), "Available"), CreateVolume { source, ..request("v") }, "made from nothing"),
        (elsewhere, request("v"), "project other"),
    ] {
        let (_pki, _server, client, state) = cluster(State { volumes: vec![is], ..State::default() }).await;
        let settled = client.settle_volume(USER, &wanted).await;
        let Settled::Found(Resolution::Conflict(_, why)) = settled else { panic!("{settled:?}") };
        assert!(why.contains(says), "{why}");
        assert_eq!(state.lock().unwrap().creates, 0);
    }
}

#[tokio::test]
async fn a_size_rounded_up_by_the_cluster_is_still_ours() {
    let wanted = CreateVolume { size: hearth::domain::Bytes(5000), ..request("v") };
    let mut is = volume(&wanted, "Available");
    is["size"] = "8192".into();
    let (_pki, _server, client, _state) = cluster(State { volumes: vec![is], ..State::default() }).await;
    assert!(matches!(client.resolve_volume(USER, &wanted).await, Ok(Resolution::Adopt(_))));
}

#[tokio::test]
async fn a_dying_volume_does_not_hide_a_living_one() {
    let dying = volume(&request("v"), "Deleting");
    let (_pki, _server, client, state) = cluster(State { volumes: vec![dying], ..State::default() }).await;
    let alone = client.resolve_volume(USER, &request("v")).await;
    assert!(matches!(alone, Ok(Resolution::Deleting(_))), "{alone:?}");
    state.lock().unwrap().volumes.push(volume(&request("v"), "Available"));
    let both = client.resolve_volume(USER, &request("v")).await.unwrap();
    let Resolution::Adopt(volume) = both else { panic!("{both:?}") };
    assert!(volume.state.is_ready());
    state.lock().unwrap().volumes = vec![self::volume(&request("v"), "Failed")];
    let failed = client.resolve_volume(USER, &request("v")).await;
    assert!(matches!(failed, Ok(Resolution::Failed(_))), "{failed:?}");
}

#[tokio::test]
async fn a_refused_create_with_nothing_under_the_name_is_a_refusal() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let server = Server::cluster(&pki, uuid, |seen| {
        if seen.line.starts_with("POST") { error(400, 3) } else { error(404, 5) }
    })
    .await;
    let client = client(settings(&pki, &[&server], uuid));
    assert!(matches!(client.settle_volume(USER, &request("v")).await, Settled::Refused(_)));
}

#[tokio::test]
async fn snapshots_are_settled_by_their_own_spelling_of_name() {
    let (pki, uuid) = (Pki::for_name("127.0.0.1"), ClusterId::random());
    let source = BackendUuid::random();
    let server = Server::cluster(&pki, uuid, move |seen| {
        if seen.line == "GET /api/v2/projects/default/snapshots/?Name=s" {
            ok(json!({"UUID": BackendUuid::random().to_string(), "name": "s", "state": "Creating",
                "sourceVolumeUUID": source.to_string()}))
        } else {
            error(500, 2)
        }
    })
    .await;
    let client = client(settings(&pki, &[&server], uuid));
    let wanted =
        |volume| CreateSnapshot { project: project(), name: "s".to_owned(), volume, description: None };
    let settled = client.settle_snapshot(USER, &wanted(source)).await;
    assert!(matches!(settled, Settled::Found(Resolution::Adopt(_))), "{settled:?}");
    let settled = client.settle_snapshot(USER, &wanted(BackendUuid::random())).await;
    assert!(matches!(settled, Settled::Found(Resolution::Conflict(..))), "{settled:?}");
}

#[tokio::test]
async fn a_name_that_would_mean_another_request_is_refused_here() {
    let (_pki, server, client, _state) = cluster(State::default()).await;
    for project in ["", "..", "."] {
        let project = hearth::domain::LightosProject::new(project);
        let outcome = client.delete_volume(USER, &project, BackendUuid::random()).await;
        assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
    }
    let empty = client.volume_by_name(USER, &project(), "").await;
    assert!(matches!(empty, Err(Trouble::Refused(_))), "{empty:?}");
    assert!(server.all().is_empty());
}
