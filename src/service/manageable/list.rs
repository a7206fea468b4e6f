//! What could be taken in. The cluster is asked by the worker, as for everything that Cinder
//! answers at once; whose an object is, the store says.

use std::collections::{HashMap, HashSet};

use super::check_service;
use crate::domain::cluster::Cluster;
use crate::domain::manageable::{Found, FoundBy, Manageable, Objects};
use crate::domain::operation::Work;
use crate::domain::volume::{clone_snapshot_name, snapshot_name};
use crate::domain::{BackendUuid, Ctx, Error, LightosProject, Result};
use crate::service::Services;
use crate::store::{Dispatch, Session};

const MANAGED: &str = "already managed";

/// Objects that are ours: by UUID, and by name those whose UUID we do not know yet.
#[derive(Default)]
struct Ours {
    by_uuid: HashMap<BackendUuid, String>,
    by_name: HashMap<(LightosProject, String), String>,
    /// Names of what we use for a while and nobody else may have.
    in_use: HashSet<String>,
}

impl Services {
    /// Everything on the cluster, in no order.
    ///
    /// # Errors
    /// `Invalid` for a cluster that is disabled or down, `Unavailable` when it does not answer.
    pub async fn list_manageable(
        &self,
        ctx: &Ctx,
        cluster: &Cluster,
        objects: Objects,
    ) -> Result<Vec<Manageable>> {
        check_service(cluster)?;
        let mut operation = Dispatch::plan(ctx, Work::ListRemote { cluster: cluster.id, objects });
        operation.cluster_id = Some(cluster.id);
        let planned = &operation;
        self.store
            .write("list a cluster", |tx, _| {
                Box::pin(async move { self.dispatch.insert(tx, planned, &ctx.clock).await })
            })
            .await?;
        let told = self.dispatch.announce_and_wait(operation, &self.store, ctx.patience).await?;
        let told = told.ok_or_else(|| Error::unavailable("The cluster does not answer, try again later."))?;
        let found: Vec<Found> = serde_json::from_str(&told).map_err(|e| Error::internal(e.to_string()))?;
        let ours = match objects {
            Objects::Volumes => our_volumes(&mut self.store.read().await?, cluster).await?,
            Objects::Snapshots => our_snapshots(&mut self.store.read().await?, cluster).await?,
        };
        Ok(entries(found, &ours))
    }
}

async fn our_volumes(session: &mut Session, cluster: &Cluster) -> Result<Ours> {
    let mut ours = Ours::default();
    for volume in session.volumes_of_cluster(cluster.id).await? {
        let (id, name) = (volume.id.to_string(), volume.backend_name());
        let Some(location) = volume.location else { continue };
        match location.uuid {
            Some(uuid) => ours.by_uuid.insert(uuid, id),
            None => ours.by_name.insert((location.project, name), id),
        };
    }
    Ok(ours)
}

async fn our_snapshots(session: &mut Session, cluster: &Cluster) -> Result<Ours> {
    let mut ours = Ours::default();
    for snapshot in session.snapshots_of_cluster(cluster.id).await? {
        let id = snapshot.id.to_string();
        match (snapshot.uuid, snapshot.lightos_project) {
            (Some(uuid), _) => drop(ours.by_uuid.insert(uuid, id)),
            (None, Some(project)) => drop(ours.by_name.insert((project, snapshot_name(snapshot.id)), id)),
            (None, None) => {}
        }
    }
    for volume in session.volumes_of_cluster(cluster.id).await? {
        ours.in_use.insert(clone_snapshot_name(volume.id));
    }
    Ok(ours)
}

fn entries(found: Vec<Found>, ours: &Ours) -> Vec<Manageable> {
    let mut names: HashMap<&str, usize> = HashMap::new();
    for object in &found {
        *names.entry(object.name.as_str()).or_default() += 1;
    }
    let is_unique: Vec<bool> =
        found.iter().map(|object| names.get(object.name.as_str()) == Some(&1)).collect();
    let both = found.into_iter().zip(is_unique);
    both.map(|(object, is_unique)| entry(object, is_unique, ours)).collect()
}

fn entry(object: Found, is_unique: bool, ours: &Ours) -> Manageable {
    let named = (object.project.clone(), object.name.clone());
    let cinder_id = ours.by_uuid.get(&object.uuid).or_else(|| ours.by_name.get(&named)).cloned();
    let in_use = ours.in_use.contains(&object.name).then(|| "snapshot in use".to_owned());
    let reason_not_safe = match &cinder_id {
        Some(_) => Some(MANAGED.to_owned()),
        None => in_use.or(object.hindrance),
    };
    Manageable {
        reference: if is_unique { FoundBy::Name(object.name) } else { FoundBy::Id(object.uuid) },
        size: object.size.to_gib_ceil(),
        cinder_id,
        reason_not_safe,
        uuid: object.uuid,
        project: object.project,
        source: object.source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Bytes, Gib};

    fn found(name: &str, project: &str, hindrance: Option<&str>) -> Found {
        Found {
            uuid: BackendUuid::random(),
            name: name.to_owned(),
            project: LightosProject::new(project),
            size: Bytes(3 * crate::domain::size::GIB / 2),
            hindrance: hindrance.map(str::to_owned),
            source: None,
        }
    }

    #[test]
    fn what_is_ours_is_not_safe_and_a_name_that_is_not_enough_is_not_given() {
        let (one, coming) = (found("a", "p", Some("volume in use")), found("b", "p", None));
        let (twin, other) = (found("twin", "p", None), found("twin", "q", None));
        let busy = found("c", "p", Some("volume in use"));
        let intermediate = found("for_clone_x", "p", None);
        let ours = Ours {
            by_uuid: [(one.uuid, "id-a".to_owned())].into(),
            by_name: [((LightosProject::new("p"), "b".to_owned()), "id-b".to_owned())].into(),
            in_use: ["for_clone_x".to_owned()].into(),
        };
        let all = entries(vec![one, coming, twin.clone(), other, busy, intermediate], &ours);
        let seen: Vec<_> =
            all.iter().map(|e| (e.cinder_id.as_deref(), e.reason_not_safe.as_deref())).collect();
        assert_eq!(
            seen,
            [
                (Some("id-a"), Some(MANAGED)),
                (Some("id-b"), Some(MANAGED)),
                (None, None),
                (None, None),
                (None, Some("volume in use")),
                (None, Some("snapshot in use")),
            ]
        );
        assert_eq!(all[0].reference, FoundBy::Name("a".to_owned()));
        assert_eq!(all[2].reference, FoundBy::Id(twin.uuid));
        assert_eq!(all[0].size, Gib(2));
    }
}
