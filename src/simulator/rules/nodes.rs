//! What happens to nodes from outside: they go, come back, fill up.

use super::Moment;
use crate::simulator::model::{Node, NodeState, Record};
use crate::simulator::refusal::{Refusal, Result};

pub fn find<'a>(at: &Moment<'a>, index: u16) -> Result<&'a Node> {
    at.tables.nodes.get(&index).ok_or_else(|| Refusal::not_found(format!("no node {index}")))
}

pub fn down(at: &Moment<'_>, index: u16) -> Result<Vec<Record>> {
    let node = find(at, index)?.clone();
    Ok(vec![Record::Node(Node {
        state: NodeState::Inactive,
        due: None,
        revision: node.revision + 1,
        ..node
    })])
}

/// Through `Activating`, which does not serve yet.
pub fn up(at: &Moment<'_>, index: u16) -> Result<Vec<Record>> {
    let node = find(at, index)?.clone();
    if node.state != NodeState::Inactive {
        return Ok(Vec::new());
    }
    let due = Some(at.after(at.options.timings.node_up));
    Ok(vec![Record::Node(Node { state: NodeState::Activating, due, revision: node.revision + 1, ..node })])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    ReadOnly,
    ReadWrite,
}

pub fn set_access(at: &Moment<'_>, index: u16, access: Access) -> Result<Vec<Record>> {
    let node = find(at, index)?.clone();
    let forced_read_only = access == Access::ReadOnly;
    Ok(vec![Record::Node(Node { forced_read_only, revision: node.revision + 1, ..node })])
}

/// Takes `bytes` of the node for nobody's volume.
pub fn fill(at: &Moment<'_>, index: u16, bytes: u64) -> Result<Vec<Record>> {
    let node = find(at, index)?.clone();
    Ok(vec![Record::Node(Node { filler: bytes, revision: node.revision + 1, ..node })])
}
