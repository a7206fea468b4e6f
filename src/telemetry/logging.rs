//! Logs: structured, on standard error, with the request id of whatever is being done as a
//! field of the enclosing span. Secrets never get here: they are `SecretString`, whose `Debug`
//! says nothing.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging for the process; `level` is `info` or `info,hearth::worker=debug`.
///
/// # Errors
/// The level is not one, or logging was started before.
pub fn start(style: Style, level: &str) -> Result<(), String> {
    let filter: Targets = level.parse().map_err(|error| format!("log level {level:?}: {error}"))?;
    let layer = match style {
        // Colours are for a terminal; in a file they are rubbish.
        Style::Text => {
            fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).boxed()
        }
        Style::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .boxed(),
    };
    Registry::default().with(layer.with_filter(filter)).try_init().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_an_error_and_not_a_panic() {
        assert!(start(Style::Text, "hearth=loud").is_err());
        assert!(start(Style::Json, "info,hearth=loud").is_err());
    }
}
