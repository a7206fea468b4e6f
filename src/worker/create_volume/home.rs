//! Where a volume of a group may go: to the cluster of its group and nowhere else.

use crate::domain::cluster::Cluster;
use crate::domain::group::GroupStatus;
use crate::domain::volume::Volume;
use crate::domain::{ClusterId, Result};
use crate::placement::Request;
use crate::store::Tx;

pub(super) enum Home {
    Anywhere,
    At(ClusterId),
    /// The group is being placed at the moment.
    Undecided,
    /// The group has no cluster and will not get one.
    Nowhere,
}

pub(super) async fn home_of(tx: &mut Tx, volume: &Volume) -> Result<Home> {
    let Some(id) = volume.group_id else { return Ok(Home::Anywhere) };
    let found = tx.find_group(id, None).await?;
    Ok(match found.map(|details| (details.group.cluster_id, details.group.status)) {
        Some((Some(cluster), _)) => Home::At(cluster),
        Some((None, GroupStatus::Creating)) => Home::Undecided,
        Some((None, _)) | None => Home::Nowhere,
    })
}

impl Home {
    /// The question as it is, or why it need not be asked.
    pub(super) fn admits(&self, request: Request) -> Result<Request, String> {
        match (self, request.purpose.owner()) {
            (Self::Nowhere, _) => Err("The group of the volume is on no cluster.".to_owned()),
            (Self::At(home), Some(owner)) if *home != owner => {
                Err("The source of the volume is not on the cluster of its group.".to_owned())
            }
            _ => Ok(request),
        }
    }

    /// The clusters that come into question.
    pub(super) fn among(&self, mut clusters: Vec<Cluster>) -> Vec<Cluster> {
        if let Self::At(home) = self {
            clusters.retain(|cluster| cluster.id == *home);
        }
        clusters
    }
}
