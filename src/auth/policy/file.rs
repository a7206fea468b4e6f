//! The operator's rules: `policy.yaml`, then what lies in the policy folders. Each file is a mapping
//! of rule names to rules, in YAML or JSON; of two that name one rule the later holds. The files of
//! a folder are taken in the order of their names, without hidden ones and without what is in
//! folders inside it, all as oslo.policy does it with its `policy_dirs`.
//!
//! None of them need exist: then the defaults hold until they appear. They are read at start (where
//! a broken file stops the start) and whenever the content of any changes (where a broken file is
//! refused, with all the others, and the last good rules stay, as they do when the file or a folder
//! vanishes; a file taken out of a folder takes its rules with it). Change is told by looking at
//! them every few seconds: that works on NFS, on ConfigMaps and with editors that rename.

use std::collections::BTreeMap;
use std::io::ErrorKind;
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
pub struct PolicyFiles {
    file: Option<PathBuf>,
    folders: Vec<PathBuf>,
    seen: Mutex<Seen>,
}

/// What was there when it was last looked at.
#[derive(Debug, Default)]
struct Seen {
    /// SHA-256 of the content last judged, good or bad, so that a bad file is reported once;
    /// `None` until there first is any.
    content: Option<Digest32>,
    /// The file and the folders that have been there.
    there: Vec<PathBuf>,
}

/// One look at all of it.
#[derive(Default)]
struct Look {
    /// In the order in which they override each other.
    files: Vec<(PathBuf, Vec<u8>)>,
    there: Vec<PathBuf>,
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
        Self::from_files(Some(path.into()), Vec::new(), defaults).await
    }

    /// Defaults with the overrides of a file and, over those, the ones of all files of some folders.
    ///
    /// # Errors
    /// When anything cannot be read or any of it is wrong.
    pub async fn from_files(
        file: Option<PathBuf>,
        folders: Vec<PathBuf>,
        defaults: Defaults,
    ) -> Result<Self, PolicyError> {
        let files = PolicyFiles { file, folders, seen: Mutex::default() };
        let look = files.look().await?;
        if look.files.is_empty() {
            tracing::info!(file = ?files.file, folders = ?files.folders, "no policy file; the defaults hold");
        }
        files.is_news(&look);
        let loaded = load(&look, defaults)?;
        warn(&loaded.warnings);
        Ok(Self { rules: ArcSwap::from_pointee(loaded.rules), defaults, files: Some(files) })
    }

    /// Reads everything again if any of it changed.
    ///
    /// # Errors
    /// When it cannot be read or is wrong; the rules in force stay.
    pub async fn reload(&self) -> Result<Reload, PolicyError> {
        let Some(files) = &self.files else { return Ok(Reload::Unchanged) };
        let look = files.look().await?;
        files.nothing_is_gone(&look)?;
        if !files.is_news(&look) {
            return Ok(Reload::Unchanged);
        }
        let loaded = load(&look, self.defaults)?;
        warn(&loaded.warnings);
        self.rules.store(std::sync::Arc::new(loaded.rules));
        Ok(Reload::Replaced)
    }

    /// Reloads on change until told to stop. Without files there is nothing to do.
    pub async fn watch(&self, every: Duration, stop: CancellationToken) {
        let Some(files) = &self.files else { return };
        let mut reported = None;
        while stop.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
            match self.reload().await {
                Ok(Reload::Unchanged) => {}
                Ok(Reload::Replaced) => {
                    reported = None;
                    tracing::info!(file = ?files.file, folders = ?files.folders, "policy files reloaded");
                }
                Err(error) if reported.as_ref() == Some(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "policy files refused; the last good rules stay in force");
                    reported = Some(error);
                }
            }
        }
    }
}

impl PolicyFiles {
    async fn look(&self) -> Result<Look, PolicyError> {
        let mut look = Look::default();
        if let Some(file) = &self.file
            && let Some(content) = read(file).await?
        {
            look.there.push(file.clone());
            look.files.push((file.clone(), content));
        }
        for folder in &self.folders {
            let Some(names) = names(folder).await? else { continue };
            look.there.push(folder.clone());
            for path in names {
                // One that goes while we look is gone.
                if let Some(content) = read(&path).await? {
                    look.files.push((path, content));
                }
            }
        }
        Ok(look)
    }

    /// Remembers what is there; false when it is what is remembered.
    fn is_news(&self, look: &Look) -> bool {
        let content = look.digest();
        let mut seen = self.seen();
        seen.there.clone_from(&look.there);
        std::mem::replace(&mut seen.content, content) != content
    }

    /// A mount that is away must not give back rights that it took.
    fn nothing_is_gone(&self, look: &Look) -> Result<(), PolicyError> {
        match self.seen().there.iter().find(|path| !look.there.contains(path)) {
            None => Ok(()),
            Some(gone) => {
                let kind = if Some(gone) == self.file.as_ref() { "file" } else { "folder" };
                Err(PolicyError::File(format!("{}: the {kind} is gone", gone.display())))
            }
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Look {
    fn digest(&self) -> Option<Digest32> {
        let mut digest = Sha256::new();
        for (path, content) in &self.files {
            digest.update(Sha256::digest(path.as_os_str().as_encoded_bytes()));
            digest.update(Sha256::digest(content));
        }
        (!self.files.is_empty()).then(|| digest.finalize().into())
    }
}

/// The content, or `None` without a file.
async fn read(path: &Path) -> Result<Option<Vec<u8>>, PolicyError> {
    let content = async {
        let size = tokio::fs::metadata(path).await?.len();
        if size > MAX_BYTES {
            return Err(std::io::Error::other(format!("larger than {MAX_BYTES} bytes")));
        }
        tokio::fs::read(path).await
    };
    found(path, content.await)
}

/// The files of a folder that count, in their order, or `None` without a folder.
async fn names(folder: &Path) -> Result<Option<Vec<PathBuf>>, PolicyError> {
    let names = async {
        let mut names = Vec::new();
        let mut entries = tokio::fs::read_dir(folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            // What a link leads to counts: the files of a ConfigMap are links.
            let is_file = tokio::fs::metadata(entry.path()).await.is_ok_and(|it| it.is_file());
            if !hidden && is_file {
                names.push(entry.path());
            }
        }
        names.sort();
        Ok(names)
    };
    found(folder, names.await)
}

fn found<T>(path: &Path, outcome: std::io::Result<T>) -> Result<Option<T>, PolicyError> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PolicyError::File(format!("{}: {error}", path.display()))),
    }
}

fn load(look: &Look, defaults: Defaults) -> Result<Loaded, PolicyError> {
    let mut all = BTreeMap::new();
    for (path, content) in &look.files {
        let overrides = overrides(content);
        all.extend(overrides.map_err(|why| PolicyError::File(format!("{}: {why}", path.display())))?);
    }
    // What is wrong with the whole is where its rules are: in any of the files.
    let paths: Vec<String> = look.files.iter().map(|(path, _)| path.display().to_string()).collect();
    Rules::with_overrides(all, defaults)
        .map_err(|why| PolicyError::File(format!("{}: {why}", paths.join(", "))))
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

fn warn(warnings: &[String]) {
    for warning in warnings {
        tracing::warn!("policy: {warning}");
    }
}
