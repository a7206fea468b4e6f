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

#![allow(dead_code, reason = "laid before what stands on it: images, backups, moves")]

use super::access::{self, Lists};
use super::connect::portals;
use super::flow::Flow;
use super::job::Job;
use crate::datapath::{DataPath, Disk, Target, Trouble};
use crate::domain::attachment::Connector;
use crate::domain::operation::Lane;
use crate::domain::volume::Location;
use crate::domain::{BackendUuid, Bytes, Error, VolumeId};
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
    (job.tries < MOST_TRIES).then(|| Flow::Again(trouble.to_string()))
}

pub(super) async fn open(job: &Job, place: &Place) -> Result<Opened, Missed> {
    let path = job.bench.settings.data_path.as_ref().ok_or(Missed::NoDataPath)?;
    let client = job.client(place.location.cluster_id).map_err(Missed::Wait)?;
    let host = Connector {
        host: None,
        nqn: path.host_nqn(job.op.id, job.bench.dispatch.owner()),
        ips: Vec::new(),
        mountpoint: None,
        mode: None,
    };
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
    let disk = path.open(&target).await.map_err(Missed::Trouble)?;
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
    let Acl::Only(nqns) = &acl else { return wished };
    let stale = |nqn: &String| DataPath::is_of(nqn, job.op.id) && *nqn != host.nqn;
    if !nqns.iter().any(stale) {
        return wished;
    }
    let kept = nqns.iter().filter(|nqn| !stale(nqn)).cloned().collect();
    Some((Acl::Only(kept), ips))
}

/// Disconnects and takes us off the access list. Whatever goes wrong in that, the step comes again,
/// and with it the copy.
pub(super) async fn close(job: &Job, place: &Place, opened: Opened) -> Result<(), Flow> {
    let Opened { disk, host } = opened;
    disk.close().await.map_err(|trouble| Flow::Again(trouble.to_string()))?;
    let client = job.client(place.location.cluster_id)?;
    let lists = Lists { job, client: &client, location: &place.location, uuid: place.uuid };
    let left = match place.volume {
        Some(volume) => access::connected(job, volume, None).await.map_err(unread)?,
        None => Vec::new(),
    };
    let wish = |volume: &Volume| access::without(volume, &host, &left);
    lists.bring_to(&wish).await.map(|_| ())
}
