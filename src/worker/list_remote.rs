//! Lists what is on a cluster for a request that waits. It is worth nothing once nobody does, so
//! unlike everything else here it gives up.

use std::collections::BTreeSet;

use super::flow::Flow;
use super::job::Job;
use crate::domain::cluster::Tenancy;
use crate::domain::manageable::{Found, Objects};
use crate::domain::operation::Lane;
use crate::domain::{ClusterId, Error, LightosProject, Result};
use crate::lightbits::{self, Acl, Deleting, SnapshotState, VolumeState};

/// Tries after which whoever waits is told that it did not work.
const TRIES: u32 = 4;

pub(super) async fn step(job: &mut Job, cluster: ClusterId, objects: Objects) -> Result<Flow> {
    let client = match job.client(cluster) {
        Ok(client) => client,
        Err(flow) if job.tries < TRIES => return Ok(flow),
        Err(_) => return job.end_superseded().await,
    };
    let known = projects(job, cluster).await?;
    let listed = match objects {
        Objects::Volumes => volumes(&client, &known).await,
        Objects::Snapshots => snapshots(&client, &known).await,
    };
    match listed {
        Ok(found) => {
            job.told = Some(serde_json::to_string(&found).map_err(|e| Error::internal(e.to_string()))?);
        }
        Err(trouble) if job.tries < TRIES => return Ok(Flow::Again(trouble.to_string())),
        Err(trouble) => tracing::warn!(%cluster, %trouble, "its objects cannot be listed"),
    }
    job.end_superseded().await
}

/// Where volumes of ours are, for a cluster that does not list across projects.
pub(super) async fn projects(job: &Job, cluster: ClusterId) -> Result<BTreeSet<LightosProject>> {
    let mut session = job.bench.store.read().await?;
    let mut projects: BTreeSet<LightosProject> = session
        .holdings(cluster)
        .await?
        .into_iter()
        .map(|holding| holding.project)
        .filter(|project| !project.as_str().is_empty())
        .collect();
    let view = session.clusters().await?.into_iter().find(|view| view.id == cluster);
    if let Some(Tenancy::Fixed(project)) = view.map(|view| view.traits.tenancy) {
        projects.insert(project);
    }
    Ok(projects)
}

fn project_of(named: Option<&LightosProject>) -> LightosProject {
    named.cloned().unwrap_or_else(|| LightosProject::new("default"))
}

/// Why a volume cannot be taken in, whoever it belongs to.
pub(super) fn volume_hindrance(volume: &lightbits::Volume) -> Option<String> {
    match volume.state {
        VolumeState::Failed => Some("the cluster could not make the volume".to_owned()),
        _ if !volume.connected_hosts.is_empty() => Some("volume in use".to_owned()),
        state if !state.is_ready() => Some(format!("volume is {state}")),
        _ => None,
    }
}

/// The same of a snapshot.
pub(super) fn snapshot_hindrance(snapshot: &lightbits::Snapshot) -> Option<String> {
    match snapshot.state {
        SnapshotState::Available => None,
        SnapshotState::Failed => Some("the cluster could not take the snapshot".to_owned()),
        state => Some(format!("snapshot is {state}")),
    }
}

/// Hosts that may connect and are not connected now are told, and lose their access when the
/// volume is taken in.
pub(super) const fn is_open(acl: &Acl) -> bool {
    !matches!(acl, Acl::Nobody)
}

async fn volumes(
    client: &lightbits::Cluster,
    known: &BTreeSet<LightosProject>,
) -> std::result::Result<Vec<Found>, lightbits::Trouble> {
    let listed = client.volumes_everywhere(Lane::User, Deleting::Hidden, known).await?;
    let living = listed.into_iter().filter(|volume| !volume.state.is_leaving());
    let found = living.map(|volume| Found {
        hindrance: volume_hindrance(&volume),
        uuid: volume.uuid,
        project: project_of(volume.project.as_ref()),
        size: volume.size,
        source: None,
        name: volume.name,
    });
    Ok(found.collect())
}

async fn snapshots(
    client: &lightbits::Cluster,
    known: &BTreeSet<LightosProject>,
) -> std::result::Result<Vec<Found>, lightbits::Trouble> {
    let listed = client.snapshots_everywhere(Lane::User, known).await?;
    let living = listed.into_iter().filter(|snapshot| !snapshot.state.is_leaving());
    let found = living.map(|snapshot| Found {
        hindrance: snapshot_hindrance(&snapshot),
        uuid: snapshot.uuid,
        project: project_of(snapshot.project.as_ref()),
        size: snapshot.size,
        source: snapshot.source_volume_name,
        name: snapshot.name,
    });
    Ok(found.collect())
}
