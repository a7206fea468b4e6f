//! Encryption of types, and default types of projects.

use serde_json::{Value, json};

use super::bench::{Bench, PROJECT};

const NOBODY: &str = "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a11";

async fn make_type(bench: &Bench, name: &str) -> String {
    let created = bench.post("/types", json!({"volume_type": {"name": name}})).send().await.expect(200);
    created["volume_type"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn encryption_of_a_type() {
    let bench = Bench::new().await;
    let id = make_type(&bench, "sealed").await;
    let all = format!("/types/{id}/encryption");
    assert_eq!(bench.get(&all).send().await.expect(200), json!({}));
    let luks = json!({"provider": "luks", "control_location": "front-end", "cipher": "aes-xts-plain64", "key_size": "256"});
    let made = bench.post(&all, json!({"encryption": luks})).send().await.expect(200);
    let encryption_id = made["encryption"]["encryption_id"].clone();
    assert_eq!(
        made["encryption"],
        json!({"provider": "luks", "control_location": "front-end", "cipher": "aes-xts-plain64", "key_size": 256,
            "volume_type_id": id, "encryption_id": encryption_id})
    );
    let shown = bench.get(&all).send().await.expect(200);
    assert_eq!((&shown["key_size"], &shown["deleted"]), (&json!(256), &json!(false)));
    assert_eq!(shown.as_object().unwrap().len(), 10);
    let part = |key: &str| format!("{all}/{key}");
    assert_eq!(bench.get(&part("cipher")).send().await.expect(200), json!({"cipher": "aes-xts-plain64"}));
    let told = bench.get(&part("colour")).send().await.fault(404);
    assert_eq!(told, format!("Volume type encryption for type {id} does not exist."));

    let told = bench.post(&all, json!({"encryption": luks})).send().await.fault(400);
    assert_eq!(told, format!("Volume type encryption for type {id} already exists."));
    let sent = json!({"encryption": {"key_size": 512, "cipher": null}});
    assert_eq!(bench.put(&part("provider"), sent.clone()).send().await.expect(200), sent);
    let shown = bench.get(&all).send().await.expect(200);
    assert_eq!((&shown["key_size"], &shown["cipher"]), (&json!(512), &Value::Null));
    assert_eq!(shown["provider"], "luks");

    assert_eq!(bench.delete(&part("provider")).send().await.status, 202);
    assert_eq!(bench.get(&all).send().await.expect(200), json!({}));
    bench.delete(&part("provider")).send().await.fault(404);
    bench.put(&part("provider"), json!({"encryption": {"key_size": 1}})).send().await.fault(404);
    for bad in [
        json!({}),
        json!({"provider": "luks"}),
        json!({"provider": "luks", "control_location": "middle"}),
        json!({"provider": null, "control_location": "front-end"}),
        json!({"provider": "luks", "control_location": "front-end", "key_size": -1}),
        json!({"provider": "luks", "control_location": "front-end", "key_size": "wide"}),
    ] {
        bench.post(&all, json!({"encryption": bad})).send().await.fault(400);
    }
    let odd = json!({"encryption": {"provider": "luks", "control_location": 1.5}});
    let told = bench.post(&all, odd).send().await.fault(400);
    assert!(told.ends_with(" 1.5 is not one of ['front-end', 'back-end']"), "{told}");
    // Of two things wrong the value is told first.
    let told = bench.post(&all, json!({"encryption": {"key_size": -1}})).send().await.fault(400);
    assert!(told.ends_with("-1 is less than the minimum of 0"), "{told}");
    let told = bench.put(&part("x"), json!({"encryption": {"key_size": "1.5"}})).send().await.fault(400);
    assert_eq!(told, "Invalid input received: key_size must be an integer.");
    let told = bench.put(&part("x"), json!({"encryption": {"key_size": -1}})).send().await.fault(400);
    assert_eq!(
        told,
        "Invalid input for field/attribute key_size. Value: -1. -1 is less than the minimum of 0"
    );
    let unknown = format!("/types/{NOBODY}/encryption");
    bench.get(&unknown).send().await.fault(404);
    bench.post(&unknown, json!({"encryption": luks})).send().await.fault(404);
}

#[tokio::test]
async fn a_volume_of_an_encrypted_type_needs_a_key_manager() {
    let bench = Bench::new().await;
    let id = make_type(&bench, "sealed").await;
    let all = format!("/types/{id}/encryption");
    let luks = json!({"provider": "luks", "control_location": "front-end"});
    bench.post(&all, json!({"encryption": luks})).send().await.expect(200);
    let create = || bench.post("/volumes", json!({"volume": {"size": 1, "volume_type": "sealed"}}));
    assert_eq!(create().send().await.fault(400), "Invalid encryption spec");
    let cipher = json!({"encryption": {"cipher": "aes-xts-plain64"}});
    bench.put(&format!("{all}/provider"), cipher).send().await.expect(200);
    assert_eq!(create().send().await.fault(400), "Key manager error");
    let listed = bench.get("/volumes").send().await.expect(200);
    assert_eq!(listed["volumes"], json!([]));
}

#[tokio::test]
async fn the_encryption_of_a_type_in_use_stays() {
    let bench = Bench::new().await;
    let id = make_type(&bench, "plain").await;
    let volume = bench.available(json!({"size": 1, "volume_type": "plain"})).await;
    let all = format!("/types/{id}/encryption");
    let luks = json!({"encryption": {"provider": "luks", "control_location": "front-end"}});
    let told = bench.post(&all, luks.clone()).send().await.fault(400);
    assert_eq!(told, "Cannot create encryption specs. Volume type in use.");
    let one = format!("{all}/provider");
    let told = bench.put(&one, luks).send().await.fault(400);
    assert_eq!(told, "Cannot update encryption specs. Volume type in use.");
    let told = bench.delete(&one).send().await.fault(400);
    assert_eq!(told, "Cannot delete encryption specs. Volume type in use.");

    let of_volume = format!("/volumes/{volume}/encryption");
    assert_eq!(bench.get(&of_volume).send().await.expect(200), json!({"encryption_key_id": null}));
    let bare = bench.get(&format!("{of_volume}/encryption_key_id")).send().await;
    assert_eq!((bare.status, bare.text.as_str()), (200, ""));
    bench.get(&format!("{of_volume}/colour")).send().await.fault(404);
    bench.get(&format!("/volumes/{NOBODY}/encryption")).send().await.fault(404);
}

#[tokio::test]
async fn a_project_has_a_default_type_of_its_own() {
    let bench = Bench::new().await;
    let gold = make_type(&bench, "gold").await;
    let one = format!("/default-types/{PROJECT}");
    let told = bench.get(&one).send().await.fault(404);
    assert_eq!(told, format!("Default type for project {PROJECT} not found."));
    assert_eq!(bench.get("/default-types").send().await.expect(200), json!({"default_types": []}));
    let body = |name: &str| json!({"default_type": {"volume_type": name}});
    let set = bench.put(&one, body("gold")).send().await.expect(200);
    let expected = json!({"project_id": PROJECT, "volume_type_id": gold});
    assert_eq!(set, json!({"default_type": expected}));
    assert_eq!(bench.get(&one).send().await.expect(200), set);
    assert_eq!(bench.get("/default-types").send().await.expect(200), json!({"default_types": [expected]}));

    let volume = bench.volume(json!({"size": 1})).await;
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["volume_type"], "gold");
    let default = bench.get("/types/default").send().await.expect(200);
    assert_eq!(default["volume_type"]["name"], "gold");
    let other = bench.get("/types/default").project("beef").send().await.expect(200);
    assert_eq!(other["volume_type"]["name"], "__DEFAULT__");

    let told = bench.delete(&format!("/types/{gold}")).send().await.fault(400);
    assert!(told.ends_with("is a default volume type and cannot be deleted."), "{told}");
    let told = bench.put(&one, body("lead")).send().await.fault(400);
    assert_eq!(told, "Volume type with name lead could not be found.");
    for bad in [json!({"default_type": {}}), body(""), json!({}), json!({"default_type": {"volume_type": 1}})]
    {
        bench.put(&one, bad).send().await.fault(400);
    }
    bench.put(&one, body("gold")).at(61).send().await.fault(404);
    assert_eq!(bench.delete(&one).send().await.status, 204);
    assert_eq!(bench.delete(&one).send().await.status, 204);
    bench.get(&one).send().await.fault(404);
}
