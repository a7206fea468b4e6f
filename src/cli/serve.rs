//! `hearth serve`: the gateway.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{Config, Format};
use crate::domain::Clock;
use crate::telemetry::logging::{self, Style};
use crate::{app, config};

/// Run the gateway.
#[derive(Debug, Args)]
pub struct ServeCommand {
    /// The configuration; without it only defaults and the environment (`HEARTH__SECTION__KEY`).
    #[arg(long, value_name = "FILE", env = "HEARTH_CONFIG")]
    config: Option<PathBuf>,
}

impl ServeCommand {
    /// # Errors
    /// Whatever is wrong with the configuration, or cannot be started.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = load(self.config.as_deref())?;
        start_logging(&config)?;
        runtime(&config)?.block_on(serve(&config))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The configuration, or all that is wrong with it.
pub(super) fn load(file: Option<&std::path::Path>) -> anyhow::Result<Config> {
    let loaded = config::load(file).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the configuration cannot be used:\n  {}", lines.join("\n  "))
    })?;
    Ok(loaded.config)
}

pub(super) fn start_logging(config: &Config) -> anyhow::Result<()> {
    let style = match config.log.format {
        Format::Text => Style::Text,
        Format::Json => Style::Json,
    };
    logging::start(style, &config.log.level).map_err(|why| anyhow::anyhow!(why))
}

pub(super) fn runtime(config: &Config) -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = config.server.workers {
        builder.worker_threads(workers);
    }
    builder.enable_all().build().context("cannot start the runtime")
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let running = app::start(config, Clock::System).await?;
    until_told().await?;
    running.stop().await;
    Ok(())
}

/// Until SIGTERM or SIGINT.
pub(super) async fn until_told() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot listen for SIGINT")?,
    }
    tracing::info!("told to stop");
    Ok(())
}
