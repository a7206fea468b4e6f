//! Reading it all, and telling everything that is wrong at once.

use std::fmt;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::error::Kind;
use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};
use serde::de::DeserializeOwned;

use super::{Config, Exposure, exposure};

const ENVIRONMENT_PREFIX: &str = "HEARTH__";

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `section.key`; empty for the file as a whole.
    pub key: String,
    pub message: String,
    /// The file or variable it came from, when it came from one.
    pub origin: Option<String>,
}

impl Problem {
    pub(super) fn of(key: &str, message: impl Into<String>) -> Self {
        Self { key: key.to_owned(), message: message.into(), origin: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        self.origin.as_ref().map_or(Ok(()), |origin| write!(f, " ({origin})"))
    }
}

/// Settings that hold together.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    /// Not wrong, but not good either.
    pub warnings: Vec<Problem>,
}

/// Reads the file, if one is given, and the environment.
///
/// # Errors
/// Everything that is wrong.
pub fn load(file: Option<&Path>) -> Result<Loaded, Vec<Problem>> {
    load_with(
        file,
        std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))),
    )
}

pub(super) fn load_with(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Loaded, Vec<Problem>> {
    let mut figment = Figment::new();
    if let Some(file) = file {
        // figment takes a missing file for an empty one.
        std::fs::metadata(file)
            .map_err(|error| vec![Problem::of("", format!("{}: {error}", file.display()))])?;
        figment = figment.merge(Toml::file_exact(file));
    }
    figment = figment.merge(Environment::of(environment));
    let mut config = sections(&figment)?;
    if let Some(folder) = file.and_then(Path::parent) {
        config.anchor(folder);
    }
    let mut problems = Vec::new();
    config.check(&mut problems);
    for problem in &mut problems {
        problem.origin = origin(&figment, &problem.key);
    }
    if problems.is_empty() {
        let warnings = warnings(&config, file.map(Path::to_owned));
        Ok(Loaded { config, warnings })
    } else {
        Err(problems)
    }
}

/// The variables as a source of settings. (figment's own reads the process's environment, which
/// tests cannot share.)
struct Environment(Dict);

impl Environment {
    fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all = Dict::new();
        for (name, value) in variables {
            if let Some(path) = name.strip_prefix(ENVIRONMENT_PREFIX) {
                // A bare text is a text; what reads as a number, truth value or list is one.
                let value = value.parse::<Value>().unwrap_or_else(|never| match never {});
                let path = path.to_ascii_lowercase();
                put(&mut all, &path.split("__").collect::<Vec<_>>(), value);
            }
        }
        Self(all)
    }
}

fn put(dict: &mut Dict, path: &[&str], value: Value) {
    match path {
        [] => {}
        [key] => {
            dict.insert((*key).to_owned(), value);
        }
        [section, rest @ ..] => {
            let inner = dict.entry((*section).to_owned()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment variable")
            .interpolater(|_, keys| format!("{ENVIRONMENT_PREFIX}{}", keys.join("__").to_ascii_uppercase()))
    }
    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.0.clone()))
    }
}

/// Section by section, so that an error in one does not hide the errors of the others.
fn sections(figment: &Figment) -> Result<Config, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut config = Config::default();
    let mut known = Vec::new();
    macro_rules! read {
        ($($section:ident),+ $(,)?) => {$(
            known.push(stringify!($section));
            if let Some(value) = section(figment, stringify!($section), &mut problems) {
                config.$section = value;
            }
        )+};
    }
    read!(
        server, database, auth, keystone, nova, glance, data_path, backup, policy, fleet, placement, volumes,
        quotas, worker, log
    );
    match figment.extract::<Dict>() {
        Ok(all) => {
            for (key, value) in all.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
                let message = format!("there is no such section; there are {}", known.join(", "));
                let origin = figment.get_metadata(value.tag()).map(named);
                problems.push(Problem { key: key.clone(), message, origin });
            }
        }
        Err(error) if problems.is_empty() => problems.extend(error.into_iter().map(|e| explain(&e))),
        Err(_) => {}
    }
    // A file that is not TOML at all fails in every section alike.
    problems.dedup();
    if problems.is_empty() { Ok(config) } else { Err(problems) }
}

fn section<T: DeserializeOwned>(figment: &Figment, name: &str, problems: &mut Vec<Problem>) -> Option<T> {
    match figment.find_value(name) {
        Err(error) if error.missing() => return None,
        Err(error) => {
            problems.extend(error.into_iter().map(|e| explain(&e)));
            return None;
        }
        Ok(_) => {}
    }
    match figment.extract_inner(name) {
        Ok(value) => Some(value),
        Err(error) => {
            let in_order = error.into_iter().map(|mut e| {
                // figment appends the section to the path of what is inside it.
                e.path.rotate_right(1);
                e
            });
            problems.extend(in_order.map(|e| explain(&e)));
            None
        }
    }
}

fn explain(error: &figment::Error) -> Problem {
    let mut key = error.path.join(".");
    let message = match &error.kind {
        Kind::UnknownField(field, expected) => {
            if !key.ends_with(field.as_str()) {
                key = if key.is_empty() { field.clone() } else { format!("{key}.{field}") };
            }
            format!("there is no such key; there are {}", expected.join(", "))
        }
        Kind::MissingField(field) => {
            key = if key.is_empty() { field.to_string() } else { format!("{key}.{field}") };
            "is missing".to_owned()
        }
        other => other.to_string(),
    };
    Problem { key, message, origin: error.metadata.as_ref().map(named) }
}

fn origin(figment: &Figment, key: &str) -> Option<String> {
    figment.find_metadata(key).map(named)
}

/// The file, or what else the value came from.
fn named(metadata: &Metadata) -> String {
    match &metadata.source {
        Some(figment::Source::File(path)) => path.display().to_string(),
        _ => metadata.name.to_string(),
    }
}

fn warnings(config: &Config, file: Option<PathBuf>) -> Vec<Problem> {
    let mut warnings = Vec::new();
    let keystone = config.keystone.as_ref();
    let secrets = config.database.url.is_some() || keystone.is_some_and(|k| k.password.is_some());
    if let Some(file) = file.filter(|file| secrets && exposure(file).is_ok_and(|e| e == Exposure::World)) {
        let message =
            format!("holds secrets and can be read by everybody; run: chmod o-r {}", file.display());
        warnings.push(Problem::of("", message));
    }
    if keystone.is_some_and(|k| k.tls == super::Tls::Insecure) {
        warnings.push(Problem::of("keystone.tls", "is insecure: anybody may pretend to be Keystone"));
    }
    warnings
}
