//! The snapshot calls.

use std::ops::Bound;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::message::Message;
use super::volumes::{label_views, limit, offset};
use super::{Call, Decided};
use crate::simulator::model::extents::BLOCK;
use crate::simulator::model::{Extents, Snapshot, SnapshotState};
use crate::simulator::options::Release;
use crate::simulator::refusal::{Refusal, Result};
use crate::simulator::rules::snapshots::{self as rules, NewSnapshot};
use crate::simulator::rules::volumes::Handle;
use crate::simulator::rules::{Moment, changed_blocks, layers, placement};

const CHANGED_BLOCKS: Release = Release(3, 2, 1);
const LABELS: Release = Release(3, 11, 1);

pub fn create(at: &Moment<'_>, call: &Call) -> Decided {
    let body = &call.body;
    let new = NewSnapshot {
        project: call.project("POST")?.ok_or_else(|| Refusal::invalid("projectName is required"))?,
        name: body.text("name")?,
        source: Handle::parse(&body.text("sourceVolumeUUID")?, &body.text("sourceVolumeName")?),
        description: body.text("description")?,
        retention_seconds: body.duration("retentionTime")?,
    };
    let (records, snapshot) = rules::create(at, new)?;
    let answer = view(at, &snapshot);
    Ok((records, answer))
}

/// The filter by name is spelt `Name` here.
pub fn list(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let project = call.project("GET")?;
    let (name, uuid, show_all) = (call.query("Name"), call.query("UUID"), call.query_flag("showAll")?);
    let wanted = |snapshot: &&Snapshot| {
        project.as_deref().is_none_or(|project| snapshot.project == project)
            && (name.is_empty() || snapshot.name == name)
            && (uuid.is_empty() || snapshot.uuid.to_string() == uuid.to_ascii_lowercase())
            && (show_all || snapshot.state != SnapshotState::Deleting)
    };
    let from = offset(call)?.map_or(Bound::Unbounded, Bound::Excluded);
    let all = at.tables.snapshots.range((from, Bound::Unbounded)).map(|(_, it)| &**it);
    let found: Vec<Value> = all.filter(wanted).take(limit(call)?).map(|it| view(at, it)).collect();
    Ok(Message::new(&at.options.quirks).list("snapshots", found).value())
}

fn find<'a>(at: &Moment<'a>, call: &Call, uuid: &str, name: &str) -> Result<&'a Snapshot> {
    let project = call.project("GET")?.unwrap_or_default();
    let found = match Handle::parse(uuid, name) {
        None => return Err(Refusal::invalid("give the snapshot's UUID or name")),
        Some(Handle::Uuid(uuid)) => at.tables.snapshots.get(&uuid).filter(|it| it.project == project),
        Some(Handle::Name(name)) => at.tables.snapshot_named(&project, &name),
    };
    found.map(|it| &**it).ok_or_else(|| Refusal::not_found("snapshot not found"))
}

pub fn get(at: &Moment<'_>, call: &Call) -> Result<Value> {
    find(at, call, call.param("UUID"), call.query("Name")).map(|snapshot| view(at, snapshot))
}

pub fn delete(at: &Moment<'_>, call: &Call) -> Decided {
    let legacy = |refusal: Refusal| match at.options.quirks.delete_errors_internal {
        true => Refusal::internal(refusal.message),
        false => refusal,
    };
    let found = find(at, call, call.param("UUID"), call.query("Name"));
    let records = found.and_then(|it| rules::delete(at, it, call.if_match.as_deref())).map_err(legacy)?;
    Ok((records, json!({})))
}

pub fn diff(at: &Moment<'_>, call: &Call) -> Result<Value> {
    if at.options.release < CHANGED_BLOCKS {
        return Err(Refusal::new(crate::simulator::refusal::Code::Unimplemented, "unknown method"));
    }
    let target = find(at, call, call.param("snapshotUUID"), call.query("snapshotName"))?;
    let (base_uuid, base_name) = (call.query("baseSnapshotUUID"), call.query("baseSnapshotName"));
    let base = match Handle::parse(base_uuid, base_name) {
        None => None,
        Some(_) => Some(find(at, call, base_uuid, base_name)?),
    };
    let page = changed_blocks::changed(at, target, base, call.query_number("offsetLBA")?)?;
    let ranges = page.ranges.iter().map(|(start, end)| {
        Message::new(&at.options.quirks)
            .uint64("lbaStart", *start)
            .uint64("lbaEnd", end - 1)
            .text("dataBitMap", &STANDARD.encode(ones(end - start)))
            .value()
    });
    let message = Message::new(&at.options.quirks).uint64("nextOffsetLBA", page.next_offset);
    Ok(message.list("lbaRanges", ranges.collect()).value())
}

/// A bit for every block of a range, all set; long ranges are told by their ends alone.
fn ones(blocks: u64) -> Vec<u8> {
    const LONGEST: u64 = 64;
    if blocks > LONGEST {
        return Vec::new();
    }
    (0..blocks.div_ceil(8))
        .map(|byte| if (byte + 1) * 8 <= blocks { 0xff } else { (1u8 << (blocks % 8)) - 1 })
        .collect()
}

fn view(at: &Moment<'_>, snapshot: &Snapshot) -> Value {
    let done = snapshot.state != SnapshotState::Creating;
    let retention = snapshot.retention_seconds.map(|seconds| format!("{seconds}s")).unwrap_or_default();
    Message::new(&at.options.quirks)
        .choice("state", snapshot.state.name(), "Unknown")
        .uuid("UUID", snapshot.uuid)
        .text("name", &snapshot.name)
        .text("description", &snapshot.description)
        .when(done, |it| it.time("creationTime", snapshot.created))
        .text("retentionTime", &retention)
        .uuid("sourceVolumeUUID", snapshot.source_uuid)
        .text("sourceVolumeName", &snapshot.source_name)
        .uint32("replicaCount", snapshot.replicas.into())
        .texts("nodeList", snapshot.nodes.iter().map(Uuid::to_string))
        .uint32("nsid", snapshot.nsid)
        .string_list("acl", &snapshot.acl)
        .flag("compression", snapshot.compression)
        .uint64("size", snapshot.size)
        .string_list("IPAcl", &snapshot.ip_acl)
        .uint32("sectorSize", snapshot.sector_size)
        .message("statistics", statistics(at, snapshot))
        // Real clusters leave a snapshot's ETag empty.
        .text("ETag", "")
        .text("projectName", &snapshot.project)
        .uuid("primaryNodeUUID", placement::primary(at, &snapshot.nodes).unwrap_or_default())
        .when(at.options.release >= LABELS, |it| it.list("labels", label_views(&snapshot.labels)))
        .value()
}

fn statistics(at: &Moment<'_>, snapshot: &Snapshot) -> Message {
    let mut all = Extents::default();
    layers::chain(at.tables, snapshot.layer).for_each(|layer| all.extend(&layer.extents));
    let own = snapshot.layer.and_then(|layer| at.tables.layers.get(&layer));
    Message::new(&at.options.quirks)
        .uint64("physicalCapacity", all.blocks() * BLOCK)
        .uint64("physicalOwnedCapacity", own.map_or(0, |layer| layer.stored_bytes()))
        .uint64("userWritten", all.blocks() * BLOCK)
}
