//! `GET /os-availability-zone`: the zones of the clusters. One is available while any of its
//! clusters takes new volumes, reachable or not.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::cluster::Intent;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    availability_zone_info: Vec<Zone<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Zone<'a> {
    zone_name: &'a str,
    zone_state: State,
}

#[derive(Serialize)]
struct State {
    available: bool,
}

pub async fn list(call: Call) -> Result<Reply> {
    let clusters = call.edge.services.backends().await?;
    let mut zones: BTreeMap<&str, bool> = BTreeMap::new();
    for cluster in &clusters {
        *zones.entry(&cluster.traits.availability_zone).or_default() |=
            cluster.intent.intent == Intent::Enabled;
    }
    let zone = |(zone_name, available)| Zone { zone_name, zone_state: State { available } };
    Ok(Reply::ok(&List { availability_zone_info: zones.into_iter().map(zone).collect() }))
}
