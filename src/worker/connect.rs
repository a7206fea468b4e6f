//! Letting a host in, and telling it where to go: what os-brick's Lightbits connector needs.
//!
//! The cluster's nodes and NQN are read anew each time: they change when a cluster grows, and a
//! list cached at start (as stock Cinder's) would send hosts to nodes that are gone.

use serde_json::{Map, Value, json};

use super::access;
use super::flow::Flow;
use super::job::Job;
use crate::datapath::Portal;
use crate::domain::attachment::Connector;
use crate::domain::operation::Lane;
use crate::domain::status::AttachStatus;
use crate::domain::volume::Volume;
use crate::domain::{AttachmentId, BackendUuid, Error, Result, VolumeId};
use crate::lightbits::{Cluster, Node};

/// Where the discovery service of a node listens.
const DISCOVERY_PORT: u16 = 8009;

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
    let Some((row, location, uuid)) = found.and_then(|details| {
        let location = details.volume.location.clone()?;
        let uuid = location.uuid?;
        Some((details.volume.clone(), location, uuid))
    }) else {
        return fail(job, attachment).await;
    };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    let wish = |volume: &crate::lightbits::Volume| access::with(volume, connector);
    let lists = access::Lists { job, client: &client, location: &location, uuid };
    match lists.bring_to(&wish).await {
        Ok(Some(())) => {}
        Ok(None) => return fail(job, attachment).await,
        Err(flow) => return Ok(flow),
    }
    match describe(&client, uuid).await {
        Ok(mut info) => {
            info.insert("encrypted".to_owned(), json!(false));
            info.insert("qos_specs".to_owned(), front_end_qos(job, &row).await?);
            // The volume's, whatever is asked for this one host.
            info.insert("access_mode".to_owned(), json!(row.access_mode()));
            finish(job, attachment, connector, info).await
        }
        Err(why) => Ok(Flow::Again(why)),
    }
}

/// The limits the hypervisor is to keep.
async fn front_end_qos(job: &Job, row: &Volume) -> Result<Value> {
    let mut session = job.bench.store.read().await?;
    let found = match row.volume_type_id {
        Some(id) => session.find_type(id).await?,
        None => None,
    };
    let specs = match &found {
        Some(found) => session.qos_specs_of(found).await?,
        None => None,
    };
    Ok(specs.and_then(|specs| specs.front_end(row.size)).map_or(Value::Null, Value::Object))
}

/// `driver_volume_type` and, flat beside it, the data os-brick asks for.
async fn describe(client: &Cluster, uuid: BackendUuid) -> std::result::Result<Map<String, Value>, String> {
    let info = client.cluster_info(Lane::User).await.map_err(|trouble| trouble.to_string())?;
    let nqn = info.subsystem_nqn.ok_or("the cluster does not tell its subsystem NQN")?;
    let nodes = client.nodes(Lane::User).await.map_err(|trouble| trouble.to_string())?;
    let mut targets = Map::new();
    for Portal { host: portal, .. } in portals(nodes) {
        let target = json!({"target_portal": portal, "target_port": DISCOVERY_PORT, "transport_type": "tcp"});
        targets.insert(portal, target);
    }
    if targets.is_empty() {
        return Err("the cluster tells of no node that can be connected to".to_owned());
    }
    let mut info = Map::new();
    info.insert("driver_volume_type".to_owned(), json!("lightos"));
    info.insert("lightos_nodes".to_owned(), Value::Object(targets));
    info.insert("uuid".to_owned(), json!(uuid));
    info.insert("subsysnqn".to_owned(), json!(nqn));
    Ok(info)
}

/// Where the nodes do I/O.
pub(super) fn portals(nodes: Vec<Node>) -> Vec<Portal> {
    let endpoints = nodes.into_iter().filter_map(|node| node.nvme_endpoint);
    endpoints.map(|endpoint| Portal { host: endpoint.host().to_owned(), port: endpoint.port() }).collect()
}

async fn finish(
    job: &mut Job,
    attachment: Option<AttachmentId>,
    connector: &Connector,
    mut info: Map<String, Value>,
) -> Result<Flow> {
    info.insert("cacheable".to_owned(), json!(false));
    info.insert("enforce_multipath".to_owned(), json!(false));
    let Some(id) = attachment else {
        job.told = Some(serde_json::to_string(&info).map_err(|e| Error::internal(e.to_string()))?);
        return job.end_superseded().await;
    };
    info.insert("attachment_id".to_owned(), json!(id));
    let info = &info;
    let job = &*job;
    job.bench
        .store
        .write("connect an attachment", |tx, _| {
            Box::pin(async move {
                if let Some(mut row) = tx.find_attachment(id, None).await? {
                    let text = serde_json::to_string(info).map_err(|e| Error::internal(e.to_string()))?;
                    row.connection_info = Some(text);
                    row.connector = Some(connector.clone());
                    row.updated_at = Some(job.now());
                    tx.update_attachment(&row).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// There is nothing to connect to.
async fn fail(job: &Job, attachment: Option<AttachmentId>) -> Result<Flow> {
    let Some(id) = attachment else { return job.end_superseded().await };
    job.bench
        .store
        .write("fail to connect", |tx, _| {
            Box::pin(async move {
                if let Some(mut row) = tx.find_attachment(id, None).await? {
                    row.status = AttachStatus::ErrorAttaching;
                    row.updated_at = Some(job.now());
                    tx.update_attachment(&row).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
