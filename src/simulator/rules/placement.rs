//! On which nodes a volume's replicas go: healthy ones, one to a failure domain, the emptiest
//! first; clones beside their parent (`lightbits-api` §3.6, §3.9).

use uuid::Uuid;

use super::{Moment, protection};
use crate::simulator::model::{Affinity, Node, Volume};
use crate::simulator::refusal::{Refusal, Result};

fn matches(at: &Moment<'_>, node: &Node, affinity: &Affinity) -> bool {
    match affinity.key.as_str() {
        "FD" | "PrimaryFD" => node.server_name == affinity.value,
        "ClusterID" => at.tables.identity.as_ref().is_some_and(|it| it.uuid.to_string() == affinity.value),
        _ => false,
    }
}

/// An affinity that no node can satisfy fails the request itself, unlike a mere lack of nodes.
pub fn check_affinities(at: &Moment<'_>, affinities: &[Affinity], replicas: u8) -> Result<()> {
    if affinities.is_empty() {
        return Ok(());
    }
    if affinities.len() > 25 || affinities.iter().any(|it| it.value.len() > 100) {
        return Err(Refusal::invalid("at most 25 placement restrictions, values up to 100 characters"));
    }
    if let Some(it) =
        affinities.iter().find(|it| !["FD", "PrimaryFD", "ClusterID"].contains(&it.key.as_str()))
    {
        return Err(Refusal::invalid(format!("unknown placement key {:?}", it.key)));
    }
    if replicas != 1 {
        return Err(Refusal::invalid("placement restrictions need a replica count of 1"));
    }
    if !at.tables.nodes.values().any(|node| allowed(at, node, affinities)) {
        return Err(Refusal::invalid("no node satisfies the placement restrictions"));
    }
    Ok(())
}

/// Values of one key are alternatives; different keys must all hold.
fn allowed(at: &Moment<'_>, node: &Node, affinities: &[Affinity]) -> bool {
    affinities.iter().all(|one| affinities.iter().any(|it| it.key == one.key && matches(at, node, it)))
}

/// None when there are not enough healthy nodes.
pub fn choose(at: &Moment<'_>, volume: &Volume) -> Option<Vec<Uuid>> {
    let parent = volume.source.as_ref().and_then(|source| at.tables.snapshots.get(&source.uuid));
    if let Some(parent) = parent {
        return Some(parent.nodes.clone());
    }
    let placed = |node: &Node| at.tables.usage.placed.get(&node.uuid).copied().unwrap_or(0);
    let mut nodes: Vec<&Node> = at
        .tables
        .nodes
        .values()
        .filter(|node| protection::is_healthy(at, node) && allowed(at, node, &volume.affinities))
        .collect();
    nodes.sort_by_key(|node| (placed(node), node.index));
    let chosen: Vec<Uuid> = nodes.iter().take(usize::from(volume.replicas)).map(|node| node.uuid).collect();
    (chosen.len() == usize::from(volume.replicas)).then_some(chosen)
}

/// The node that serves I/O: the first healthy one, else the first.
pub fn primary(at: &Moment<'_>, nodes: &[Uuid]) -> Option<Uuid> {
    let healthy =
        |uuid: &&Uuid| at.tables.node_by_uuid(**uuid).is_some_and(|node| protection::is_healthy(at, node));
    nodes.iter().find(healthy).or(nodes.first()).copied()
}
