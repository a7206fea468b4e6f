//! Logs: structured, on standard error, with the request id of whatever is being done as a
//! field of the enclosing span. Secrets never get here: they are `SecretString`, whose `Debug`
//! says nothing.

use std::io::IsTerminal as _;
use std::sync::{Arc, OnceLock};

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt, reload};

use crate::domain::log_level::{LogLevel, LogLevels};

/// Of this process; logging is started once.
static CONTROL: OnceLock<Arc<Control>> = OnceLock::new();

/// The filter in force, which can be changed while events go through it.
struct Control(reload::Handle<Targets, Registry>);

/// What changes the levels of this process; none before logging was started.
pub fn levels() -> Option<Arc<dyn LogLevels>> {
    CONTROL.get().map(|control| Arc::clone(control) as Arc<dyn LogLevels>)
}

impl LogLevels for Control {
    fn level(&self, target: &str) -> Option<LogLevel> {
        let lets = |level: LogLevel| {
            let let_through = |filter: &Targets| filter.would_enable(target, &tracing_level(level));
            self.0.with_current(let_through).unwrap_or(false)
        };
        LogLevel::ALL.into_iter().find(|level| lets(*level))
    }

    fn named(&self) -> Vec<String> {
        let named = |filter: &Targets| filter.iter().map(|(target, _)| target.to_owned()).collect();
        self.0.with_current(named).unwrap_or_default()
    }

    fn set(&self, targets: &[String], level: LogLevel) {
        let changed = self.0.modify(|filter| *filter = with(filter, targets, level));
        if let Err(error) = changed {
            tracing::error!(%error, "the log levels cannot be changed");
        }
    }
}

/// The filter with these targets at this level. What was said about a part of one of them is
/// forgotten, or it would win.
fn with(filter: &Targets, targets: &[String], level: LogLevel) -> Targets {
    let part_of = |target: &str| {
        let inside =
            |of: &String| target.strip_prefix(of.as_str()).is_some_and(|rest| rest.starts_with("::"));
        targets.iter().any(|of| of == target || inside(of))
    };
    let kept = filter.iter().filter(|(target, _)| !part_of(target)).map(|(t, l)| (t.to_owned(), l));
    let level = LevelFilter::from_level(tracing_level(level));
    Targets::new()
        .with_default(filter.default_level().unwrap_or(LevelFilter::OFF))
        .with_targets(kept.collect::<Vec<_>>())
        .with_targets(targets.iter().map(|target| (target.clone(), level)))
}

const fn tracing_level(level: LogLevel) -> Level {
    match level {
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Info => Level::INFO,
        LogLevel::Warning => Level::WARN,
        LogLevel::Error => Level::ERROR,
    }
}

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
    let (filter, handle) = reload::Layer::new(filter);
    Registry::default().with(layer.with_filter(filter)).try_init().map_err(|error| error.to_string())?;
    // Only the one that was started gets here.
    let _ = CONTROL.set(Arc::new(Control(handle)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what comes through.
    #[derive(Clone, Default)]
    struct Seen(Arc<std::sync::Mutex<Vec<String>>>);

    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Seen {
        fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
            let (level, target) = (event.metadata().level(), event.metadata().target());
            self.0.lock().unwrap().push(format!("{level} {target}"));
        }
    }

    fn speak() {
        tracing::debug!(target: "hearth::worker::driver", "driver");
        tracing::debug!(target: "hearth::store", "store");
        tracing::warn!(target: "hearth::worker", "worker");
    }

    #[test]
    fn a_changed_level_acts_at_once() {
        let (filter, handle) =
            reload::Layer::new("info,hearth::worker::driver=error".parse::<Targets>().unwrap());
        let (control, seen) = (Control(handle), Seen::default());
        let subscriber = Registry::default().with(seen.clone().with_filter(filter));
        tracing::subscriber::with_default(subscriber, || {
            let heard = || std::mem::take(&mut *seen.0.lock().unwrap());
            speak();
            assert_eq!(heard(), ["WARN hearth::worker"]);
            assert_eq!(control.level("hearth::worker::driver"), Some(LogLevel::Error));
            assert_eq!(control.level("hearth::store"), Some(LogLevel::Info));

            control.set(&["hearth::worker".to_owned()], LogLevel::Debug);
            speak();
            assert_eq!(heard(), ["DEBUG hearth::worker::driver", "WARN hearth::worker"]);
            assert_eq!(control.named(), ["hearth::worker"]);
            control.set(&["hearth::worker".to_owned()], LogLevel::Error);
            speak();
            assert_eq!(heard(), Vec::<String>::new());
        });
    }

    #[test]
    fn a_level_that_is_none_is_an_error_and_not_a_panic() {
        assert!(start(Style::Text, "hearth=loud").is_err());
        assert!(start(Style::Json, "info,hearth=loud").is_err());
    }
}
