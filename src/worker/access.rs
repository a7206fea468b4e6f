//! The access lists of a volume: host NQNs, and the addresses of the hosts.
//!
//! Only the entries of our own connectors are added and taken away; whatever else stands there
//! stays. Every change names the ETag it was made from, and one that lost the race starts again
//! from what is there now.

use std::collections::BTreeSet;

use super::flow::Flow;
use super::job::Job;
use super::remote::{Seen, await_volume};
use crate::domain::attachment::{Attachment, Connector};
use crate::domain::operation::Lane;
use crate::domain::status::AttachStatus;
use crate::domain::volume::Location;
use crate::domain::{BackendUuid, VolumeId};
use crate::lightbits::{Acl, Cluster, Outcome, Reason, UpdateVolume, Volume};

/// A cluster takes no more addresses for a volume (`lightbits-api` §3.10).
const MOST_ADDRESSES: usize = 16;

/// What the lists should be, given what they are; `None`: they are right.
pub(super) type Wish<'a> = &'a (dyn Fn(&Volume) -> Option<(Acl, Acl)> + Sync);

/// Brings the lists to what is wished for. `Ok(None)`: the volume is not on its cluster.
pub(super) async fn bring_to(
    job: &Job,
    client: &Cluster,
    location: &Location,
    uuid: BackendUuid,
    wish: Wish<'_>,
) -> Result<Option<()>, Flow> {
    let volume = match await_volume(job, client, &location.project, uuid).await {
        Seen::Ready(volume) => volume,
        Seen::Missing | Seen::Failed | Seen::Leaving => return Ok(None),
        Seen::Pending(why) => return Err(Flow::Again(why)),
        Seen::Trouble(trouble) => return Err(Flow::Again(trouble.to_string())),
    };
    let Some((acl, ip_acl)) = wish(&volume) else { return Ok(Some(())) };
    let change = UpdateVolume {
        acl: Some(acl),
        ip_acl: Some(ip_acl),
        if_match: volume.etag.clone(),
        ..UpdateVolume::default()
    };
    match client.update_volume(Lane::User, &location.project, uuid, &change).await {
        // It takes effect later: look until it shows.
        Outcome::Done(()) => match await_volume(job, client, &location.project, uuid).await {
            Seen::Ready(volume) if wish(&volume).is_none() => Ok(Some(())),
            Seen::Ready(_) => Err(Flow::Again("the access lists do not show the change yet".to_owned())),
            Seen::Missing | Seen::Failed | Seen::Leaving => Ok(None),
            Seen::Pending(why) => Err(Flow::Again(why)),
            Seen::Trouble(trouble) => Err(Flow::Again(trouble.to_string())),
        },
        Outcome::Refused(refusal) if refusal.reason == Reason::NotFound => Ok(None),
        Outcome::Refused(refusal) => Err(Flow::Again(refusal.to_string())),
        Outcome::Unknown(trouble) => Err(Flow::Again(trouble.to_string())),
    }
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
    let live = |attachment: &Attachment| {
        Some(attachment.id) != except && attachment.status != AttachStatus::Reserved
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
