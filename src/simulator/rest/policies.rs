//! The QoS policy calls. A create spells its limits `qoSRateLimitPolicy`, an answer
//! `QoSRateLimitPolicy`.

use serde_json::{Value, json};
use uuid::Uuid;

use super::message::Message;
use super::{Body, Call, Decided};
use crate::simulator::model::{Limits, Policy, Visibility};
use crate::simulator::refusal::{Refusal, Result};
use crate::simulator::rules::{Moment, policies as rules};

pub fn create(at: &Moment<'_>, call: &Call) -> Decided {
    let (records, policy) = rules::create(at, read(&call.body, Uuid::new_v4())?)?;
    let answer = view(at, call, &policy);
    Ok((records, answer))
}

fn read(body: &Body, uuid: Uuid) -> Result<Policy> {
    let rate = body
        .object("qoSRateLimitPolicy")?
        .ok_or_else(|| Refusal::invalid("qoSRateLimitPolicy is required"))?;
    let visibility = rate.choice("policyVisibility", &[("Unavailable", 0), ("Scoped", 1), ("Global", 2)])?;
    let pair = |key: &str, write: &str, read: &str| -> Result<Option<(u32, u32)>> {
        rate.object(key)?.map(|limit| Ok((limit.uint32(write)?, limit.uint32(read)?))).transpose()
    };
    let iops = pair("limitIOPS", "writeIOPSLimit", "readIOPSLimit")?;
    let bandwidth = pair("limitBw", "writeBWLimit", "readBWLimit")?;
    let per_gb = pair("limitIOPSPerGB", "writeIOPSPerGBLimit", "readIOPSPerGBLimit")?;
    let limits = match (iops, bandwidth, per_gb) {
        (Some((write, read)), None, None) => Limits::Iops { write, read },
        (None, Some((write, read)), None) => Limits::Bandwidth { write, read },
        (None, None, Some((write, read))) => Limits::IopsPerGb { write, read },
        _ => return Err(Refusal::invalid("give exactly one of limitIOPS, limitBw and limitIOPSPerGB")),
    };
    Ok(Policy {
        uuid,
        name: body.text("name")?,
        description: body.text("description")?,
        visibility: match visibility {
            1 => Visibility::Scoped,
            2 => Visibility::Global,
            _ => Visibility::Unavailable,
        },
        projects: rate.strings("projectsNamesScope")?,
        limits,
    })
}

pub fn list(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let (name, uuid, project) = (call.query("name"), call.query("UUID"), call.query("projectName"));
    let wanted = |policy: &&Policy| {
        (name.is_empty() || policy.name == name)
            && (uuid.is_empty() || policy.uuid.to_string() == uuid.to_ascii_lowercase())
            && (project.is_empty() || policy.serves(project))
            && visible(call, policy)
    };
    let found = at.tables.policies.values().filter(wanted).map(|policy| view(at, call, policy)).collect();
    Ok(Message::new(&at.options.quirks).list("policies", found).value())
}

fn visible(call: &Call, policy: &Policy) -> bool {
    let scoped = || policy.projects.iter().any(|project| call.caller.sees_project(project));
    call.caller.is_operator() || policy.visibility == Visibility::Global || scoped()
}

fn find<'a>(at: &Moment<'a>, call: &Call) -> Result<&'a Policy> {
    let uuid = Uuid::parse_str(call.param("UUID")).unwrap_or_default();
    let found = at.tables.policies.get(&uuid).filter(|policy| visible(call, policy));
    found.ok_or_else(|| Refusal::not_found("policy not found"))
}

pub fn get(at: &Moment<'_>, call: &Call) -> Result<Value> {
    Ok(view(at, call, find(at, call)?))
}

pub fn update(at: &Moment<'_>, call: &Call) -> Decided {
    let old = find(at, call)?;
    let mut new = read(&call.body, old.uuid)?;
    if new.name.is_empty() {
        new.name.clone_from(&old.name);
    }
    Ok((rules::update(at, new)?, json!({})))
}

pub fn delete(at: &Moment<'_>, call: &Call) -> Decided {
    Ok((rules::delete(at, find(at, call)?)?, json!({})))
}

/// Tenants, and lists of one project, are told neither the visibility nor the scope.
fn view(at: &Moment<'_>, call: &Call, policy: &Policy) -> Value {
    let full = call.caller.is_operator() && call.query("projectName").is_empty();
    let visibility = match policy.visibility {
        Visibility::Scoped if full => "Scoped",
        Visibility::Global if full => "Global",
        _ => "Unavailable",
    };
    let new = || Message::new(&at.options.quirks);
    let (key, limit) = match policy.limits {
        Limits::Iops { write, read } => {
            ("limitIOPS", new().uint32("writeIOPSLimit", write).uint32("readIOPSLimit", read))
        }
        Limits::Bandwidth { write, read } => {
            ("limitBw", new().uint32("writeBWLimit", write).uint32("readBWLimit", read))
        }
        Limits::IopsPerGb { write, read } => {
            ("limitIOPSPerGB", new().uint32("writeIOPSPerGBLimit", write).uint32("readIOPSPerGBLimit", read))
        }
    };
    let rate = new()
        .choice("policyVisibility", visibility, "Unavailable")
        .when(full, |it| it.texts("projectsNamesScope", &policy.projects))
        .message(key, limit);
    new()
        .uuid("UUID", policy.uuid)
        .text("name", &policy.name)
        .text("description", &policy.description)
        .choice("state", "Active", "Unknown")
        .message("QoSRateLimitPolicy", rate)
        .value()
}
