//! The labels of a volume on its cluster: they tell the operator there whose it is, and nothing
//! depends on them. A volume that changed hands says the new owner's project.

use super::flow::Flow;
use super::job::Job;
use super::remote::{Seen, await_volume};
use crate::domain::operation::Lane;
use crate::domain::volume::Volume;
use crate::domain::{Metadata, Result, VolumeId};
use crate::lightbits::{Outcome, Reason, UpdateVolume};

const KEY: &str = "hearth";
/// Tries after which a cluster that does not want the labels is left alone with the old ones.
const REFUSALS: u32 = 6;

/// The labels we give a volume.
pub(super) fn own_labels(volume: &Volume) -> Metadata {
    let project = volume.project_id.as_str();
    if !is_label(project) {
        return Metadata::new();
    }
    Metadata::from([(KEY.to_owned(), project.to_owned())])
}

/// What Lightbits takes as a label value (`lightbits-api` §2.4).
fn is_label(value: &str) -> bool {
    (1..=253).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// The labels as they should be, given what they are; `None`: they are right. Others' stay.
pub(super) fn wished(volume: &Volume, present: &Metadata) -> Option<Metadata> {
    let mut labels = present.clone();
    labels.remove(KEY);
    labels.extend(own_labels(volume));
    (labels != *present).then_some(labels)
}

pub(super) async fn step(job: &mut Job, id: VolumeId) -> Result<Flow> {
    let found = job.bench.store.read().await?.find_volume(id, None).await?;
    let Some(volume) = found.map(|details| details.volume.clone()) else { return job.end_superseded().await };
    let Some((location, uuid)) = volume.location.as_ref().and_then(|at| at.uuid.map(|uuid| (at, uuid)))
    else {
        return job.end_superseded().await;
    };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    let present = match await_volume(job, &client, &location.project, uuid).await {
        Seen::Ready(present) => present,
        Seen::Missing | Seen::Failed | Seen::Leaving => return job.end_superseded().await,
        Seen::Pending(why) => return Ok(Flow::Again(why)),
        Seen::Trouble(trouble) => return Ok(Flow::Again(trouble.to_string())),
    };
    let Some(labels) = wished(&volume, &present.labels) else { return job.end_superseded().await };
    let change = UpdateVolume { labels: Some(labels), if_match: present.etag, ..UpdateVolume::default() };
    match client.update_volume(Lane::User, &location.project, uuid, &change).await {
        // It takes effect later: look again that it has.
        Outcome::Done(()) if job.tries < REFUSALS => Ok(Flow::Again("the labels were changed".to_owned())),
        Outcome::Unknown(trouble) => Ok(Flow::Again(trouble.to_string())),
        Outcome::Refused(refusal)
            if matches!(refusal.reason, Reason::Busy | Reason::Exhausted) || job.tries < REFUSALS =>
        {
            Ok(Flow::Again(refusal.to_string()))
        }
        // A release without labels.
        Outcome::Done(()) | Outcome::Refused(_) => job.end_superseded().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_short_and_plain() {
        assert!(is_label("0af0") && is_label("a.b_c-d"));
        for bad in ["", "a b", "é", &"x".repeat(254)] {
            assert!(!is_label(bad), "{bad}");
        }
    }
}
