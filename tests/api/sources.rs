//! What a volume is made of, and in which order what is wrong with it is told.

use serde_json::{Value, json};

use super::bench::{Answer, Bench};
use super::roles::{Door, door};

const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";
const NO_BOOLEAN: &str = "Value 'None' for 'multiattach' is not a boolean.";

async fn make_type(bench: &Bench, name: &str, specs: Value) -> String {
    let fields = json!({"volume_type": {"name": name, "extra_specs": specs}});
    let made = bench.post("/types", fields).send().await.expect(200);
    made["volume_type"]["id"].as_str().unwrap().to_owned()
}

async fn make(bench: &Bench, fields: Value) -> Answer {
    bench.post("/volumes", json!({"volume": fields})).send().await
}

async fn snapshot(bench: &Bench, volume: &str) -> String {
    let cluster = bench.cluster("c1", "nova").await;
    bench.place(volume, cluster).await;
    let body = json!({"snapshot": {"volume_id": volume}});
    let made = bench.post("/snapshots", body).send().await.expect(202);
    let id = made["snapshot"]["id"].as_str().unwrap().to_owned();
    let ready = json!({"os-reset_status": {"status": "available"}});
    bench.post(&format!("/snapshots/{id}/action"), ready).send().await.expect(202);
    id
}

#[tokio::test]
async fn a_copy_has_another_type_only_on_the_same_back_end() {
    let bench = Bench::new().await;
    let plain = make_type(&bench, "plain", json!({})).await;
    for (name, backend) in [("fast", "c1"), ("slow", "c1"), ("far", "c2")] {
        make_type(&bench, name, json!({"volume_backend_name": backend})).await;
    }
    let hidden = make_type(&bench, "hidden", json!({"volume_backend_name": "c1"})).await;
    let luks = json!({"encryption": {"provider": "luks", "control_location": "front-end"}});
    bench.post(&format!("/types/{hidden}/encryption"), luks).send().await.expect(200);

    let source = bench.available(json!({"size": 1, "volume_type": "fast"})).await;
    let taken = snapshot(&bench, &source).await;
    let refused = |id: &str, advice: &str| {
        format!(
            "Invalid input received: Invalid volume_type provided: {id} (requested type is not compatible; {advice})."
        )
    };
    for (field, source, advice) in [
        ("source_volid", &source, "either match source volume, or omit type argument"),
        ("snapshot_id", &taken, "recommend omitting the type argument"),
    ] {
        let copy = |named: &str| make(&bench, json!({field: source, "volume_type": named}));
        assert_eq!(copy("plain").await.fault(400), refused(&plain, advice));
        assert!(copy("far").await.fault(400).ends_with(&format!("{advice}).")), "{field}");
        assert_eq!(copy("hidden").await.fault(400), refused(&hidden, advice));
        for fits in ["fast", "slow", ""] {
            copy(fits).await.expect(202);
        }
    }
    // Neither of two without a back end is on the same.
    let source = bench.available(json!({"size": 1})).await;
    let told = make(&bench, json!({"source_volid": source, "volume_type": "plain"})).await;
    assert!(told.fault(400).contains("requested type is not compatible"));
}

#[tokio::test]
async fn what_is_wrong_is_told_in_cinders_order() {
    let bench = Bench::new().await;
    let source = bench.available(json!({"size": 2})).await;
    bench.reset(&source, "error").await;
    make_type(&bench, "gold", json!({"provisioning:min_vol_size": "9"})).await;
    // What is not there, before what was said wrongly, before what does not fit.
    for (fields, status, told) in [
        (json!({"source_volid": source, "snapshot_id": NOWHERE}), 404, "Snapshot "),
        (json!({"source_volid": NOWHERE, "imageRef": "debian"}), 404, "Volume "),
        (json!({"imageRef": "debian", "backup_id": NOWHERE, "size": 1}), 400, "Invalid image identifier"),
        (json!({"imageRef": NOWHERE, "image_id": "", "size": 1}), 400, "Invalid image identifier"),
        (json!({"backup_id": NOWHERE, "multiattach": null}), 404, "Backup "),
        (json!({"source_volid": source, "multiattach": null}), 400, NO_BOOLEAN),
        (json!({"multiattach": null}), 400, NO_BOOLEAN),
        (
            json!({"source_volid": source, "volume_type": "gold"}),
            400,
            "Invalid input received: Specified volume size of '2'",
        ),
        (
            json!({"source_volid": source, "imageRef": NOWHERE, "size": 1}),
            400,
            "Invalid input received: May specify only one",
        ),
        (json!({"source_volid": source, "size": 1}), 400, "Invalid volume: Originating source volume status"),
        (
            json!({"source_volid": source, "availability_zone": "moon"}),
            400,
            "Invalid volume: Originating source volume status",
        ),
    ] {
        let answer = make(&bench, fields.clone()).await.fault(status);
        assert!(answer.starts_with(told), "{fields}: {answer}");
    }
    bench.reset(&source, "available").await;
    let told = make(&bench, json!({"source_volid": source, "size": 1})).await.fault(400);
    assert!(told.contains("cannot be smaller than original volume size  2GB"), "{told}");
}

#[tokio::test]
async fn a_reader_hears_first_what_is_wrong_with_the_request() {
    let Door { bench, .. } = door().await;
    let ask = |fields: Value| bench.post("/volumes", json!({"volume": fields})).token("reader").send();
    assert_eq!(ask(json!({"size": 1, "multiattach": null})).await.fault(400), NO_BOOLEAN);
    assert!(
        ask(json!({"size": 1, "imageRef": "debian"}))
            .await
            .fault(400)
            .starts_with("Invalid image identifier")
    );
    ask(json!({"size": 1, "volume_type": "gold"})).await.fault(404);
    let told = ask(json!({"size": 1})).await.fault(403);
    assert_eq!(told, "Policy doesn't allow volume:create to be performed.");
}

#[tokio::test]
async fn a_volume_goes_back_only_to_its_newest_snapshot_and_only_when_both_are_available() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    let newest = snapshot(&bench, &volume).await;
    let revert = async |snapshot: &str| {
        let body = json!({"revert": {"snapshot_id": snapshot}});
        bench.post(&format!("/volumes/{volume}/action"), body).send().await
    };
    for other in [NOWHERE, "x", &newest.to_uppercase()] {
        assert_eq!(
            revert(other).await.fault(400),
            format!("Specified snapshot {other} is None or not the latest one of volume {volume}.")
        );
    }
    let cannot = format!("Can't revert volume {volume} to its latest snapshot {newest}.");
    for status in ["awaiting-transfer", "error", "maintenance", "reserved"] {
        bench.reset(&volume, status).await;
        assert_eq!(
            revert(&newest).await.fault(409),
            format!("Invalid volume: {cannot} Volume's status must be 'available'.")
        );
    }
    bench.reset(&volume, "available").await;
    let broken = json!({"os-reset_status": {"status": "error"}});
    bench.post(&format!("/snapshots/{newest}/action"), broken).send().await.expect(202);
    assert_eq!(
        revert(&newest).await.fault(409),
        format!("Invalid snapshot: {cannot} Snapshot's status must be 'available'.")
    );
}
