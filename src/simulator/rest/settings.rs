//! Feature flags and cluster configuration.

use serde_json::{Map, Value, json};

use super::message::Message;
use super::{Call, Decided};
use crate::simulator::model::Record;
use crate::simulator::refusal::{Refusal, Result};
use crate::simulator::rules::Moment;

fn flag_view(at: &Moment<'_>, name: &str, enabled: bool) -> Value {
    Message::new(&at.options.quirks).text("name", name).flag("enabled", enabled).value()
}

/// A map, not a list.
pub fn flags(at: &Moment<'_>, _: &Call) -> Result<Value> {
    let flags: Map<String, Value> =
        at.tables.flags.iter().map(|(name, on)| (name.clone(), flag_view(at, name, *on))).collect();
    Ok(json!({ "featureFlags": flags }))
}

fn find_flag<'a>(at: &Moment<'a>, call: &Call) -> Result<(&'a str, bool)> {
    let found = at.tables.flags.get_key_value(call.param("name"));
    found.map(|(name, on)| (name.as_str(), *on)).ok_or_else(|| Refusal::invalid("unknown feature flag"))
}

pub fn flag(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let (name, on) = find_flag(at, call)?;
    Ok(flag_view(at, name, on))
}

pub fn enable(at: &Moment<'_>, call: &Call) -> Decided {
    let (name, _) = find_flag(at, call)?;
    Ok((vec![Record::Flag { name: name.to_owned(), enabled: true }], json!({})))
}

pub fn disable(at: &Moment<'_>, call: &Call) -> Decided {
    let (name, _) = find_flag(at, call)?;
    Ok((vec![Record::Flag { name: name.to_owned(), enabled: false }], json!({})))
}

const KNOWN: [&str; 11] = [
    "ClusterName",
    "ClockDriftIntervalForRaisingEvent",
    "DeviceHealthIntervalForRaisingEvent",
    "DurationToTurnIntoPermanentFailure",
    "VolumeDeletionFromNodeDelay",
    "DefaultQoSName",
    "AllowedNumRevives",
    "DisableVolumeStatisticsExport",
    "EnableTrim",
    "EvictionNoProgressTimeout",
    "RevivesWindowDuration",
];

fn setting_view(at: &Moment<'_>, name: &str) -> Value {
    let value = at.tables.settings.get(name).map_or("", String::as_str);
    Message::new(&at.options.quirks).text("name", name).text("value", value).value()
}

pub fn list(at: &Moment<'_>, _: &Call) -> Result<Value> {
    let values = KNOWN.iter().map(|name| setting_view(at, name)).collect();
    Ok(Message::new(&at.options.quirks).list("values", values).value())
}

fn known(call: &Call) -> Result<&'static str> {
    let found = KNOWN.into_iter().find(|name| *name == call.param("name"));
    found.ok_or_else(|| Refusal::not_found("unknown parameter"))
}

pub fn get(at: &Moment<'_>, call: &Call) -> Result<Value> {
    Ok(setting_view(at, known(call)?))
}

pub fn put(at: &Moment<'_>, call: &Call) -> Decided {
    let name = known(call)?;
    let param =
        call.body.object("configParam")?.ok_or_else(|| Refusal::invalid("configParam is required"))?;
    let value = param.text("value")?;
    let is_policy = || at.tables.policies.values().any(|policy| policy.name == value);
    if name == "DefaultQoSName" && !is_policy() {
        return Err(Refusal::invalid("DefaultQoSName must name a policy"));
    }
    Ok((vec![Record::Setting { name: name.to_owned(), value }], json!({})))
}
