//! Two queues in front of one cluster, so that a poll or a copy never makes a user's call wait,
//! and a sick cluster holds no more than its own permits (design, invariant 7).

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use crate::domain::operation::Lane;

use super::error::Trouble;
use super::settings::LaneLimits;

#[derive(Debug)]
pub(super) struct Lanes {
    user: Semaphore,
    background: Semaphore,
}

impl Lanes {
    pub fn new(limits: LaneLimits) -> Self {
        let lane = |limit: usize| Semaphore::new(limit.clamp(1, Semaphore::MAX_PERMITS));
        Self { user: lane(limits.user), background: lane(limits.background) }
    }

    /// Waits for a turn, at most until `deadline`.
    pub async fn enter(&self, lane: Lane, deadline: Instant) -> Result<SemaphorePermit<'_>, Trouble> {
        let semaphore = match lane {
            Lane::User => &self.user,
            Lane::Background => &self.background,
        };
        let full = || Trouble::Saturated { lane: lane.as_str() };
        timeout_at(deadline, semaphore.acquire()).await.map_err(|_| full())?.map_err(|_| full())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_lane_full_does_not_hold_up_the_other() {
        let lanes = Lanes::new(LaneLimits { user: 1, background: 0 });
        let deadline = || Instant::now() + Duration::from_secs(5);
        let held = lanes.enter(Lane::Background, deadline()).await.unwrap();
        assert!(lanes.enter(Lane::User, deadline()).await.is_ok());
        assert_eq!(
            lanes.enter(Lane::Background, deadline()).await.err(),
            Some(Trouble::Saturated { lane: "background" })
        );
        drop(held);
        assert!(lanes.enter(Lane::Background, deadline()).await.is_ok());
    }
}
