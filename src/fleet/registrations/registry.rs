//! What is in force, and how it follows the file and the other replicas.
//!
//! The store holds the newest text under an epoch, with the few before it. A file that changed
//! under our eyes, that the store has never seen, or that is a read-only mount (the deployment
//! says what it is) is news: it becomes the next epoch. A file that is one of the older texts is
//! stale, as on a replica that was down for a week: it is brought up to date.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::Registration;
use super::file::{Access, edit_file, read_file};
use super::parse::{Defaults, parse};
use crate::domain::{Clock, Error, ErrorKind, Result};
use crate::store::Store;
use crate::telemetry::metrics::REGISTRATION_LOADS;

/// An editor that truncates and then writes is given this long to finish.
const SETTLE: Duration = Duration::from_millis(250);
const EDIT_ATTEMPTS: u32 = 5;
/// A user message lists this many mistakes.
const LISTED_MISTAKES: usize = 10;

/// The state in force.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub epoch: i64,
    pub registrations: Vec<Registration>,
    /// Why what the file says now is not in force.
    pub trouble: Option<String>,
    text: String,
}

/// What a look at file and store brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Nothing,
    /// Other registrations are in force now.
    New,
    /// The file is wrong; what was in force still is.
    Rejected,
}

pub struct Registry {
    path: PathBuf,
    defaults: Defaults,
    current: ArcSwap<Snapshot>,
    /// The text of the file when it was last looked at, and the turn to look at it.
    seen: Mutex<Option<String>>,
}

impl Registry {
    /// Nothing is in force until the first [`Registry::refresh`].
    pub fn new(path: PathBuf, defaults: Defaults) -> Self {
        Self { path, defaults, current: ArcSwap::default(), seen: Mutex::new(None) }
    }

    pub fn current(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    pub const fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Looks at the file and at the store; to be called every second.
    ///
    /// # Errors
    /// Those of the database; trouble with the file is in the snapshot instead.
    pub async fn refresh(&self, store: &Store, clock: &Clock) -> Result<Taken> {
        let mut seen = self.seen.lock().await;
        let file = match self.settled(seen.as_deref()).await {
            Ok(file) => file,
            Err(error) => return Ok(self.rejected(error.message().to_owned())),
        };
        let mut session = store.read().await?;
        let newest_epoch = session.registrations_epoch().await?;
        let changed = match seen.as_ref() {
            Some(seen) => *seen != file,
            None => self.is_news(&file, &session.registrations_texts().await?),
        };
        drop(session);
        *seen = Some(file.clone());
        if changed {
            return match self.publish(store, clock, newest_epoch, &file, "file").await {
                Ok(taken) => Ok(taken),
                // Another replica was first: the file is still news at the next look.
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    *seen = None;
                    Ok(Taken::Nothing)
                }
                Err(error) => Err(error),
            };
        }
        if newest_epoch > self.current().epoch {
            let taken = self.adopt(store).await?;
            let stale = file.is_empty() || store.read().await?.registrations_texts().await?.contains(&file);
            if stale {
                *seen = Some(self.bring_file_up_to_date(file).await);
            } else if let Err(mistakes) = parse(&file, &self.defaults) {
                // Somebody is still at it; theirs is not overwritten.
                self.rejected(list(&mistakes));
            }
            return Ok(taken);
        }
        Ok(Taken::Nothing)
    }

    /// Changes the store, what is in force, and the file, in this order: of two replicas that
    /// edit at once the second makes its change again on the first one's text.
    ///
    /// # Errors
    /// Those of `change`, `Invalid` when the result would not hold together or the file has
    /// mistakes already, `Conflict` when it is maintained elsewhere.
    pub async fn edit(
        &self,
        store: &Store,
        clock: &Clock,
        by: &str,
        change: impl Fn(&str) -> Result<String> + Send + Sync,
    ) -> Result<Arc<Snapshot>> {
        if Access::of(&self.path) == Access::ReadOnly {
            return Err(Error::conflict(format!(
                "The registrations file {} cannot be written by hearth (a read-only mount, or missing \
                 permission); change it where it is maintained.",
                self.path.display()
            )));
        }
        for _ in 0..EDIT_ATTEMPTS {
            self.refresh(store, clock).await?;
            let mut seen = self.seen.lock().await;
            let old = self.read().await?;
            let epoch = store.read().await?.registrations_epoch().await?;
            if seen.as_ref() != Some(&old) || epoch != self.current().epoch {
                continue;
            }
            let new = change(&old)?;
            parse(&new, &self.defaults).map_err(|mistakes| Error::invalid(list(&mistakes)))?;
            if new == old {
                return Ok(self.current());
            }
            match self.publish(store, clock, epoch, &new, by).await {
                Err(error) if error.kind() == ErrorKind::Conflict => continue,
                Err(error) => return Err(error),
                Ok(_) => {}
            }
            *seen = Some(self.bring_file_up_to_date(old).await);
            return Ok(self.current());
        }
        Err(Error::conflict("The registrations are being changed by others, try again."))
    }

    async fn settled(&self, seen: Option<&str>) -> Result<String> {
        let mut text = self.read().await?;
        if seen.is_some_and(|seen| seen != text) {
            loop {
                tokio::time::sleep(SETTLE).await;
                let again = self.read().await?;
                if again == text {
                    break;
                }
                text = again;
            }
        }
        Ok(text)
    }

    async fn read(&self) -> Result<String> {
        let path = self.path.clone();
        spawn_blocking(move || read_file(&path))
            .await
            .map_err(|error| Error::internal("reading the registrations").because(error))?
    }

    /// Whether a file never looked at before says something the store does not know better.
    fn is_news(&self, file: &str, texts: &[String]) -> bool {
        match texts.first() {
            None => true,
            Some(newest) if newest == file => false,
            Some(_) if file.is_empty() => false,
            Some(_) => !texts.iter().any(|text| text == file) || Access::of(&self.path) == Access::ReadOnly,
        }
    }

    async fn publish(&self, store: &Store, clock: &Clock, epoch: i64, text: &str, by: &str) -> Result<Taken> {
        let registrations = match parse(text, &self.defaults) {
            Ok(registrations) => registrations,
            Err(mistakes) => {
                if epoch > self.current().epoch {
                    self.adopt(store).await?;
                }
                return Ok(self.rejected(list(&mistakes)));
            }
        };
        let newest = store.read().await?.registrations_newest().await?;
        let epoch = match newest {
            Some(newest) if newest.text == text => newest.epoch,
            _ => {
                let now = clock.now();
                store
                    .write("publish registrations", |tx, _| {
                        Box::pin(async move { tx.put_registrations(epoch, text, by, now).await })
                    })
                    .await?
            }
        };
        self.put(Snapshot { epoch, registrations, trouble: None, text: text.to_owned() });
        Ok(Taken::New)
    }

    /// Takes the newest text of the store.
    async fn adopt(&self, store: &Store) -> Result<Taken> {
        let Some(newest) = store.read().await?.registrations_newest().await? else {
            return Ok(Taken::Nothing);
        };
        match parse(&newest.text, &self.defaults) {
            Ok(registrations) => {
                let trouble = None;
                self.put(Snapshot { epoch: newest.epoch, registrations, trouble, text: newest.text });
                Ok(Taken::New)
            }
            Err(mistakes) => Ok(self.rejected(format!("epoch {}: {}", newest.epoch, list(&mistakes)))),
        }
    }

    /// What is in force is written down, where that can be; else it is in force all the same.
    async fn bring_file_up_to_date(&self, file: String) -> String {
        let text = self.current().text.clone();
        let path = self.path.clone();
        let expected = file.clone();
        let written = spawn_blocking(move || {
            edit_file(&path, |old| Ok(if old == expected { text.clone() } else { old.to_owned() }))
        })
        .await;
        match written {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => {
                tracing::info!(reason = error.message(), "the registrations in force are not written down");
                file
            }
            Err(_) => file,
        }
    }

    fn put(&self, snapshot: Snapshot) {
        metrics::counter!(REGISTRATION_LOADS, "outcome" => "accepted").increment(1);
        tracing::info!(
            epoch = snapshot.epoch,
            clusters = snapshot.registrations.len(),
            "registrations in force"
        );
        self.current.store(Arc::new(snapshot));
    }

    fn rejected(&self, trouble: String) -> Taken {
        let current = self.current();
        if current.trouble.as_ref() == Some(&trouble) {
            return Taken::Nothing;
        }
        metrics::counter!(REGISTRATION_LOADS, "outcome" => "rejected").increment(1);
        tracing::error!(%trouble, "the registrations file is not taken; the last good one stays in force");
        self.current.store(Arc::new(Snapshot {
            epoch: current.epoch,
            registrations: current.registrations.clone(),
            trouble: Some(trouble),
            text: current.text.clone(),
        }));
        Taken::Rejected
    }
}

fn list(mistakes: &[super::Mistake]) -> String {
    let mut text = "The registrations do not hold together: ".to_owned();
    let shown = mistakes.iter().take(LISTED_MISTAKES).map(ToString::to_string).collect::<Vec<_>>();
    text.push_str(&shown.join("; "));
    if mistakes.len() > LISTED_MISTAKES {
        text.push_str(&format!("; and {} more", mistakes.len() - LISTED_MISTAKES));
    }
    text
}
