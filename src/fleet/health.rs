//! Whether a cluster is there: a pure state machine with hysteresis both ways.
//!
//! ```text
//! unknown → reachable ⇄ suspect → unreachable → recovering → reachable
//! ```
//!
//! Trouble is believed soon (no new volumes go to a suspect cluster), trust comes back late: only
//! an unbroken run of answers counts, and the more often answers and failures alternated lately,
//! the longer the run must be. So a link that loses half of the probes makes a cluster suspect
//! and then unreachable, and leaves it there (goal: at most two changes in ten minutes).

use std::time::Duration;

use crate::domain::cluster::Observed;

/// How much evidence each step takes.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    /// Failures in a row until `suspect`.
    pub suspect_after: u32,
    /// Failures in a row until `unreachable`.
    pub unreachable_after: u32,
    /// Answers in a row until trusted again …
    pub trust_after: u32,
    /// … over at least so long.
    pub trust_time: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { suspect_after: 2, unreachable_after: 5, trust_after: 15, trust_time: Duration::from_secs(30) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    Answered,
    Failed(String),
}

/// What was seen of one cluster lately. Starts anew when another replica takes over the polling;
/// the state itself goes on.
#[derive(Debug, Clone)]
pub struct Health {
    thresholds: Thresholds,
    observed: Observed,
    reason: Option<String>,
    failures: u32,
    answers: u32,
    answering_for: Duration,
    /// One bit a probe, the newest lowest, 1 is a failure.
    recent: u64,
    /// Its data went backwards: not trusted however well it answers.
    regressed: Option<String>,
}

/// Probes over which alternation is counted.
const WINDOW: u32 = 48;

impl Health {
    pub const fn resume(thresholds: Thresholds, observed: Observed, reason: Option<String>) -> Self {
        Self {
            thresholds,
            observed,
            reason,
            failures: 0,
            answers: 0,
            answering_for: Duration::ZERO,
            recent: 0,
            regressed: None,
        }
    }

    pub const fn observed(&self) -> Observed {
        self.observed
    }

    /// Why it is not reachable, in words.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Nothing is in doubt: probes may be as rare as polls.
    pub const fn is_calm(&self) -> bool {
        matches!(self.observed, Observed::Reachable) && self.failures == 0
    }

    /// Takes in a probe made `since` the one before; true when the state changed.
    pub fn probe(&mut self, probe: Probe, since: Duration) -> bool {
        let before = self.observed;
        match probe {
            Probe::Answered => {
                self.answering_for =
                    if self.answers == 0 { Duration::ZERO } else { self.answering_for.saturating_add(since) };
                self.answers = self.answers.saturating_add(1);
                self.failures = 0;
                self.recent <<= 1;
                self.after_answer();
            }
            Probe::Failed(reason) => {
                self.failures = self.failures.saturating_add(1);
                self.answers = 0;
                self.recent = (self.recent << 1) | 1;
                self.after_failure(reason);
            }
        }
        self.observed != before
    }

    /// What the cluster lists is older than what it listed before, as after a restore
    /// (`federation` pitfall 19). Stays until [`Health::consistent`].
    pub fn regress(&mut self, reason: String) -> bool {
        let changed = self.observed == Observed::Reachable || self.observed == Observed::Unknown;
        if changed {
            self.observed = Observed::Suspect;
        }
        self.reason = Some(reason.clone());
        self.regressed = Some(reason);
        changed
    }

    /// What it lists agrees with what is known again.
    pub fn consistent(&mut self) {
        self.regressed = None;
    }

    fn after_answer(&mut self) {
        let run = self.answers;
        let needed = self.needed();
        match self.observed {
            Observed::Unknown if self.regressed.is_none() => self.become_reachable(),
            Observed::Unknown => self.observed = Observed::Suspect,
            Observed::Suspect if run >= needed && self.long_enough() => self.become_reachable(),
            Observed::Unreachable if run >= needed => self.observed = Observed::Recovering,
            Observed::Recovering
                if run >= needed.saturating_add(self.thresholds.trust_after / 3) && self.long_enough() =>
            {
                self.become_reachable();
            }
            Observed::Reachable | Observed::Suspect | Observed::Unreachable | Observed::Recovering => {}
        }
    }

    fn after_failure(&mut self, reason: String) {
        let Thresholds { suspect_after, unreachable_after, .. } = self.thresholds;
        let next = match self.observed {
            Observed::Unknown | Observed::Suspect if self.failures >= unreachable_after => {
                Observed::Unreachable
            }
            Observed::Reachable if self.failures >= unreachable_after => Observed::Unreachable,
            Observed::Reachable if self.failures >= suspect_after => Observed::Suspect,
            Observed::Recovering if self.failures >= suspect_after => Observed::Unreachable,
            unchanged => unchanged,
        };
        self.observed = next;
        if next != Observed::Reachable {
            self.reason = Some(reason);
        }
    }

    fn become_reachable(&mut self) {
        if let Some(reason) = &self.regressed {
            self.observed = Observed::Suspect;
            self.reason = Some(reason.clone());
        } else {
            self.observed = Observed::Reachable;
            self.reason = None;
        }
    }

    const fn long_enough(&self) -> bool {
        self.answering_for.as_millis() >= self.thresholds.trust_time.as_millis()
    }

    /// Answers in a row needed for trust: more while it flaps.
    const fn needed(&self) -> u32 {
        let window = self.recent & ((1 << WINDOW) - 1);
        // A failure followed by an answer: bit n + 1 set, bit n not.
        let flaps = (window & !(self.recent << 1)).count_ones();
        self.thresholds.trust_after.saturating_add(2 * flaps.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng as _;

    use super::*;

    const STEP: Duration = Duration::from_secs(2);

    fn health(observed: Observed) -> Health {
        Health::resume(Thresholds::default(), observed, None)
    }

    fn failed() -> Probe {
        Probe::Failed("timed out".to_owned())
    }

    fn feed(health: &mut Health, probe: &Probe, times: u32) -> u32 {
        (0..times).filter(|_| health.probe(probe.clone(), STEP)).count() as u32
    }

    #[test]
    fn a_clean_outage_is_noticed_soon_and_forgiven_late() {
        let mut health = health(Observed::Unknown);
        assert!(health.probe(Probe::Answered, STEP));
        assert_eq!(health.observed(), Observed::Reachable);
        assert!(health.is_calm());
        assert!(!health.probe(failed(), STEP));
        assert!(!health.is_calm(), "one failure is looked into");
        feed(&mut health, &failed(), 1);
        assert_eq!((health.observed(), health.reason()), (Observed::Suspect, Some("timed out")));
        feed(&mut health, &failed(), 3);
        assert_eq!(health.observed(), Observed::Unreachable);
        feed(&mut health, &Probe::Answered, 14);
        assert_eq!(health.observed(), Observed::Unreachable);
        feed(&mut health, &Probe::Answered, 1);
        assert_eq!(health.observed(), Observed::Recovering);
        feed(&mut health, &Probe::Answered, 5);
        assert_eq!((health.observed(), health.reason()), (Observed::Reachable, None));
    }

    #[test]
    fn many_answers_in_a_short_time_are_not_sustained() {
        let mut health = health(Observed::Unreachable);
        for _ in 0..200 {
            health.probe(Probe::Answered, Duration::from_millis(10));
        }
        assert_eq!(health.observed(), Observed::Recovering);
        health.probe(Probe::Answered, Duration::from_secs(30));
        assert_eq!(health.observed(), Observed::Reachable);
    }

    #[test]
    fn a_relapse_while_recovering_begins_anew_and_takes_longer() {
        let mut health = health(Observed::Recovering);
        assert!(!health.probe(failed(), STEP), "a single lost probe is forgiven");
        feed(&mut health, &failed(), 1);
        assert_eq!(health.observed(), Observed::Unreachable);
        feed(&mut health, &Probe::Answered, 3);
        feed(&mut health, &failed(), 1);
        feed(&mut health, &Probe::Answered, 16);
        assert_eq!(health.observed(), Observed::Unreachable);
        feed(&mut health, &Probe::Answered, 1);
        assert_eq!(health.observed(), Observed::Recovering);
    }

    #[test]
    fn a_cluster_whose_data_went_backwards_is_not_trusted_however_well_it_answers() {
        let mut health = health(Observed::Reachable);
        assert!(health.regress("3 volumes are gone".to_owned()));
        feed(&mut health, &Probe::Answered, 100);
        assert_eq!((health.observed(), health.reason()), (Observed::Suspect, Some("3 volumes are gone")));
        health.consistent();
        feed(&mut health, &Probe::Answered, 1);
        assert_eq!(health.observed(), Observed::Reachable);
    }

    /// Goal: 50 % probe loss for ten minutes, at most two changes; and it comes back after.
    #[test]
    fn half_of_the_probes_lost_does_not_make_it_flap() {
        for seed in 0..500 {
            let mut random = rand::rngs::StdRng::seed_from_u64(seed);
            let mut health = health(Observed::Reachable);
            let probes = 600 / 2;
            let changes = (0..probes)
                .filter(|_| {
                    let lost = random.random::<bool>();
                    health.probe(if lost { failed() } else { Probe::Answered }, STEP)
                })
                .count();
            assert!(changes <= 2, "seed {seed}: {changes} changes");
            assert_ne!(health.observed(), Observed::Reachable, "seed {seed}");
            feed(&mut health, &Probe::Answered, 100);
            assert_eq!(health.observed(), Observed::Reachable, "seed {seed}: it comes back");
        }
    }

    proptest! {
        #[test]
        fn no_step_is_skipped_and_every_end_is_reached(
            start in 0_usize..5,
            probes in proptest::collection::vec((any::<bool>(), 0_u64..20_000), 0..300),
        ) {
            let mut health = health(Observed::ALL[start]);
            for (answered, millis) in probes {
                let before = health.observed();
                let probe = if answered { Probe::Answered } else { failed() };
                let changed = health.probe(probe, Duration::from_millis(millis));
                let after = health.observed();
                prop_assert_eq!(changed, before != after);
                let allowed = match before {
                    Observed::Unknown => matches!(after, Observed::Reachable | Observed::Unreachable),
                    Observed::Reachable => after == Observed::Suspect,
                    Observed::Suspect => matches!(after, Observed::Reachable | Observed::Unreachable),
                    Observed::Unreachable => after == Observed::Recovering,
                    Observed::Recovering => matches!(after, Observed::Reachable | Observed::Unreachable),
                };
                prop_assert!(!changed || allowed, "{before} → {after}");
                prop_assert!(after != Observed::Reachable || !changed || answered);
                prop_assert!(after != Observed::Unreachable || !changed || !answered);
            }
            for _ in 0..5 { health.probe(failed(), STEP); }
            prop_assert_eq!(health.observed(), Observed::Unreachable);
            for _ in 0..120 { health.probe(Probe::Answered, STEP); }
            prop_assert_eq!(health.observed(), Observed::Reachable);
        }
    }
}
