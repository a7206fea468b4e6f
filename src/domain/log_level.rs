//! Log levels in the words of Cinder, and who can change them while the process runs.

/// As Cinder's clients say them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Debug,
    Info,
    Warning,
    Error,
}

impl LogLevel {
    pub const ALL: [Self; 4] = [Self::Debug, Self::Info, Self::Warning, Self::Error];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }

    /// In any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(text))
    }
}

/// What decides which events of a process are logged.
pub trait LogLevels: Send + Sync {
    /// The level in force for events of this target (`hearth::worker`); `None`: nothing is logged.
    fn level(&self, target: &str) -> Option<LogLevel>;

    /// Targets that were given a level of their own.
    fn named(&self) -> Vec<String>;

    /// Gives targets, and whatever is inside them, a level.
    fn set(&self, targets: &[String], level: LogLevel);
}
