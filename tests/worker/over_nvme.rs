//! Copies over the whole of our own data path: the gateway's initiator, the clusters' access lists
//! and their targets.

use std::time::Duration;

use bytes::Bytes;
use hearth::datapath::{DataPath, Disk, NvmeTcp, Portal, Target};
use hearth::domain::operation::Lane;
use hearth::domain::volume::Volume;
use hearth::lightbits::{Acl, Outcome, UpdateVolume};
use hearth::service::volumes::Lock;
use serde_json::{Value, json};

use crate::lab::{Lab, client, ctx, eventually};

const MIB: u64 = 1 << 20;
const HOST: &str = "nqn.2014-08.org.nvmexpress:uuid:5f0e3c5e-6b5a-4a39-9a0c-0d6f1f2b7c11";
/// With holes between, to the very end.
const WRITTEN: [(u64, u8); 4] = [(0, 1), (100 * MIB + 4096, 2), (700 * MIB, 3), (1023 * MIB, 4)];

fn lab() -> Lab {
    let mut lab = Lab::new(2);
    lab.data_path = Some(DataPath::nvme_tcp(NvmeTcp::default(), 4));
    lab.kill_and_restart();
    lab
}

impl Lab {
    fn sim_of(&self, volume: &Volume) -> usize {
        let at = volume.location.as_ref().unwrap().cluster_id;
        (0..self.sims.len()).find(|sim| self.cluster(*sim) == at).unwrap()
    }

    /// Lets these hosts in, and no others.
    async fn let_in(&self, volume: &Volume, acl: Acl) {
        let (sim, location) = (self.sim_of(volume), volume.location.as_ref().unwrap());
        let change = UpdateVolume { acl: Some(acl), ..UpdateVolume::default() };
        let cluster = client(sim, &self.sims[sim]);
        let done =
            cluster.update_volume(Lane::User, &location.project, location.uuid.unwrap(), &change).await;
        assert!(matches!(done, Outcome::Done(())), "{done:?}");
    }

    /// What a server does that has the volume attached.
    async fn visit(&self, volume: &Volume) -> Disk {
        self.let_in(volume, Acl::Only(vec![HOST.to_owned()])).await;
        let sim = &self.sims[self.sim_of(volume)];
        let portals = sim.data_endpoints().iter();
        let target = Target {
            uuid: volume.location.as_ref().unwrap().uuid.unwrap(),
            size: volume.size.bytes(),
            subsystem_nqn: sim.subsystem_nqn().to_owned(),
            portals: portals.map(|at| Portal { host: at.ip().to_string(), port: at.port() }).collect(),
            host_nqn: HOST.to_owned(),
        };
        let path = DataPath::nvme_tcp(NvmeTcp::default(), 1);
        for _ in 0..100 {
            // The list is in effect a moment after it was taken.
            match path.open(&target).await {
                Ok(disk) => return disk,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        path.open(&target).await.unwrap()
    }

    fn write_to(&self, volume: &Volume) {
        self.block_on(async {
            let disk = self.visit(volume).await;
            for (at, byte) in WRITTEN {
                disk.write(at, Bytes::from(vec![byte; MIB as usize])).await.unwrap();
            }
            disk.close().await.unwrap();
            self.let_in(volume, Acl::Nobody).await;
        });
    }

    fn has_what_was_written(&self, volume: &Volume) {
        self.block_on(async {
            let disk = self.visit(volume).await;
            for (at, byte) in WRITTEN {
                assert_eq!(disk.read(at, MIB as usize).await.unwrap(), vec![byte; MIB as usize], "at {at}");
            }
            assert_eq!(disk.read(50 * MIB, MIB as usize).await.unwrap(), vec![0; MIB as usize]);
            disk.close().await.unwrap();
        });
    }

    fn move_away(&self, volume: &Volume) {
        let here = volume.location.as_ref().unwrap().cluster_id;
        let host = self.views().iter().find(|view| view.id != here).unwrap().host();
        let (life, ctx, id) = (self.life(), ctx(), volume.id.to_string());
        life.runtime.block_on(life.services.migrate_volume(&ctx, &id, &host, Lock::No)).unwrap();
    }

    fn when_moved(&self, volume: &Volume) -> Volume {
        let has_moved = |row: &Volume| row.migration_status.as_deref() == Some("success");
        let row = eventually("the move", || self.row(volume).filter(has_moved));
        eventually("the end of all operations", || (self.life().busy() == 0).then_some(()));
        assert_ne!(row.location.as_ref().unwrap().cluster_id, volume.location.as_ref().unwrap().cluster_id);
        // One volume is left, and nobody is let in to it.
        let volumes: Vec<Value> =
            self.truths().iter().flat_map(|truth| truth["volumes"].as_array().unwrap().clone()).collect();
        assert_eq!(volumes.len(), 1, "{volumes:?}");
        assert_eq!(volumes[0]["acl"], json!(["ALLOW_NONE"]));
        row
    }
}

#[test]
fn a_volume_moves_over_our_own_data_path() {
    let lab = lab();
    let volume = lab.volume(1);
    lab.write_to(&volume);
    lab.move_away(&volume);
    let row = lab.when_moved(&volume);
    lab.has_what_was_written(&row);
}

/// The next holder of the operation shuts the former one out and finishes what it began.
#[test]
fn a_killed_gateway_leaves_a_copy_that_is_finished() {
    let mut lab = lab();
    let volume = lab.volume(1);
    lab.write_to(&volume);
    let slow = json!({"match": {"operation": "nvme_write"}, "action": {"kind": "delay", "ms": 300}});
    lab.rule(&slow);
    lab.move_away(&volume);
    eventually("the copy to be under way", || (lab.hits() > 0).then_some(()));
    lab.kill_and_restart();
    lab.heal();
    // Connections that break are not the end of it either.
    let broken = json!({"match": {"operation": "nvme_write"}, "action": {"kind": "reset"}, "count": 1});
    lab.rule(&broken);
    let row = lab.when_moved(&volume);
    lab.heal();
    lab.has_what_was_written(&row);
}
