//! A volume grows under a running server: Nova is told, and whatever Nova does, the volume goes on.

use std::time::Duration;

use hearth::domain::attachment::NewAttachment;
use hearth::domain::operation::Work;
use hearth::domain::volume::Volume;
use hearth::domain::{Clock, Gib, Timestamp};
use hearth::service::volumes::ExtendScope;
use serde_json::json;

use crate::acts::connector;
use crate::fake_keystone::{FakeKeystone, Mood};
use crate::fake_nova::FakeNova;
use crate::lab::{Lab, ctx, eventually};

const SERVER: &str = "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a11";

struct Cloud {
    lab: Lab,
    nova: FakeNova,
    keystone: FakeKeystone,
}

impl Cloud {
    fn new() -> Self {
        let mut lab = Lab::new(1);
        let (keystone, nova) = lab.block_on(async { (FakeKeystone::start().await, FakeNova::start().await) });
        nova.enrol(&keystone, "here");
        lab.keystone = Some(keystone.url.clone());
        lab.kill_and_restart();
        Self { lab, nova, keystone }
    }

    /// A volume that a server uses.
    fn in_use(&self) -> Volume {
        let volume = self.lab.volume(1);
        let life = self.lab.life();
        let new = NewAttachment {
            volume_id: volume.id.to_string(),
            instance_id: Some(SERVER.to_owned()),
            connector: Some(connector("host-a")),
            mode: None,
        };
        let made = life.runtime.block_on(life.services.create_attachment(&ctx(), &new)).unwrap();
        let (id, ctx) = (made.id.to_string(), ctx());
        life.runtime.block_on(life.services.complete_attachment(&ctx, &id)).unwrap();
        self.lab.when(&volume, "in-use")
    }

    fn extend(&self, volume: &Volume, gib: u32) {
        let life = self.lab.life();
        let (id, ctx) = (volume.id.to_string(), ctx());
        life.runtime.block_on(life.services.extend_volume(&ctx, &id, Gib(gib), ExtendScope::Online)).unwrap();
    }

    fn grown(&self, volume: &Volume, gib: u32) {
        eventually("the volume to be in use with its new size", || {
            self.lab.row(volume).filter(|row| row.status.as_str() == "in-use" && row.size == Gib(gib))
        });
    }

    fn notifications(&self) -> usize {
        self.lab.operations().iter().filter(|op| matches!(op.work, Work::NotifyCompute { .. })).count()
    }
}

#[test]
fn the_server_is_told_once() {
    let cloud = Cloud::new();
    let volume = cloud.in_use();
    cloud.extend(&volume, 3);
    cloud.grown(&volume, 3);
    cloud.lab.settle();
    let event = json!({"name": "volume-extended", "server_uuid": SERVER, "tag": volume.id});
    assert_eq!(cloud.nova.events(), [event]);
    let request = cloud.nova.set(|facts| facts.asked[0]["x-openstack-request-id"].clone());
    assert!(request.to_str().unwrap().starts_with("req-"));
    assert!(cloud.lab.messages().is_empty());
}

#[test]
fn a_volume_that_no_server_uses_is_no_news() {
    let cloud = Cloud::new();
    let volume = cloud.lab.volume(1);
    cloud.lab.extend(&volume, 2);
    cloud.lab.when(&volume, "available");
    cloud.lab.attach(&volume, "bare-metal");
    cloud.lab.settle();
    assert_eq!(cloud.nova.asked(), 0);
}

#[test]
fn nova_is_told_when_it_is_back() {
    let cloud = Cloud::new();
    let volume = cloud.in_use();
    cloud.nova.set(|facts| {
        facts.passing = vec![
            Mood::Answers(503, "busy".to_owned()),
            Mood::Answers(200, "<html>".to_owned()),
            Mood::Answers(403, "{}".to_owned()),
            Mood::Answers(401, "{}".to_owned()),
        ];
    });
    cloud.extend(&volume, 2);
    cloud.grown(&volume, 2);
    cloud.lab.settle();
    assert_eq!((cloud.nova.events().len(), cloud.nova.asked()), (1, 5));
}

#[test]
fn a_silent_nova_keeps_no_volume_waiting() {
    let mut cloud = Cloud::new();
    let volume = cloud.in_use();
    cloud.nova.set(|facts| facts.mood = Mood::Silent);
    cloud.extend(&volume, 2);
    cloud.grown(&volume, 2);
    assert_eq!(cloud.notifications(), 1);
    // It can grow again, be detached and deleted meanwhile.
    cloud.extend(&volume, 3);
    cloud.grown(&volume, 3);
    for attachment in cloud.lab.attachments(&volume) {
        cloud.lab.detach(&attachment);
    }
    cloud.lab.when(&volume, "available");
    cloud.lab.delete(&volume);
    cloud.lab.when_gone(&volume);
    assert_eq!(cloud.notifications(), 2);
    // A crash forgets nothing.
    cloud.lab.kill();
    cloud.nova.set(|facts| facts.mood = Mood::Normal);
    cloud.lab.restart();
    cloud.lab.settle();
    assert_eq!(cloud.nova.events().len(), 2);
}

#[test]
fn in_the_end_the_user_is_told_instead() {
    let mut cloud = Cloud::new();
    let clock = Clock::manual(Timestamp(1_780_315_200_000_000));
    cloud.lab.clock = clock.clone();
    cloud.lab.kill_and_restart();
    cloud.lab.poll();
    let volume = cloud.in_use();
    cloud.keystone.stop();
    cloud.lab.kill_and_restart();
    cloud.extend(&volume, 2);
    cloud.grown(&volume, 2);
    assert!(cloud.lab.messages().is_empty());
    clock.advance(Duration::from_secs(121));
    eventually("the notification to end", || (cloud.notifications() == 0).then_some(()));
    assert_eq!(cloud.lab.messages(), ["extend volume:Compute service failed to extend volume."]);
    assert_eq!(cloud.lab.row(&volume).unwrap().status.as_str(), "in-use");
}

#[test]
fn a_server_nova_does_not_know_is_said_at_once() {
    for refusal in [404, 400, 406] {
        let cloud = Cloud::new();
        let volume = cloud.in_use();
        cloud.nova.set(|facts| facts.mood = Mood::Answers(refusal, "{}".to_owned()));
        cloud.extend(&volume, 2);
        cloud.grown(&volume, 2);
        cloud.lab.settle();
        assert_eq!(cloud.lab.messages(), ["extend volume:Compute service failed to extend volume."]);
        assert_eq!(cloud.nova.asked(), 1);
    }
}
