//! The access lists of a volume: host NQNs, and the addresses of the hosts.
//!
//! Only the entries of our own connectors are added and taken away; whatever else stands there
//! stays. What is read may be of the past, because API servers lag behind each other: a list that
//! looks right proves nothing. So a change *and* the belief that none is needed are both written,
//! naming the ETag they were made from; the cluster takes them only if that was its own state.
//! What lost the race starts again from what is there now.

use std::collections::BTreeSet;
use std::time::Duration;

use super::flow::Flow;
use super::job::Job;
use super::remote::{Seen, await_volume};
use crate::domain::attachment::{Attachment, Connector};
use crate::domain::operation::{Lane, Operation, OperationStatus, Work};
use crate::domain::status::AttachStatus;
use crate::domain::volume::Location;
use crate::domain::{BackendUuid, VolumeId};
use crate::lightbits::{Acl, Cluster, ETag, Outcome, Reason, UpdateVolume, Volume};

/// A cluster takes no more addresses for a volume (`lightbits-api` §3.10).
const MOST_ADDRESSES: usize = 16;
/// Looks for a change that the cluster has taken, and the pause between two of them.
const LOOKS: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);
/// An ETag that no volume has: a write that names it changes nothing.
const NO_ETAG: &str = "0";

/// What the lists should be, given what they are; `None`: they are right.
pub(super) type Wish<'a> = &'a (dyn Fn(&Volume) -> Option<(Acl, Acl)> + Sync);

/// The access lists of a volume of ours.
pub(super) struct Lists<'a> {
    pub(super) job: &'a Job,
    pub(super) client: &'a Cluster,
    pub(super) location: &'a Location,
    pub(super) uuid: BackendUuid,
}

impl Lists<'_> {
    /// Brings the lists to what is wished for. `Ok(None)`: the volume is not on its cluster.
    pub(super) async fn bring_to(&self, wish: Wish<'_>) -> Result<Option<()>, Flow> {
        let volume = match self.look().await {
            Seen::Ready(volume) => volume,
            Seen::Failed | Seen::Leaving => return Ok(None),
            Seen::Missing => return self.is_gone().await,
            Seen::Pending(why) => return Err(Flow::Again(why)),
            Seen::Trouble(trouble) => return Err(Flow::Again(trouble.to_string())),
        };
        let (acl, ip_acl) = wish(&volume).unwrap_or_else(|| (volume.acl.clone(), volume.ip_acl.clone()));
        let change = UpdateVolume {
            acl: Some(acl),
            ip_acl: Some(ip_acl),
            if_match: volume.etag,
            ..UpdateVolume::default()
        };
        match self.write(&change).await {
            Outcome::Done(()) => self.shows(wish).await,
            Outcome::Refused(refusal) if refusal.reason == Reason::NotFound => Ok(None),
            Outcome::Refused(refusal) => Err(Flow::Again(refusal.to_string())),
            Outcome::Unknown(trouble) => Err(Flow::Again(trouble.to_string())),
        }
    }

    async fn look(&self) -> Seen<Volume> {
        await_volume(self.job, self.client, &self.location.project, self.uuid).await
    }

    async fn write(&self, change: &UpdateVolume) -> Outcome<()> {
        self.client.update_volume(Lane::User, &self.location.project, self.uuid, change).await
    }

    /// What was taken shows when it is in effect, and not at once on every API server.
    async fn shows(&self, wish: Wish<'_>) -> Result<Option<()>, Flow> {
        for _ in 0..LOOKS {
            match self.look().await {
                Seen::Ready(volume) if wish(&volume).is_none() => return Ok(Some(())),
                Seen::Failed | Seen::Leaving => return Ok(None),
                Seen::Ready(_) | Seen::Missing => {}
                Seen::Pending(why) => return Err(Flow::Again(why)),
                Seen::Trouble(trouble) => return Err(Flow::Again(trouble.to_string())),
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Flow::Again("the access lists do not show the change yet".to_owned()))
    }

    /// A volume that is not shown may be there all the same. A write is answered by the cluster's
    /// own state; this one can change nothing.
    async fn is_gone(&self) -> Result<Option<()>, Flow> {
        let nothing = UpdateVolume { if_match: Some(ETag(NO_ETAG.to_owned())), ..UpdateVolume::default() };
        match self.write(&nothing).await {
            Outcome::Refused(refusal) if refusal.reason == Reason::NotFound => Ok(None),
            Outcome::Unknown(trouble) => Err(Flow::Again(trouble.to_string())),
            Outcome::Done(()) | Outcome::Refused(_) => {
                Err(Flow::Again("an API server of the cluster does not show the volume".to_owned()))
            }
        }
    }
}

/// Hosts are let in and taken off in the order in which that was asked for: what was asked last
/// is what holds in the end.
pub(super) async fn is_its_turn(job: &Job, volume: VolumeId) -> crate::domain::Result<bool> {
    let all = job.bench.store.read().await?.operations_of(&volume.to_string()).await?;
    let before = |op: &&Operation| {
        matches!(op.work, Work::Connect { .. } | Work::Disconnect { .. })
            && op.status == OperationStatus::Open
            && (op.created_at, op.id) < (job.op.created_at, job.op.id)
    };
    Ok(!all.iter().any(|op| before(&op)))
}

/// The lists with this host in them.
pub(super) fn with(volume: &Volume, connector: &Connector) -> Option<(Acl, Acl)> {
    let nqns = match &volume.acl {
        Acl::Any => None,
        Acl::Nobody => Some(vec![connector.nqn.clone()]),
        Acl::Only(nqns) if nqns.contains(&connector.nqn) => None,
        Acl::Only(nqns) => Some([nqns.clone(), vec![connector.nqn.clone()]].concat()),
    };
    let wanted = addresses(connector);
    let ips = match &volume.ip_acl {
        // A connector without addresses says nothing about them: the NQN alone decides.
        Acl::Any => None,
        _ if wanted.is_empty() => Some(Acl::Any),
        Acl::Nobody => Some(fit(wanted)),
        Acl::Only(there) if wanted.iter().all(|ip| there.contains(ip)) => None,
        Acl::Only(there) => Some(fit(there.iter().cloned().chain(wanted).collect())),
    };
    if nqns.is_none() && ips.is_none() {
        return None;
    }
    Some((nqns.map_or_else(|| volume.acl.clone(), Acl::Only), ips.unwrap_or_else(|| volume.ip_acl.clone())))
}

/// The lists without this host, as far as nobody in `left` needs the same entries.
pub(super) fn without(volume: &Volume, connector: &Connector, left: &[Connector]) -> Option<(Acl, Acl)> {
    let still_nqns: BTreeSet<&str> = left.iter().map(|other| other.nqn.as_str()).collect();
    let still_ips: BTreeSet<String> = left.iter().flat_map(addresses).collect();
    let nqns = match &volume.acl {
        Acl::Only(nqns) => remaining(nqns, |nqn| **nqn != connector.nqn || still_nqns.contains(nqn.as_str())),
        Acl::Any | Acl::Nobody => volume.acl.clone(),
    };
    let gone: BTreeSet<String> = addresses(connector).into_iter().collect();
    let ips = match &volume.ip_acl {
        Acl::Only(ips) => remaining(ips, |ip| !gone.contains(*ip) || still_ips.contains(*ip)),
        // Opened because the addresses did not fit: closed again with the last host.
        Acl::Any if nqns == Acl::Nobody => Acl::Nobody,
        Acl::Any | Acl::Nobody => volume.ip_acl.clone(),
    };
    (nqns != volume.acl || ips != volume.ip_acl).then_some((nqns, ips))
}

/// The connectors whose hosts may be at work on the volume.
pub(super) async fn connected(
    job: &Job,
    volume: VolumeId,
    except: Option<crate::domain::AttachmentId>,
) -> crate::domain::Result<Vec<Connector>> {
    let all = job.bench.store.read().await?.attachments_of(volume).await?;
    // One that is being taken away keeps nobody in, or two of one host would keep each other's.
    let live = |attachment: &Attachment| {
        Some(attachment.id) != except
            && !matches!(attachment.status, AttachStatus::Reserved | AttachStatus::Detaching)
    };
    Ok(all.into_iter().filter(live).filter_map(|attachment| attachment.connector).collect())
}

fn remaining(list: &[String], keep: impl Fn(&&String) -> bool) -> Acl {
    let kept: Vec<String> = list.iter().filter(keep).cloned().collect();
    if kept.is_empty() { Acl::Nobody } else { Acl::Only(kept) }
}

/// The host's addresses without those that name no particular host.
fn addresses(connector: &Connector) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let usable = |ip: &&String| {
        ip.parse::<std::net::IpAddr>().is_ok_and(|ip| {
            let link_local = match ip {
                std::net::IpAddr::V4(v4) => v4.is_link_local(),
                std::net::IpAddr::V6(v6) => v6.is_unicast_link_local(),
            };
            !ip.is_loopback() && !ip.is_unspecified() && !link_local
        })
    };
    connector.ips.iter().filter(usable).filter(|ip| seen.insert((*ip).clone())).cloned().collect()
}

/// Stock Cinder silently drops what does not fit, which may drop the one address that matters.
/// The NQN keeps strangers out; the addresses are opened instead, and it is said.
fn fit(addresses: Vec<String>) -> Acl {
    if addresses.len() <= MOST_ADDRESSES {
        return Acl::Only(addresses);
    }
    tracing::warn!(
        addresses = addresses.len(),
        "more host addresses than a cluster takes ({MOST_ADDRESSES}); the volume is opened to all addresses of hosts \
         that are in its NQN list"
    );
    Acl::Any
}
