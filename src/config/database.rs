use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use super::{Problem, anchor, defaults, read_secret};

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:///path`, `mysql://user:password@host/name` or `postgres://…`; without it
    /// `hearth.db` in `data_dir`. Several hearths share one MySQL or PostgreSQL database.
    #[schemars(with = "Option<String>")]
    #[serde(serialize_with = "without_password")]
    pub url: Option<SecretString>,
    /// File that holds the URL, for those who keep secrets in files.
    pub url_file: Option<PathBuf>,
    /// Folder of the SQLite database.
    pub data_dir: PathBuf,
    /// Connections to a database server.
    pub max_connections: u32,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: None, url_file: None, data_dir: defaults::DATA_DIR.into(), max_connections: 16 }
    }
}

impl Database {
    /// The URL to connect to.
    ///
    /// # Errors
    /// The file that should hold it cannot be read, or is open to everybody.
    pub fn resolve_url(&self) -> Result<SecretString, Problem> {
        if let Some(url) = &self.url {
            return Ok(url.clone());
        }
        if let Some(file) = &self.url_file {
            return read_secret(file).map_err(|message| Problem::of("database.url_file", message));
        }
        Ok(format!("sqlite://{}", self.data_dir.join("hearth.db").display()).into())
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.url.is_some() && self.url_file.is_some() {
            problems.push(Problem::of("database.url_file", "stands beside database.url; keep one of them"));
        }
        if self.max_connections == 0 {
            problems.push(Problem::of("database.max_connections", "must be at least 1"));
        }
        match self.resolve_url() {
            Ok(url) => {
                let scheme = url.expose_secret().split(':').next().unwrap_or_default().to_owned();
                if !matches!(scheme.as_str(), "sqlite" | "mysql" | "mariadb" | "postgres" | "postgresql") {
                    problems
                        .push(Problem::of("database.url", "must begin with sqlite:, mysql: or postgres:"));
                }
            }
            Err(problem) => problems.push(problem),
        }
    }

    pub(super) fn anchor(&mut self, folder: &Path) {
        anchor(&mut self.data_dir, folder);
        if let Some(file) = &mut self.url_file {
            anchor(file, folder);
        }
    }
}

fn without_password<S: Serializer>(url: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
    let Some(url) = url else { return to.serialize_none() };
    let shown = url::Url::parse(url.expose_secret()).map_or_else(
        |_| "(not a URL)".to_owned(),
        |mut url| {
            if url.password().is_some() {
                let _ = url.set_password(Some("***"));
            }
            url.set_query(None);
            url.to_string()
        },
    );
    to.serialize_some(&shown)
}
