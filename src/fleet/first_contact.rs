//! Learning who a cluster is: its UUID is read once and written into the registration; from then
//! on every connection must show the same. The same cluster under two names is refused, or its
//! capacity would count twice.

use super::member::{Member, MemberTrouble};
use super::registrations::fill_in_uuid;
use super::supervisor::Shared;
use crate::domain::operation::Lane;
use crate::domain::{ClusterId, ClusterName, Result};
use crate::lightbits;

/// `None` while it does not answer or may not be used.
///
/// # Errors
/// Those of the database.
pub(super) async fn first_contact(
    shared: &Shared,
    member: &Member,
    client: &lightbits::Cluster,
) -> Result<Option<ClusterId>> {
    let info = match client.within(shared.settings.probe_timeout).cluster_info(Lane::Background).await {
        Ok(info) => info,
        Err(trouble) => {
            member.set_trouble(Some(MemberTrouble::Other(trouble.to_string())));
            return Ok(None);
        }
    };
    let (id, name) = (info.uuid, member.name());
    if let Some(other) = claim(shared, member, id).await? {
        member.set_trouble(Some(MemberTrouble::SameCluster { other, id }));
        return Ok(None);
    }
    member.set_id(id);
    member.set_trouble(None);
    shared.clients.put(id, client);
    tracing::info!(cluster = %name, %id, "first contact");
    let fill = name.clone();
    let edited = shared
        .registry
        .edit(&shared.store, &shared.clock, "first contact", move |text| fill_in_uuid(text, &fill, id))
        .await;
    if let Err(error) = edited {
        // It is in the store under this name all the same.
        tracing::info!(cluster = %name, reason = error.message(), "its UUID is not written into the file");
    }
    Ok(Some(id))
}

/// Makes the cluster's row, unless another registered name has it.
async fn claim(shared: &Shared, member: &Member, id: ClusterId) -> Result<Option<ClusterName>> {
    let name = member.name();
    let registrations = shared.registry.current();
    let now = shared.clock.now();
    let registration = member.registration();
    let (registrations, traits) = (&registrations.registrations, &registration.traits);
    if let Some(other) = registrations.iter().find(|r| r.uuid == Some(id) && r.name != *name) {
        return Ok(Some(other.name.clone()));
    }
    shared
        .store
        .write("claim a cluster", |tx, _| {
            Box::pin(async move {
                tx.lock("registrations").await?;
                let rows = tx.cluster_rows().await?;
                let row = rows.into_iter().find(|row| row.registered && row.cluster.id == id);
                let other = row.map(|row| row.cluster.name).filter(|other| other != name);
                let taken = other.filter(|other| registrations.iter().any(|r| r.name == *other));
                if taken.is_none() {
                    tx.put_cluster(id, name, traits, now).await?;
                }
                Ok(taken)
            })
        })
        .await
}
