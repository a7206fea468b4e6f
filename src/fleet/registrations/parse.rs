//! Reading the file whole, with every mistake and its line.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::{Credentials, Registration, Tls};
use crate::domain::cluster::{PlacementTraits, Tenancy};
use crate::domain::{ClusterId, ClusterName, LightosProject, Metadata};

/// It becomes part of Cinder's `host` twice (`hearth@<name>#<name>`, 255 characters).
const NAME_MAX: usize = 63;
/// The role `/api/v2/cluster` needs (`federation` pitfall 26).
const DEFAULT_ROLE: &str = "system:cluster-admin";
const DEFAULT_SUBJECT: &str = "hearth";

/// What a registration that says nothing means, and where relative paths begin.
#[derive(Debug, Clone)]
pub struct Defaults {
    pub traits: PlacementTraits,
    pub folder: PathBuf,
}

/// Something wrong in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// From 1.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    endpoints: Spanned<Vec<Spanned<String>>>,
    uuid: Option<Spanned<String>>,
    jwt_file: Option<Spanned<PathBuf>>,
    rsa_key_file: Option<Spanned<PathBuf>>,
    key_id: Option<Spanned<String>>,
    subject: Option<String>,
    roles: Option<Vec<String>>,
    ca_file: Option<PathBuf>,
    tls: Option<Spanned<String>>,
    availability_zone: Option<Spanned<String>>,
    tenancy: Option<Spanned<String>>,
    project: Option<Spanned<String>>,
    max_over_subscription_ratio: Option<Spanned<f64>>,
    max_physical_used_percent: Option<Spanned<u8>>,
    default_replicas: Option<Spanned<u8>>,
    default_compression: Option<bool>,
    #[serde(default)]
    labels: Metadata,
}

/// Reads the whole file.
///
/// # Errors
/// Every mistake in it, in the order of their lines.
pub fn parse(text: &str, defaults: &Defaults) -> Result<Vec<Registration>, Vec<Mistake>> {
    let mut reading = Reading { text, defaults, mistakes: Vec::new() };
    let registrations = reading.document();
    reading.mistakes.sort_by_key(|mistake| mistake.line);
    if reading.mistakes.is_empty() { Ok(registrations) } else { Err(reading.mistakes) }
}

struct Reading<'a> {
    text: &'a str,
    defaults: &'a Defaults,
    mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    fn wrong(&mut self, at: Range<usize>, message: impl Into<String>) {
        let before = self.text.as_bytes().get(..at.start).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        self.mistakes.push(Mistake { line, message: message.into() });
    }

    fn document(&mut self) -> Vec<Registration> {
        let table = match DeTable::parse(self.text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                self.wrong(error.span().unwrap_or_default(), error.message());
                return Vec::new();
            }
        };
        let mut registrations = Vec::new();
        for (key, value) in table {
            if key.get_ref() != "cluster" {
                self.wrong(key.span(), format!("{} is not known here; write [[cluster]]", key.get_ref()));
                continue;
            }
            let at = value.span();
            let DeValue::Array(entries) = value.into_inner() else {
                self.wrong(at, "write [[cluster]], with two brackets on each side");
                continue;
            };
            self.entries(entries.into_iter().collect(), &mut registrations);
        }
        registrations
    }

    fn entries(&mut self, entries: Vec<Spanned<DeValue<'_>>>, registrations: &mut Vec<Registration>) {
        let mut taken = HashMap::new();
        for entry in entries {
            let header = entry.span();
            match Entry::deserialize(ValueDeserializer::from(entry)) {
                Ok(entry) => {
                    self.unique(&entry, &mut taken);
                    registrations.push(self.registration(entry, &header));
                }
                Err(error) => self.wrong(error.span().unwrap_or(header), error.message()),
            }
        }
    }

    /// The same cluster twice would count its capacity twice.
    fn unique(&mut self, entry: &Entry, taken: &mut HashMap<(&'static str, String), String>) {
        let name = entry.name.get_ref();
        let mut claims = vec![(("name", name.to_lowercase()), entry.name.span())];
        claims.extend(entry.uuid.iter().map(|u| (("uuid", u.get_ref().to_lowercase()), u.span())));
        let endpoints = entry.endpoints.get_ref().iter();
        claims.extend(
            endpoints
                .map(|e| (("endpoint", canonical(e.get_ref()).unwrap_or(e.get_ref().clone())), e.span())),
        );
        for ((what, value), at) in claims {
            if let Some(owner) = taken.insert((what, value.clone()), name.clone()) {
                self.wrong(at, format!("{what} {value:?} is already that of cluster {owner:?}"));
            }
        }
    }

    fn registration(&mut self, entry: Entry, header: &Range<usize>) -> Registration {
        let name = entry.name.get_ref();
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(good) {
            let message = format!("a name is 1 to {NAME_MAX} letters, digits, '.', '_' or '-', not {name:?}");
            self.wrong(entry.name.span(), message);
        }
        if entry.endpoints.get_ref().is_empty() {
            self.wrong(entry.endpoints.span(), "at least one endpoint is needed");
        }
        let mut endpoints = Vec::new();
        for endpoint in entry.endpoints.get_ref() {
            match canonical(endpoint.get_ref()) {
                Some(endpoint) => endpoints.push(endpoint),
                None => {
                    let message = format!("{:?} is not host:port", endpoint.get_ref());
                    self.wrong(endpoint.span(), message);
                }
            }
        }
        let uuid = entry.uuid.as_ref().and_then(|uuid| {
            let parsed = uuid.get_ref().to_lowercase().parse::<ClusterId>().ok();
            if parsed.is_none() {
                self.wrong(uuid.span(), format!("{:?} is not a UUID", uuid.get_ref()));
            }
            parsed
        });
        Registration {
            name: ClusterName::new(name.clone()),
            endpoints,
            uuid,
            credentials: self.credentials(&entry, header),
            tls: self.tls(&entry),
            traits: self.traits(&entry),
        }
    }

    fn credentials(&mut self, entry: &Entry, header: &Range<usize>) -> Credentials {
        match (&entry.jwt_file, &entry.rsa_key_file, &entry.key_id) {
            (None, None, None) => Credentials::None,
            (Some(file), None, None) => Credentials::Jwt { file: self.anchored(file.get_ref()) },
            (None, Some(file), Some(key_id)) => Credentials::RsaKey {
                file: self.anchored(file.get_ref()),
                key_id: key_id.get_ref().clone(),
                subject: entry.subject.clone().unwrap_or_else(|| DEFAULT_SUBJECT.to_owned()),
                roles: entry.roles.clone().unwrap_or_else(|| vec![DEFAULT_ROLE.to_owned()]),
            },
            (None, Some(file), None) => {
                self.wrong(file.span(), "rsa_key_file needs key_id beside it");
                Credentials::None
            }
            (None, None, Some(key_id)) => {
                self.wrong(key_id.span(), "key_id needs rsa_key_file beside it");
                Credentials::None
            }
            (Some(_), ..) => {
                self.wrong(header.clone(), "either jwt_file, or rsa_key_file with key_id, not both");
                Credentials::None
            }
        }
    }

    fn tls(&mut self, entry: &Entry) -> Tls {
        let ca_file = entry.ca_file.as_deref().map(|file| self.anchored(file));
        match &entry.tls {
            None => Tls::Verify { ca_file },
            Some(tls) if tls.get_ref() == "verify" => Tls::Verify { ca_file },
            Some(tls) if tls.get_ref() == "insecure" && ca_file.is_none() => Tls::Insecure,
            Some(tls) => {
                let message = "tls is \"verify\", or \"insecure\" without ca_file";
                self.wrong(tls.span(), message);
                Tls::Verify { ca_file }
            }
        }
    }

    fn anchored(&self, path: &Path) -> PathBuf {
        self.defaults.folder.join(path)
    }

    fn traits(&mut self, entry: &Entry) -> PlacementTraits {
        let mut traits = self.defaults.traits.clone();
        traits.labels = entry.labels.clone();
        if let Some(zone) = &entry.availability_zone {
            if zone.get_ref().is_empty() || zone.get_ref().len() > 255 || zone.get_ref().contains(',') {
                self.wrong(zone.span(), "a zone has 1 to 255 characters and no comma");
            }
            traits.availability_zone.clone_from(zone.get_ref());
        }
        if let Some(ratio) = &entry.max_over_subscription_ratio {
            if !(0.001..=1_000_000.0).contains(ratio.get_ref()) {
                self.wrong(ratio.span(), "max_over_subscription_ratio must be above 0");
            }
            traits.max_over_subscription_millis = (ratio.get_ref() * 1000.0).round() as u64;
        }
        if let Some(percent) = &entry.max_physical_used_percent {
            if !(1..=100).contains(percent.get_ref()) {
                self.wrong(percent.span(), "max_physical_used_percent must be 1 to 100");
            }
            traits.max_physical_used_percent = *percent.get_ref();
        }
        if let Some(replicas) = &entry.default_replicas {
            if !(1..=3).contains(replicas.get_ref()) {
                self.wrong(replicas.span(), "default_replicas must be 1, 2 or 3");
            }
            traits.default_replicas = *replicas.get_ref();
        }
        traits.default_compression = entry.default_compression.unwrap_or(traits.default_compression);
        traits.tenancy = self.tenancy(entry);
        traits
    }

    fn tenancy(&mut self, entry: &Entry) -> Tenancy {
        let per_project = match &entry.tenancy {
            None => false,
            Some(tenancy) if tenancy.get_ref() == "fixed" => false,
            Some(tenancy) if tenancy.get_ref() == "per-project" => true,
            Some(tenancy) => {
                self.wrong(tenancy.span(), "tenancy is \"fixed\" or \"per-project\"");
                false
            }
        };
        match &entry.project {
            Some(project) if per_project => {
                self.wrong(project.span(), "project has no meaning with tenancy \"per-project\"");
                Tenancy::PerProject
            }
            Some(project) => {
                let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
                let name = project.get_ref();
                if name.is_empty() || name.len() > 63 || !name.bytes().all(good) {
                    self.wrong(project.span(), "a project is 1 to 63 lower-case letters, digits, '-' or '_'");
                }
                Tenancy::Fixed(LightosProject::new(name.clone()))
            }
            None if per_project => Tenancy::PerProject,
            None => self.defaults.traits.tenancy.clone(),
        }
    }
}

/// `host:port` (443 when left out), lower-case; an IPv6 address in brackets.
fn canonical(endpoint: &str) -> Option<String> {
    let bare_v6 = endpoint.parse::<std::net::Ipv6Addr>().ok();
    let text = bare_v6.map_or_else(|| endpoint.to_owned(), |address| format!("[{address}]"));
    let url = url::Url::parse(&format!("https://{text}/")).ok()?;
    let plain = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && !endpoint.ends_with('/')
        && url.port_or_known_default() != Some(0);
    plain.then(|| url.host_str().map(|host| format!("{host}:{}", url.port().unwrap_or(443))))?
}
