//! `hearth openapi`: prints the OpenAPI document of both APIs.

use std::io::Write as _;

use anyhow::Context as _;
use clap::Args;

use crate::api::openapi::{AsOf, document};
use crate::domain::Microversion;

/// Print the OpenAPI document of the volume API and the fleet API.
#[derive(Debug, Args)]
pub struct OpenapiCommand {
    /// As of this microversion, e.g. 3.27 [default: of all of them in one].
    #[arg(long, value_parser = microversion)]
    at: Option<Microversion>,
}

fn microversion(text: &str) -> anyhow::Result<Microversion> {
    let minor = text.strip_prefix("3.").and_then(|minor| minor.parse().ok()).map(Microversion::v);
    minor.filter(|version| *version <= Microversion::MAX).context("a microversion is 3.0 to 3.71")
}

impl OpenapiCommand {
    /// Prints it to standard output.
    ///
    /// # Errors
    /// Those of writing.
    pub fn run(self) -> anyhow::Result<()> {
        let document = document(self.at.map_or(AsOf::All, AsOf::This))?;
        std::io::stdout().lock().write_all(document.as_bytes())?;
        Ok(())
    }
}
