//! A volume, open for a copy.
//!
//! The gateway lets itself in like any host: its NQN goes into the volume's access list, and comes
//! off it when the copy is done. Whoever takes over an operation puts its own name there and takes
//! the former holder's away, so that one that only seemed dead can write no more.
//!
//! ```text
//! let opened = match copying::open(job, &place).await { Ok(opened) => opened, Err(missed) => … };
//! let copied = …                       // look at `job.bench.stop` between two chunks
//! copying::close(job, &place, opened).await?   // before the transaction that ends the operation
//! ```

use super::access::{self, Lists};
use super::connect::portals;
use super::flow::Flow;
use super::job::Job;
use crate::datapath::{DataPath, Disk, Target, Trouble, Turn};
use crate::domain::attachment::Connector;
use crate::domain::operation::Lane;
use crate::domain::volume::Location;
use crate::domain::{self, BackendUuid, Bytes, Error, VolumeId};
use crate::lightbits::{Acl, Volume};

/// Tries of a step, in this process, after which a copy is given up.
const MOST_TRIES: u32 = 6;

/// The volume on its cluster.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Whose hosts keep their access; `None`: nobody else is to have any.
    pub(super) volume: Option<VolumeId>,
    pub(super) location: Location,
    pub(super) uuid: BackendUuid,
    pub(super) size: Bytes,
}

impl Place {
    /// Of a volume that its cluster has made.
    pub(super) fn of(volume: &domain::volume::Volume) -> Option<Self> {
        let location = volume.location.clone()?;
        let uuid = location.uuid?;
        Some(Self { volume: Some(volume.id), location, uuid, size: volume.size.bytes() })
    }
}

/// Close it with [`close`].
pub(super) struct Opened {
    pub(super) disk: Disk,
    host: Connector,
}

/// Why a volume is not open.
#[derive(Debug)]
pub(super) enum Missed {
    /// No data path is configured.
    NoDataPath,
    /// It is not on its cluster.
    Gone,
    /// The cluster cannot be asked now: the step again, for as long as it takes.
    Wait(Flow),
    /// The cluster has let us in, but the bytes cannot be got at: see [`again`].
    Trouble(Trouble),
}

/// Trying again, until that has been tried often enough.
pub(super) fn again(job: &Job, trouble: &Trouble) -> Option<Flow> {
    (job.missed() <= MOST_TRIES).then(|| Flow::Again(trouble.to_string()))
}

pub(super) async fn open(job: &Job, place: &Place) -> Result<Opened, Missed> {
    let path = job.bench.settings.data_path.as_ref().ok_or(Missed::NoDataPath)?;
    // Not waited for here, where the operation holds a place that others may need.
    let turn =
        path.turn().ok_or_else(|| Missed::Wait(Flow::Again("other copies are under way".to_owned())))?;
    open_in(job, path, place, turn).await
}

/// The other volume of a copy.
pub(super) async fn open_beside(job: &Job, place: &Place, other: &Opened) -> Result<Opened, Missed> {
    let path = job.bench.settings.data_path.as_ref().ok_or(Missed::NoDataPath)?;
    open_in(job, path, place, other.disk.turn()).await
}

fn host(job: &Job, path: &DataPath) -> Connector {
    let nqn = path.host_nqn(job.op.id, job.bench.dispatch.owner());
    Connector { host: None, nqn, ips: Vec::new(), mountpoint: None, mode: None }
}

async fn open_in(job: &Job, path: &DataPath, place: &Place, turn: Turn) -> Result<Opened, Missed> {
    let client = job.client(place.location.cluster_id).map_err(Missed::Wait)?;
    let host = host(job, path);
    let lists = Lists { job, client: &client, location: &place.location, uuid: place.uuid };
    let wish = |volume: &Volume| only_holder(volume, &host, job);
    match lists.bring_to(&wish).await {
        Ok(Some(())) => {}
        Ok(None) => return Err(Missed::Gone),
        Err(flow) => return Err(Missed::Wait(flow)),
    }
    let info = client.cluster_info(Lane::User).await.map_err(wait)?;
    let nodes = client.nodes(Lane::User).await.map_err(wait)?;
    let subsystem_nqn = info
        .subsystem_nqn
        .ok_or_else(|| Missed::Trouble(Trouble("the cluster does not tell its subsystem NQN".to_owned())))?;
    let portals = portals(nodes);
    let target =
        Target { uuid: place.uuid, size: place.size, subsystem_nqn, portals, host_nqn: host.nqn.clone() };
    let disk = path.open_in(&target, turn).await.map_err(Missed::Trouble)?;
    Ok(Opened { disk, host })
}

fn wait(trouble: crate::lightbits::Trouble) -> Missed {
    Missed::Wait(Flow::Again(trouble.to_string()))
}

fn unread(error: Error) -> Flow {
    Flow::Again(error.to_string())
}

/// The lists with this holder of the operation and without the former ones.
fn only_holder(volume: &Volume, host: &Connector, job: &Job) -> Option<(Acl, Acl)> {
    let wished = access::with(volume, host);
    let (acl, ips) = wished.clone().unwrap_or_else(|| (volume.acl.clone(), volume.ip_acl.clone()));
    match without_former(&acl, host, job) {
        Some(acl) => Some((acl, ips)),
        None => wished,
    }
}

/// The list without the former holders of the operation, if there are any on it.
fn without_former(acl: &Acl, host: &Connector, job: &Job) -> Option<Acl> {
    let Acl::Only(nqns) = acl else { return None };
    let former = |nqn: &String| DataPath::is_of(nqn, job.op.id) && *nqn != host.nqn;
    if !nqns.iter().any(former) {
        return None;
    }
    let kept: Vec<String> = nqns.iter().filter(|nqn| !former(nqn)).cloned().collect();
    Some(if kept.is_empty() { Acl::Nobody } else { Acl::Only(kept) })
}

/// Disconnects and takes us off the access list. Whatever goes wrong in that, the step comes again,
/// and with it the copy.
pub(super) async fn close(job: &Job, place: &Place, opened: Opened) -> Result<(), Flow> {
    let Opened { disk, host } = opened;
    disk.close().await.map_err(|trouble| Flow::Again(trouble.to_string()))?;
    take_off(job, place, &host).await
}

/// Takes all holders that the operation ever had off the access list of a volume that is not open.
pub(super) async fn leave(job: &Job, place: &Place) -> Result<(), Flow> {
    match &job.bench.settings.data_path {
        Some(path) => take_off(job, place, &host(job, path)).await,
        None => Ok(()),
    }
}

async fn take_off(job: &Job, place: &Place, host: &Connector) -> Result<(), Flow> {
    let client = job.client(place.location.cluster_id)?;
    let lists = Lists { job, client: &client, location: &place.location, uuid: place.uuid };
    let left = match place.volume {
        Some(volume) => access::connected(job, volume, None).await.map_err(unread)?,
        None => Vec::new(),
    };
    let wish = |volume: &Volume| {
        let former = without_former(&volume.acl, host, job);
        let rest = Volume { acl: former.clone().unwrap_or_else(|| volume.acl.clone()), ..volume.clone() };
        access::without(&rest, host, &left).or_else(|| former.map(|acl| (acl, volume.ip_acl.clone())))
    };
    lists.bring_to(&wish).await.map(|_| ())
}
