//! Quotas: what a project may have, and what it has.
//!
//! A check and the insert it allows happen in one transaction that first takes the project's
//! quota lock, so that two racing requests cannot both take the last place.

use std::collections::BTreeMap;

use super::{Services, Settings};
use crate::domain::quota::{Resource, UNLIMITED, Usage};
use crate::domain::volume_type::VolumeType;
use crate::domain::{Error, Gib, ProjectId, Result};
use crate::store::{ProjectUse, Session, Tx};

/// The class every project follows.
pub const DEFAULT_CLASS: &str = "default";

/// Limits in force, by key (`volumes`, `gigabytes_gold`, …).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits(pub BTreeMap<String, i64>);

impl Limits {
    /// A key nobody limited is unlimited (all per-type keys at first).
    pub fn get(&self, key: &str) -> i64 {
        self.0.get(key).copied().unwrap_or(UNLIMITED)
    }
}

/// What a request wants more of.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    Volume { size: Gib, volume_type: Option<&'a VolumeType> },
    Growth { from: Gib, to: Gib, volume_type: Option<&'a VolumeType> },
    Snapshot { size: Gib, volume_type: Option<&'a VolumeType> },
}

/// The defaults of the cloud: Cinder's, the configuration's, the default class's, in that order.
///
/// # Errors
/// Those of the database.
pub async fn defaults(session: &mut Session, settings: &Settings) -> Result<Limits> {
    let mut limits: BTreeMap<String, i64> =
        Resource::ALL.iter().map(|r| (r.as_str().to_owned(), r.default_limit())).collect();
    limits.extend(settings.quota_defaults.clone());
    limits.extend(session.class_limits(DEFAULT_CLASS).await?);
    Ok(Limits(limits))
}

/// The limits of a project.
///
/// # Errors
/// Those of the database.
pub async fn limits_of(session: &mut Session, settings: &Settings, project: &ProjectId) -> Result<Limits> {
    let Limits(mut limits) = defaults(session, settings).await?;
    limits.extend(session.quota_limits(project).await?);
    Ok(Limits(limits))
}

/// Whether the project may have it. The caller has taken the quota lock.
///
/// # Errors
/// `OverQuota` in Cinder's words: the count first, then gigabytes.
pub async fn check(tx: &mut Tx, settings: &Settings, project: &ProjectId, wanted: Wanted<'_>) -> Result<()> {
    let limits = limits_of(tx, settings, project).await?;
    let used = tx.project_use(project).await?;
    match wanted {
        Wanted::Volume { size, volume_type } => {
            check_single(&limits, size)?;
            let of_type = volume_type.map(|t| used.of_type(t.id)).unwrap_or_default();
            check_count(
                &limits,
                "volumes",
                volume_type,
                (used.volume_count(), of_type.0),
                "VolumeLimitExceeded",
            )?;
            let consumed = (gigabytes(settings, &used), of_type.2);
            check_gigabytes(&limits, volume_type, consumed, i64::from(size.0))
        }
        Wanted::Growth { from, to, volume_type } => {
            check_single(&limits, to)?;
            let of_type = volume_type.map(|t| used.of_type(t.id)).unwrap_or_default();
            let consumed = (gigabytes(settings, &used), of_type.2);
            check_gigabytes(&limits, volume_type, consumed, i64::from(to.0) - i64::from(from.0))
        }
        Wanted::Snapshot { size, volume_type } => {
            let of_type = volume_type.map(|t| used.of_type(t.id)).unwrap_or_default();
            let counts = (used.snapshot_count(), of_type.1);
            check_count(&limits, "snapshots", volume_type, counts, "SnapshotLimitExceeded")?;
            if !settings.snapshots_use_gigabytes {
                return Ok(());
            }
            let consumed = (gigabytes(settings, &used), of_type.2);
            check_gigabytes(&limits, volume_type, consumed, i64::from(size.0))
        }
    }
}

fn gigabytes(settings: &Settings, used: &ProjectUse) -> i64 {
    if settings.snapshots_use_gigabytes {
        used.gigabytes()
    } else {
        used.volumes.values().map(|(_, gib)| gib).sum()
    }
}

fn check_single(limits: &Limits, size: Gib) -> Result<()> {
    let limit = limits.get(Resource::PerVolumeGigabytes.as_str());
    if limit >= 0 && i64::from(size.0) > limit {
        return Err(Error::over_quota(format!(
            "VolumeSizeExceedsLimit: Requested volume size {size}G is larger than maximum allowed limit {limit}G."
        )));
    }
    Ok(())
}

fn check_count(
    limits: &Limits,
    what: &str,
    volume_type: Option<&VolumeType>,
    (all, of_type): (i64, i64),
    class: &str,
) -> Result<()> {
    let per_type = volume_type.map(|t| (format!("{what}_{}", t.name), of_type));
    for (key, used) in per_type.into_iter().chain([(what.to_owned(), all)]) {
        let limit = limits.get(&key);
        if limit >= 0 && used + 1 > limit {
            return Err(Error::over_quota(format!(
                "{class}: Maximum number of {what} allowed ({limit}) exceeded for quota '{key}'."
            )));
        }
    }
    Ok(())
}

fn check_gigabytes(
    limits: &Limits,
    volume_type: Option<&VolumeType>,
    (all, of_type): (i64, i64),
    wanted: i64,
) -> Result<()> {
    let per_type = volume_type.map(|t| (format!("gigabytes_{}", t.name), of_type));
    for (key, used) in per_type.into_iter().chain([("gigabytes".to_owned(), all)]) {
        let limit = limits.get(&key);
        if limit >= 0 && used + wanted > limit {
            return Err(Error::over_quota(format!(
                "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed {key} quota. \
                 Requested {wanted}G, quota is {limit}G and {used}G has been consumed."
            )));
        }
    }
    Ok(())
}

impl Services {
    /// Every key of a project with its limit and use; new types have their three keys at once.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn quota_usage(&self, project: &ProjectId) -> Result<BTreeMap<String, Usage>> {
        let mut session = self.store.read().await?;
        let limits = limits_of(&mut session, &self.settings, project).await?;
        let used = session.project_use(project).await?;
        let types = session.type_names().await?;
        let mut all = BTreeMap::new();
        let mut put = |key: String, in_use: i64| {
            let limit = limits.get(&key);
            all.insert(key, Usage { limit, in_use, reserved: 0 });
        };
        for resource in Resource::ALL {
            let in_use = match resource {
                Resource::Volumes => used.volume_count(),
                Resource::Snapshots => used.snapshot_count(),
                Resource::Gigabytes => gigabytes(&self.settings, &used),
                Resource::Backups
                | Resource::BackupGigabytes
                | Resource::PerVolumeGigabytes
                | Resource::Groups => 0,
            };
            put(resource.as_str().to_owned(), in_use);
        }
        for (id, name) in types {
            let (volumes, snapshots, gib) = used.of_type(id);
            put(format!("volumes_{name}"), volumes);
            put(format!("snapshots_{name}"), snapshots);
            put(format!("gigabytes_{name}"), gib);
        }
        Ok(all)
    }
}
