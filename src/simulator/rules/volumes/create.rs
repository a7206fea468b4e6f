//! Creating a volume, empty or as the clone of a snapshot.

use uuid::Uuid;

use super::{Handle, named_policy};
use crate::simulator::model::{
    Affinity, Kind, Label, Pending, Record, Snapshot, SnapshotState, Source, Volume, VolumeState,
};
use crate::simulator::refusal::{Refusal, Result};
use crate::simulator::rules::{Fate, Moment, input, placement};

/// A create request with its types sorted out.
#[derive(Debug, Clone)]
pub struct NewVolume {
    pub project: String,
    pub name: String,
    /// As sent, e.g. `10 gib`.
    pub size: String,
    pub replicas: u32,
    pub acl: Vec<String>,
    /// Absent is `ALLOW_ANY`.
    pub ip_acl: Option<Vec<String>>,
    pub compression: String,
    /// 0 is the default.
    pub sector_size: u32,
    pub source: Option<Handle>,
    pub affinities: Vec<Affinity>,
    pub policy_uuid: String,
    pub policy_name: String,
    /// Absent on a clone: the snapshot's.
    pub labels: Option<Vec<Label>>,
}

pub fn create(at: &Moment<'_>, new: NewVolume) -> Result<(Vec<Record>, Volume)> {
    let size = input::size(&new.size)?;
    check(at, &new)?;
    let replicas = replicas(at, new.replicas)?;
    placement::check_affinities(at, &new.affinities, replicas)?;
    let source = new.source.as_ref().map(|handle| source(at, &new, handle, size, replicas)).transpose()?;
    let labels = match (&source, new.labels) {
        (_, Some(labels)) => input::labels(labels, &at.options.quirks)?,
        (Some(snapshot), None) => snapshot.labels.clone(),
        (None, None) => Vec::new(),
    };
    let policy = policy(at, &new.project, &new.policy_uuid, &new.policy_name)?;
    let doomed = at.fate == Fate::Doomed;
    let volume = Volume {
        uuid: Uuid::new_v4(),
        name: new.name,
        project: new.project,
        state: VolumeState::Creating,
        due: Some(at.after(at.options.timings.create)),
        pending: Some(if doomed { Pending::Fail } else { Pending::Place }),
        size,
        replicas,
        acl: new.acl,
        ip_acl: new.ip_acl.unwrap_or_else(|| vec![input::ALLOW_ANY.to_owned()]),
        compression: input::compression(&new.compression)?.unwrap_or(false),
        sector_size: sector_size(new.sector_size)?,
        nodes: Vec::new(),
        nsid: 0,
        revision: 1,
        source: source.map(|snapshot| Source { uuid: snapshot.uuid, name: snapshot.name.clone() }),
        affinities: new.affinities,
        policy,
        labels,
        created: at.now,
        layer: None,
    };
    let ledger = at.created(Kind::Volume, &volume.project, &volume.name, volume.uuid);
    Ok((vec![Record::Volume(Box::new(volume.clone())), ledger], volume))
}

fn check(at: &Moment<'_>, new: &NewVolume) -> Result<()> {
    input::name(&new.name)?;
    input::acl(&new.acl)?;
    new.ip_acl.as_deref().map(input::ip_acl).transpose()?;
    if !at.tables.projects.contains_key(&new.project) {
        return Err(Refusal::invalid(format!("no project {:?}", new.project)));
    }
    // Deleting volumes and husks have let go of their name.
    match at.tables.volume_named(&new.project, &new.name) {
        Some(volume) if volume.state.is_live() => {
            Err(Refusal::exists(format!("volume {:?} exists", new.name)))
        }
        _ => Ok(()),
    }
}

fn replicas(at: &Moment<'_>, count: u32) -> Result<u8> {
    let most = at.options.supported_replicas();
    match u8::try_from(count) {
        Ok(count) if (1..=most).contains(&count) => Ok(count),
        _ => Err(Refusal::invalid(format!("replicaCount {count} is not within 1 and {most}"))),
    }
}

fn sector_size(size: u32) -> Result<u32> {
    match size {
        0 | 4096 => Ok(4096),
        512 => Ok(512),
        _ => Err(Refusal::invalid("sectorSize must be 512 or 4096")),
    }
}

fn source<'a>(
    at: &Moment<'a>,
    new: &NewVolume,
    handle: &Handle,
    size: u64,
    replicas: u8,
) -> Result<&'a Snapshot> {
    let found = match handle {
        Handle::Uuid(uuid) => at.tables.snapshots.get(uuid).filter(|it| it.project == new.project),
        Handle::Name(name) => at.tables.snapshot_named(&new.project, name),
    };
    let snapshot = found.ok_or_else(|| Refusal::invalid("no such source snapshot in this project"))?;
    match snapshot.state {
        SnapshotState::Available => {}
        SnapshotState::Creating => return Err(Refusal::unavailable("the source snapshot is being created")),
        state => return Err(Refusal::precondition(format!("the source snapshot is {}", state.name()))),
    }
    let parent = at.tables.volumes.get(&snapshot.source_uuid);
    if parent.is_some_and(|volume| matches!(volume.state, VolumeState::Updating | VolumeState::Rollback)) {
        return Err(Refusal::unavailable("the snapshot's volume is busy, try again later"));
    }
    if size < snapshot.size {
        return Err(Refusal::invalid("a clone cannot be smaller than its snapshot"));
    }
    if replicas != snapshot.replicas {
        return Err(Refusal::invalid("a clone has as many replicas as its snapshot"));
    }
    if !new.affinities.is_empty() {
        return Err(Refusal::invalid("a clone goes where its snapshot is; no placement restrictions"));
    }
    Ok(snapshot)
}

/// Explicit, else the project's, else the cluster's.
fn policy(at: &Moment<'_>, project: &str, uuid: &str, name: &str) -> Result<Uuid> {
    if let Some(policy) = named_policy(at, project, uuid, name)? {
        return Ok(policy.uuid);
    }
    let of_project = at.tables.projects.get(project).and_then(|it| it.default_policy);
    let default_name = at.tables.settings.get("DefaultQoSName");
    let of_cluster = at.tables.policies.values().find(|policy| Some(&policy.name) == default_name);
    Ok(of_project.or(of_cluster.map(|policy| policy.uuid)).unwrap_or_default())
}
