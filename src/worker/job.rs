//! One operation in the hands of this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Bench;
use super::flow::Flow;
use super::upload_volume::step as upload;
use crate::domain::operation::{
    CreateSnapshot, CreateVolume, ExtendVolume, Operation, OperationStatus, Source, Work,
};
use crate::domain::status::SnapshotStatus;
use crate::domain::{BackendUuid, ClusterId, Error, Result, Timestamp, VolumeId};
use crate::lightbits;
use crate::store::{Session, Tx};

pub(super) struct Job {
    pub(super) bench: Arc<Bench>,
    pub(super) op: Operation,
    /// Tries of the present step, in this process.
    pub(super) tries: u32,
    /// What whoever waits for the operation is told when it ends.
    pub(super) told: Option<String>,
    /// A create was sent for it: something of our name may be on the cluster, until the cluster
    /// has said no *after* the doubt had passed. Unlike the doubt this does not end by itself.
    pub(super) bound: bool,
    /// Clone: the intermediate snapshot, when this process has seen it.
    pub(super) intermediate: Option<BackendUuid>,
    /// Looks of the present step that found nothing, in this process.
    misses: AtomicU32,
    /// Until then a request of ours may land although nobody knows of it. Until it has passed, a
    /// refusal does not prove that there is nothing.
    doubt_until: Timestamp,
}

/// How an operation came into our hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Started by this process a moment ago; nothing has been sent for it.
    Fresh,
    /// Taken over: whoever had it may have sent anything.
    TakenOver,
}

/// Whether a request may have been sent in this step or on the way to it.
const fn may_have_sent(work: &Work) -> bool {
    !matches!(
        work,
        Work::CreateVolume {
            step: CreateVolume::Place { .. } | CreateVolume::Guard | CreateVolume::Fail { .. },
            ..
        } | Work::CreateSnapshot { step: CreateSnapshot::Guard | CreateSnapshot::Fail { .. }, .. }
            | Work::ExtendVolume { step: ExtendVolume::Reserve | ExtendVolume::Fail { .. }, .. }
    )
}

impl Job {
    pub(super) fn new(bench: Arc<Bench>, op: Operation, origin: Origin) -> Self {
        let now = bench.clock.now();
        let bound = origin == Origin::TakenOver && may_have_sent(&op.work);
        let doubt_until = if bound { now.plus(bench.settings.doubt) } else { now };
        Self {
            bench,
            op,
            tries: 0,
            told: None,
            bound,
            intermediate: None,
            misses: AtomicU32::new(0),
            doubt_until,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.bench.clock.now()
    }

    /// An answer did not come: what was asked for may still happen.
    pub(super) fn doubt(&mut self) {
        self.doubt_until = self.now().plus(self.bench.settings.doubt);
    }

    pub(super) fn in_doubt(&self) -> bool {
        self.now() < self.doubt_until
    }

    /// One look more that found nothing, where several must agree. (Tries do not tell: many may
    /// have gone by in waiting for something else.)
    pub(super) fn missed(&self) -> u32 {
        self.misses.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Looks at something else begin to count anew.
    pub(super) fn found(&self) {
        self.misses.store(0, Ordering::Relaxed);
    }

    /// The cluster has definitely nothing of ours, and nothing is on its way there.
    pub(super) fn certain_of_nothing(&mut self) {
        self.bound = false;
        self.doubt_until = self.now();
    }

    /// The client of a cluster, or why there is none now.
    pub(super) fn client(&self, cluster: ClusterId) -> Result<lightbits::Cluster, Flow> {
        self.bench.clients.get(cluster).ok_or_else(|| {
            Flow::Again(format!("cluster {cluster} is not registered, or was not reached since the start"))
        })
    }

    pub(super) async fn step(&mut self) -> Result<Flow> {
        match self.op.work.clone() {
            Work::CreateVolume { volume, source, hints, step } => {
                super::create_volume::step(self, volume, source, hints, step).await
            }
            Work::DeleteVolume { volume, cascade, step } => {
                super::delete_volume::step(self, volume, cascade, step).await
            }
            Work::ExtendVolume { volume, new_size, previous, step } => {
                let growth = super::extend_volume::Growth { volume, new_size, previous };
                super::extend_volume::step(self, growth, step).await
            }
            Work::RevertVolume { volume, snapshot, previous, step } => {
                let back = super::revert_volume::Return { volume, snapshot, previous };
                super::revert_volume::step(self, back, step).await
            }
            Work::ReimageVolume { volume, image, previous } => {
                super::moving::give_way(self, volume).await?;
                super::reimage_volume::step(self, volume, image, previous).await
            }
            Work::UploadVolume { volume, image, previous } => upload(self, volume, image, previous).await,
            Work::MigrateVolume { volume, target, step } => {
                super::migrate_volume::step(self, volume, target, step).await
            }
            Work::CompleteMigration { volume, copy, copied } => {
                let pair = super::complete_migration::Pair { volume, copy };
                super::complete_migration::step(self, pair, copied).await
            }
            Work::RetypeVolume { volume, new_type, previous, policy, step } => {
                let change = super::retype_volume::Change { volume, new_type, previous, policy };
                super::retype_volume::step(self, change, step).await
            }
            Work::CreateSnapshot { snapshot, step } => {
                super::create_snapshot::step(self, snapshot, step).await
            }
            Work::DeleteSnapshot { snapshot, step } => {
                super::delete_snapshot::step(self, snapshot, step).await
            }
            Work::CreateBackup { backup, volume, snapshot, previous } => {
                let source = super::backup::Source { volume, snapshot, previous };
                super::backup::create(self, backup, &source).await
            }
            Work::RestoreBackup { backup, volume } => {
                super::moving::give_way(self, volume).await?;
                super::backup::restore(self, backup, volume).await
            }
            Work::RestoreToNew { backup, volume } => super::restore_to_new::step(self, backup, volume).await,
            Work::DeleteBackup { backup } => super::backup::delete(self, backup).await,
            Work::ImportBackup { backup, service, record } => {
                super::backup::import(self, backup, &service, record.as_deref()).await
            }
            Work::CreateGroup { group } => super::groups::place(self, group).await,
            Work::CopyGroup { group } => super::groups::copied(self, group).await,
            Work::DeleteGroup { group } => super::groups::deleted(self, group).await,
            Work::CreateGroupSnapshot { snapshot } => super::groups::snapshotted(self, snapshot).await,
            Work::DeleteGroupSnapshot { snapshot } => super::groups::snapshot_deleted(self, snapshot).await,
            Work::Connect { volume, attachment, connector } => {
                super::moving::give_way(self, volume).await?;
                super::connect::step(self, volume, attachment, &connector).await
            }
            Work::Disconnect { volume, attachment, connector } => {
                super::disconnect::step(self, volume, attachment, &connector).await
            }
            Work::AdoptVolume { volume, reference, allowance, step } => {
                let order = super::adopt_volume::Order { volume, reference, allowance };
                super::adopt_volume::step(self, order, step).await
            }
            Work::AdoptSnapshot { snapshot, reference } => {
                super::adopt_snapshot::step(self, snapshot, &reference).await
            }
            Work::ReleaseVolume { volume } => super::release::volume(self, volume).await,
            Work::ReleaseSnapshot { snapshot } => super::release::snapshot(self, snapshot).await,
            Work::ListRemote { cluster, objects } => super::list_remote::step(self, cluster, objects).await,
            Work::Relabel { volume } => super::relabel::step(self, volume).await,
            Work::NotifyCompute { volume, servers, event } => {
                super::notify_compute::step(self, volume, &servers, event).await
            }
            Work::ApplyQos { specs } => super::apply_qos::step(self, specs).await,
        }
    }

    /// Finds out to which cluster the operation is bound, where its row does not say: calls to
    /// one cluster must not wait for those to another.
    pub(super) async fn locate(&mut self) -> Result<()> {
        if self.op.cluster_id.is_some() {
            return Ok(());
        }
        let volume = match &self.op.work {
            Work::CreateVolume { volume, .. }
            | Work::DeleteVolume { volume, .. }
            | Work::ExtendVolume { volume, .. }
            | Work::RevertVolume { volume, .. }
            | Work::ReimageVolume { volume, .. }
            | Work::UploadVolume { volume, .. }
            | Work::MigrateVolume { volume, .. }
            | Work::CreateBackup { volume, .. }
            | Work::RestoreBackup { volume, .. }
            | Work::RetypeVolume { volume, .. }
            | Work::Connect { volume, .. }
            | Work::Disconnect { volume, .. }
            | Work::AdoptVolume { volume, .. }
            | Work::ReleaseVolume { volume }
            | Work::Relabel { volume } => *volume,
            // A group's operation calls no cluster, nor does one that waits, and Nova is none.
            Work::RestoreToNew { .. }
            | Work::CompleteMigration { .. }
            | Work::CreateSnapshot { .. }
            | Work::DeleteSnapshot { .. }
            | Work::DeleteBackup { .. }
            | Work::ImportBackup { .. }
            | Work::AdoptSnapshot { .. }
            | Work::ReleaseSnapshot { .. }
            | Work::ListRemote { .. }
            | Work::ApplyQos { .. }
            | Work::NotifyCompute { .. }
            | Work::CreateGroup { .. }
            | Work::CopyGroup { .. }
            | Work::DeleteGroup { .. }
            | Work::CreateGroupSnapshot { .. }
            | Work::DeleteGroupSnapshot { .. } => return Ok(()),
        };
        let found = self.bench.store.read().await?.find_volume(volume, None).await?;
        self.op.cluster_id =
            found.and_then(|details| details.volume.location.as_ref().map(|at| at.cluster_id));
        Ok(())
    }

    /// Writes the operation down as part of the transaction that decides its next step.
    pub(super) async fn save(&self, tx: &mut Tx, work: &Work, cluster: Option<ClusterId>) -> Result<()> {
        let mut op = self.op.clone();
        op.work = work.clone();
        op.cluster_id = cluster;
        let until = self.bench.dispatch.lease_until(&self.bench.clock);
        tx.update_operation(&op, self.bench.dispatch.owner(), until).await
    }

    /// The next step, written down first: whoever takes over must not begin before it.
    pub(super) async fn advance(&self, work: Work) -> Result<Flow> {
        let (next, cluster) = (&work, self.op.cluster_id);
        self.bench.store.write("next step", |tx, _| Box::pin(self.save(tx, next, cluster))).await?;
        Ok(Flow::next(work))
    }

    /// Ends the operation as part of the transaction that finishes it.
    pub(super) async fn end(&self, tx: &mut Tx) -> Result<()> {
        tx.delete_operation(self.op.id, self.bench.dispatch.owner()).await
    }

    /// Ends a create whose object is there; while a request may still land, the operation is put
    /// down as `guard` until that time.
    pub(super) async fn end_guarded(&self, tx: &mut Tx, guard: &Work) -> Result<()> {
        if !self.in_doubt() {
            return self.end(tx).await;
        }
        let op = Operation { work: guard.clone(), not_before: self.doubt_until, ..self.op.clone() };
        tx.update_operation(&op, self.bench.dispatch.owner(), Timestamp(0)).await
    }

    /// Ends the operation without a change: there was none to make, or something newer (a delete)
    /// has overtaken it.
    pub(super) async fn end_superseded(&self) -> Result<Flow> {
        self.bench
            .store
            .write("end a superseded operation", |tx, _| {
                Box::pin(async move {
                    tx.release_reservation(self.op.id).await?;
                    self.end(tx).await
                })
            })
            .await?;
        Ok(Flow::Done)
    }

    /// Leaves a note for the operator in the row, and the count of tries.
    pub(super) async fn note(&mut self, note: &str, status: OperationStatus) -> Result<()> {
        self.op.attempt = self.tries;
        self.op.note = Some(note.to_owned());
        self.op.status = status;
        let until = self.bench.dispatch.lease_until(&self.bench.clock);
        let op = &self.op;
        let owner = self.bench.dispatch.owner();
        self.bench
            .store
            .write("note on an operation", |tx, _| {
                Box::pin(async move { tx.update_operation(op, owner, until).await })
            })
            .await
    }

    /// What a deletion has to wait for on one resource (which is `source` for copies): whatever
    /// is open there and is not itself a deletion, older deletions, copies under way.
    ///
    /// Nothing of that ever waits for a deletion, and deletions wait in the order of their age,
    /// so nobody waits in a circle.
    pub(super) async fn wait_for(
        &self,
        session: &mut Session,
        resource_id: &str,
        source: &Source,
    ) -> Result<Option<String>> {
        let mine = (self.op.created_at, self.op.id);
        for other in session.operations_of(resource_id).await? {
            let ahead = !other.work.ends_its_resource() || (other.created_at, other.id) < mine;
            if other.id != self.op.id && other.status == OperationStatus::Open && ahead {
                return Ok(Some(format!("its {} has not ended yet", other.work.name())));
            }
        }
        let copied = session.is_being_copied(source).await?;
        Ok(copied.then(|| "a volume is being made from it".to_owned()))
    }

    /// Whether a snapshot or a copy of the volume is under way. It was accepted before us and is
    /// to be of the volume as it was then: what grows it or turns it back comes after. (Those
    /// never wait for us: none is accepted while the volume is being changed.)
    pub(super) async fn is_being_read(&self, volume: VolumeId) -> Result<bool> {
        let mut session = self.bench.store.read().await?;
        if session.is_being_copied(&Source::Volume(volume)).await? {
            return Ok(true);
        }
        for snapshot in session.snapshots_of_volume(volume).await? {
            if snapshot.status == SnapshotStatus::Creating {
                let all = session.operations_of(&snapshot.id.to_string()).await?;
                if all.iter().any(|op| op.status == OperationStatus::Open) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// The lease has gone to another process: stop at once.
pub(super) fn is_lost_lease(error: &Error) -> bool {
    error.kind() == crate::domain::ErrorKind::Conflict
}
