//! Volumes of images and images of volumes, with a Glance that is asked at once. Nobody works on
//! what is accepted; how it ends is tested with a worker.

use std::sync::Arc;

use hearth::auth::keystone::{Interface, KeystoneClient, Peer};
use hearth::auth::{Authenticator, KeystoneSettings};
use hearth::domain::{Clock, ImageId};
use hearth::image::{ForceUpload, Glance, Settings};
use serde_json::{Value, json};

use super::bench::{Answer, Bench, PROJECT};
use super::fake_glance::{FakeGlance, settings};
use super::fake_keystone::{FakeKeystone, PASSWORD, token};

const UNKNOWN: &str = "Invalid image identifier or unable to access requested image.";
const GIB: u64 = 1 << 30;

async fn scene(settings: Settings) -> (Bench, FakeGlance) {
    let glance = FakeGlance::start().await;
    let bench = Bench::with_images(Authenticator::NoAuth, glance.client(settings)).await;
    (bench, glance)
}

async fn make(bench: &Bench, image: &str, minor: u16, fields: Value) -> Answer {
    let mut volume = json!({"size": 1, "imageRef": image});
    volume.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    bench.post("/volumes", json!({"volume": volume})).at(minor).send().await
}

async fn attached(bench: &Bench, volume: &str) {
    let server = "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a11";
    let body = json!({"os-attach": {"instance_uuid": server, "mountpoint": "/dev/vdb"}});
    bench.post(&format!("/volumes/{volume}/action"), body).send().await.expect(202);
}

#[tokio::test]
async fn an_image_is_judged_before_the_volume_is_accepted() {
    let (bench, glance) = scene(settings()).await;
    let keeps = |change: Value| glance.keeps(vec![1; 10], change).to_string();
    let good = keeps(json!({"name": "debian"}));
    for reference in [&good, &format!("http://glance/v2/images/{good}"), "debian"] {
        let made = make(&bench, reference, 71, json!({})).await.expect(202);
        assert_eq!(
            (&made["volume"]["status"], &made["volume"]["bootable"]),
            (&json!("creating"), &json!("false"))
        );
    }
    let named = keeps(json!({}));
    for (image, told) in [
        (keeps(json!({"status": "queued"})), "Invalid input received: Image ID is not active."),
        (keeps(json!({"status": "deactivated"})), "Invalid input received: Image ID is not active."),
        (
            keeps(json!({"size": 2 * GIB})),
            "Invalid input received: Size of specified image 2GB is larger than volume size 1GB.",
        ),
        (
            keeps(json!({"min_disk": 5})),
            "Invalid input received: Volume size 1GB cannot be smaller than the image minDisk size 5GB.",
        ),
        (
            keeps(json!({"virtual_size": 3 * GIB})),
            "Image ID is unacceptable: Image virtual size is 3GB and doesn't fit in a volume of size 1GB.",
        ),
        (ImageId::random().to_string(), UNKNOWN),
        ("nobody".to_owned(), UNKNOWN),
        (String::new(), UNKNOWN),
    ] {
        let told = told.replace("ID", &image);
        assert_eq!(make(&bench, &image, 71, json!({})).await.fault(400), told, "{image}");
    }
    let told = make(&bench, "an image", 71, json!({})).await.fault(409);
    assert_eq!(told, "Multiple matches found for 'an image', use an ID to be more specific.");
    let lacks = make(&bench, &named, 71, json!({"volume_type": "none"})).await.fault(404);
    assert!(lacks.contains("none"), "{lacks}");
    let typed = keeps(json!({"cinder_img_volume_type": "gone"}));
    let told = make(&bench, &typed, 71, json!({})).await.fault(404);
    assert_eq!(told, "Volume type with name gone could not be found.");
    make(&bench, &typed, 71, json!({"volume_type": "__DEFAULT__"})).await.expect(202);
}

#[tokio::test]
async fn whatever_glance_answers_is_an_answer_of_ours() {
    let (bench, glance) = scene(settings()).await;
    let image = glance.keeps(vec![1; 10], json!({})).to_string();
    let volume = bench.available(json!({"size": 1})).await;
    let action = async |body: Value| bench.post(&format!("/volumes/{volume}/action"), body).send().await;
    let upload = || json!({"os-volume_upload_image": {"image_name": "i"}});
    for (status, body) in
        [(200, "nonsense"), (200, "[]"), (200, r#"{"id": 7}"#), (403, "no"), (404, ""), (500, "<"), (503, "")]
    {
        glance.set(|facts| facts.answers = Some((status, body.to_owned())));
        assert_eq!(make(&bench, &image, 71, json!({})).await.fault(400), UNKNOWN);
        action(upload()).await.fault(400);
        let reimaged = action(json!({"os-reimage": {"image_id": image}})).await.status;
        assert!([403, 404, 503].contains(&reimaged), "{status} {body}: {reimaged}");
        let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
        assert_eq!(shown["volume"]["status"], "available");
    }
    glance.set(|facts| facts.answers = None);
    glance.stop();
    assert_eq!(make(&bench, &image, 71, json!({})).await.fault(400), UNKNOWN);
    let told = action(upload()).await.fault(400);
    assert!(told.starts_with("Connection to glance failed: "), "{told}");
    action(json!({"os-reimage": {"image_id": image}})).await.fault(503);
}

#[tokio::test]
async fn novas_images_of_boot_volumes_are_their_snapshots() {
    let (bench, glance) = scene(settings()).await;
    let source = bench.available(json!({"size": 1})).await;
    let cluster = bench.cluster("c1", "nova").await;
    bench.place(&source, cluster).await;
    let taken = bench.post("/snapshots", json!({"snapshot": {"volume_id": source}})).send().await.expect(202);
    let snapshot = taken["snapshot"]["id"].as_str().unwrap().to_owned();
    let reset = json!({"os-reset_status": {"status": "available"}});
    bench.post(&format!("/snapshots/{snapshot}/action"), reset).send().await.expect(202);
    let of = |snapshot: &str| {
        let mapping =
            json!([{"source_type": "snapshot", "boot_index": 0, "snapshot_id": snapshot, "volume_size": 1}]);
        let properties = json!({"block_device_mapping": mapping.to_string(), "size": 0});
        glance.keeps(Vec::new(), properties).to_string()
    };
    let made = make(&bench, &of(&snapshot), 46, json!({})).await.expect(202);
    assert_eq!(made["volume"]["snapshot_id"], json!(snapshot));
    let made = make(&bench, &of(&snapshot), 45, json!({})).await.expect(202);
    assert_eq!(made["volume"]["snapshot_id"], Value::Null);
    let gone = ImageId::random().to_string();
    let told = make(&bench, &of(&gone), 45, json!({})).await.fault(404);
    assert_eq!(told, format!("Nova specific image is found, but boot volume snapshot id:{gone} not found."));
}

#[tokio::test]
async fn an_upload_tells_of_the_image() {
    let (bench, glance) = scene(settings()).await;
    let volume = bench.available(json!({"size": 1, "description": "mine"})).await;
    let upload = async |minor: u16, fields: Value| {
        let body = json!({"os-volume_upload_image": fields});
        bench.post(&format!("/volumes/{volume}/action"), body).at(minor).send().await
    };
    let told =
        upload(71, json!({"image_name": "i", "visibility": "shared", "protected": "true"})).await.expect(202);
    let told = &told["os-volume_upload_image"];
    for (key, value) in [
        ("id", json!(volume)),
        ("status", json!("uploading")),
        ("display_description", json!("mine")),
        ("size", json!(1)),
        ("image_name", json!("i")),
        ("disk_format", json!("raw")),
        ("container_format", json!("bare")),
        ("visibility", json!("shared")),
        ("protected", json!(true)),
    ] {
        assert_eq!(told[key], value, "{key}");
    }
    assert_eq!(told["volume_type"]["name"], "__DEFAULT__");
    let image = told["image_id"].as_str().unwrap().to_owned();
    assert_eq!(glance.set(|facts| facts.images[&image]["status"].clone()), "queued");
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "uploading");
    let again = upload(71, json!({"image_name": "i"})).await.fault(400);
    assert_eq!(again, format!("Invalid volume: Volume {volume} status must be available"));
    // Below 3.1 nothing is said of who sees it.
    bench.reset(&volume, "available").await;
    upload(0, json!({"image_name": "j", "disk_format": "qcow2"})).await.expect(202);
    let created = glance.set(|facts| facts.created.last().unwrap().clone());
    assert_eq!(created, json!({"name": "j", "disk_format": "qcow2", "container_format": "bare"}));
    bench.reset(&volume, "available").await;
    let before = glance.set(|facts| facts.created.len());
    let told = upload(71, json!({"image_name": "i", "container_format": "compressed"})).await.fault(400);
    assert_eq!(told, "Image compression upload disallowed, but container_format is compressed");
    assert_eq!(glance.set(|facts| facts.created.len()), before);
    // An attached one only where force counts.
    attached(&bench, &volume).await;
    upload(71, json!({"image_name": "i", "force": true})).await.fault(400);
}

#[tokio::test]
async fn an_attached_volume_is_uploaded_by_force_where_that_counts() {
    let (bench, _glance) = scene(Settings { force_upload: ForceUpload::Allowed, ..settings() }).await;
    let volume = bench.available(json!({"size": 1})).await;
    attached(&bench, &volume).await;
    let upload = async |fields: Value| {
        let body = json!({"os-volume_upload_image": fields});
        bench.post(&format!("/volumes/{volume}/action"), body).send().await
    };
    upload(json!({"image_name": "i"})).await.fault(400);
    upload(json!({"image_name": "i", "force": true})).await.expect(202);
    let told = upload(json!({"image_name": "i", "force": true})).await.fault(400);
    assert_eq!(told, format!("Invalid volume: Volume {volume} status must be available or in-use"));
}

#[tokio::test]
async fn a_reimage_looks_at_the_image_first() {
    let (bench, glance) = scene(settings()).await;
    let volume = bench.available(json!({"size": 1})).await;
    let reimage = async |image: String| {
        let body = json!({"os-reimage": {"image_id": image}});
        bench.post(&format!("/volumes/{volume}/action"), body).send().await
    };
    let keeps = |change: Value| glance.keeps(vec![1; 10], change).to_string();
    let gone = ImageId::random().to_string();
    assert_eq!(reimage(gone.clone()).await.fault(404), format!("Image {gone} could not be found."));
    reimage(keeps(json!({"status": "saving"}))).await.fault(400);
    reimage(keeps(json!({"min_disk": 9}))).await.fault(400);
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "available");
    assert_eq!(reimage(keeps(json!({}))).await.status, 202);
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "downloading");
}

/// Who sees an image is asked with the caller's token; the gateway's own would see them all.
#[tokio::test]
async fn glance_is_asked_with_the_callers_token() {
    let (keystone, glance) = (FakeKeystone::start().await, FakeGlance::start().await);
    keystone.set(|facts| facts.catalog = json!([glance.entry()]));
    for user in ["alice", "bob"] {
        keystone.knows(user, token(user, PROJECT, &["member"]));
    }
    let account = || KeystoneSettings::new(&keystone.url, "cinder", PASSWORD.into(), "service");
    let peer = Peer {
        service_type: "image",
        interface: Interface::Public,
        region: None,
        endpoint: None,
        timeout: settings().patience,
    };
    let client = Arc::new(KeystoneClient::new(account(), Clock::System).unwrap());
    let images = Glance::through_keystone(client, peer, settings());
    let authenticator = Authenticator::keystone(account(), Clock::System).unwrap();
    let bench = Bench::with_images(authenticator, images).await;
    let image = glance.keeps(vec![1; 10], json!({"name": "secret"}));
    glance.set(|facts| facts.private.insert(image.to_string(), "alice".to_owned()));
    for reference in [image.to_string(), "secret".to_owned()] {
        let make = |user: &'static str| {
            let body = json!({"volume": {"size": 1, "imageRef": reference}});
            bench.post("/volumes", body).token(user).send()
        };
        make("alice").await.expect(202);
        assert_eq!(make("bob").await.fault(400), UNKNOWN);
    }
    let asked = glance.set(|facts| facts.asked.clone());
    assert!(asked.iter().all(|(_, _, token)| ["alice", "bob"].contains(&token.as_str())), "{asked:?}");
}
