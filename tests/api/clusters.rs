//! Clusters as Cinder means them, of which there are none, and the cleanup of workers.

use hearth::domain::cluster::Observed;
use hearth::domain::operation::{Lane, Operation, OperationStatus, Work};
use hearth::domain::{ClusterId, OperationId, ProjectId, RequestId, Timestamp, UserId, VolumeId};
use serde_json::json;

use super::bench::Bench;

#[tokio::test]
async fn there_are_no_clusters_of_services() {
    let bench = Bench::new().await;
    for path in
        ["/clusters", "/clusters/detail?is_up=true&disabled=0&num_hosts=1&name=x", "/clusters?frozen=1"]
    {
        assert_eq!(bench.get(path).send().await.expect(200), json!({"clusters": []}));
    }
    assert_eq!(bench.get("/clusters").at(6).send().await.status, 404);
    let told = bench.get("/clusters?colour=red").send().await.fault(400);
    assert_eq!(told, "Invalid input received: Invalid filter keys: colour");
    bench.get("/clusters?frozen=1").at(25).send().await.fault(400);
    bench.get("/clusters?is_up=perhaps").send().await.fault(400);
    let told = bench.get("/clusters/c1").send().await.fault(404);
    assert_eq!(told, "Cluster {'binary': 'cinder-volume', 'name': 'c1'} could not be found.");
    for (path, body, status) in [
        ("enable", json!({"name": "c1"}), 404),
        ("disable", json!({"name": "c1", "disabled_reason": "why"}), 404),
        ("enable", json!({"name": "c1", "disabled_reason": "why"}), 400),
        ("disable", json!({"name": "c1", "disabled_reason": " "}), 400),
        ("disable", json!({}), 400),
        ("enable", json!({"name": " "}), 400),
    ] {
        let told = bench.put(&format!("/clusters/{path}"), body).send().await;
        assert_eq!(told.status, status, "{path}: {}", told.text);
    }
}

async fn stuck(bench: &Bench, cluster: ClusterId) -> Operation {
    let volume = VolumeId::random();
    let work = Work::DeleteVolume {
        volume,
        cascade: false,
        step: hearth::domain::operation::DeleteVolume::DeleteRemote,
    };
    let operation = Operation {
        id: OperationId::random(),
        resource_id: work.resource_id(),
        work,
        status: OperationStatus::NeedsOperator,
        lane: Lane::User,
        cluster_id: Some(cluster),
        request_id: RequestId::mint(),
        project_id: ProjectId::new("p"),
        user_id: UserId::new("u"),
        attempt: 7,
        not_before: Timestamp(0),
        note: Some("look at it".to_owned()),
        created_at: Timestamp(0),
    };
    let row = &operation;
    let write = bench.services.store.write("test", |tx, _| {
        Box::pin(async move { tx.insert_operation(row, "somebody", Timestamp(0)).await })
    });
    write.await.unwrap();
    operation
}

async fn status_of(bench: &Bench, operation: &Operation) -> OperationStatus {
    let mut session = bench.services.store.read().await.unwrap();
    session.find_operation(operation.id).await.unwrap().unwrap().status
}

#[tokio::test]
async fn a_cleanup_takes_up_what_waits_for_an_operator() {
    let bench = Bench::new().await;
    let (up, down) = (bench.cluster("c1", "nova").await, bench.cluster("c2", "nova").await);
    let reached = bench.services.store.write("test", |tx, _| {
        Box::pin(async move { tx.set_observed(up, Observed::Reachable, None, Timestamp(1)).await })
    });
    reached.await.unwrap();
    let (first, second) = (stuck(&bench, up).await, stuck(&bench, down).await);
    let cleanup = |body| bench.post("/workers/cleanup", body);

    let none = cleanup(json!({})).send().await.expect(202);
    let c2 = json!({"id": 3, "host": "hearth@c2", "binary": "cinder-volume", "cluster_name": null});
    assert_eq!(none, json!({"cleaning": [], "unavailable": [c2]}));
    let other = json!({"is_up": true, "binary": "cinder-volume", "resource_type": "snapshot"});
    cleanup(other).send().await.expect(202);
    assert_eq!(status_of(&bench, &first).await, OperationStatus::NeedsOperator);

    let c1 = json!({"id": 2, "host": "hearth@c1", "binary": "cinder-volume", "cluster_name": null});
    let told = cleanup(json!({"is_up": "true", "resource_id": first.resource_id})).send().await.expect(202);
    assert_eq!(told, json!({"cleaning": [c1], "unavailable": []}));
    assert_eq!(status_of(&bench, &first).await, OperationStatus::Open);
    assert_eq!(status_of(&bench, &second).await, OperationStatus::NeedsOperator);
    let all = cleanup(json!({"is_up": true, "host": "hearth"})).send().await.expect(202);
    assert_eq!(all["cleaning"].as_array().unwrap().len(), 2);
    let one = cleanup(json!({"is_up": true, "service_id": "2"})).send().await.expect(202);
    assert_eq!(one["cleaning"], json!([c1]));
    let none = cleanup(json!({"is_up": true, "cluster_name": "any"})).send().await.expect(202);
    assert_eq!(none["cleaning"], json!([]));

    let missing = "00000000-0000-4000-8000-000000000000";
    let told = cleanup(json!({"resource_id": missing})).send().await.fault(400);
    let pair = format!("('There is no resource with UUID %s pending cleanup.', '{missing}')");
    assert_eq!(told, format!("Invalid input received: {pair}"));
    let told = cleanup(json!({"resource_type": "BACKUP"})).send().await.fault(400);
    assert_eq!(told, "Invalid input received: Resource type Backup not valid, must be Snapshot or Volume");
    for bad in [
        json!({"binary": "cinder-api"}),
        json!({"resource_id": "x"}),
        json!({"colour": 1}),
        json!({"is_up": 1}),
    ] {
        cleanup(bad).send().await.fault(400);
    }
    assert_eq!(cleanup(json!({})).at(23).send().await.status, 404);
}

/// Whatever comes before it in the list, and whichever process is asked.
#[tokio::test]
async fn the_number_of_a_service_stays() {
    let bench = Bench::new().await;
    let numbers = async |bench: &Bench| -> Vec<(i64, String)> {
        let mut all = Vec::new();
        for is_up in [true, false] {
            let told = bench.post("/workers/cleanup", json!({"is_up": is_up})).send().await.expect(202);
            for one in
                [&told["cleaning"], &told["unavailable"]].into_iter().flat_map(|it| it.as_array().unwrap())
            {
                all.push((one["id"].as_i64().unwrap(), one["host"].as_str().unwrap().to_owned()));
            }
        }
        all.sort();
        all
    };
    let named = |number, host: &str| (number, host.to_owned());
    let m = bench.cluster("m", "nova").await;
    assert_eq!(numbers(&bench).await, [named(1, "hearth"), named(2, "hearth@m")]);
    bench.cluster("a", "nova").await;
    let three = [named(1, "hearth"), named(2, "hearth@m"), named(3, "hearth@a")];
    assert_eq!(numbers(&bench).await, three);
    let other = Bench::on(bench.services.store.clone(), |edge| edge);
    assert_eq!(numbers(&other).await, three);
    let gone =
        bench.services.store.write("test", |tx, _| Box::pin(async move { tx.unregister_cluster(m).await }));
    gone.await.unwrap();
    bench.cluster("b", "nova").await;
    let left = [named(1, "hearth"), named(3, "hearth@a"), named(4, "hearth@b")];
    assert_eq!(numbers(&bench).await, left, "a number is never another's");
    let told = bench.post("/workers/cleanup", json!({"service_id": 3})).send().await.expect(202);
    assert_eq!(told["unavailable"][0]["host"], "hearth@a");
}
