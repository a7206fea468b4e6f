//! `GET /limits`: what a project may have and, for its readers, what it has.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::auth::Target;
use crate::domain::{ProjectId, Result};

#[derive(Serialize)]
struct Body {
    limits: Limits,
}

#[derive(Serialize)]
struct Limits {
    rate: [(); 0],
    absolute: BTreeMap<&'static str, i64>,
}

/// Quota key, name of its limit, name of its use.
const NAMES: [(&str, &str, &str); 5] = [
    ("volumes", "maxTotalVolumes", "totalVolumesUsed"),
    ("snapshots", "maxTotalSnapshots", "totalSnapshotsUsed"),
    ("gigabytes", "maxTotalVolumeGigabytes", "totalGigabytesUsed"),
    ("backups", "maxTotalBackups", "totalBackupsUsed"),
    ("backup_gigabytes", "maxTotalBackupGigabytes", "totalBackupGigabytesUsed"),
];

pub async fn show(call: Call) -> Result<Reply> {
    let usage = call.edge.services.quota_usage(&project(&call)).await?;
    let shows_use = call.may("limits_extension:used_limits", &Target::own(&call.ctx));
    let mut absolute = BTreeMap::new();
    for (key, limit, used) in NAMES {
        let Some(usage) = usage.get(key) else { continue };
        absolute.insert(limit, usage.limit);
        if shows_use {
            absolute.insert(used, usage.in_use + usage.reserved);
        }
    }
    Ok(Reply::ok(&Body { limits: Limits { rate: [], absolute } }))
}

/// Administrators may ask for another project since 3.39.
fn project(call: &Call) -> ProjectId {
    let asked = call.query.get("project_id").or_else(|| call.query.get("tenant_id"));
    match asked.filter(|_| call.ctx.is_admin && call.version().at_least(39)) {
        Some(project) => ProjectId::new(project),
        None => call.ctx.project_id.clone(),
    }
}
