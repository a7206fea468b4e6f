//! `/volumes/…`: what hosts and the cluster itself do to volumes.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Director, Failed};
use crate::simulator::model::{Pending, Record, Volume, VolumeState};
use crate::simulator::refusal::Refusal;
use crate::simulator::rules::{Fate, writes};

/// Bytes from `offset` on were written; widened to whole blocks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    #[serde(default)]
    offset: u64,
    length: u64,
}

/// One range or many.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Write {
    Many { ranges: Vec<Range> },
    One(Range),
}

pub async fn write(
    State(shared): Director,
    Path(uuid): Path<Uuid>,
    Json(write): Json<Write>,
) -> Result<Json<Value>, Failed> {
    let ranges = match write {
        Write::Many { ranges } => ranges,
        Write::One(range) => vec![range],
    };
    shared.world().write(Fate::Good, |at| {
        let written = ranges.iter().map(|range| writes::write(at, uuid, range.offset, range.length));
        Ok((written.collect::<Result<Vec<_>, _>>()?.concat(), ()))
    })?;
    Ok(Json(json!({})))
}

/// The volume is `Migrating` for as long as `--delay` says.
pub async fn migrate(State(shared): Director, Path(uuid): Path<Uuid>) -> Result<Json<Value>, Failed> {
    shared.world().write(Fate::Good, |at| {
        let found = at.tables.volumes.get(&uuid).ok_or_else(|| Refusal::not_found("no such volume"))?;
        if found.state != VolumeState::Available {
            return Err(Refusal::precondition(format!("the volume is {}", found.state.name())));
        }
        let moving = Volume {
            state: VolumeState::Migrating,
            due: Some(at.after(at.options.timings.migrate)),
            pending: Some(Pending::Settle),
            ..(**found).clone()
        };
        Ok((vec![Record::Volume(Box::new(moving))], ()))
    })?;
    Ok(Json(json!({})))
}
