//! What could be taken in, from one cluster at a time.

use serde::Serialize;
use serde_json::{Value, json};

use super::Place;
use super::page::{Stretch, reference};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::manageable::{Manageable, Objects};
use crate::domain::{Error, Gib, Result};

/// Since which version a cluster may be named instead of a host.
const CLUSTER: u16 = 17;

#[derive(Serialize)]
struct Short {
    reference: Value,
    size: Gib,
    safe_to_manage: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_reference: Option<Value>,
}

/// In the order of the lists of volumes; those of snapshots have two fields the other way round.
#[derive(Serialize)]
struct VolumeLong<'a> {
    reference: Value,
    size: Gib,
    safe_to_manage: bool,
    reason_not_safe: Option<&'a str>,
    cinder_id: Option<&'a str>,
    extra_info: Value,
}

#[derive(Serialize)]
struct SnapshotLong<'a> {
    reference: Value,
    size: Gib,
    safe_to_manage: bool,
    reason_not_safe: Option<&'a str>,
    extra_info: Value,
    cinder_id: Option<&'a str>,
    source_reference: Value,
}

#[derive(Serialize)]
struct Volumes<T> {
    #[serde(rename = "manageable-volumes")]
    entries: Vec<T>,
}

#[derive(Serialize)]
struct Snapshots<T> {
    #[serde(rename = "manageable-snapshots")]
    entries: Vec<T>,
}

pub async fn volumes(call: Call) -> Result<Reply> {
    let entries = listed(&call, Objects::Volumes).await?;
    let short = |entry| short(entry, None);
    Ok(Reply::ok(&Volumes { entries: entries.iter().map(short).collect() }))
}

pub async fn volumes_detail(call: Call) -> Result<Reply> {
    let entries = listed(&call, Objects::Volumes).await?;
    let long = |entry| VolumeLong {
        reference: reference(entry),
        size: entry.size,
        safe_to_manage: entry.reason_not_safe.is_none(),
        reason_not_safe: entry.reason_not_safe.as_deref(),
        cinder_id: entry.cinder_id.as_deref(),
        extra_info: extra_info(entry),
    };
    Ok(Reply::ok(&Volumes { entries: entries.iter().map(long).collect() }))
}

pub async fn snapshots(call: Call) -> Result<Reply> {
    let entries = listed(&call, Objects::Snapshots).await?;
    let short = |entry| short(entry, Some(source(entry)));
    Ok(Reply::ok(&Snapshots { entries: entries.iter().map(short).collect() }))
}

pub async fn snapshots_detail(call: Call) -> Result<Reply> {
    let entries = listed(&call, Objects::Snapshots).await?;
    let long = |entry| SnapshotLong {
        reference: reference(entry),
        size: entry.size,
        safe_to_manage: entry.reason_not_safe.is_none(),
        reason_not_safe: entry.reason_not_safe.as_deref(),
        extra_info: extra_info(entry),
        cinder_id: entry.cinder_id.as_deref(),
        source_reference: source(entry),
    };
    Ok(Reply::ok(&Snapshots { entries: entries.iter().map(long).collect() }))
}

fn short(entry: &Manageable, source_reference: Option<Value>) -> Short {
    let safe_to_manage = entry.reason_not_safe.is_none();
    Short { reference: reference(entry), size: entry.size, safe_to_manage, source_reference }
}

fn source(entry: &Manageable) -> Value {
    json!({"source-name": entry.source})
}

/// What the driver has to say besides, in whatever form.
fn extra_info(entry: &Manageable) -> Value {
    json!({"source-id": entry.uuid, "project": entry.project})
}

async fn listed(call: &Call, objects: Objects) -> Result<Vec<Manageable>> {
    call.authorize_own()?;
    let place = Place::of(call, CLUSTER, |name| call.query.get(name).map(str::to_owned))?;
    let stretch = Stretch::asked(&call.query)?;
    let Some(host) = place.host else {
        return Err(Error::not_found("Service cinder-volume could not be found."));
    };
    let services = &call.edge.services;
    let service = host.split('#').next().unwrap_or(&host);
    let missing = || Error::not_found(format!("Service cinder-volume could not be found on host {service}."));
    let cluster = services.backend(&host).await?.ok_or_else(missing)?;
    stretch.cut(services.list_manageable(&call.ctx, &cluster, objects).await?)
}
