//! Taking a host off a volume. The row of the attachment goes when the cluster has done it: until
//! then the attachment is `detaching`, so that a crash in between leaves no host behind that
//! nobody remembers.

use super::access;
use super::flow::Flow;
use super::job::Job;
use crate::domain::attachment::{Connector, volume_after};
use crate::domain::{AttachmentId, Result, VolumeId};

pub(super) async fn step(
    job: &mut Job,
    volume: VolumeId,
    attachment: Option<AttachmentId>,
    connector: &Connector,
) -> Result<Flow> {
    if !access::is_its_turn(job, volume).await? {
        return Ok(Flow::Again("another host is still being let in or taken off".to_owned()));
    }
    let found = job.bench.store.read().await?.find_volume(volume, None).await?;
    let location = found.and_then(|details| details.volume.location.clone());
    if let Some((location, uuid)) = location.and_then(|at| at.uuid.map(|uuid| (at, uuid))) {
        let client = match job.client(location.cluster_id) {
            Ok(client) => client,
            Err(flow) => return Ok(flow),
        };
        let left = access::connected(job, volume, attachment).await?;
        let wish = |volume: &crate::lightbits::Volume| access::without(volume, connector, &left);
        // A volume that is not there any more has nobody on it.
        let lists = access::Lists { job, client: &client, location: &location, uuid };
        if let Err(flow) = lists.bring_to(&wish).await {
            return Ok(flow);
        }
    }
    finish(job, volume, attachment).await
}

async fn finish(job: &Job, id: VolumeId, attachment: Option<AttachmentId>) -> Result<Flow> {
    job.bench
        .store
        .write("disconnect", |tx, _| {
            Box::pin(async move {
                if let Some(attachment) = attachment {
                    tx.delete_attachment(attachment).await?;
                    settle_volume(job, tx, id).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

async fn settle_volume(job: &Job, tx: &mut crate::store::Tx, id: VolumeId) -> Result<()> {
    let Some(mut row) = tx.volume(id).await? else { return Ok(()) };
    row.detached_to(volume_after(&tx.attachments_of(id).await?));
    row.updated_at = Some(job.now());
    tx.update_volume(&row).await
}
