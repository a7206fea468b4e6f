//! Which API server of a cluster to ask.
//!
//! Every server is an equal entry, but reads on different ones may lag behind each other
//! (`lightbits-api` §3.5), so we stay with the last one that answered until it fails. The list
//! given by the operator is where we begin and what we always come back to; the cluster's own
//! `apiEndpoints` are added behind it. One that failed is asked last until its back-off is over.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::settings::Endpoint;

/// No cluster has more; an absurd answer must not make us walk through thousands.
const MAX_LEARNT: usize = 64;
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Endpoints {
    seeds: Vec<Endpoint>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    learnt: Vec<Endpoint>,
    current: Option<Endpoint>,
    failures: HashMap<Endpoint, Failure>,
}

#[derive(Debug)]
struct Failure {
    times: u32,
    until: Instant,
    why: String,
}

/// What is known of one endpoint, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointStatus {
    pub endpoint: Endpoint,
    /// Given by the operator, or told by the cluster.
    pub origin: Origin,
    /// It is the one in use.
    pub current: bool,
    /// Why the last attempt failed, until one succeeds.
    pub trouble: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Configured,
    Learnt,
}

impl Endpoints {
    pub fn new(seeds: Vec<Endpoint>) -> Self {
        Self { seeds, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All endpoints in the order to try them: the current one, those in good standing, then
    /// those backing off, soonest first.
    pub fn candidates(&self) -> Vec<Endpoint> {
        let state = self.state();
        let now = Instant::now();
        let mut all: Vec<&Endpoint> = self.seeds.iter().collect();
        all.extend(state.learnt.iter().filter(|e| !self.seeds.contains(e)));
        all.sort_by_key(|endpoint| {
            let backing_off = state.failures.get(endpoint).map(|f| f.until).filter(|until| *until > now);
            (backing_off, state.current.as_ref() != Some(endpoint))
        });
        all.into_iter().cloned().collect()
    }

    /// It answered as the cluster we mean.
    pub fn good(&self, endpoint: &Endpoint) {
        let mut state = self.state();
        state.failures.remove(endpoint);
        if state.current.as_ref() != Some(endpoint) {
            state.current = Some(endpoint.clone());
        }
    }

    pub fn bad(&self, endpoint: &Endpoint, why: String) {
        let mut state = self.state();
        if state.current.as_ref() == Some(endpoint) {
            state.current = None;
        }
        let times = state.failures.get(endpoint).map_or(0, |f| f.times).saturating_add(1);
        let backoff = FIRST_BACKOFF.saturating_mul(1 << times.min(6).saturating_sub(1)).min(LONGEST_BACKOFF);
        state.failures.insert(endpoint.clone(), Failure { times, until: Instant::now() + backoff, why });
    }

    /// Takes over the cluster's own list. An empty one says nothing and changes nothing.
    pub fn learn(&self, mut told: Vec<Endpoint>) {
        told.truncate(MAX_LEARNT);
        if told.is_empty() {
            return;
        }
        let mut state = self.state();
        if state.learnt == told {
            return;
        }
        let seeds = &self.seeds;
        state.failures.retain(|endpoint, _| told.contains(endpoint) || seeds.contains(endpoint));
        state.learnt = told;
    }

    pub fn status(&self) -> Vec<EndpointStatus> {
        let state = self.state();
        let learnt = state.learnt.iter().filter(|e| !self.seeds.contains(e));
        let row = |endpoint: &Endpoint, origin| EndpointStatus {
            endpoint: endpoint.clone(),
            origin,
            current: state.current.as_ref() == Some(endpoint),
            trouble: state.failures.get(endpoint).map(|f| f.why.clone()),
        };
        let seeds = self.seeds.iter().map(|e| row(e, Origin::Configured));
        seeds.chain(learnt.map(|e| row(e, Origin::Learnt))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(n: u8) -> Endpoint {
        Endpoint::new(format!("10.0.0.{n}"), 443)
    }

    #[tokio::test(start_paused = true)]
    async fn stays_with_the_good_one_and_asks_the_failed_one_last_for_a_while() {
        let endpoints = Endpoints::new(vec![endpoint(1), endpoint(2)]);
        assert_eq!(endpoints.candidates(), [endpoint(1), endpoint(2)]);
        endpoints.bad(&endpoint(1), "refused".to_owned());
        assert_eq!(endpoints.candidates(), [endpoint(2), endpoint(1)]);
        endpoints.good(&endpoint(2));
        tokio::time::advance(Duration::from_secs(120)).await;
        assert_eq!(endpoints.candidates(), [endpoint(2), endpoint(1)], "sticky after the back-off");
        endpoints.bad(&endpoint(2), "reset".to_owned());
        assert_eq!(endpoints.candidates(), [endpoint(1), endpoint(2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn backs_off_longer_each_time_up_to_a_limit() {
        let endpoints = Endpoints::new(vec![endpoint(1), endpoint(2)]);
        for _ in 0..100 {
            endpoints.bad(&endpoint(1), "refused".to_owned());
        }
        tokio::time::advance(LONGEST_BACKOFF - Duration::from_millis(1)).await;
        assert_eq!(endpoints.candidates(), [endpoint(2), endpoint(1)]);
        tokio::time::advance(Duration::from_millis(2)).await;
        assert_eq!(endpoints.candidates(), [endpoint(1), endpoint(2)]);
    }

    #[tokio::test]
    async fn learns_new_endpoints_behind_the_configured_ones() {
        let endpoints = Endpoints::new(vec![endpoint(1)]);
        endpoints.learn(vec![endpoint(3), endpoint(1), endpoint(2)]);
        assert_eq!(endpoints.candidates(), [endpoint(1), endpoint(3), endpoint(2)]);
        endpoints.learn(vec![]);
        assert_eq!(endpoints.candidates().len(), 3, "an empty list teaches nothing");
        endpoints.learn(vec![endpoint(2)]);
        assert_eq!(endpoints.candidates(), [endpoint(1), endpoint(2)]);
        endpoints.good(&endpoint(2));
        let status = endpoints.status();
        assert_eq!(status[1].origin, Origin::Learnt);
        assert!(status[1].current && !status[0].current);
    }
}
