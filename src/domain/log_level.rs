//! Log levels in the words of Cinder, and who can change them while the process runs.
//!
//! One process is all of Cinder's binaries, so each has its share of the rooms; the loggers are
//! the targets as they stand in the log.

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

/// The rooms of each binary.
pub const ROOMS: [(&str, &[&str]); 3] = [
    ("cinder-api", &["hearth::api", "hearth::auth", "hearth::service", "hyper"]),
    ("cinder-scheduler", &["hearth::placement"]),
    ("cinder-volume", &["hearth::fleet", "hearth::lightbits", "hearth::store", "hearth::worker", "sqlx"]),
];

fn is_inside(name: &str, of: &str) -> bool {
    name.strip_prefix(of).is_some_and(|rest| rest.starts_with("::"))
}

/// The loggers of some rooms whose name begins so; a longer name is one inside a room.
pub fn loggers(rooms: &[&str], prefix: &str, named: &[String]) -> Vec<String> {
    let mut found: Vec<String> =
        rooms.iter().filter(|room| room.starts_with(prefix)).map(|room| (*room).to_owned()).collect();
    let of_rooms = |name: &&String| rooms.iter().any(|room| is_inside(name, room));
    found.extend(named.iter().filter(of_rooms).filter(|name| name.starts_with(prefix)).cloned());
    if found.is_empty() && rooms.iter().any(|room| is_inside(prefix, room)) {
        found.push(prefix.to_owned());
    }
    found
}

/// A level that is wished for: which loggers of a binary, each process knows for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogWish {
    pub binary: String,
    pub prefix: String,
    pub level: LogLevel,
}

impl LogWish {
    /// Whether there is anything that it can mean, in whichever process.
    pub fn means_any(&self) -> bool {
        self.rooms().is_some_and(|rooms| !loggers(rooms, &self.prefix, &[]).is_empty())
    }

    /// Sets the level; on which loggers.
    pub fn apply(&self, control: &dyn LogLevels) -> Vec<String> {
        let Some(rooms) = self.rooms() else { return Vec::new() };
        let mut targets = loggers(rooms, &self.prefix, &control.named());
        targets.sort_unstable();
        targets.dedup();
        // What is inside another goes with it.
        let all = targets.clone();
        targets.retain(|target| !all.iter().any(|other| is_inside(target, other)));
        control.set(&targets, self.level);
        targets
    }

    fn rooms(&self) -> Option<&'static [&'static str]> {
        ROOMS.iter().find(|(binary, _)| *binary == self.binary).map(|(_, rooms)| *rooms)
    }
}
