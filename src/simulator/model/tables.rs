//! Everything a cluster knows, with the indexes that make ten thousand volumes quick.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::usage::{Turn, Usage};
use super::{
    Credential, Identity, Layer, Ledger, LedgerKey, Node, Policy, Project, Record, Snapshot, SnapshotState,
    Volume, VolumeState,
};
use crate::domain::Timestamp;

/// An object whose state ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    Volume(Uuid),
    Snapshot(Uuid),
    Node(u16),
}

type NameIndex = HashMap<(String, String), BTreeSet<Uuid>>;

#[derive(Debug, Clone, Default)]
pub struct Tables {
    pub identity: Option<Identity>,
    pub volumes: BTreeMap<Uuid, Arc<Volume>>,
    pub snapshots: BTreeMap<Uuid, Arc<Snapshot>>,
    pub layers: HashMap<Uuid, Layer>,
    pub nodes: BTreeMap<u16, Node>,
    pub projects: BTreeMap<String, Project>,
    pub credentials: BTreeMap<(String, String), Credential>,
    pub policies: BTreeMap<Uuid, Policy>,
    pub flags: BTreeMap<String, bool>,
    pub settings: BTreeMap<String, String>,
    pub ledger: BTreeMap<LedgerKey, Ledger>,
    pub usage: Usage,
    /// What ends next.
    pub due: BTreeSet<(Timestamp, What)>,
    volume_names: NameIndex,
    snapshot_names: NameIndex,
    /// Snapshot → volumes cloned from it.
    clones: HashMap<Uuid, BTreeSet<Uuid>>,
    /// Volume → its snapshots.
    taken: HashMap<Uuid, BTreeSet<Uuid>>,
    /// Layer → layers that stand on it.
    above: HashMap<Uuid, BTreeSet<Uuid>>,
    /// NSID → volume.
    nsids: BTreeMap<u32, Uuid>,
}

impl Tables {
    pub fn apply(&mut self, record: Record) {
        match record {
            Record::Identity(identity) => self.identity = Some(identity),
            Record::Volume(volume) => self.put_volume(*volume),
            Record::VolumeGone(uuid) => self.drop_volume(uuid),
            Record::Snapshot(snapshot) => self.put_snapshot(*snapshot),
            Record::SnapshotGone(uuid) => self.drop_snapshot(uuid),
            Record::Layer(layer) => self.put_layer(*layer),
            Record::Written { layer, from, to } => self.with_layer(layer, |it| it.insert(from, to)),
            Record::Erased { layer, from, to } => self.with_layer(layer, |it| it.remove(from, to)),
            Record::LayerGone(uuid) => self.drop_layer(uuid),
            Record::Node(node) => self.put_node(node),
            Record::Project(project) => drop(self.projects.insert(project.name.clone(), project)),
            Record::ProjectGone(name) => drop(self.projects.remove(&name)),
            Record::Credential(it) => drop(self.credentials.insert((it.project.clone(), it.id.clone()), it)),
            Record::CredentialGone { project, id } => drop(self.credentials.remove(&(project, id))),
            Record::Policy(policy) => drop(self.policies.insert(policy.uuid, policy)),
            Record::PolicyGone(uuid) => drop(self.policies.remove(&uuid)),
            Record::Flag { name, enabled } => drop(self.flags.insert(name, enabled)),
            Record::Setting { name, value } => drop(self.settings.insert(name, value)),
            Record::Ledger(key, ledger) => drop(self.ledger.insert(key, ledger)),
        }
    }

    /// Everything as records: what a journal starts anew from.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        let one = self.identity.iter().cloned().map(Record::Identity);
        one.chain(self.nodes.values().cloned().map(Record::Node))
            .chain(self.projects.values().cloned().map(Record::Project))
            .chain(self.credentials.values().cloned().map(Record::Credential))
            .chain(self.policies.values().cloned().map(Record::Policy))
            .chain(self.flags.iter().map(|(name, on)| Record::Flag { name: name.clone(), enabled: *on }))
            .chain(self.settings.iter().map(|(n, v)| Record::Setting { name: n.clone(), value: v.clone() }))
            .chain(self.layers.values().map(|layer| Record::Layer(Box::new(layer.clone()))))
            .chain(self.snapshots.values().map(|it| Record::Snapshot(Box::new((**it).clone()))))
            .chain(self.volumes.values().map(|it| Record::Volume(Box::new((**it).clone()))))
            .chain(self.ledger.iter().map(|(key, it)| Record::Ledger(key.clone(), it.clone())))
    }

    fn put_volume(&mut self, volume: Volume) {
        self.drop_volume(volume.uuid);
        self.usage.volume(&volume, Turn::In);
        self.due.extend(volume.due.map(|at| (at, What::Volume(volume.uuid))));
        let name = (volume.project.clone(), volume.name.clone());
        self.volume_names.entry(name).or_default().insert(volume.uuid);
        if let Some(source) = &volume.source {
            self.clones.entry(source.uuid).or_default().insert(volume.uuid);
        }
        if volume.nsid > 0 {
            self.nsids.insert(volume.nsid, volume.uuid);
        }
        self.volumes.insert(volume.uuid, Arc::new(volume));
    }
    fn drop_volume(&mut self, uuid: Uuid) {
        let Some(old) = self.volumes.remove(&uuid) else { return };
        self.usage.volume(&old, Turn::Out);
        strike(&mut self.due, old.due, What::Volume(uuid));
        forget(&mut self.volume_names, &(old.project.clone(), old.name.clone()), uuid);
        if let Some(source) = &old.source {
            forget(&mut self.clones, &source.uuid, uuid);
        }
        self.nsids.remove(&old.nsid);
    }
    fn put_snapshot(&mut self, snapshot: Snapshot) {
        self.drop_snapshot(snapshot.uuid);
        self.due.extend(snapshot.due.map(|at| (at, What::Snapshot(snapshot.uuid))));
        let name = (snapshot.project.clone(), snapshot.name.clone());
        self.snapshot_names.entry(name).or_default().insert(snapshot.uuid);
        self.taken.entry(snapshot.source_uuid).or_default().insert(snapshot.uuid);
        self.snapshots.insert(snapshot.uuid, Arc::new(snapshot));
    }
    fn drop_snapshot(&mut self, uuid: Uuid) {
        let Some(old) = self.snapshots.remove(&uuid) else { return };
        strike(&mut self.due, old.due, What::Snapshot(uuid));
        forget(&mut self.snapshot_names, &(old.project.clone(), old.name.clone()), uuid);
        forget(&mut self.taken, &old.source_uuid, uuid);
    }
    fn put_layer(&mut self, layer: Layer) {
        self.drop_layer(layer.uuid);
        self.usage.layer(&layer, Turn::In);
        if let Some(parent) = layer.parent {
            self.above.entry(parent).or_default().insert(layer.uuid);
        }
        self.layers.insert(layer.uuid, layer);
    }
    fn drop_layer(&mut self, uuid: Uuid) {
        let Some(old) = self.layers.remove(&uuid) else { return };
        self.usage.layer(&old, Turn::Out);
        if let Some(parent) = old.parent {
            forget(&mut self.above, &parent, uuid);
        }
    }
    fn with_layer(&mut self, layer: Uuid, change: impl FnOnce(&mut Layer)) {
        let Some(layer) = self.layers.get_mut(&layer) else { return };
        self.usage.layer(layer, Turn::Out);
        change(layer);
        self.usage.layer(layer, Turn::In);
    }
    fn put_node(&mut self, node: Node) {
        if let Some(old) = self.nodes.get(&node.index) {
            strike(&mut self.due, old.due, What::Node(node.index));
        }
        self.due.extend(node.due.map(|at| (at, What::Node(node.index))));
        self.nodes.insert(node.index, node);
    }

    /// The volume of this name: the live one, else one on its way out, else a husk.
    pub fn volume_named(&self, project: &str, name: &str) -> Option<&Arc<Volume>> {
        self.named(&self.volume_names, &self.volumes, project, name)
            .min_by_key(|volume| (!volume.state.is_live(), volume.state == VolumeState::Failed))
    }
    /// The snapshot of this name, by the same preference.
    pub fn snapshot_named(&self, project: &str, name: &str) -> Option<&Arc<Snapshot>> {
        self.snapshots_named(project, name).min_by_key(|snapshot| match snapshot.state {
            SnapshotState::Creating | SnapshotState::Available => 0,
            SnapshotState::Deleting => 1,
            SnapshotState::Failed => 2,
        })
    }
    pub fn snapshots_named(&self, project: &str, name: &str) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.named(&self.snapshot_names, &self.snapshots, project, name)
    }
    fn named<'a, T>(
        &'a self,
        index: &'a NameIndex,
        objects: &'a BTreeMap<Uuid, Arc<T>>,
        project: &str,
        name: &str,
    ) -> impl Iterator<Item = &'a Arc<T>> {
        let uuids = index.get(&(project.to_owned(), name.to_owned()));
        uuids.into_iter().flatten().filter_map(|uuid| objects.get(uuid))
    }
    /// Volumes cloned from a snapshot that still exist, in whatever state.
    pub fn clones_of(&self, snapshot: Uuid) -> impl Iterator<Item = &Arc<Volume>> {
        self.clones.get(&snapshot).into_iter().flatten().filter_map(|uuid| self.volumes.get(uuid))
    }
    pub fn snapshots_of(&self, volume: Uuid) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.taken.get(&volume).into_iter().flatten().filter_map(|uuid| self.snapshots.get(uuid))
    }
    pub fn layers_above(&self, layer: Uuid) -> impl Iterator<Item = Uuid> + '_ {
        self.above.get(&layer).into_iter().flatten().copied()
    }
    /// The PEM that tokens under the kid `scope:id` are checked with.
    pub fn signing_key(&self, scope: &str, id: &str) -> Option<String> {
        let credential = self.credentials.get(&(scope.to_owned(), id.to_owned()))?;
        (credential.kind == "RS256PubKey").then(|| credential.payload.clone())
    }
    pub fn volume_by_nsid(&self, nsid: u32) -> Option<&Arc<Volume>> {
        self.volumes.get(self.nsids.get(&nsid)?)
    }
    /// Volumes that have an NSID above `nsid`, in the order of those.
    pub fn volumes_after(&self, nsid: u32) -> impl Iterator<Item = &Arc<Volume>> {
        let after = (std::ops::Bound::Excluded(nsid), std::ops::Bound::Unbounded);
        self.nsids.range(after).filter_map(|(_, uuid)| self.volumes.get(uuid))
    }
    pub fn next_nsid(&self) -> u32 {
        self.nsids.last_key_value().map_or(1, |(last, _)| last.saturating_add(1))
    }
    pub fn node_by_uuid(&self, uuid: Uuid) -> Option<&Node> {
        self.nodes.values().find(|node| node.uuid == uuid)
    }
}

fn forget<K: Eq + std::hash::Hash>(index: &mut HashMap<K, BTreeSet<Uuid>>, key: &K, uuid: Uuid) {
    if let Some(set) = index.get_mut(key) {
        set.remove(&uuid);
        if set.is_empty() {
            index.remove(key);
        }
    }
}

fn strike(due: &mut BTreeSet<(Timestamp, What)>, at: Option<Timestamp>, what: What) {
    if let Some(at) = at {
        due.remove(&(at, what));
    }
}
