//! What copies data: to and from images, between clusters. Nobody works on it here; how it ends
//! is tested with a worker.

use hearth::domain::cluster::Observed;
use hearth::domain::{ClusterId, Timestamp};
use serde_json::{Value, json};

use super::bench::{Answer, Bench, MALFORMED};

const IMAGE: &str = "70a599e0-31e7-49b7-b260-868f441e862b";
const SERVER: &str = "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a11";
const MISSING: &str = "00000000-0000-4000-8000-000000000000";

async fn act(bench: &Bench, volume: &str, minor: u16, body: Value) -> Answer {
    bench.post(&format!("/volumes/{volume}/action"), body).at(minor).send().await
}

#[tokio::test]
async fn a_volume_of_an_image_is_accepted_by_the_images_id() {
    let bench = Bench::new().await;
    let ask = |fields: Value| bench.post("/volumes", json!({"volume": fields}));
    for reference in [IMAGE.to_owned(), format!("http://glance/v2/images/{IMAGE}"), IMAGE.to_uppercase()] {
        let made = ask(json!({"size": 1, "imageRef": reference})).send().await.expect(202);
        assert_eq!(
            (&made["volume"]["status"], &made["volume"]["bootable"]),
            (&json!("creating"), &json!("false"))
        );
    }
    for reference in ["debian", "", "http://glance/v2/images/", "70a599e0"] {
        let told = ask(json!({"size": 1, "imageRef": reference})).send().await.fault(400);
        assert_eq!(told, "Invalid image identifier or unable to access requested image.");
    }
    let told = ask(json!({"imageRef": IMAGE})).send().await.fault(400);
    assert_eq!(told, MALFORMED);
    let source = bench.available(json!({"size": 1})).await;
    let told = ask(json!({"size": 1, "imageRef": IMAGE, "source_volid": source})).send().await.fault(400);
    let one = "Invalid input received: May specify only one of backup, imageRef, snapshot, source volume";
    assert_eq!(told, one);
    ask(json!({"size": 1, "imageRef": "debian", "source_volid": MISSING})).send().await.fault(404);

    let made = bench.post("/backups", json!({"backup": {"volume_id": source}})).send().await.expect(202);
    let backup = made["backup"]["id"].as_str().unwrap();
    let told = ask(json!({"size": 1, "backup_id": backup})).send().await.fault(400);
    assert_eq!(told, "Invalid backup: Originating backup status must be one of 'available' values");
    let told = ask(json!({"size": 1, "backup_id": backup})).project("beef").send().await;
    assert!([400, 404].contains(&told.status), "{}", told.text);
}

#[tokio::test]
async fn an_upload_needs_the_image_service() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    let upload = |fields: Value| json!({"os-volume_upload_image": fields});
    for (fields, minor) in [
        (json!({}), 71),
        (json!({"image_name": ""}), 71),
        (json!({"image_name": "i", "disk_format": "iso"}), 71),
        (json!({"image_name": "i", "force": 1}), 71),
        (json!({"image_name": "i", "visibility": "private"}), 0),
        (json!({"image_name": "i", "visibility": "secret"}), 1),
        (json!({"image_name": "i", "colour": "red"}), 71),
    ] {
        let told = act(&bench, &volume, minor, upload(fields.clone())).await.fault(400);
        assert!(told.starts_with("Invalid input for field/attribute "), "{fields}: {told}");
    }
    act(&bench, MISSING, 71, upload(json!({"image_name": "i"}))).await.fault(404);
    let good =
        json!({"image_name": "i", "container_format": "bare", "visibility": "public", "protected": true});
    let told = act(&bench, &volume, 71, upload(good)).await.fault(400);
    assert!(told.starts_with("Connection to glance failed: "), "{told}");
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "available");
    bench.reset(&volume, "error").await;
    let told = act(&bench, &volume, 71, upload(json!({"image_name": "i", "force": true}))).await.fault(400);
    assert_eq!(told, format!("Invalid volume: Volume {volume} status must be available"));
}

#[tokio::test]
async fn a_reimage_is_accepted_in_some_states() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    let reimage = |fields: Value| json!({"os-reimage": fields});
    for fields in
        [json!({}), json!({"image_id": "debian"}), json!({"image_id": IMAGE, "reimage_reserved": 7})]
    {
        act(&bench, &volume, 71, reimage(fields)).await.fault(400);
    }
    let good = || reimage(json!({"image_id": IMAGE}));
    assert_eq!(act(&bench, &volume, 67, good()).await.status, 404);
    act(&bench, MISSING, 68, good()).await.fault(404);
    assert_eq!(act(&bench, &volume, 68, good()).await.status, 202);
    let told = act(&bench, &volume, 68, good()).await.fault(400);
    let start = format!("Invalid volume: Volume {volume} status must be available or error");
    assert_eq!(told, format!("{start}, but current status is downloading."));
    bench.reset(&volume, "reserved").await;
    act(&bench, &volume, 68, good()).await.fault(400);
    let reserved = reimage(json!({"image_id": IMAGE, "reimage_reserved": true}));
    assert_eq!(act(&bench, &volume, 68, reserved.clone()).await.status, 202);
    let told = act(&bench, &volume, 68, reserved).await.fault(400);
    assert!(told.starts_with(&format!("{start} or reserved, but")), "{told}");
}

async fn reached(bench: &Bench, cluster: ClusterId) {
    let write = bench.services.store.write("test", |tx, _| {
        Box::pin(async move { tx.set_observed(cluster, Observed::Reachable, None, Timestamp(1)).await })
    });
    write.await.unwrap();
}

#[tokio::test]
async fn a_migration_goes_to_another_host_that_is_up() {
    let bench = Bench::new().await;
    let (c1, c2) = (bench.cluster("c1", "nova").await, bench.cluster("c2", "nova").await);
    bench.cluster("c3", "nova").await;
    reached(&bench, c1).await;
    reached(&bench, c2).await;
    let volume = bench.volume(json!({"size": 1})).await;
    bench.place(&volume, c1).await;
    let to = |fields: Value| json!({"os-migrate_volume": fields});
    for (fields, minor, told) in [
        (json!({"cluster": "c2"}), 15, "Invalid input for field/attribute os-migrate_volume."),
        (
            json!({}),
            15,
            "Invalid input for field/attribute os-migrate_volume. Value: {}. 'host' is a required",
        ),
        (
            json!({"host": null}),
            15,
            "Invalid input for field/attribute host. Value: None. None is not of type",
        ),
        (json!({"host": ""}), 15, "Invalid input received: Host field is missing."),
        (json!({}), 16, "Invalid input received: One and only one of cluster and host must be set."),
        (json!({"host": "a", "cluster": "b"}), 16, "Invalid input received: One and only one of"),
        (json!({"host": "a", "lock_volume": 7}), 71, "Invalid input for field/attribute lock_volume."),
        (json!({"cluster": "c2"}), 16, "Invalid host: No available service named 'c2'"),
        (json!({"host": "hearth@c9#c9"}), 71, "Invalid host: No available service named 'hearth@c9#c9'"),
        (json!({"host": "hearth@c3#c3"}), 71, "Invalid host: No available service named 'hearth@c3#c3'"),
        (json!({"host": "hearth@c1#c1"}), 71, "Invalid volume: Volume "),
    ] {
        let got = act(&bench, &volume, minor, to(fields.clone())).await.fault(400);
        assert!(got.starts_with(told), "{fields}: {got}");
    }
    act(&bench, MISSING, 71, to(json!({"host": "hearth@c2#c2"}))).await.fault(404);
    let good = json!({"host": "hearth@c2#c2", "force_host_copy": "no", "lock_volume": true});
    assert_eq!(act(&bench, &volume, 0, to(good.clone())).await.status, 202);
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(
        (&shown["volume"]["status"], &shown["volume"]["migration_status"]),
        (&json!("maintenance"), &json!("starting"))
    );
    assert_eq!(shown["volume"]["os-vol-mig-status-attr:migstat"], "starting");
    assert_eq!(shown["volume"]["os-vol-mig-status-attr:name_id"], Value::Null);
    bench.reset(&volume, "available").await;
    let told = act(&bench, &volume, 71, to(good.clone())).await.fault(400);
    assert_eq!(
        told,
        format!(
            "Invalid volume: Volume {volume} status must be available or in-use, must not be migrating, have \
             snapshots, be replicated, be part of a group and destination host/cluster must be different than the \
             current one"
        )
    );
    let idle = json!({"os-reset_status": {"migration_status": "none"}});
    act(&bench, &volume, 71, idle).await.expect(202);
    bench.post("/snapshots", json!({"snapshot": {"volume_id": volume}})).send().await.expect(202);
    act(&bench, &volume, 71, to(good)).await.fault(400);
}

#[tokio::test]
async fn a_completion_tells_which_volume_stays() {
    let bench = Bench::new().await;
    let [old, new] = [bench.available(json!({"size": 1})).await, bench.available(json!({"size": 1})).await];
    let done = |fields: Value| json!({"os-migrate_volume_completion": fields});
    act(&bench, &old, 71, done(json!({}))).await.fault(400);
    let told = act(&bench, &old, 71, done(json!({"new_volume": new, "error": 5}))).await.fault(400);
    assert!(told.ends_with("Value: 5. 5 is not of type 'string', 'null', 'boolean'"), "{told}");
    act(&bench, &old, 71, done(json!({"new_volume": MISSING}))).await.fault(404);
    let answer = act(&bench, &old, 71, done(json!({"new_volume": new, "error": false}))).await.expect(200);
    assert_eq!(answer, json!({"save_volume_id": new}));

    // Servers change over with it, unless the copy failed: any text says so.
    let reserve = json!({"attachment": {"volume_uuid": old, "instance_uuid": SERVER}});
    bench.post("/attachments", reserve).send().await.expect(200);
    act(&bench, &old, 71, done(json!({"new_volume": new, "error": "false"}))).await.expect(200);
    let volume =
        async |id: &str| bench.get(&format!("/volumes/{id}")).send().await.expect(200)["volume"].clone();
    assert_eq!(
        (&volume(&old).await["status"], &volume(&new).await["status"]),
        (&json!("reserved"), &json!("available"))
    );
    act(&bench, &old, 71, done(json!({"new_volume": new, "error": null}))).await.expect(200);
    assert_eq!(volume(&old).await["status"], "available");
    let new_one = volume(&new).await;
    assert_eq!(
        (&new_one["status"], &new_one["attachments"][0]["server_id"]),
        (&json!("in-use"), &json!(SERVER))
    );
    assert_eq!(new_one["attachments"][0]["device"], Value::Null);

    let told = act(&bench, &new, 71, done(json!({"new_volume": new}))).await.fault(400);
    assert_eq!(told, "Invalid volume: volume is already attached and multiple attachments are not enabled");
    assert_eq!(volume(&new).await["status"], "in-use");

    let migrating = json!({"os-reset_status": {"migration_status": "migrating"}});
    act(&bench, &old, 71, migrating.clone()).await.expect(202);
    let told = act(&bench, &old, 71, done(json!({"new_volume": new}))).await.fault(400);
    assert_eq!(told, "Invalid volume: Destination volume not mid-migration.");
    let told = act(&bench, &new, 71, done(json!({"new_volume": old}))).await.fault(400);
    assert_eq!(told, "Invalid volume: Source volume not mid-migration.");
    act(&bench, &new, 71, migrating).await.expect(202);
    let told = act(&bench, &old, 71, done(json!({"new_volume": new}))).await.fault(400);
    assert_eq!(
        told,
        format!("Invalid volume: Destination has migration_status migrating, expected target:{old}.")
    );
}

async fn marked(bench: &Bench, volume: &str, server: &str) {
    let body = json!({"os-attach": {"instance_uuid": server, "mountpoint": "/dev/vdb", "mode": "ro"}});
    act(bench, volume, 71, body).await.expect(202);
}

async fn shown(bench: &Bench, volume: &str) -> Value {
    bench.get(&format!("/volumes/{volume}")).send().await.expect(200)["volume"].clone()
}

/// Without a migration of ours, as after a copy that a user had Nova make.
#[tokio::test]
async fn a_completion_brings_the_attachments_over() {
    let bench = Bench::new().await;
    let [old, new] = [bench.available(json!({"size": 1})).await, bench.available(json!({"size": 1})).await];
    marked(&bench, &old, SERVER).await;
    let done = async |fields: Value| {
        let mut body = json!({"new_volume": new});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        act(&bench, &old, 71, json!({"os-migrate_volume_completion": body})).await
    };
    // Whatever is not false is an error, and then nothing moves.
    for error in [json!(true), json!("no"), json!("false")] {
        let answer = done(json!({"error": error})).await.expect(200);
        assert_eq!(answer, json!({"save_volume_id": new}));
        assert_eq!(shown(&bench, &old).await["status"], "in-use");
    }
    for (volume, told, left) in [
        (&old, "Invalid volume: The volume cannot be detached in maintenance mode.", 1),
        (&new, "Invalid volume: The volume cannot be attached in maintenance mode.", 0),
    ] {
        let before = shown(&bench, volume).await["status"].as_str().unwrap().to_owned();
        bench.reset(volume, "maintenance").await;
        let answer = done(json!({"error": null})).await.fault(400);
        assert_eq!(answer, told);
        bench.reset(volume, &before).await;
        assert_eq!(shown(&bench, &old).await["attachments"].as_array().unwrap().len(), left);
    }
    marked(&bench, &old, SERVER).await;
    let answer = done(json!({"error": ""})).await.expect(200);
    assert_eq!(answer, json!({"save_volume_id": new}));
    let (left, taken) = (shown(&bench, &old).await, shown(&bench, &new).await);
    assert_eq!((&left["status"], &left["attachments"]), (&json!("available"), &json!([])));
    assert_eq!(taken["status"], "in-use");
    let [attachment] = &taken["attachments"].as_array().unwrap()[..] else { panic!("{taken}") };
    assert_eq!((&attachment["server_id"], &attachment["device"]), (&json!(SERVER), &json!("/dev/vdb")));
    assert_eq!(taken["metadata"]["attached_mode"], "rw");

    // A server that has attached the other volume by itself is not attached to it twice.
    marked(&bench, &old, SERVER).await;
    done(json!({})).await.expect(200);
    assert_eq!(shown(&bench, &old).await["attachments"], json!([]));
    assert_eq!(shown(&bench, &new).await["attachments"].as_array().unwrap().len(), 1);
    // But another's it cannot become while it is this one's.
    marked(&bench, &old, "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a12").await;
    let told = done(json!({})).await.fault(400);
    assert_eq!(told, "Invalid volume: volume is already attached and multiple attachments are not enabled");
    assert_eq!(shown(&bench, &old).await["status"], "available", "as in Cinder");

    marked(&bench, &old, SERVER).await;
    let readonly = bench.available(json!({"size": 1})).await;
    let flag = json!({"os-update_readonly_flag": {"readonly": true}});
    act(&bench, &readonly, 71, flag).await.expect(202);
    let told = done(json!({"new_volume": readonly})).await.fault(400);
    assert_eq!(told, format!("Invalid attaching mode 'rw' for volume {readonly}."));
}
