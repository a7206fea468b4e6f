use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use tracing_subscriber::filter::{LevelFilter, Targets};

use super::Problem;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `text` for people or `json` for machines; on standard error.
    pub format: Format,
    /// `error`, `warn`, `info`, `debug` or `trace`, also by room: `info,hearth::worker=debug`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: Format::default(), level: "info".to_owned() }
    }
}

impl Log {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if let Err(error) = self.level.parse::<Targets>() {
            problems.push(Problem::of("log.level", error.to_string()));
        }
        // A bare word that is no level would pass as a room to trace.
        for word in self.level.split(',').filter(|part| !part.contains('=')) {
            if word.trim().parse::<LevelFilter>().is_err() {
                problems.push(Problem::of("log.level", format!("{word:?} is not a level")));
            }
        }
    }
}
