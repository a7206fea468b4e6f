//! `hearth config`: what is in force, and what could be set.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::config;

#[derive(Debug, Args)]
pub struct ConfigCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the settings in force (secrets blacked out), or everything that is wrong.
    Check {
        /// The configuration file; the environment is always read.
        #[arg(long, env = "HEARTH_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Print every key with its default and meaning, as Markdown.
    Reference,
}

impl ConfigCommand {
    /// # Errors
    /// Standard output is closed.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Check { config } => check(config),
            Action::Reference => {
                std::io::stdout().write_all(config::reference().as_bytes())?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn check(file: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    match config::load(file.as_deref()) {
        Ok(loaded) => {
            std::io::stdout().write_all(toml::to_string(&loaded.config)?.as_bytes())?;
            for warning in &loaded.warnings {
                writeln!(std::io::stderr(), "warning: {warning}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            for problem in &problems {
                writeln!(std::io::stderr(), "error: {problem}")?;
            }
            Ok(ExitCode::FAILURE)
        }
    }
}
