//! What a host may do with a volume over the data path, and through which node
//! (`lightbits-api` §3.8, §3.9). IP ACLs are not looked at: on loopback everybody has every
//! address.

use std::sync::Arc;

use super::{Moment, input, protection, writes};
use crate::simulator::model::{Node, NodeState, Record, Volume, VolumeState};

/// Why a host may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// There is no such namespace, or not for this host.
    Hidden,
    /// Through this node there is no way to it.
    NotHere,
    /// It is being rolled back.
    Busy,
    ReadOnly,
    OutOfRange,
}

/// Whoever asks: a host, through a node.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a> {
    pub host: &'a str,
    pub node: u16,
}

/// Whether the host sees the volume as a namespace.
pub fn sees(volume: &Volume, host: &str) -> bool {
    use VolumeState as S;
    let there = matches!(volume.state, S::Available | S::Updating | S::Rollback | S::Migrating);
    there && volume.acl.iter().any(|entry| entry == host || entry == input::ALLOW_ANY)
}

/// The node that serves the volume: the first of its replicas that is well, else one that reads.
pub fn primary<'a>(at: &Moment<'a>, volume: &Volume) -> Option<&'a Node> {
    let holds = volume.nodes.iter().filter_map(|uuid| at.tables.node_by_uuid(*uuid));
    let mut active = holds.filter(|node| node.state == NodeState::Active);
    active.clone().find(|node| protection::is_healthy(at, node)).or_else(|| active.next())
}

/// The namespace of this number, if the visitor sees it.
pub fn namespace<'a>(at: &Moment<'a>, visitor: Visitor<'_>, nsid: u32) -> Result<&'a Arc<Volume>, Denied> {
    at.tables.volume_by_nsid(nsid).filter(|volume| sees(volume, visitor.host)).ok_or(Denied::Hidden)
}

/// The same for reading: this must be the way there, too.
pub fn readable<'a>(at: &Moment<'a>, visitor: Visitor<'_>, nsid: u32) -> Result<&'a Arc<Volume>, Denied> {
    let volume = namespace(at, visitor, nsid)?;
    match volume.state {
        VolumeState::Rollback => Err(Denied::Busy),
        _ if primary(at, volume).is_some_and(|node| node.index == visitor.node) => Ok(volume),
        _ => Err(Denied::NotHere),
    }
}

/// What writing bytes there will have changed.
pub fn write<'a>(
    at: &Moment<'a>,
    visitor: Visitor<'_>,
    nsid: u32,
    offset: u64,
    length: u64,
) -> Result<(&'a Arc<Volume>, Vec<Record>), Denied> {
    let volume = readable(at, visitor, nsid)?;
    if offset.checked_add(length).is_none_or(|end| end > volume.size) {
        return Err(Denied::OutOfRange);
    }
    let records = writes::write(at, volume.uuid, offset, length).map_err(|_| Denied::ReadOnly)?;
    Ok((volume, records))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_the_acl_see_a_volume() {
        let volume = |acl: &str, state| Volume {
            acl: vec![acl.to_owned()],
            state,
            ..crate::simulator::target::tests::volume(1, "unused")
        };
        assert!(sees(&volume("nqn.a", VolumeState::Available), "nqn.a"));
        assert!(sees(&volume("ALLOW_ANY", VolumeState::Updating), "nqn.b"));
        assert!(!sees(&volume("nqn.a", VolumeState::Available), "nqn.b"));
        assert!(!sees(&volume("ALLOW_NONE", VolumeState::Available), "nqn.a"));
        assert!(!sees(&volume("nqn.a", VolumeState::Deleting), "nqn.a"));
    }
}
