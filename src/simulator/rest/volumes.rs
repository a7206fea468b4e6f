//! The volume calls.

use serde_json::{Value, json};
use uuid::Uuid;

use super::message::Message;
use super::{Body, Call, Decided};
use crate::simulator::model::extents::BLOCK;
use crate::simulator::model::{Affinity, Extents, Label, Volume};
use crate::simulator::options::Release;
use crate::simulator::refusal::{Refusal, Result};
use crate::simulator::rules::volumes::{self as rules, Handle, NewVolume, Target, Update};
use crate::simulator::rules::{Moment, layers, placement, protection};

/// Objects in one page of a list, at most and unless asked for less.
pub const PAGE: usize = 1000;
const LABELS: Release = Release(3, 11, 1);
const RENAME: Release = Release(3, 16, 0);
const CREATION_TIME: Release = Release(3, 9, 1);

pub fn create(at: &Moment<'_>, call: &Call) -> Decided {
    let body = &call.body;
    let sectors = [("sectorSize_Default", 0), ("sectorSize_512B", 512), ("sectorSize_4K", 4096)];
    let new = NewVolume {
        project: call.project("POST")?.ok_or_else(|| Refusal::invalid("projectName is required"))?,
        name: body.text("name")?,
        size: body.text("size")?,
        replicas: body.uint32("replicaCount")?,
        acl: body.string_list("acl")?.unwrap_or_default(),
        ip_acl: body.string_list("IPAcl")?.filter(|values| !values.is_empty()),
        compression: body.text("compression")?,
        sector_size: body.choice("sectorSize", &sectors)?,
        source: Handle::parse(&body.text("sourceSnapshotUUID")?, &body.text("sourceSnapshotName")?),
        affinities: affinities(body)?,
        policy_uuid: body.text("qosPolicyUUID")?,
        policy_name: body.text("qosPolicyName")?,
        labels: labels(at, body)?,
    };
    let (records, volume) = rules::create(at, new)?;
    let answer = view(at, &volume);
    Ok((records, answer))
}

fn affinities(body: &Body) -> Result<Vec<Affinity>> {
    let mut affinities = Vec::new();
    for restriction in body.objects("placementRestrictions")?.unwrap_or_default() {
        if restriction.choice("operator", &[("In", 0)])? != 0 {
            return Err(Refusal::invalid("the operator of a placement restriction is In"));
        }
        for pair in restriction.objects("labelValueKeyPairs")?.unwrap_or_default() {
            affinities.push(Affinity { key: pair.text("key")?, value: pair.text("value")? });
        }
    }
    Ok(affinities)
}

/// None when not given, or when the release does not know labels.
fn labels(at: &Moment<'_>, body: &Body) -> Result<Option<Vec<Label>>> {
    let Some(given) = body.objects("labels")?.filter(|_| at.options.release >= LABELS) else {
        return Ok(None);
    };
    // An empty list and no list look the same in the binary form behind the gateway.
    if given.is_empty() {
        return Ok(None);
    }
    given
        .iter()
        .map(|label| Ok(Label { key: label.text("key")?, value: label.text("value")? }))
        .collect::<Result<_>>()
        .map(Some)
}

pub fn list(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let project = call.project("GET")?;
    let after = offset(call)?;
    let limit = limit(call)?;
    let (name, uuid, domain) = (call.query("name"), call.query("UUID"), call.query("failureDomain"));
    let show_all = call.query_flag("showAll")?;
    let wanted = |volume: &&Volume| {
        project.as_deref().is_none_or(|project| volume.project == project)
            && (name.is_empty() || volume.name == name)
            && (uuid.is_empty() || volume.uuid.to_string() == uuid.to_ascii_lowercase())
            && (domain.is_empty() || is_in(at, volume, domain))
            && (show_all || volume.state != crate::simulator::model::VolumeState::Deleting)
    };
    let from_snapshot = match call.query("snapshotUUID") {
        "" => None,
        text => Some(Uuid::parse_str(text).unwrap_or_default()),
    };
    let beyond = |volume: &&Volume| after.is_none_or(|after| volume.uuid > after);
    let found: Vec<Value> = match from_snapshot {
        Some(snapshot) => at
            .tables
            .clones_of(snapshot)
            .map(|it| &**it)
            .filter(beyond)
            .filter(wanted)
            .take(limit)
            .map(|it| view(at, it))
            .collect(),
        None => {
            let from = after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
            let all = at.tables.volumes.range((from, std::ops::Bound::Unbounded)).map(|(_, it)| &**it);
            all.filter(wanted).take(limit).map(|it| view(at, it)).collect()
        }
    };
    Ok(Message::new(&at.options.quirks).list("volumes", found).value())
}

fn is_in(at: &Moment<'_>, volume: &Volume, domain: &str) -> bool {
    at.tables.nodes.values().any(|node| node.server_name == domain && volume.nodes.contains(&node.uuid))
}

/// The UUID to go on after.
pub fn offset(call: &Call) -> Result<Option<Uuid>> {
    match call.query("offsetUUID") {
        "" => Ok(None),
        text => Uuid::parse_str(text).map(Some).map_err(|_| Refusal::invalid("offsetUUID is not a UUID")),
    }
}

pub fn limit(call: &Call) -> Result<usize> {
    match call.query_number::<u32>("limit")? as usize {
        0 => Ok(PAGE),
        asked if asked <= PAGE => Ok(asked),
        _ => Err(Refusal::invalid("limit is at most 1000")),
    }
}

/// The volume that the path, or with an empty path `name`, points at.
fn find(at: &Moment<'_>, project: Option<&str>, uuid: &str, name: &str) -> Result<Volume> {
    let found = match Handle::parse(uuid, name) {
        None => return Err(Refusal::invalid("give the volume's UUID or name")),
        Some(Handle::Uuid(uuid)) => at.tables.volumes.get(&uuid),
        Some(Handle::Name(name)) => {
            let project = project.ok_or_else(|| Refusal::invalid("a name needs its projectName"))?;
            at.tables.volume_named(project, &name)
        }
    };
    let mine = found.filter(|volume| project.is_none_or(|project| volume.project == project));
    mine.map(|volume| (**volume).clone()).ok_or_else(|| Refusal::not_found("volume not found"))
}

pub fn get(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let volume = find(at, call.project("GET")?.as_deref(), call.param("UUID"), call.query("name"))?;
    Ok(view(at, &volume))
}

fn target(at: &Moment<'_>, call: &Call, name_field: &str) -> Result<Target> {
    let name = call.body.text(name_field)?;
    let volume = find(at, call.project("PUT")?.as_deref(), call.param("UUID"), &name)?;
    Ok(Target { volume, if_match: call.if_match.clone() })
}

pub fn update(at: &Moment<'_>, call: &Call) -> Decided {
    let body = &call.body;
    let update = Update {
        size: body.text("size")?,
        force: body.flag("Force")?,
        acl: body.string_list("acl")?,
        ip_acl: body.string_list("IPAcl")?.filter(|values| !values.is_empty()),
        compression: body.text("compression")?,
        policy_uuid: body.text("qosPolicyUUID")?,
        policy_name: body.text("qosPolicyName")?,
        labels: labels(at, body)?,
        new_name: if at.options.release >= RENAME { body.text("newName")? } else { String::new() },
    };
    Ok((rules::update(at, target(at, call, "name")?, update)?, json!({})))
}

pub fn rollback(at: &Moment<'_>, call: &Call) -> Decided {
    let body = &call.body;
    let snapshot = Handle::parse(&body.text("srcSnapshotUUID")?, &body.text("srcSnapshotName")?);
    Ok((rules::rollback(at, target(at, call, "Name")?, snapshot)?, json!({})))
}

pub fn delete(at: &Moment<'_>, call: &Call) -> Decided {
    let legacy = |refusal: Refusal| match at.options.quirks.delete_errors_internal {
        true => Refusal::internal(refusal.message),
        false => refusal,
    };
    let found = find(at, call.project("DELETE")?.as_deref(), call.param("UUID"), call.query("name"));
    let target = found.map(|volume| Target { volume, if_match: call.if_match.clone() });
    let records = target.and_then(|target| rules::delete(at, target)).map_err(legacy)?;
    Ok((records, json!({})))
}

fn view(at: &Moment<'_>, volume: &Volume) -> Value {
    let policy = at.tables.policies.get(&volume.policy);
    let source = volume.source.as_ref();
    let release = at.options.release;
    Message::new(&at.options.quirks)
        .choice("state", volume.state.name(), "Unknown")
        .choice("protectionState", protection::of(at, volume).name(), "Unknown")
        .uint32("replicaCount", volume.replicas.into())
        .texts("nodeList", volume.nodes.iter().map(Uuid::to_string))
        .uuid("primaryNodeUUID", placement::primary(at, &volume.nodes).unwrap_or_default())
        .uuid("UUID", volume.uuid)
        .uint32("nsid", volume.nsid)
        .string_list("acl", &volume.acl)
        .string_list("IPAcl", &volume.ip_acl)
        .text("compression", if volume.compression { "true" } else { "false" })
        .uint64("size", volume.size)
        .text("name", &volume.name)
        .text("projectName", &volume.project)
        .text("rebuildProgress", "None")
        .message("statistics", statistics(at, volume))
        .text("ETag", &volume.etag())
        .uint32("sectorSize", volume.sector_size)
        .uuid("sourceSnapshotUUID", source.map_or(Uuid::nil(), |it| it.uuid))
        .text("sourceSnapshotName", source.map_or("", |it| &it.name))
        .list("placementRestrictions", volume.affinities.iter().map(restriction).collect())
        .when(release >= LABELS, |it| it.list("labels", label_views(&volume.labels)))
        .uuid("qosPolicyUUID", volume.policy)
        .text("qosPolicyName", policy.map_or("", |it| &it.name))
        .when(release >= CREATION_TIME, |it| it.time("creationTime", volume.created))
        .value()
}

pub fn label_views(labels: &[Label]) -> Vec<Value> {
    labels.iter().map(|label| json!({"key": label.key, "value": label.value})).collect()
}

fn restriction(affinity: &Affinity) -> Value {
    json!({"operator": "In", "labelValueKeyPairs": [{"key": affinity.key, "value": affinity.value}]})
}

fn statistics(at: &Moment<'_>, volume: &Volume) -> Message {
    let mut all = Extents::default();
    layers::chain(at.tables, volume.layer).for_each(|layer| all.extend(&layer.extents));
    let own = volume.layer.and_then(|layer| at.tables.layers.get(&layer));
    let logical = all.blocks() * BLOCK;
    let percent = own.map_or(100, |layer| layer.stored_percent);
    let physical = crate::simulator::model::extents::stored(logical, percent);
    let ratio = if physical == 0 { 1.0 } else { logical as f64 / physical as f64 };
    Message::new(&at.options.quirks)
        .uint64("logicalUsedStorage", logical)
        .uint64("physicalUsedStorage", physical)
        .double("compressionRatio", ratio)
        .double("totalCompressionRatio", ratio)
        .uint64("physicalCapacity", physical)
        .uint64("physicalOwnedCapacity", own.map_or(0, |layer| layer.stored_bytes()))
        .uint64("userWritten", logical)
}
