//! What users and operators do to the gateway of a lab, and what they see.

use std::collections::BTreeMap;

use hearth::domain::attachment::{Attachment, Connector, NewAttachment};
use hearth::domain::operation::{MigrationPolicy, Operation};
use hearth::domain::snapshot::{NewSnapshot, Snapshot, SourceUse};
use hearth::domain::transfer::{NewTransfer, SnapshotsOf};
use hearth::domain::volume::{DeleteMode, NewVolume, StatusReset, Volume};
use hearth::domain::volume_type::VolumeType;
use hearth::domain::{Ctx, Gib, ProjectId};
use hearth::service::attachments::Caller;
use hearth::service::volumes::ExtendScope;

use crate::audit;
use crate::lab::{Lab, ctx, eventually};

/// What os-brick says of a host.
pub fn connector(host: &str) -> Connector {
    Connector {
        host: Some(host.to_owned()),
        nqn: format!("nqn.2014-08.org.nvmexpress:uuid:{host}"),
        ips: Vec::new(),
        mountpoint: None,
        mode: None,
    }
}

impl Lab {
    pub fn create(&self, new: NewVolume) -> Volume {
        self.life().create(&new)
    }

    pub fn blank(&self, gib: u32) -> Volume {
        self.create(NewVolume { size: Some(Gib(gib)), ..NewVolume::default() })
    }

    /// A blank volume, available.
    pub fn volume(&self, gib: u32) -> Volume {
        let volume = self.blank(gib);
        self.when(&volume, "available")
    }

    pub fn clone_of(&self, source: &Volume) -> Volume {
        self.create(NewVolume { source_volid: Some(source.id.to_string()), ..NewVolume::default() })
    }

    pub fn from(&self, snapshot: &Snapshot) -> Volume {
        self.create(NewVolume { snapshot_id: Some(snapshot.id.to_string()), ..NewVolume::default() })
    }

    pub fn take_snapshot(&self, volume: &Volume) -> Snapshot {
        let new = NewSnapshot {
            volume_id: Some(volume.id.to_string()),
            name: None,
            description: None,
            metadata: hearth::domain::Metadata::new(),
            source: SourceUse::AlsoInUse,
        };
        let life = self.life();
        life.runtime.block_on(life.services.create_snapshot(&ctx(), &new)).unwrap()
    }

    /// A snapshot, available.
    pub fn snapshot(&self, volume: &Volume) -> Snapshot {
        let snapshot = self.take_snapshot(volume);
        self.snapshot_when(&snapshot, "available")
    }

    pub fn extend(&self, volume: &Volume, gib: u32) {
        let life = self.life();
        let (id, ctx) = (volume.id.to_string(), ctx());
        let work = life.services.extend_volume(&ctx, &id, Gib(gib), ExtendScope::Detached);
        life.runtime.block_on(work).unwrap();
    }

    pub fn revert(&self, volume: &Volume, snapshot: &Snapshot) {
        let life = self.life();
        let (id, snapshot) = (volume.id.to_string(), snapshot.id.to_string());
        life.runtime.block_on(life.services.revert_volume(&ctx(), &id, &snapshot)).unwrap();
    }

    pub fn retype(&self, volume: &Volume, to: &VolumeType, policy: MigrationPolicy) {
        let life = self.life();
        let (id, to) = (volume.id.to_string(), to.id.to_string());
        life.runtime.block_on(life.services.retype_volume(&ctx(), &id, &to, policy)).unwrap();
    }

    pub fn delete(&self, volume: &Volume) {
        self.delete_as(volume, DeleteMode::default());
    }

    pub fn delete_as(&self, volume: &Volume, mode: DeleteMode) {
        let life = self.life();
        let id = volume.id.to_string();
        life.runtime.block_on(life.services.delete_volume(&ctx(), &id, mode)).unwrap();
    }

    pub fn delete_snapshot(&self, snapshot: &Snapshot) {
        self.delete_snapshot_as(snapshot, hearth::service::snapshots::Force::No);
    }

    pub fn delete_snapshot_as(&self, snapshot: &Snapshot, force: hearth::service::snapshots::Force) {
        let life = self.life();
        let id = snapshot.id.to_string();
        life.runtime.block_on(life.services.delete_snapshot(&ctx(), &id, force)).unwrap();
    }

    /// Offered, and taken by another project.
    pub fn hand_over(&self, volume: &Volume, to: &str) {
        let life = self.life();
        let new =
            NewTransfer { volume_id: volume.id.to_string(), name: None, snapshots: SnapshotsOf::GoAlong };
        let taker = Ctx { project_id: ProjectId::new(to), ..ctx() };
        life.runtime.block_on(async {
            let (transfer, key) = life.services.create_transfer(&ctx(), &new).await.unwrap();
            life.services.accept_transfer(&taker, &transfer.id.to_string(), &key).await.unwrap();
        });
    }

    pub fn reset(&self, volume: &Volume, status: &str) {
        let status = hearth::domain::status::VolumeStatus::parse(status);
        let reset = StatusReset { status, ..StatusReset::default() };
        let life = self.life();
        let id = volume.id.to_string();
        life.runtime.block_on(life.services.reset_volume(&ctx(), &id, &reset)).unwrap();
    }

    /// Reserves without a host, or lets it in.
    pub fn try_attach(&self, volume: &Volume, host: Option<Connector>) -> hearth::domain::Result<Attachment> {
        let new = NewAttachment {
            volume_id: volume.id.to_string(),
            instance_id: None,
            connector: host,
            mode: None,
        };
        let life = self.life();
        life.runtime.block_on(life.services.create_attachment(&ctx(), &new))
    }

    pub fn attach(&self, volume: &Volume, host: &str) -> Attachment {
        self.try_attach(volume, Some(connector(host))).unwrap()
    }

    pub fn detach(&self, attachment: &Attachment) {
        let life = self.life();
        let id = attachment.id.to_string();
        life.runtime.block_on(life.services.delete_attachment(&ctx(), &id, Caller::Service)).unwrap();
    }

    pub fn attachments(&self, volume: &Volume) -> Vec<Attachment> {
        let life = self.life();
        life.runtime
            .block_on(async { life.store.read().await.unwrap().attachments_of(volume.id).await.unwrap() })
    }

    pub fn row(&self, volume: &Volume) -> Option<Volume> {
        self.life().row(volume)
    }

    pub fn snapshot_row(&self, snapshot: &Snapshot) -> Option<Snapshot> {
        let life = self.life();
        life.runtime.block_on(async {
            life.store.read().await.unwrap().find_snapshot(snapshot.id, None).await.unwrap()
        })
    }

    pub fn when(&self, volume: &Volume, status: &str) -> Volume {
        eventually(&format!("{} to be {status}", volume.id), || {
            self.row(volume).filter(|row| row.status.as_str() == status)
        })
    }

    pub fn snapshot_when(&self, snapshot: &Snapshot, status: &str) -> Snapshot {
        eventually(&format!("{} to be {status}", snapshot.id), || {
            self.snapshot_row(snapshot).filter(|row| row.status.as_str() == status)
        })
    }

    pub fn when_gone(&self, volume: &Volume) {
        eventually(&format!("{} to be gone", volume.id), || self.row(volume).is_none().then_some(()));
    }

    pub fn snapshot_when_gone(&self, snapshot: &Snapshot) {
        let gone = || self.snapshot_row(snapshot).is_none().then_some(());
        eventually(&format!("{} to be gone", snapshot.id), gone);
    }

    pub fn operations(&self) -> Vec<Operation> {
        let life = self.life();
        life.runtime.block_on(async { life.store.read().await.unwrap().operations(1000).await.unwrap() })
    }

    /// The texts of the messages about a resource.
    pub fn messages(&self) -> Vec<String> {
        let life = self.life();
        let query = hearth::domain::page::ListQuery::new(hearth::domain::page::Scope::AllProjects);
        life.runtime.block_on(async {
            let page = life.store.read().await.unwrap().list_messages(&query).await.unwrap();
            page.items.into_iter().map(|message| message.text).collect()
        })
    }

    /// Nothing is under way any more; then polls, and compares everything with the truth.
    #[track_caller]
    pub fn settle(&self) {
        eventually("quiet", || self.operations().is_empty().then_some(()));
        self.poll();
        let life = self.life();
        let truths = self.truths();
        let mut wrong = life.runtime.block_on(audit::problems(&life.store, &truths));
        wrong.extend(life.runtime.block_on(audit::access(&life.store, &truths, &BTreeMap::new())));
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
