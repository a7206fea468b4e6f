//! Shared by the tests of the data path.

use uuid::Uuid;

use crate::domain::Timestamp;
use crate::simulator::model::{Volume, VolumeState};

pub fn volume(nsid: u32, host: &str) -> Volume {
    Volume {
        uuid: Uuid::from_u128(nsid.into()),
        name: format!("volume-{nsid}"),
        project: "default".to_owned(),
        state: VolumeState::Available,
        due: None,
        pending: None,
        size: 1 << 30,
        replicas: 1,
        acl: vec![host.to_owned()],
        ip_acl: Vec::new(),
        compression: false,
        sector_size: 4096,
        nodes: Vec::new(),
        nsid,
        revision: 1,
        source: None,
        affinities: Vec::new(),
        policy: Uuid::nil(),
        labels: Vec::new(),
        created: Timestamp(0),
        layer: None,
    }
}
