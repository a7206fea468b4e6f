//! `GET /limits`: what a project may have and, for its readers, what it has.

use serde::{Serialize, Serializer};

use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::auth::Target;
use crate::domain::{self, ProjectId};

#[derive(Serialize)]
struct Body {
    limits: Limits,
}

#[derive(Serialize)]
struct Limits {
    rate: [(); 0],
    absolute: Absolute,
}

/// In the order Cinder has them: the maxima, then the use.
struct Absolute(Vec<(&'static str, i64)>);

impl Serialize for Absolute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// Quota key and name of its limit.
const MAXIMA: [(&str, &str); 5] = [
    ("volumes", "maxTotalVolumes"),
    ("snapshots", "maxTotalSnapshots"),
    ("gigabytes", "maxTotalVolumeGigabytes"),
    ("backups", "maxTotalBackups"),
    ("backup_gigabytes", "maxTotalBackupGigabytes"),
];

/// Quota key and name of its use.
const USED: [(&str, &str); 5] = [
    ("volumes", "totalVolumesUsed"),
    ("gigabytes", "totalGigabytesUsed"),
    ("snapshots", "totalSnapshotsUsed"),
    ("backups", "totalBackupsUsed"),
    ("backup_gigabytes", "totalBackupGigabytesUsed"),
];

pub async fn show(call: Call) -> domain::Result<Reply> {
    let usage = call.edge.services.quota_usage(&project(&call)).await?;
    let shows_use = call.may("limits_extension:used_limits", &Target::own(&call.ctx));
    let limits = MAXIMA.iter().filter_map(|(key, limit)| Some((*limit, usage.get(*key)?.limit)));
    let uses = USED.iter().filter(|_| shows_use).filter_map(|(key, used)| {
        let usage = usage.get(*key)?;
        Some((*used, usage.in_use + usage.reserved))
    });
    let absolute = Absolute(limits.chain(uses).collect());
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
