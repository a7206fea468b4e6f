//! A backup, copied in.

use super::{Order, Told, fail};
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::{BackendUuid, BackupId, Result};
use crate::worker::flow::Flow;
use crate::worker::job::Job;

/// THE ENGINE GOES HERE.
pub(super) async fn fill(job: &Job, order: &Order, uuid: BackendUuid, backup: BackupId) -> Result<Flow> {
    let subject = (ResourceKind::Backup, backup.to_string());
    let told = Told { subject, action: Action::RestoreBackup, reason: &Reason::RestoreFailed };
    fail(job, order, uuid, &told).await
}
