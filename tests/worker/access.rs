//! Who may reach a volume: what an API server of the cluster shows may be of the past, and what
//! was asked last is what holds.

use hearth::domain::attachment::{Connector, NewAttachment};
use hearth::domain::operation::Lane;
use hearth::domain::volume::Volume;
use hearth::domain::{Gib, LightosProject};
use hearth::lightbits::{Acl, Outcome, UpdateVolume};
use hearth::service::attachments::{Caller, OldAttach};
use hearth::service::volumes::ExtendScope;
use serde_json::{Value, json};

use crate::acts::connector;
use crate::lab::{Lab, client, ctx, eventually};

fn hosts(lab: &Lab, volume: &Volume) -> Vec<String> {
    let truth = lab.truth(0);
    let name = volume.backend_name();
    let there = truth["volumes"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap();
    there["acl"].as_array().unwrap().iter().map(|host| host.as_str().unwrap().to_owned()).collect()
}

fn nqn(host: &str) -> Vec<String> {
    vec![connector(host).nqn]
}

/// From now on every API server shows the cluster as it is now.
fn freeze(lab: &Lab) {
    for node in 0..3 {
        lab.ask(0, reqwest::Method::POST, &format!("/nodes/{node}/stale"), &json!({"frozen": true}));
    }
}

fn thaw(lab: &Lab) {
    for node in 0..3 {
        lab.ask(0, reqwest::Method::DELETE, &format!("/nodes/{node}/stale"), &Value::Null);
    }
}

/// What the cluster takes although its API servers do not show it yet.
fn set(lab: &Lab, volume: &Volume, acl: Acl) {
    let uuid = lab.row(volume).unwrap().location.unwrap().uuid.unwrap();
    let change = UpdateVolume { acl: Some(acl), ip_acl: Some(Acl::Any), ..UpdateVolume::default() };
    let project = LightosProject::new("default");
    let other = client(0, &lab.sims[0]);
    let done = lab.life().runtime.block_on(other.update_volume(Lane::User, &project, uuid, &change));
    assert!(matches!(done, Outcome::Done(())), "{done:?}");
}

fn refused_updates(lab: &Lab) -> u64 {
    let stats = lab.ask(0, reqwest::Method::GET, "/stats", &Value::Null);
    let answers = &stats["answers"]["update_volume"];
    ["400", "412"].iter().filter_map(|status| answers[status].as_u64()).sum()
}

/// Asks on a thread of the gateway's and lets the past go when the cluster has refused to take it
/// for the present.
fn while_the_past_is_shown<T: Send + 'static>(lab: &Lab, ask: impl Future<Output = T> + Send + 'static) -> T {
    let before = refused_updates(lab);
    let asked = lab.life().runtime.spawn(ask);
    eventually("a write from the past", || (refused_updates(lab) > before).then_some(()));
    assert!(!asked.is_finished(), "the past was believed");
    thaw(lab);
    lab.life().runtime.block_on(asked).unwrap()
}

#[test]
fn a_host_that_an_old_list_does_not_show_is_taken_off() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    freeze(&lab);
    set(&lab, &volume, Acl::Only(nqn("late")));
    let (services, id) = (lab.life().services.clone(), volume.id.to_string());
    while_the_past_is_shown(&lab, async move {
        let host = connector("late");
        services.terminate_connection(&ctx(), &id, Some(&host), Caller::Service).await.unwrap();
    });
    assert_eq!(hosts(&lab, &volume), ["ALLOW_NONE"]);
    lab.settle();
}

#[test]
fn a_host_that_only_an_old_list_shows_is_let_in() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    set(&lab, &volume, Acl::Only(nqn("early")));
    eventually("the host", || (hosts(&lab, &volume) == nqn("early")).then_some(()));
    freeze(&lab);
    set(&lab, &volume, Acl::Nobody);
    let (services, id) = (lab.life().services.clone(), volume.id.to_string());
    while_the_past_is_shown(&lab, async move {
        services.initialize_connection(&ctx(), &id, &connector("early")).await.unwrap();
    });
    assert_eq!(hosts(&lab, &volume), nqn("early"));
}

#[test]
fn a_volume_that_an_api_server_does_not_show_is_not_taken_for_gone() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    let missing = json!({"kind": "status", "code": 404, "body": r#"{"error":"no","message":"no","code":5}"#});
    let rule = json!({"match": {"operation": "get_volume"}, "action": missing, "count": 3});
    lab.rule(&rule);
    let attachment = lab.attach(&volume, "one");
    assert_eq!(attachment.status.as_str(), "attaching");
    lab.rule(&rule);
    lab.detach(&attachment);
    assert_eq!(hosts(&lab, &volume), ["ALLOW_NONE"]);
    lab.settle();
}

/// Two attachments of one host that go at the same time do not keep it in for each other.
#[test]
fn the_last_attachment_of_a_host_takes_it_off() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    let life = lab.life();
    let attach = || {
        let new = NewAttachment {
            volume_id: volume.id.to_string(),
            instance_id: Some("5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a11".to_owned()),
            connector: Some(connector("same")),
            mode: None,
        };
        let made = life.runtime.block_on(life.services.create_attachment(&ctx(), &new)).unwrap();
        life.runtime.block_on(life.services.complete_attachment(&ctx(), &made.id.to_string())).unwrap();
        made
    };
    let both = [attach(), attach()];
    assert_eq!(hosts(&lab, &volume), nqn("same"));
    lab.rule(
        &json!({"match": {"operation": "update_volume"}, "action": {"kind": "delay", "ms": 100}, "count": 2}),
    );
    let going = both.map(|attachment| {
        let (services, id) = (life.services.clone(), attachment.id.to_string());
        life.runtime.spawn(async move {
            services.delete_attachment(&ctx(), &id, Caller::Service).await.unwrap();
        })
    });
    for gone in going {
        life.runtime.block_on(gone).unwrap();
    }
    assert_eq!(hosts(&lab, &volume), ["ALLOW_NONE"]);
    lab.settle();
}

#[test]
fn a_new_host_takes_the_place_of_the_old_one() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    let attachment = lab.attach(&volume, "old");
    let (life, id) = (lab.life(), attachment.id.to_string());
    life.runtime.block_on(life.services.update_attachment(&ctx(), &id, &connector("new"))).unwrap();
    eventually("quiet", || lab.operations().is_empty().then_some(()));
    assert_eq!(hosts(&lab, &volume), nqn("new"));
    lab.settle();
}

/// The old way of detaching, of an attachment of the new kind: its host goes with it.
#[test]
fn a_host_does_not_outlive_its_attachment() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    lab.attach(&volume, "one");
    let (life, id) = (lab.life(), volume.id.to_string());
    life.runtime.block_on(life.services.mark_detached(&ctx(), &id, None, Caller::Service)).unwrap();
    eventually("quiet", || lab.operations().is_empty().then_some(()));
    assert_eq!(hosts(&lab, &volume), ["ALLOW_NONE"]);
    lab.settle();
    // One of the old kind has let nobody in, and takes nobody off.
    life.runtime.block_on(life.services.initialize_connection(&ctx(), &id, &connector("two"))).unwrap();
    let attach = OldAttach {
        instance_id: None,
        host: Some("two".to_owned()),
        mountpoint: Some("/dev/vdb".to_owned()),
        mode: "rw".to_owned(),
    };
    life.runtime.block_on(life.services.mark_attached(&ctx(), &id, &attach)).unwrap();
    life.runtime.block_on(life.services.mark_detached(&ctx(), &id, None, Caller::Service)).unwrap();
    assert_eq!(hosts(&lab, &volume), nqn("two"));
}

/// Who comes and goes while a volume grows is remembered by what it returns to.
#[test]
fn a_volume_that_grows_returns_to_what_its_attachments_have_made_of_it() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    let grow = |gib| {
        let before = lab.hits();
        lab.fault("update_volume", &json!({"kind": "delay", "ms": 300}));
        let (life, id, ctx) = (lab.life(), volume.id.to_string(), ctx());
        let growth = life.services.extend_volume(&ctx, &id, Gib(gib), ExtendScope::Online);
        life.runtime.block_on(growth).unwrap();
        eventually("the growth", || (lab.hits() > before).then_some(()));
    };
    let attachment = lab.try_attach(&volume, None).unwrap();
    lab.reset(&volume, "available");
    grow(2);
    let (life, id) = (lab.life(), attachment.id.to_string());
    life.runtime.block_on(life.services.update_attachment(&ctx(), &id, &connector("one"))).unwrap();
    life.runtime.block_on(life.services.complete_attachment(&ctx(), &id)).unwrap();
    assert_eq!(lab.when(&volume, "in-use").size, Gib(2));
    grow(3);
    lab.detach(&attachment);
    assert_eq!(lab.when(&volume, "available").size, Gib(3));
    lab.settle();
}

/// Every host is told what holds for the volume, whatever is asked for that one.
#[test]
fn hosts_are_told_how_the_volume_may_be_used() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    let (life, id) = (lab.life(), volume.id.to_string());
    let connect = |mode: &str| {
        let host = Connector { mode: Some("ro".to_owned()), ..connector("one") };
        let new = NewAttachment {
            volume_id: id.clone(),
            instance_id: None,
            connector: Some(host),
            mode: Some(mode.to_owned()),
        };
        let made = life.runtime.block_on(life.services.create_attachment(&ctx(), &new)).unwrap();
        let told: Value = serde_json::from_str(made.connection_info.as_deref().unwrap()).unwrap();
        lab.detach(&made);
        (made.mode, told["access_mode"].clone())
    };
    assert_eq!(connect("ro"), (Some("ro".to_owned()), json!("rw")));
    life.runtime.block_on(life.services.set_readonly(&ctx(), &id, true)).unwrap();
    assert_eq!(connect("rw"), (Some("ro".to_owned()), json!("ro")));
    let told = life.runtime.block_on(life.services.initialize_connection(&ctx(), &id, &connector("one")));
    assert_eq!(told.unwrap()["access_mode"], "ro");

    // Only when it connects later does the host's own word count.
    let volume = lab.volume(1);
    let reserved = lab.try_attach(&volume, None).unwrap();
    let host = Connector { mode: Some("ro".to_owned()), ..connector("one") };
    let (id, ctx) = (reserved.id.to_string(), ctx());
    let update = life.services.update_attachment(&ctx, &id, &host);
    assert_eq!(life.runtime.block_on(update).unwrap().mode.as_deref(), Some("ro"));
}
