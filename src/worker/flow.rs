//! Where an operation goes after a step.

use std::time::Duration;

use crate::domain::operation::Work;

/// Longest pause between two tries of a step.
const LONGEST: Duration = Duration::from_secs(15);
/// Pause before the first repetition.
const SHORTEST: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) enum Flow {
    /// The next step. Written down already if it has to be.
    Next(Box<Work>),
    /// The operation is over and its row gone, or it was put down to be taken up later.
    Done,
    /// The same step again, a little later. The text is for the operator.
    Again(String),
    /// A person has to look; nothing more is done until then.
    NeedsOperator(String),
}

impl Flow {
    pub(super) fn next(work: Work) -> Self {
        Self::Next(Box::new(work))
    }
}

/// The pause before try number `tries`, growing by half each time.
pub(super) fn pause(tries: u32) -> Duration {
    let growth = 1.5f64.powi(i32::try_from(tries.min(40)).unwrap_or(40));
    SHORTEST.mul_f64(growth).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        assert_eq!(pause(0), SHORTEST);
        assert!(pause(3) > pause(2));
        assert_eq!(pause(1000), LONGEST);
    }
}
