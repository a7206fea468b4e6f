//! Quota sets and classes: the limits administrators set.

use std::collections::BTreeMap;

use super::Services;
use super::quotas::{DEFAULT_CLASS, Limits, defaults, limits_of};
use crate::domain::quota::{Resource, UNLIMITED};
use crate::domain::{Error, ProjectId, Result};
use crate::store::Session;

/// Limits by key: the seven resources, and three for each type.
pub type LimitSet = BTreeMap<String, i64>;

impl Services {
    /// What a project has that nobody gave a limit of its own.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn quota_defaults(&self) -> Result<LimitSet> {
        let mut session = self.store.read().await?;
        let Limits(limits) = defaults(&mut session, &self.settings).await?;
        complete(&mut session, limits).await
    }

    /// The limits of a project, all keys.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn quota_limits(&self, project: &ProjectId) -> Result<LimitSet> {
        let mut session = self.store.read().await?;
        let Limits(limits) = limits_of(&mut session, &self.settings, project).await?;
        complete(&mut session, limits).await
    }

    /// # Errors
    /// `Invalid` for an unknown key, and for a limit below what is used of a key that already has
    /// one of its own.
    pub async fn set_quota(&self, project: &ProjectId, changes: &LimitSet) -> Result<()> {
        let usage = self.quota_usage(project).await?;
        refuse_unknown("quota set", changes, |key| usage.contains_key(key))?;
        let explicit = self.store.read().await?.quota_limits(project).await?;
        for (key, limit) in changes {
            let used = usage.get(key).map_or(0, |usage| usage.in_use + usage.reserved);
            if *limit != UNLIMITED && *limit < used && explicit.contains_key(key) {
                return Err(Error::invalid(format!(
                    "Quota {key} limit must be equal or greater than existing resources. Current usage is \
                     {used} and the requested limit is {limit}."
                )));
            }
        }
        self.store
            .write("set quotas", |tx, _| {
                Box::pin(async move {
                    for (key, limit) in changes {
                        tx.set_quota(project, key, *limit).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Back to the defaults.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn delete_quota(&self, project: &ProjectId) -> Result<()> {
        self.store.write("delete quotas", |tx, _| Box::pin(tx.delete_quotas(project))).await
    }

    /// The limits of a class; one nobody made has the defaults.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn quota_class(&self, class: &str) -> Result<LimitSet> {
        let mut session = self.store.read().await?;
        let Limits(mut limits) = defaults(&mut session, &self.settings).await?;
        if class != DEFAULT_CLASS {
            limits.extend(session.class_limits(class).await?);
        }
        complete(&mut session, limits).await
    }

    /// # Errors
    /// `Invalid` for an unknown key.
    pub async fn set_quota_class(&self, class: &str, changes: &LimitSet) -> Result<()> {
        let known = self.quota_defaults().await?;
        refuse_unknown("quota class set", changes, |key| known.contains_key(key))?;
        self.store
            .write("set a quota class", |tx, _| {
                Box::pin(async move {
                    for (key, limit) in changes {
                        tx.set_class_limit(class, key, *limit).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// Every key there is: those of types that are gone fall out, new ones are unlimited.
async fn complete(session: &mut Session, limits: LimitSet) -> Result<LimitSet> {
    let mut keys: Vec<String> = Resource::ALL.iter().map(|resource| resource.as_str().to_owned()).collect();
    for (_, name) in session.type_names().await? {
        keys.extend(["volumes", "snapshots", "gigabytes"].map(|what| format!("{what}_{name}")));
    }
    let limit = |key: String| {
        let limit = limits.get(&key).copied().unwrap_or(UNLIMITED);
        (key, limit)
    };
    Ok(keys.into_iter().map(limit).collect())
}

fn refuse_unknown(what: &str, changes: &LimitSet, known: impl Fn(&String) -> bool) -> Result<()> {
    let bad: Vec<&str> = changes.keys().filter(|key| !known(key)).map(String::as_str).collect();
    if bad.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(format!("Invalid input received: Bad key(s) in {what}: {}", bad.join(", "))))
}
