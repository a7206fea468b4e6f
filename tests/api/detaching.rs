//! A user may not take away what a server holds (CVE-2023-2088), and who decides is Nova.

use hearth::auth::{Authenticator, KeystoneSettings};
use hearth::domain::{AttachmentId, Clock};
use hearth::store::Store;
use serde_json::{Value, json};

use super::bench::{Bench, PROJECT};
use super::fake_keystone::{FakeKeystone, Mood, PASSWORD, token};
use super::fake_nova::{FakeNova, compute};

const SERVER: &str = "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a11";
const OTHER: &str = "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a12";

struct Cloud {
    bench: Bench,
    keystone: FakeKeystone,
    nova: FakeNova,
}

impl Cloud {
    async fn new() -> Self {
        let (keystone, nova) = (FakeKeystone::start().await, FakeNova::start().await);
        nova.enrol(&keystone, "here");
        for (name, roles) in
            [("admin", &["admin", "member", "reader"][..]), ("member", &["member", "reader"])]
        {
            keystone.knows(name, token(name, PROJECT, roles));
        }
        keystone.knows("nova", token("nova", "p-service", &["service"]));
        let settings = KeystoneSettings::new(&keystone.url, "cinder", PASSWORD.into(), "service");
        let door = Authenticator::keystone(settings, Clock::System).unwrap();
        let bench = Bench::beside(door, compute(&keystone.url)).await;
        Self { bench, keystone, nova }
    }

    async fn volume(&self, fields: Value) -> String {
        let body = json!({"volume": fields});
        let created = self.bench.post("/volumes", body).token("member").send().await.expect(202);
        let id = created["volume"]["id"].as_str().unwrap().to_owned();
        let body = json!({"os-reset_status": {"status": "available"}});
        self.act(&id, "admin", body).await.expect(202);
        id
    }

    async fn act(&self, volume: &str, who: &str, body: Value) -> super::bench::Answer {
        self.bench.post(&format!("/volumes/{volume}/action"), body).token(who).send().await
    }

    /// Connected, as after an `attachment-update`.
    async fn attached(&self, volume: &str, server: &str) -> String {
        let body = json!({"attachment": {"volume_uuid": volume, "instance_uuid": server}});
        let created = self.bench.post("/attachments", body).token("member").send().await.expect(200);
        let id = created["attachment"]["id"].as_str().unwrap().to_owned();
        connect(&self.bench.services.store, id.parse().unwrap()).await;
        id
    }

    async fn delete(&self, attachment: &str, who: &str) -> super::bench::Answer {
        self.bench.delete(&format!("/attachments/{attachment}")).token(who).send().await
    }
}

async fn connect(store: &Store, id: AttachmentId) {
    store
        .write("connect", |tx, _| {
            Box::pin(async move {
                let mut attachment = tx.find_attachment(id, None).await?.unwrap();
                attachment.connection_info = Some("{\"driver_volume_type\": \"lightos\"}".to_owned());
                tx.update_attachment(&attachment).await
            })
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn what_a_server_holds_only_nova_takes_away() {
    let cloud = Cloud::new().await;
    let volume = cloud.volume(json!({"size": 1})).await;
    let attachment = cloud.attached(&volume, SERVER).await;
    cloud.nova.holds(SERVER, &volume, &attachment);
    let said =
        format!("ConflictNovaUsingAttachment: Detach volume from instance {SERVER} using the Compute API");
    for who in ["member", "admin"] {
        assert_eq!(cloud.delete(&attachment, who).await.fault(409), said);
        for body in [
            json!({"os-terminate_connection": {"connector": {}}}),
            json!({"os-detach": {}}),
            json!({"os-detach": {"attachment_id": attachment}}),
            json!({"os-force_detach": {"attachment_id": attachment, "connector": {}}}),
        ] {
            let answer = cloud.act(&volume, who, body.clone()).await;
            let expected = if who == "member" && body.get("os-force_detach").is_some() { 403 } else { 409 };
            assert_eq!(answer.status, expected, "{who} {body}");
        }
    }
    let copy = cloud.volume(json!({"size": 1})).await;
    let completed = json!({"os-migrate_volume_completion": {"new_volume": copy}});
    assert_eq!(cloud.act(&volume, "admin", completed).await.fault(409), said);
    let tokens = cloud.nova.set(|facts| {
        let tokens = facts.asked.iter().map(|headers| headers["x-auth-token"].clone());
        tokens.collect::<std::collections::HashSet<_>>().len()
    });
    assert_eq!(tokens, 1, "one login for all of them");
    let asked = cloud.nova.asked();
    let path = format!("/attachments/{attachment}");
    let service = cloud.bench.delete(&path).token("member").header("x-service-token", "nova");
    service.send().await.expect(200);
    assert_eq!(cloud.nova.asked(), asked, "the service is believed without asking");
}

#[tokio::test]
async fn what_nova_does_not_hold_its_owner_may_clean_up() {
    let cloud = Cloud::new().await;
    let volume = cloud.volume(json!({"size": 1})).await;
    let attachment = cloud.attached(&volume, SERVER).await;
    cloud.delete(&attachment, "member").await.expect(200);
    assert_eq!(cloud.nova.asked(), 1);

    let attachment = cloud.attached(&volume, SERVER).await;
    cloud.nova.holds(SERVER, &volume, OTHER);
    cloud.delete(&attachment, "member").await.expect(200);

    let attachment = cloud.attached(&volume, SERVER).await;
    cloud.nova.set(|facts| facts.holds.clear());
    cloud.act(&volume, "member", json!({"os-detach": {"attachment_id": attachment}})).await.expect(202);
    cloud.bench.get(&format!("/attachments/{attachment}")).token("member").send().await.fault(404);
}

#[tokio::test]
async fn reserved_ones_and_those_of_hosts_are_not_asked_about() {
    let cloud = Cloud::new().await;
    let volume = cloud.volume(json!({"size": 1})).await;
    let body = json!({"attachment": {"volume_uuid": volume, "instance_uuid": SERVER}});
    let created = cloud.bench.post("/attachments", body).token("member").send().await.expect(200);
    cloud.delete(created["attachment"]["id"].as_str().unwrap(), "member").await.expect(200);
    cloud.act(&volume, "member", json!({"os-terminate_connection": {"connector": {}}})).await.expect(202);
    assert_eq!(cloud.nova.asked(), 0);
}

#[tokio::test]
async fn it_must_be_clear_which_is_meant() {
    let cloud = Cloud::new().await;
    let volume = cloud.volume(json!({"size": 1})).await;
    let stranger = cloud.volume(json!({"size": 1})).await;
    let attachment = cloud.attached(&volume, SERVER).await;
    let strange = cloud.attached(&stranger, OTHER).await;
    let detach = |id: &str| json!({"os-detach": {"attachment_id": id}});
    cloud.act(&volume, "member", detach(SERVER)).await.fault(409);
    let mismatched = "Invalid input received: Mismatched volume and attachment";
    assert_eq!(cloud.act(&volume, "member", detach(&strange)).await.fault(400), mismatched);
    // A second one, as in a live migration.
    cloud.attached(&volume, SERVER).await;
    cloud.act(&volume, "member", json!({"os-detach": {}})).await.fault(409);
    cloud.act(&volume, "member", json!({"os-terminate_connection": {"connector": {}}})).await.fault(409);
    cloud.act(&volume, "member", detach(&attachment)).await.expect(202);
}

#[tokio::test]
async fn while_nova_cannot_say_nothing_is_taken_away() {
    let cloud = Cloud::new().await;
    let volume = cloud.volume(json!({"size": 1})).await;
    let attachment = cloud.attached(&volume, SERVER).await;
    let lies = [
        Mood::Answers(500, "{}".to_owned()),
        Mood::Answers(200, "<html>all is well</html>".to_owned()),
        Mood::Answers(200, "{\"volumeAttachment\": {\"attachment_id\": 7}}".to_owned()),
        Mood::Answers(302, String::new()),
        Mood::Answers(403, "{}".to_owned()),
        Mood::Answers(406, "{}".to_owned()),
        Mood::Silent,
    ];
    for mood in lies {
        cloud.nova.set(|facts| facts.mood = mood.clone());
        let said = cloud.delete(&attachment, "member").await.fault(503);
        assert_eq!(said, "The Nova service is temporarily unavailable.", "{mood:?}");
        let detach = json!({"os-detach": {"attachment_id": attachment}});
        assert_eq!(cloud.act(&volume, "admin", detach).await.status, 503, "{mood:?}");
    }
    cloud.nova.stop();
    cloud.delete(&attachment, "member").await.fault(503);
    cloud.bench.get(&format!("/attachments/{attachment}")).token("member").send().await.expect(200);
}

#[tokio::test]
async fn our_own_token_is_renewed_when_nova_refuses_it() {
    let cloud = Cloud::new().await;
    let volume = cloud.volume(json!({"size": 1})).await;
    let attachment = cloud.attached(&volume, SERVER).await;
    cloud.nova.holds(SERVER, &volume, &attachment);
    cloud.nova.set(|facts| facts.passing = vec![Mood::Answers(401, "{}".to_owned())]);
    cloud.delete(&attachment, "member").await.fault(409);
    let tokens: Vec<String> = cloud.nova.set(|facts| {
        facts.asked.iter().map(|headers| headers["x-auth-token"].to_str().unwrap().to_owned()).collect()
    });
    assert_eq!(tokens.len(), 2);
    assert_ne!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn a_cloud_without_nova_has_no_servers_of_novas() {
    let cloud = Cloud::new().await;
    cloud.keystone.set(|facts| facts.catalog = json!([{"type": "image", "endpoints": []}]));
    let volume = cloud.volume(json!({"size": 1})).await;
    let attachment = cloud.attached(&volume, SERVER).await;
    cloud.delete(&attachment, "member").await.expect(200);

    // One in another region is another matter: the servers may be there.
    let cloud = Cloud::new().await;
    cloud.nova.enrol(&cloud.keystone, "elsewhere");
    let volume = cloud.volume(json!({"size": 1})).await;
    let attachment = cloud.attached(&volume, SERVER).await;
    cloud.delete(&attachment, "member").await.fault(503);
}
