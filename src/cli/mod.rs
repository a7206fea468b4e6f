//! The command line: one file a command.

pub mod cluster;
pub mod config;
pub mod db;
pub mod dev;
pub mod openapi;
pub mod serve;
pub mod sim;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "hearth", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// See and direct the clusters of a running hearth.
    Cluster(Box<cluster::ClusterCommand>),
    /// Check the configuration, or print its reference.
    Config(config::ConfigCommand),
    /// Bring the database up to date, or say whether it is.
    Db(db::DbCommand),
    /// Run hearth with simulated clusters, for trying it out.
    Dev(dev::DevCommand),
    /// Print the OpenAPI document of the volume API and the fleet API.
    Openapi(openapi::OpenapiCommand),
    /// Run the gateway.
    Serve(serve::ServeCommand),
    /// Run a simulated Lightbits cluster.
    Sim(Box<sim::SimCommand>),
}

/// Reads the command line, runs the command and says on standard error what went wrong.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Cluster(command) => command.run(),
        Command::Config(command) => command.run(),
        Command::Db(command) => command.run(),
        Command::Dev(command) => command.run(),
        Command::Serve(command) => command.run(),
        Command::Openapi(command) => command.run().map(|()| ExitCode::SUCCESS),
        Command::Sim(command) => command.run(),
    };
    done.unwrap_or_else(|error| {
        // Nobody is left to tell if standard error is closed.
        let _ = writeln!(std::io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}
