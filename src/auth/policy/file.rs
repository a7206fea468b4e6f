//! The operator's `policy.yaml`: a mapping of rule names to rules, in YAML or JSON.
//!
//! It need not exist: then the defaults hold until it appears. It is read at start (where a
//! broken file stops the start) and whenever its content changes (where a broken file is refused
//! whole and the last good rules stay, as they do when the file vanishes). Change is told by looking
//! at it every few seconds: that works on NFS, on ConfigMaps and with editors that rename.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use arc_swap::ArcSwap;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::check::Check;
use super::rules::{Defaults, Loaded, PolicyError, Rules};
use super::{Policy, parse};

/// Far above any real policy file; keeps a wrong path from being read into memory.
const MAX_BYTES: u64 = 1 << 20;

type Digest32 = [u8; 32];

/// Where the overrides come from.
#[derive(Debug)]
pub struct PolicyFile {
    path: PathBuf,
    /// SHA-256 of the content last judged, good or bad, so that a bad file is reported once;
    /// `None` until the file first exists.
    seen: Mutex<Option<Digest32>>,
}

/// What a reload did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    Unchanged,
    Replaced,
}

impl Policy {
    /// Defaults with the overrides of a file.
    ///
    /// # Errors
    /// When the file cannot be read or any of it is wrong.
    pub async fn from_file(path: impl Into<PathBuf>, defaults: Defaults) -> Result<Self, PolicyError> {
        let path = path.into();
        let content = read(&path).await?;
        if content.is_none() {
            tracing::info!(path = %path.display(), "no policy file; the defaults hold");
        }
        let seen = Mutex::new(content.as_ref().map(|content| Sha256::digest(content).into()));
        let loaded = load(&path, &content.unwrap_or_default(), defaults)?;
        warn(&path, &loaded.warnings);
        let file = Some(PolicyFile { path, seen });
        Ok(Self { rules: ArcSwap::from_pointee(loaded.rules), defaults, file })
    }

    /// Reads the file again if its content changed.
    ///
    /// # Errors
    /// When it cannot be read or is wrong; the rules in force stay.
    pub async fn reload(&self) -> Result<Reload, PolicyError> {
        let Some(file) = &self.file else { return Ok(Reload::Unchanged) };
        let Some(content) = read(&file.path).await? else { return file.absent() };
        if !file.is_news(&content) {
            return Ok(Reload::Unchanged);
        }
        let loaded = load(&file.path, &content, self.defaults)?;
        warn(&file.path, &loaded.warnings);
        self.rules.store(std::sync::Arc::new(loaded.rules));
        Ok(Reload::Replaced)
    }

    /// Reloads on change until told to stop. Without a file there is nothing to do.
    pub async fn watch(&self, every: Duration, stop: CancellationToken) {
        let Some(file) = &self.file else { return };
        let mut reported = None;
        while stop.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
            match self.reload().await {
                Ok(Reload::Unchanged) => {}
                Ok(Reload::Replaced) => {
                    reported = None;
                    tracing::info!(path = %file.path.display(), "policy file reloaded");
                }
                Err(error) if reported.as_ref() == Some(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "policy file refused; the last good rules stay in force");
                    reported = Some(error);
                }
            }
        }
    }
}

impl PolicyFile {
    /// Remembers the content; false when it is the one remembered.
    fn is_news(&self, content: &[u8]) -> bool {
        let digest: Digest32 = Sha256::digest(content).into();
        self.seen().replace(digest) != Some(digest)
    }

    fn absent(&self) -> Result<Reload, PolicyError> {
        match *self.seen() {
            None => Ok(Reload::Unchanged),
            Some(_) => Err(PolicyError::File(format!("{}: the file is gone", self.path.display()))),
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Option<Digest32>> {
        self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The content, or `None` without a file.
async fn read(path: &Path) -> Result<Option<Vec<u8>>, PolicyError> {
    let failed = |why: &dyn std::fmt::Display| PolicyError::File(format!("{}: {why}", path.display()));
    let content = async {
        let size = tokio::fs::metadata(path).await?.len();
        if size > MAX_BYTES {
            return Err(std::io::Error::other(format!("larger than {MAX_BYTES} bytes")));
        }
        tokio::fs::read(path).await
    };
    match content.await {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

fn load(path: &Path, content: &[u8], defaults: Defaults) -> Result<Loaded, PolicyError> {
    let located = |why: &dyn std::fmt::Display| PolicyError::File(format!("{}: {why}", path.display()));
    let overrides = overrides(content).map_err(|error| located(&error))?;
    Rules::with_overrides(overrides, defaults).map_err(|error| located(&error))
}

/// The rules of a policy file's content. Nothing at all, or only comments, is no rules.
pub(super) fn overrides(content: &[u8]) -> Result<BTreeMap<String, Check>, PolicyError> {
    let document: Option<yaml_serde::Mapping> =
        yaml_serde::from_slice(content).map_err(|error| PolicyError::File(error.to_string()))?;
    let mut overrides = BTreeMap::new();
    for (name, rule) in document.unwrap_or_default() {
        let Some(name) = name.as_str() else {
            return Err(PolicyError::File("the name of a rule is a text".to_owned()));
        };
        let check = one(rule).map_err(|source| PolicyError::Rule { rule: name.to_owned(), source })?;
        overrides.insert(name.to_owned(), check);
    }
    Ok(overrides)
}

fn one(rule: yaml_serde::Value) -> Result<Check, parse::ParseError> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Rule {
        Text(String),
        List(Vec<Item>),
    }
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Item {
        One(String),
        All(Vec<String>),
    }
    match yaml_serde::from_value(rule).map_err(|_| parse::ParseError::NotARule)? {
        Rule::Text(text) => parse::text(&text),
        Rule::List(items) => {
            let items: Vec<_> = items
                .into_iter()
                .map(|item| match item {
                    Item::One(check) => vec![check],
                    Item::All(checks) => checks,
                })
                .collect();
            parse::list(&items)
        }
    }
}

fn warn(path: &Path, warnings: &[String]) {
    for warning in warnings {
        tracing::warn!(path = %path.display(), "{warning}");
    }
}
