//! Which cluster gets a volume, and why.
//!
//! Pure: candidates in, decision out; no I/O and no clock. Each candidate passes a row of named
//! filters, each of which lets it through or gives a reason; of those left, the lowest score
//! wins. The ratio is exact because the candidates carry the figures of the last poll *and* the
//! sum of the reservations written since (design, invariant 5): the caller reads both, decides
//! and writes the new reservation in one transaction.
//!
//! A copy (clone, from snapshot) and a growth stay on their owner, where they pass the same
//! capacity check as everything else.

mod capabilities;
mod decision;
mod filters;
mod reason;
mod request;
mod score;
mod specs;

pub use capabilities::{DRIVER_VERSION, STORAGE_PROTOCOL, VENDOR_NAME, capabilities};
pub use decision::{Asked, Chosen, Decision, Outcome, Verdict};
pub use reason::Reason;
pub use request::{Affinity, Purpose, Rank, Request};
pub use score::{Ratio, Score};

use crate::domain::cluster::Cluster;

/// Decides. The verdict on every candidate is part of the answer; with an owner given only the
/// owner is a candidate.
pub fn decide(request: &Request, candidates: &[Cluster]) -> Decision {
    let mut verdicts: Vec<Verdict> = candidates
        .iter()
        .filter(|cluster| request.purpose.owner().is_none_or(|owner| owner == cluster.id))
        .map(|cluster| Verdict {
            cluster: cluster.id,
            name: cluster.name.clone(),
            outcome: judge(request, cluster),
        })
        .collect();
    // Best first, then the refused by name: the order of the candidates must not show.
    verdicts.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let best = verdicts.first().filter(|verdict| verdict.fits()).map(|verdict| verdict.cluster);
    let chosen = candidates.iter().find(|cluster| Some(cluster.id) == best).map(|c| request.choose(c));
    Decision { asked: Asked::of(request), chosen, verdicts }
}

fn judge(request: &Request, cluster: &Cluster) -> Outcome {
    for filter in filters::row(&request.purpose) {
        if let Err(reason) = filter(request, cluster) {
            return Outcome::Refused(reason);
        }
    }
    Score::of(request, cluster).map_or(Outcome::Refused(Reason::NoFigures), Outcome::Fits)
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
