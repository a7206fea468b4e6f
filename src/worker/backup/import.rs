//! Taking in a record from elsewhere: the data must be in our vault.

use super::{again, found, put};
use crate::backup::{Place, Vault, in_own_folder};
use crate::domain::backup::{Backup, RecordContents, SERVICE, is_our_service};
use crate::domain::status::BackupStatus;
use crate::domain::{BackupId, Result};
use crate::store::Tx;
use crate::worker::flow::Flow;
use crate::worker::job::Job;

pub(in crate::worker) async fn import(
    job: &Job,
    id: BackupId,
    service: &str,
    record: Option<&str>,
) -> Result<Flow> {
    let Some(vault) = job.bench.settings.backups.as_ref().filter(|_| is_our_service(service)) else {
        let why = format!(
            "Import record failed, cannot find backup service to perform the import. Request service {service}."
        );
        return end(job, id, Err(&why)).await;
    };
    match find(job, vault, id, record.unwrap_or_default()).await {
        Ok(contents) => end(job, id, Ok((vault, &contents))).await,
        Err(Missing::Again(flow)) => Ok(flow),
        Err(Missing::For(why)) => end(job, id, Err(&why)).await,
    }
}

enum Missing {
    Again(Flow),
    /// The sentence for the user.
    For(String),
}

async fn find(job: &Job, vault: &Vault, id: BackupId, record: &str) -> Result<RecordContents, Missing> {
    let contents = RecordContents::parse(record, id).map_err(Missing::For)?;
    if contents.encryption_key_id.is_some() {
        return Err(Missing::For("Invalid backup: it is one of an encrypted volume.".to_owned()));
    }
    let container = container(&contents, id);
    let prefix = contents.service_metadata.as_deref().unwrap_or_default();
    let place = Place::new(&container, prefix).map_err(|trouble| Missing::For(trouble.told()))?;
    vault.find(&place).await.map_err(|trouble| {
        tracing::warn!(backup = %id, %trouble, "a record was not imported");
        again(job, &trouble).map_or_else(|| Missing::For(trouble.told()), Missing::Again)
    })?;
    Ok(contents)
}

fn container(contents: &RecordContents, id: BackupId) -> String {
    contents.container.clone().unwrap_or_else(|| in_own_folder(id))
}

async fn end(
    job: &Job,
    id: BackupId,
    outcome: std::result::Result<(&Vault, &RecordContents), &str>,
) -> Result<Flow> {
    job.bench
        .store
        .write("end an import", |tx, _| {
            Box::pin(async move {
                if let Some(row) = found(tx, id, BackupStatus::Creating).await? {
                    match outcome {
                        Ok((vault, contents)) => take(job, tx, row, (vault, contents)).await?,
                        Err(why) => {
                            let (status, fail_reason) = (BackupStatus::Error, Some(why.to_owned()));
                            put(job, tx, Backup { status, fail_reason, ..row }).await?;
                        }
                    }
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

async fn take(
    job: &Job,
    tx: &mut Tx,
    row: Backup,
    (vault, contents): (&Vault, &RecordContents),
) -> Result<()> {
    if let Some(prefix) = &contents.service_metadata {
        tx.put_service_metadata(row.id, prefix).await?;
    }
    let backup = Backup {
        status: BackupStatus::Available,
        name: contents.display_name.clone(),
        description: contents.display_description.clone(),
        container: Some(container(contents, row.id)),
        availability_zone: Some(vault.availability_zone().to_owned()),
        service: Some(SERVICE.to_owned()),
        object_count: contents.object_count.unwrap_or_default(),
        volume_id: contents.volume_id.unwrap_or(row.volume_id),
        snapshot_id: contents.snapshot_id,
        parent_id: contents.parent_id,
        data_timestamp: contents.data_timestamp(),
        metadata: contents.metadata.clone().unwrap_or_default(),
        ..row
    };
    put(job, tx, backup).await
}
