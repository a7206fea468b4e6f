//! `hearth db`: the schema of the database. `serve` brings a SQLite file up to date by itself; on
//! a server that several hearths share the operator says when.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use secrecy::{ExposeSecret as _, SecretString};

use crate::app::FileLock;
use crate::config;
use crate::domain::{Clock, Error};
use crate::store::{SchemaState, Store};

#[derive(Debug, Args)]
pub struct DbCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Run the migrations that are missing. Safe to run on several hosts at once, and again.
    Migrate(Database),
    /// Say whether the schema is that of this program; exit status 1 when it is not.
    Status(Database),
}

/// Which database.
#[derive(Debug, Args)]
struct Database {
    /// The configuration file; the environment is always read.
    #[arg(long, env = "HEARTH_CONFIG")]
    config: Option<PathBuf>,
    /// The database itself, instead of the one in the configuration. Others on this host can see
    /// a password given here.
    #[arg(long)]
    url: Option<SecretString>,
}

impl DbCommand {
    /// # Errors
    /// The configuration is not sound, or the database does not answer.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            match self.action {
                Action::Migrate(database) => {
                    let url = database.resolve()?;
                    // A SQLite file belongs to one process; a gateway that has it believes its memory.
                    let _lock = FileLock::for_database(url.expose_secret())?;
                    migrate(&connect(&url).await?).await
                }
                Action::Status(database) => status(&connect(&database.resolve()?).await?).await,
            }
        })
    }
}

impl Database {
    fn resolve(self) -> anyhow::Result<SecretString> {
        match self.url {
            Some(url) => Ok(url),
            None => config::load(self.config.as_deref())
                .and_then(|loaded| loaded.config.database.resolve_url().map_err(|problem| vec![problem]))
                .map_err(|problems| {
                    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                    anyhow!(lines.join("\nerror: "))
                }),
        }
    }
}

async fn connect(url: &SecretString) -> anyhow::Result<Store> {
    Store::connect(url.expose_secret(), 2).await.map_err(|error| told(&error))
}

async fn migrate(store: &Store) -> anyhow::Result<ExitCode> {
    if state(store).await? == SchemaState::Ahead {
        return say(&ahead(), ExitCode::FAILURE);
    }
    let run = store.migrate(&Clock::System).await.map_err(|error| told(&error))?;
    store.close().await;
    if run.is_empty() {
        return say("The schema is up to date.", ExitCode::SUCCESS);
    }
    say(&format!("Migrated: {}.", run.join(", ")), ExitCode::SUCCESS)
}

async fn status(store: &Store) -> anyhow::Result<ExitCode> {
    let state = state(store).await?;
    store.close().await;
    match state {
        SchemaState::Current => say("The schema is up to date.", ExitCode::SUCCESS),
        SchemaState::Behind(missing) => {
            let text = format!("Migrations to run: {missing}. Run `hearth db migrate`.");
            say(&text, ExitCode::FAILURE)
        }
        SchemaState::Ahead => say(&ahead(), ExitCode::FAILURE),
    }
}

async fn state(store: &Store) -> anyhow::Result<SchemaState> {
    store.schema_state().await.map_err(|error| told(&error))
}

fn ahead() -> String {
    "The schema is that of a newer hearth; this one must not touch it.".to_owned()
}

fn say(text: &str, code: ExitCode) -> anyhow::Result<ExitCode> {
    writeln!(std::io::stdout(), "{text}").context("standard output")?;
    Ok(code)
}

/// The operator is told the cause as well.
fn told(error: &Error) -> anyhow::Error {
    match error.detail() {
        Some(detail) => anyhow!("{} ({detail})", error.message()),
        None => anyhow!("{}", error.message()),
    }
}
