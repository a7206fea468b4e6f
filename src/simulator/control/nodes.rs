//! `/nodes` and `/fill`: nodes that fail, lag, fill up or refuse writes.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Director, Failed};
use crate::simulator::listeners::{self, Welcome};
use crate::simulator::rules::nodes::{self as rules, Access};
use crate::simulator::rules::{Fate, protection};
use crate::simulator::shared::Shared;
use crate::simulator::target;
use crate::simulator::world::Lag;

pub async fn list(State(shared): Director) -> Result<Json<Value>, Failed> {
    Ok(Json(view(&shared)?))
}

fn view(shared: &Shared) -> Result<Value, Failed> {
    let addresses = shared.listeners.addresses();
    let nodes = shared.world().read(None, |at| {
        let one = |node: &crate::simulator::model::Node| {
            json!({
                "index": node.index, "uuid": node.uuid, "state": node.state.name(),
                "endpoint": addresses.get(usize::from(node.index)),
                "read_only": protection::is_read_only(at, node), "free": protection::node_free(at, node),
            })
        };
        at.tables.nodes.values().map(one).collect::<Vec<Value>>()
    })?;
    Ok(json!({ "nodes": nodes }))
}

/// Its listener refuses when this answers; its connections are cut at about the same time.
pub async fn down(State(shared): Director, Path(index): Path<u16>) -> Result<Json<Value>, Failed> {
    shared.world().write(Fate::Good, |at| Ok((rules::down(at, index)?, ())))?;
    shared.listeners.close(index).await;
    shared.target.close(index).await;
    Ok(Json(view(&shared)?))
}

pub async fn up(State(shared): Director, Path(index): Path<u16>) -> Result<Json<Value>, Failed> {
    shared.world().write(Fate::Good, |at| Ok((rules::up(at, index)?, ())))?;
    listeners::reopen(&shared, index).await?;
    target::reopen(&shared, index).await?;
    Ok(Json(view(&shared)?))
}

/// `{"lag_ms": 500}` or `{"frozen": true}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stale {
    #[serde(default)]
    lag_ms: u64,
    #[serde(default)]
    frozen: bool,
}

pub async fn stale(
    State(shared): Director,
    Path(index): Path<u16>,
    Json(stale): Json<Stale>,
) -> Result<Json<Value>, Failed> {
    let lag = if stale.frozen { Lag::Frozen } else { Lag::By(Duration::from_millis(stale.lag_ms)) };
    shared.world().read(None, |at| rules::find(at, index).map(|_| ()))??;
    shared.world().set_lag(index, Some(lag));
    Ok(Json(view(&shared)?))
}

pub async fn fresh(State(shared): Director, Path(index): Path<u16>) -> Result<Json<Value>, Failed> {
    shared.world().set_lag(index, None);
    Ok(Json(view(&shared)?))
}

/// `{"kind": "reset"}` or `{"kind": "silent"}`: what new connections meet instead of TLS.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handshake {
    kind: Welcome,
}

pub async fn handshake(
    State(shared): Director,
    Path(index): Path<u16>,
    Json(handshake): Json<Handshake>,
) -> Result<Json<Value>, Failed> {
    shared.world().read(None, |at| rules::find(at, index).map(|_| ()))??;
    shared.listeners.set_welcome(index, handshake.kind);
    Ok(Json(view(&shared)?))
}

pub async fn no_handshake_fault(
    State(shared): Director,
    Path(index): Path<u16>,
) -> Result<Json<Value>, Failed> {
    shared.listeners.set_welcome(index, Welcome::Normal);
    Ok(Json(view(&shared)?))
}

pub async fn read_only(State(shared): Director, Path(index): Path<u16>) -> Result<Json<Value>, Failed> {
    shared.world().write(Fate::Good, |at| Ok((rules::set_access(at, index, Access::ReadOnly)?, ())))?;
    Ok(Json(view(&shared)?))
}

pub async fn read_write(State(shared): Director, Path(index): Path<u16>) -> Result<Json<Value>, Failed> {
    shared.world().write(Fate::Good, |at| Ok((rules::set_access(at, index, Access::ReadWrite)?, ())))?;
    Ok(Json(view(&shared)?))
}

/// How much of a node nobody's volume takes: `{"bytes": n}` or `{"percent": p}`.
#[derive(Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    bytes: Option<u64>,
    #[serde(default)]
    percent: f64,
}

impl Fill {
    fn of(self, capacity: u64) -> u64 {
        self.bytes.unwrap_or_else(|| (capacity as f64 * self.percent.clamp(0.0, 100.0) / 100.0) as u64)
    }
}

pub async fn fill(
    State(shared): Director,
    Path(index): Path<u16>,
    Json(fill): Json<Fill>,
) -> Result<Json<Value>, Failed> {
    let bytes = fill.of(shared.options.node_capacity(index));
    shared.world().write(Fate::Good, |at| Ok((rules::fill(at, index, bytes)?, ())))?;
    Ok(Json(view(&shared)?))
}

/// The same for the whole cluster, spread evenly.
pub async fn fill_all(State(shared): Director, Json(fill): Json<Fill>) -> Result<Json<Value>, Failed> {
    let share = fill.of(shared.options.capacity) / u64::from(shared.options.nodes);
    for index in 0..shared.options.nodes {
        shared.world().write(Fate::Good, |at| Ok((rules::fill(at, index, share)?, ())))?;
    }
    Ok(Json(view(&shared)?))
}
