//! Which portal is used, and which comes next.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use super::session::Session;
use super::{Error, Settings};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

pub struct Portals {
    pub settings: Settings,
    pub wanted: Uuid,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    /// Portal to be tried next.
    next: usize,
}

impl Portals {
    pub fn new(settings: Settings, wanted: Uuid) -> Self {
        Self { settings, wanted, state: Mutex::default() }
    }

    /// The session at work, or a new one on the first portal that lets us in. Goes round the
    /// portals until `give_up`, and no further once all of them have said that the namespace is
    /// not there for us.
    pub async fn session(&self, give_up: Instant) -> Result<Arc<Session>, Error> {
        let mut state = self.state.lock().await;
        if let Some(session) = state.session.as_ref().filter(|session| !session.has_ended()) {
            return Ok(Arc::clone(session));
        }
        state.session = None;
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.once_round(&mut state).await {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            let final_word = matches!(error, Error::NoPortal | Error::NoNamespace(_));
            if final_word || Instant::now() + pause >= give_up {
                return Err(error);
            }
            tracing::debug!(%error, "no path to the namespace yet");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn once_round(&self, state: &mut State) -> Result<Arc<Session>, Error> {
        let portals = &self.settings.portals;
        let mut told = Error::NoPortal;
        for index in state.next..state.next + portals.len() {
            let Some(portal) = portals.get(index % portals.len()) else { continue };
            match Session::open(&self.settings, portal, self.wanted).await {
                Ok(session) => {
                    let session = Arc::new(session);
                    (state.session, state.next) = (Some(Arc::clone(&session)), index % portals.len());
                    return Ok(session);
                }
                Err(error) => {
                    tracing::debug!(%portal, %error, "this portal does not do");
                    // That the namespace is not shown counts only when everybody says so.
                    if matches!(told, Error::NoPortal | Error::NoNamespace(_)) {
                        told = error;
                    }
                }
            }
        }
        Err(told)
    }

    /// This session is of no use any more; the next portal's turn.
    pub async fn leave(&self, session: &Arc<Session>) {
        let mut state = self.state.lock().await;
        if state.session.as_ref().is_some_and(|current| Arc::ptr_eq(current, session)) {
            state.session = None;
            state.next = (state.next + 1) % self.settings.portals.len().max(1);
        }
    }

    pub async fn close(&self) {
        if let Some(session) = self.state.lock().await.session.take() {
            session.shut_down(&self.settings).await;
        }
    }
}
