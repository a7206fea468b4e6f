//! Volume types with limits, and what clusters make of them.

use hearth::domain::Gib;
use hearth::domain::qos::{Consumer, Specs};
use hearth::domain::volume::{NewVolume, Volume};
use hearth::domain::volume_type::{NewVolumeType, VolumeType};
use hearth::service::qos::{InUse, QosChange};
use serde_json::{Value, json};

use crate::lab::{Lab, ctx, eventually};

impl Lab {
    pub fn volume_type(&self, extra_specs: &[(&str, &str)]) -> VolumeType {
        let new = NewVolumeType {
            name: format!("type-{}", uuid::Uuid::new_v4()),
            description: None,
            extra_specs: extra_specs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            is_public: true,
        };
        let life = self.life();
        life.runtime.block_on(life.services.create_type(&ctx(), &new)).unwrap()
    }

    /// A type whose QoS specs, kept by the cluster, say this.
    pub fn limited_type(&self, specs: &[(&str, &str)]) -> VolumeType {
        let found = self.volume_type(&[]);
        self.limit(&found, Consumer::BackEnd, specs);
        self.type_row(&found)
    }

    fn limit(&self, volume_type: &VolumeType, consumer: Consumer, specs: &[(&str, &str)]) {
        let specs: Specs = specs.iter().map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned()))).collect();
        let life = self.life();
        let (name, type_id) = (format!("qos of {}", volume_type.name), volume_type.id.to_string());
        life.runtime.block_on(async {
            let made = life.services.create_qos_specs(&ctx(), &name, consumer, specs).await.unwrap();
            life.services.associate_qos_specs(&ctx(), &made.id.to_string(), &type_id).await.unwrap();
        });
    }

    fn type_row(&self, volume_type: &VolumeType) -> VolumeType {
        let life = self.life();
        life.runtime.block_on(async {
            life.store.read().await.unwrap().find_type(volume_type.id).await.unwrap().unwrap()
        })
    }

    pub fn change_limits(&self, volume_type: &VolumeType, specs: &[(&str, Option<&str>)]) {
        let specs = specs.iter().map(|(k, v)| ((*k).to_owned(), v.map(str::to_owned))).collect();
        let change = QosChange { consumer: None, specs };
        let life = self.life();
        let id = volume_type.qos_specs_id.unwrap().to_string();
        life.runtime.block_on(life.services.update_qos_specs(&ctx(), &id, &change)).unwrap();
    }

    pub fn blank_of(&self, volume_type: &VolumeType) -> Volume {
        let volume_type = Some(volume_type.id.to_string());
        self.create(NewVolume { size: Some(Gib(1)), volume_type, ..NewVolume::default() })
    }

    /// What the cluster keeps a volume to.
    pub fn limits_of(&self, volume: &Volume) -> Value {
        for truth in self.truths() {
            let name = volume.backend_name();
            let on = |list: &str| truth[list].as_array().unwrap().clone();
            let Some(found) = on("volumes").into_iter().find(|v| v["name"] == name.as_str()) else {
                continue;
            };
            let policy = on("policies").into_iter().find(|policy| policy["uuid"] == found["policy"]);
            return policy.unwrap()["limits"].clone();
        }
        Value::Null
    }

    pub fn when_limited(&self, volume: &Volume, limits: &Value) {
        eventually(&format!("{} to be kept to {limits}", volume.id), || {
            (self.limits_of(volume) == *limits).then_some(())
        });
    }

    fn policies(&self) -> Vec<String> {
        let truths = self.truths();
        let all = truths.iter().flat_map(|truth| truth["policies"].as_array().unwrap());
        all.map(|policy| policy["name"].as_str().unwrap().to_owned()).collect()
    }
}

fn unlimited() -> Value {
    json!({"Iops": {"write": 0, "read": 0}})
}

#[test]
fn limits_go_and_come_in_place() {
    let lab = Lab::new(2);
    let gold = lab.limited_type(&[("read_bytes_sec", "5000000")]);
    let volumes: Vec<_> = (0..4).map(|_| lab.blank_of(&gold)).collect();
    for volume in &volumes {
        lab.when(volume, "available");
        lab.when_limited(volume, &json!({"Bandwidth": {"write": 0, "read": 5}}));
    }
    // One policy a cluster, whatever the number of volumes.
    assert_eq!(lab.policies().iter().filter(|name| name.starts_with("hearth-qos-")).count(), 2);

    let take = |key: &str| {
        let life = lab.life();
        let (id, keys) = (gold.qos_specs_id.unwrap().to_string(), [key.to_owned()]);
        life.runtime.block_on(life.services.delete_qos_keys(&ctx(), &id, &keys)).unwrap();
    };
    take("read_bytes_sec");
    volumes.iter().for_each(|volume| lab.when_limited(volume, &unlimited()));
    lab.change_limits(&gold, &[("write_iops_sec_per_gb", Some("7"))]);
    volumes
        .iter()
        .for_each(|volume| lab.when_limited(volume, &json!({"IopsPerGb": {"write": 7, "read": 0}})));
    lab.settle();
}

#[test]
fn front_end_limits_are_not_the_clusters_business() {
    let lab = Lab::new(1);
    let found = lab.volume_type(&[]);
    lab.limit(&found, Consumer::FrontEnd, &[("total_iops_sec", "100")]);
    let volume = lab.blank_of(&found);
    lab.when(&volume, "available");
    assert_eq!(lab.limits_of(&volume), unlimited());
    assert_eq!(lab.policies(), ["no-limit-policy"]);
    lab.change_limits(&lab.type_row(&found), &[("total_iops_sec", Some("200"))]);
    assert_eq!(lab.operations(), []);
}

#[test]
fn limits_no_policy_can_keep_are_told() {
    let lab = Lab::new(1);
    let gold = lab.limited_type(&[("total_iops_sec", "1"), ("total_bytes_sec", "1")]);
    let volume = lab.blank_of(&gold);
    lab.when(&volume, "error");
    let told = lab.messages();
    assert!(told.iter().any(|text| text.contains("can keep only one of them")), "{told:?}");
    lab.settle();
}

#[test]
fn a_policy_the_cluster_does_not_have_is_told() {
    let lab = Lab::new(1);
    let gold = lab.volume_type(&[("lightos:qos_policy", "none-such")]);
    let volume = lab.blank_of(&gold);
    lab.when(&volume, "error");
    lab.settle();
}

#[test]
fn a_cluster_that_is_away_gets_its_limits_when_it_is_back() {
    let lab = Lab::new(2);
    let gold = lab.limited_type(&[("total_iops_sec", "1000")]);
    let volumes: Vec<_> = (0..4).map(|_| lab.blank_of(&gold)).collect();
    volumes.iter().for_each(|volume| drop(lab.when(volume, "available")));
    let away = json!({"rules": [{"match": {}, "action": {"kind": "status", "code": 503}}]});
    lab.ask(0, reqwest::Method::POST, "/faults", &away);
    lab.change_limits(&gold, &[("total_iops_sec", Some("2000"))]);
    let new = json!({"Iops": {"write": 2048, "read": 2048}});
    let on_the_other = |volume: &&Volume| lab.row(volume).unwrap().cluster_id() == Some(lab.cluster(1));
    volumes.iter().filter(on_the_other).for_each(|volume| lab.when_limited(volume, &new));
    assert_eq!(lab.operations().len(), 1);
    lab.heal();
    volumes.iter().for_each(|volume| lab.when_limited(volume, &new));
    lab.settle();
}

#[test]
fn specs_that_are_gone_leave_no_policy_behind_that_nobody_has() {
    let lab = Lab::new(1);
    let gold = lab.limited_type(&[("total_iops_sec", "1000")]);
    let volume = lab.blank_of(&gold);
    lab.when(&volume, "available");
    lab.delete(&volume);
    lab.when_gone(&volume);
    let id = gold.qos_specs_id.unwrap().to_string();
    let life = lab.life();
    life.runtime.block_on(life.services.delete_qos_specs(&ctx(), &id, InUse::Disassociate)).unwrap();
    eventually("the policy to be gone", || (lab.policies() == ["no-limit-policy"]).then_some(()));
    lab.settle();
}
