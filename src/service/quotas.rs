//! Quotas: what a project may have, and what it has.
//!
//! A check and the insert it allows happen in one transaction that first takes the project's
//! quota lock, so that two racing requests cannot both take the last place.

use std::collections::BTreeMap;

use super::{Services, Settings};
use crate::domain::quota::{Allowance, Resource, UNLIMITED, Usage};
use crate::domain::snapshot::Snapshot;
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

impl Limits {
    /// Those of one type alone.
    fn of_type(&self, name: &str) -> Self {
        let keys = [format!("volumes_{name}"), format!("gigabytes_{name}")];
        Self(self.0.iter().filter(|(key, _)| keys.contains(key)).map(|(k, v)| (k.clone(), *v)).collect())
    }
}

/// What a request wants more of.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    Volume {
        size: Gib,
        volume_type: Option<&'a VolumeType>,
    },
    Growth {
        from: Gib,
        to: Gib,
        volume_type: Option<&'a VolumeType>,
    },
    Snapshot {
        size: Gib,
        volume_type: Option<&'a VolumeType>,
    },
    /// One that is there already, and of another type: only what that type may have counts.
    Retype {
        size: Gib,
        volume_type: &'a VolumeType,
    },
    /// A volume of another project, with these snapshots of it.
    Taken {
        size: Gib,
        snapshots: &'a [Snapshot],
        volume_type: Option<&'a VolumeType>,
    },
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

/// The limits that matter to a volume whose size shows only later.
///
/// # Errors
/// Those of the database.
pub async fn allowance(
    session: &mut Session,
    settings: &Settings,
    project: &ProjectId,
    volume_type: &VolumeType,
) -> Result<Allowance> {
    let limits = limits_of(session, settings, project).await?;
    let key = format!("gigabytes_{}", volume_type.name);
    Ok(Allowance {
        per_volume: limits.get(Resource::PerVolumeGigabytes.as_str()),
        gigabytes: limits.get(Resource::Gigabytes.as_str()),
        of_type: Some((key.clone(), limits.get(&key))),
        with_snapshots: settings.snapshots_use_gigabytes,
    })
}

/// Whether the project may have it. The caller has taken the quota lock.
///
/// # Errors
/// `OverQuota` in Cinder's words: the count first, then gigabytes.
pub async fn check(tx: &mut Tx, settings: &Settings, project: &ProjectId, wanted: Wanted<'_>) -> Result<()> {
    let limits = limits_of(tx, settings, project).await?;
    let used = tx.project_use(project).await?;
    let volume_type = wanted.volume_type();
    let of_type = volume_type.map(|t| used.of_type(t.id)).unwrap_or_default();
    let consumed = (gigabytes(settings, &used), of_type.2);
    let one_volume = |size: Gib| {
        check_single(&limits, size)?;
        check_count(&limits, &VOLUMES, volume_type, (used.volume_count(), of_type.0), 1)?;
        check_gigabytes(&limits, volume_type, consumed, i64::from(size.0))
    };
    let some_snapshots = |count: i64, gib: i64, consumed: (i64, i64)| {
        check_count(&limits, &SNAPSHOTS, volume_type, (used.snapshot_count(), of_type.1), count)?;
        if !settings.snapshots_use_gigabytes {
            return Ok(());
        }
        check_gigabytes(&limits, volume_type, consumed, gib)
    };
    match wanted {
        Wanted::Volume { size, .. } => one_volume(size),
        Wanted::Growth { from, to, .. } => {
            check_single(&limits, to)?;
            check_gigabytes(&limits, volume_type, consumed, i64::from(to.0) - i64::from(from.0))
        }
        Wanted::Snapshot { size, .. } => some_snapshots(1, i64::from(size.0), consumed),
        Wanted::Retype { size, volume_type } => {
            let (coming, coming_gib) = tx.retypes_to(project, volume_type.id).await?;
            let (limits, volume_type) = (limits.of_type(&volume_type.name), Some(volume_type));
            check_count(&limits, &VOLUMES, volume_type, (0, of_type.0 + coming), 1)?;
            check_gigabytes(&limits, volume_type, (0, of_type.2 + coming_gib), i64::from(size.0))
        }
        Wanted::Taken { size, snapshots, .. } => {
            one_volume(size)?;
            if snapshots.is_empty() {
                return Ok(());
            }
            let count = i64::try_from(snapshots.len()).unwrap_or(i64::MAX);
            let gib = snapshots.iter().map(|snapshot| i64::from(snapshot.volume_size.0)).sum();
            let volume = i64::from(size.0);
            some_snapshots(count, gib, (consumed.0 + volume, consumed.1 + volume))
        }
    }
}

impl<'a> Wanted<'a> {
    const fn volume_type(self) -> Option<&'a VolumeType> {
        match self {
            Self::Volume { volume_type, .. }
            | Self::Growth { volume_type, .. }
            | Self::Snapshot { volume_type, .. }
            | Self::Taken { volume_type, .. } => volume_type,
            Self::Retype { volume_type, .. } => Some(volume_type),
        }
    }
}

/// A thing that is counted, and how Cinder says that there are too many.
struct Counted {
    what: &'static str,
    class: &'static str,
    /// Whether the sentence tells the key; that of snapshots does not.
    tells: fn(&str) -> String,
}

const VOLUMES: Counted =
    Counted { what: "volumes", class: "VolumeLimitExceeded", tells: |key| format!(" for quota '{key}'.") };
const SNAPSHOTS: Counted =
    Counted { what: "snapshots", class: "SnapshotLimitExceeded", tells: |_| String::new() };

/// Whether the project may have one more group. The caller has taken the quota lock.
///
/// # Errors
/// `OverQuota` in Cinder's words.
pub async fn check_group(tx: &mut Tx, settings: &Settings, project: &ProjectId) -> Result<()> {
    let limit = limits_of(tx, settings, project).await?.get(Resource::Groups.as_str());
    if limit >= 0 && tx.count_groups(project).await? + 1 > limit {
        return Err(Error::over_quota(format!(
            "GroupLimitExceeded: Maximum number of groups allowed ({limit}) exceeded"
        )));
    }
    Ok(())
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
    counted: &Counted,
    volume_type: Option<&VolumeType>,
    (all, of_type): (i64, i64),
    more: i64,
) -> Result<()> {
    let Counted { what, class, tells } = counted;
    let per_type = volume_type.map(|t| (format!("{what}_{}", t.name), of_type));
    for (key, used) in per_type.into_iter().chain([((*what).to_owned(), all)]) {
        let limit = limits.get(&key);
        if limit >= 0 && used.saturating_add(more) > limit {
            return Err(Error::over_quota(format!(
                "{class}: Maximum number of {what} allowed ({limit}) exceeded{}",
                tells(&key)
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
        let (backups, backup_gib) = session.backup_use(project).await?;
        let groups = session.count_groups(project).await?;
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
                Resource::Backups => backups,
                Resource::BackupGigabytes => backup_gib,
                Resource::PerVolumeGigabytes => 0,
                Resource::Groups => groups,
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
