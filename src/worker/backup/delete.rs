//! Deleting a backup: its objects, then its row.

use super::{again, found, place_of, put};
use crate::backup::{Trouble, Vault, in_own_folder};
use crate::domain::backup::{Backup, SERVICE, is_our_service};
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::operation::{OperationStatus, Source, Work};
use crate::domain::status::BackupStatus;
use crate::domain::{BackupId, Result};
use crate::worker::flow::Flow;
use crate::worker::job::Job;

/// Tries after which a vault that is away is taken for one that stays away: some ten seconds.
const MOST_TRIES: u32 = 9;

/// What becomes of the row.
enum Outcome {
    Gone,
    Stays { status: BackupStatus, why: String, reason: Option<Reason> },
}

pub(in crate::worker) async fn delete(job: &Job, id: BackupId) -> Result<Flow> {
    let found = job.bench.store.read().await?.find_backup(id, None).await?.map(|details| details.backup);
    let Some(backup) = found.filter(|backup| backup.status == BackupStatus::Deleting) else {
        return job.end_superseded().await;
    };
    if let Some(why) = is_used(job, &backup).await? {
        return Ok(Flow::Again(why));
    }
    // One for which nothing was ever written is its row and nothing else.
    let Some(service) = &backup.service else { return end(job, id, &Outcome::Gone).await };
    let outcome = match &job.bench.settings.backups {
        None => down(),
        Some(_) if !is_our_service(service) => Outcome::Stays {
            status: BackupStatus::Error,
            why: format!(
                "Delete backup aborted, the backup service currently configured [{SERVICE}] is not the backup service \
                 that was used to create this backup [{service}]."
            ),
            reason: None,
        },
        Some(vault) => match remove(vault, &backup).await {
            Ok(()) => Outcome::Gone,
            Err(trouble) => match (patience(job, &trouble), &trouble) {
                (Some(flow), _) => return Ok(flow),
                (None, Trouble::Away(_)) => down(),
                (None, _) => {
                    tracing::warn!(backup = %id, %trouble, "a backup was not deleted");
                    let (status, why) = (BackupStatus::Error, trouble.told());
                    Outcome::Stays { status, why, reason: Some(Reason::BackupNotDeleted) }
                }
            },
        },
    };
    end(job, id, &outcome).await
}

fn patience(job: &Job, trouble: &Trouble) -> Option<Flow> {
    match trouble {
        Trouble::Away(_) | Trouble::Storage { .. } => {
            (job.tries < MOST_TRIES).then(|| Flow::Again(trouble.to_string()))
        }
        Trouble::Invalid(_) | Trouble::Volume(_) => again(job, trouble),
    }
}

fn down() -> Outcome {
    Outcome::Stays {
        status: BackupStatus::ErrorDeleting,
        why: "Delete backup is aborted due to backup service is down.".to_owned(),
        reason: Some(Reason::BackupServiceDown),
    }
}

/// What still writes or reads the data: the copy that makes it sees that it is not wanted any more
/// and ends, and that into a new volume was accepted before us.
async fn is_used(job: &Job, backup: &Backup) -> Result<Option<String>> {
    let mut session = job.bench.store.read().await?;
    let all = session.operations_of(&backup.volume_id.to_string()).await?;
    let makes = |work: &Work| matches!(work, Work::CreateBackup { backup: of, .. } if *of == backup.id);
    if all.iter().any(|op| op.status == OperationStatus::Open && makes(&op.work)) {
        return Ok(Some("the backup is still being made".to_owned()));
    }
    let copied = session.is_being_copied(&Source::Backup(backup.id)).await?;
    Ok(copied.then(|| "a volume is being made from it".to_owned()))
}

async fn remove(vault: &Vault, backup: &Backup) -> Result<(), Trouble> {
    let place = place_of(backup)?;
    vault.remove(&place).await?;
    if backup.container == Some(in_own_folder(backup.id)) {
        vault.remove_folder(&place).await;
    }
    Ok(())
}

async fn end(job: &Job, id: BackupId, outcome: &Outcome) -> Result<Flow> {
    job.bench
        .store
        .write("delete a backup", |tx, _| {
            Box::pin(async move {
                match (found(tx, id, BackupStatus::Deleting).await?, outcome) {
                    (Some(_), Outcome::Gone) => tx.delete_backup(id).await?,
                    (Some(row), Outcome::Stays { status, why, reason }) => {
                        put(job, tx, Backup { status: *status, fail_reason: Some(why.clone()), ..row })
                            .await?;
                        if let Some(reason) = reason {
                            let subject = (ResourceKind::Backup, id.to_string());
                            job.tell(tx, subject, Action::DeleteBackup, reason).await?;
                        }
                    }
                    (None, _) => {}
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
