//! `/faults`: the rules in force.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Director;
use crate::simulator::faults::Rule;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    #[serde(default)]
    rules: Vec<Rule>,
    /// Starts the dice anew.
    seed: Option<u64>,
}

pub async fn list(State(shared): Director) -> Json<Value> {
    let faults = shared.faults();
    Json(json!({"rules": faults.rules(), "hits": faults.hits()}))
}

/// Adds rules to those in force.
pub async fn add(State(shared): Director, Json(new): Json<Faults>) -> Json<Value> {
    {
        let mut faults = shared.faults();
        new.seed.into_iter().for_each(|seed| faults.reseed(seed));
        faults.add(new.rules);
    }
    list(State(shared)).await
}

pub async fn clear(State(shared): Director) -> Json<Value> {
    shared.faults().clear();
    list(State(shared)).await
}
