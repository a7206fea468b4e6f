//! What a complete list of a cluster's volumes says: how much is provisioned, what of it is
//! ours, and whether it agrees with the store.

use std::collections::{HashMap, HashSet};

use crate::domain::cluster::{Capacity, Description};
use crate::domain::{Bytes, LightosProject, Timestamp};
use crate::lightbits::{ClusterStatus, NodeState, Volume};
use crate::store::{Holding, PollResult};

/// A cluster that has lost this share of what it held (and at least two volumes) was restored to
/// an earlier state or is another one; a single volume may have been deleted by a person.
const LOST_SHARE: usize = 10;

pub(super) struct Survey {
    pub result: PollResult,
    /// Why the cluster is not to be trusted with more, in words.
    pub regression: Option<String>,
}

/// Our volumes around a list: whatever pointed at the cluster before it began or after it had
/// ended is ours; only what was settled, and the same, both times should certainly be listed.
pub(super) fn steady(before: Vec<Holding>, after: Vec<Holding>) -> Vec<Holding> {
    let still: HashSet<&Holding> = after.iter().collect();
    let unsure = |held: &Holding, sure: bool| Holding { settled: held.settled && sure, ..held.clone() };
    let mut all: Vec<Holding> = before.iter().map(|held| unsure(held, still.contains(held))).collect();
    let old: HashSet<&Holding> = before.iter().collect();
    all.extend(after.iter().filter(|held| !old.contains(held)).map(|held| unsure(held, false)));
    all
}

/// `ours` as [`steady`] makes it.
pub(super) fn survey(
    status: &ClusterStatus,
    nodes: &[NodeState],
    volumes: &[Volume],
    ours: &[Holding],
    started_at: Timestamp,
) -> Survey {
    let mut capacity = statistics(status).unwrap_or_default();
    let known: HashSet<(&LightosProject, &str)> =
        ours.iter().map(|held| (&held.project, held.name.as_str())).collect();
    let default_project = LightosProject::new("default");
    let mut listed = HashMap::with_capacity(volumes.len());
    let mut foreign = 0;
    for volume in volumes {
        let project = volume.project.as_ref().unwrap_or(&default_project);
        // What is being deleted still takes room, but its name proves nothing.
        let taken = volume.size.times(volume.replicas.max(1));
        capacity.provisioned = capacity.provisioned + taken;
        capacity.volumes += 1;
        if known.contains(&(project, volume.name.as_str())) {
            capacity.allocated = capacity.allocated + taken;
        } else {
            foreign += 1;
        }
        if !volume.state.is_leaving() {
            listed.insert((project.clone(), volume.name.clone()), volume.size);
        }
    }
    let missing = missing(ours, &listed);
    let mut description = describe(status);
    description.nodes = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    let active = nodes.iter().filter(|state| **state == NodeState::Active).count();
    description.nodes_active = u32::try_from(active).unwrap_or(u32::MAX);
    description.foreign_volumes = foreign;
    description.missing_volumes = missing as u64;
    let regression = regression(ours, missing, &listed);
    Survey { result: PollResult { capacity, description, started_at, listed }, regression }
}

type Listed = HashMap<(LightosProject, String), Bytes>;

fn size_of(held: &Holding, listed: &Listed) -> Option<Bytes> {
    listed.get(&(held.project.clone(), held.name.clone())).copied()
}

fn missing(ours: &[Holding], listed: &Listed) -> usize {
    ours.iter().filter(|held| held.settled && size_of(held, listed).is_none()).count()
}

fn regression(ours: &[Holding], missing: usize, listed: &Listed) -> Option<String> {
    let settled = ours.iter().filter(|held| held.settled).count();
    if missing >= 2 && missing * LOST_SHARE >= settled {
        return Some(format!(
            "{missing} of the {settled} volumes that should be on it are not: restored to an earlier state?"
        ));
    }
    let shrunk = ours
        .iter()
        .find(|held| held.settled && size_of(held, listed).is_some_and(|size| size < held.size))?;
    Some(format!("{} is smaller than it was: restored to an earlier state?", shrunk.name))
}

/// The figures that need no list; `None` when the credential may not read statistics.
pub(super) fn statistics(status: &ClusterStatus) -> Option<Capacity> {
    let statistics = status.statistics.as_ref()?;
    Some(Capacity {
        effective: statistics.effective_physical,
        physical_used: statistics.physical_used,
        physical_free: statistics.free_physical,
        max_replicas: status.info.current_max_replicas,
        ..Capacity::default()
    })
}

fn describe(status: &ClusterStatus) -> Description {
    Description {
        version: status.min_version.clone(),
        subsystem_nqn: status.info.subsystem_nqn.clone(),
        health: status.health.as_ref().map(|health| health.state.to_string()),
        ..Description::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::size::GIB;
    use crate::domain::{BackendUuid, ClusterId, Metadata};
    use crate::lightbits::{Acl, ClusterInfo, ObjectStatistics, Protection, VolumeState};

    fn status() -> ClusterStatus {
        let statistics = crate::lightbits::ClusterStatistics {
            installed_physical: Bytes(0),
            managed_physical: Bytes(0),
            effective_physical: Bytes(1000 * GIB),
            logical: Bytes(0),
            logical_used: Bytes(0),
            physical_used: Bytes(7 * GIB),
            physical_used_including_parity: Bytes(0),
            free_physical: Bytes(993 * GIB),
            estimated_free_logical: Bytes(0),
            estimated_logical: Bytes(0),
            compression_ratio: None,
        };
        ClusterStatus {
            info: ClusterInfo {
                uuid: ClusterId::random(),
                name: None,
                subsystem_nqn: Some("nqn".to_owned()),
                current_max_replicas: 3,
                supported_max_replicas: 3,
                api_endpoints: Vec::new(),
                discovery_endpoints: Vec::new(),
                nvme_endpoints: Vec::new(),
                etag: None,
            },
            min_version: Some("3.9.2".to_owned()),
            max_allowed_version: None,
            health: None,
            statistics: Some(statistics),
        }
    }

    fn volume(name: &str, gib: u64, replicas: u8, state: VolumeState) -> Volume {
        Volume {
            uuid: BackendUuid::random(),
            name: name.to_owned(),
            project: Some(LightosProject::new("default")),
            size: Bytes(gib * GIB),
            state,
            protection: Protection::FullyProtected,
            replicas,
            acl: Acl::Nobody,
            ip_acl: Acl::Any,
            compression: false,
            nsid: 1,
            sector_size: 4096,
            etag: None,
            source_snapshot_uuid: None,
            source_snapshot_name: None,
            qos_policy_uuid: None,
            qos_policy_name: None,
            labels: Metadata::new(),
            node_uuids: Vec::new(),
            primary_node_uuid: None,
            connected_hosts: Vec::new(),
            rebuild_progress: None,
            statistics: ObjectStatistics::default(),
            created_at: None,
        }
    }

    fn held(name: &str, gib: u64, settled: bool) -> Holding {
        Holding {
            project: LightosProject::new("default"),
            name: name.to_owned(),
            size: Bytes(gib * GIB),
            settled,
        }
    }

    fn of(volumes: &[Volume], ours: &[Holding]) -> Survey {
        let nodes = [NodeState::Active, NodeState::Inactive, NodeState::Active];
        survey(&status(), &nodes, volumes, ours, Timestamp(9))
    }

    #[test]
    fn everything_listed_counts_with_its_replicas_and_only_what_stays_is_evidence() {
        let volumes = [
            volume("ours", 10, 3, VolumeState::Available),
            volume("theirs", 5, 2, VolumeState::Available),
            volume("leaving", 1, 2, VolumeState::Deleting),
            volume("coming", 2, 1, VolumeState::Creating),
        ];
        let found = of(&volumes, &[held("ours", 10, true), held("coming", 2, false)]);
        let capacity = &found.result.capacity;
        assert_eq!(capacity.provisioned, Bytes((30 + 10 + 2 + 2) * GIB));
        assert_eq!(capacity.allocated, Bytes(32 * GIB));
        assert_eq!((capacity.volumes, capacity.effective, capacity.max_replicas), (4, Bytes(1000 * GIB), 3));
        let description = &found.result.description;
        assert_eq!((description.nodes, description.nodes_active), (3, 2));
        assert_eq!((description.foreign_volumes, description.missing_volumes), (2, 0));
        let evidence =
            |name: &str| found.result.listed.contains_key(&(LightosProject::new("default"), name.to_owned()));
        assert!(evidence("ours") && evidence("coming") && !evidence("leaving"));
        assert_eq!((found.regression, found.result.started_at), (None, Timestamp(9)));
    }

    #[test]
    fn a_cluster_that_lost_much_or_shrank_went_backwards_one_lost_volume_is_an_accident() {
        let many: Vec<Holding> = (0..30).map(|n| held(&format!("v{n}"), 1, true)).collect();
        let there = |count: usize| -> Vec<Volume> {
            many.iter().take(count).map(|held| volume(&held.name, 1, 1, VolumeState::Available)).collect()
        };
        assert_eq!(of(&there(29), &many).regression, None);
        assert_eq!(of(&there(29), &many).result.description.missing_volumes, 1);
        assert_eq!(of(&there(28), &many).regression, None);
        assert!(of(&there(27), &many).regression.unwrap().contains("3 of the 30 volumes"));
        let shrunk = [volume("v", 1, 1, VolumeState::Available)];
        assert!(of(&shrunk, &[held("v", 2, true)]).regression.unwrap().contains("v is smaller"));
        // While something is being done to a volume, its absence and size say nothing.
        assert_eq!(of(&shrunk, &[held("v", 2, false)]).regression, None);
        assert_eq!(of(&[], &[held("a", 1, false), held("b", 1, false)]).regression, None);
    }

    #[test]
    fn only_what_did_not_change_during_the_list_is_expected_in_it() {
        let before = vec![held("a", 1, true), held("grown", 1, true), held("deleted", 1, true)];
        let after = vec![held("a", 1, true), held("grown", 2, true), held("new", 1, true)];
        let all = steady(before, after);
        let settled: Vec<_> = all.iter().filter(|h| h.settled).map(|h| h.name.as_str()).collect();
        assert_eq!(settled, ["a"]);
        for name in ["a", "grown", "deleted", "new"] {
            assert!(all.iter().any(|held| held.name == name), "{name} is ours");
        }
    }
}
