//! Telling the user that something asynchronous did not work.

use super::job::Job;
use crate::domain::message::{Action, Message, RETENTION_DAYS, Reason, ResourceKind};
use crate::domain::status::VolumeStatus;
use crate::domain::{MessageId, Result, VolumeId};
use crate::store::Tx;

impl Job {
    /// Writes the message the user will read, in the transaction that sets the error status.
    pub(super) async fn tell(
        &self,
        tx: &mut Tx,
        (kind, id): (ResourceKind, String),
        action: Action,
        reason: &Reason,
    ) -> Result<()> {
        let now = self.now();
        let message = Message {
            id: MessageId::random(),
            project_id: self.op.project_id.clone(),
            request_id: self.op.request_id.clone(),
            resource_type: Some(kind.as_str().to_owned()),
            resource_uuid: Some(id),
            event_id: Message::event_id(kind, action, reason),
            level: "ERROR".to_owned(),
            text: format!("{}:{}", action.code_and_text().1, reason.text()),
            created_at: now,
            expires_at: now.plus_seconds(RETENTION_DAYS * 86_400),
        };
        tx.insert_message(&message).await
    }

    /// The operation on the volume has failed for good: status, message, end.
    pub(super) async fn fail_volume(
        &self,
        tx: &mut Tx,
        volume: VolumeId,
        status: VolumeStatus,
        action: Action,
        reason: &Reason,
    ) -> Result<()> {
        if let Some(mut row) = tx.volume(volume).await? {
            // A delete that has overtaken us keeps its own status, and so does what an
            // administrator has set meanwhile.
            let deletes = status == VolumeStatus::ErrorDeleting;
            if row.status.is_transient() && (row.status == VolumeStatus::Deleting) == deletes {
                row.status = status;
                row.updated_at = Some(self.now());
                tx.update_volume(&row).await?;
                self.tell(tx, (ResourceKind::Volume, volume.to_string()), action, reason).await?;
            }
        }
        tx.release_reservation(self.op.id).await?;
        self.end(tx).await
    }
}
