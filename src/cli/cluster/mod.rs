//! `hearth cluster`: the clusters, over the fleet API of a running hearth.

mod client;
mod keystone;
mod register;
mod size;
mod table;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use client::{Client, Connection};

#[derive(Debug, Args)]
pub struct ClusterCommand {
    #[command(flatten)]
    connection: Connection,
    /// How to print.
    #[arg(long, short, global = true, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// What the API answered.
    Json,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All clusters: state, intent and capacity.
    List,
    /// Everything about one cluster.
    Show {
        /// Name or UUID.
        cluster: String,
    },
    /// Add a cluster to the registrations.
    Register(Box<register::Register>),
    /// Take a cluster out of the registrations; nothing on it is touched.
    Remove {
        cluster: String,
        /// Even if it still has volumes of ours, which then cannot be reached.
        #[arg(long)]
        force: bool,
    },
    /// Place no new volumes on a cluster.
    Cordon {
        cluster: String,
        /// Why, for the others.
        #[arg(long)]
        reason: Option<String>,
        /// More than cordoned: volumes are to leave it (draining), nothing on it is to be deleted
        /// (frozen), or it is not to be touched at all (maintenance).
        #[arg(long = "as", value_name = "INTENT", default_value = "cordoned",
              value_parser = ["cordoned", "draining", "frozen", "maintenance"])]
        intent: String,
    },
    /// Use a cluster again.
    Uncordon { cluster: String },
    /// Why a volume is where it is, or nowhere.
    Explain {
        /// UUID of the volume.
        volume: String,
    },
}

impl ClusterCommand {
    /// # Errors
    /// Whatever the API refuses, or that it cannot be reached.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let text = runtime.block_on(self.answer())?;
        std::io::stdout().write_all(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }

    async fn answer(self) -> anyhow::Result<String> {
        let client = Client::connect(&self.connection).await?;
        let (answer, print): (Value, fn(&Value) -> String) = match self.action {
            Action::List => (client.get(&["clusters"]).await?, table::list),
            Action::Show { cluster } => (client.get(&["clusters", &cluster]).await?, table::show),
            Action::Register(register) => (client.post(&["clusters"], &register.body()?).await?, table::show),
            Action::Remove { cluster, force } => {
                client.delete(&["clusters", &cluster], force.then_some(("force", "true"))).await?;
                (json!({"removed": cluster}), table::removed)
            }
            Action::Cordon { cluster, reason, intent } => {
                let body = json!({"cordon": {"reason": reason, "intent": intent}});
                (client.post(&["clusters", &cluster, "action"], &body).await?, table::intent)
            }
            Action::Uncordon { cluster } => {
                let body = json!({"uncordon": null});
                (client.post(&["clusters", &cluster, "action"], &body).await?, table::intent)
            }
            Action::Explain { volume } => (client.get(&["placements", &volume]).await?, table::explain),
        };
        Ok(match self.format {
            Format::Table => print(&answer),
            Format::Json => serde_json::to_string_pretty(&answer)? + "\n",
        })
    }
}
