//! Calls about snapshots.

use std::collections::BTreeSet;

use futures::stream::{Stream, TryStreamExt};
use hyper::Method;

use crate::domain::operation::Lane;
use crate::domain::{BackendUuid, LightosProject};

use super::call::{Call, Kind};
use super::client::Cluster;
use super::error::{Outcome, Trouble};
use super::requests::{CreateSnapshot, ListFilter};
use super::wire;
use super::{ChangedBlocks, Snapshot};

impl Cluster {
    /// A volume takes one snapshot at a time: a second is refused as `Busy`, or, with 500 or
    /// 503, not definitely refused at all. Asking again with the same name is safe.
    pub async fn create_snapshot(&self, lane: Lane, request: &CreateSnapshot) -> Outcome<Snapshot> {
        let path = ["projects", request.project.as_str(), "snapshots"];
        let call = Call::new("create_snapshot", Kind::CreateSnapshot, Method::POST, &path);
        self.create(lane, call.json(&wire::create_snapshot(request))).await
    }

    pub async fn snapshot(
        &self,
        lane: Lane,
        project: &LightosProject,
        uuid: BackendUuid,
    ) -> Result<Option<Snapshot>, Trouble> {
        let uuid = uuid.to_string();
        self.find(lane, Call::get("get_snapshot", &["projects", project.as_str(), "snapshots", &uuid])).await
    }

    pub async fn snapshot_by_name(
        &self,
        lane: Lane,
        project: &LightosProject,
        name: &str,
    ) -> Result<Option<Snapshot>, Trouble> {
        let call = Call::get("get_snapshot_by_name", &["projects", project.as_str(), "snapshots"]);
        self.find(lane, call.by_name("Name", name)).await
    }

    /// As `volume_page`.
    pub async fn snapshot_page(
        &self,
        lane: Lane,
        filter: &ListFilter,
        after: Option<BackendUuid>,
    ) -> Result<Vec<Snapshot>, Trouble> {
        self.page(lane, "list_snapshots", "snapshots", filter, after).await
    }

    /// As `volume_pages`. There is no filter by volume: it is for the caller to pick.
    pub fn snapshot_pages<'a>(
        &'a self,
        lane: Lane,
        filter: &'a ListFilter,
    ) -> impl Stream<Item = Result<Vec<Snapshot>, Trouble>> + Send + 'a {
        self.pages(lane, "list_snapshots", "snapshots", filter)
    }

    pub async fn all_snapshots(&self, lane: Lane, filter: &ListFilter) -> Result<Vec<Snapshot>, Trouble> {
        self.snapshot_pages(lane, filter).try_concat().await
    }

    /// As `volumes_everywhere`.
    pub async fn snapshots_everywhere(
        &self,
        lane: Lane,
        known: &BTreeSet<LightosProject>,
    ) -> Result<Vec<Snapshot>, Trouble> {
        self.everywhere(lane, "list_snapshots", "snapshots", ListFilter::default(), known).await
    }

    /// Accepted also while clones depend on it; it then stays `Deleting` until they are gone.
    /// `Refused(NotFound)` is as good as done.
    pub async fn delete_snapshot(
        &self,
        lane: Lane,
        project: &LightosProject,
        uuid: BackendUuid,
    ) -> Outcome<()> {
        let uuid = uuid.to_string();
        let path = ["projects", project.as_str(), "snapshots", &uuid];
        self.write(lane, Call::new("delete_snapshot", Kind::Change, Method::DELETE, &path)).await.map(|_| ())
    }

    /// Blocks that differ between `base` (or the creation of the volume) and `target`, at most
    /// 10,000 ranges at once; go on from `next_offset_lba`.
    pub async fn changed_blocks(
        &self,
        lane: Lane,
        project: &LightosProject,
        target: BackendUuid,
        base: Option<BackendUuid>,
        offset_lba: u64,
    ) -> Result<ChangedBlocks, Trouble> {
        let path = ["projects", project.as_str(), "snapshots", "diff", &target.to_string()];
        let mut call = Call::get("changed_blocks", &path).query("offsetLBA", &offset_lba.to_string());
        if let Some(base) = base {
            call = call.query("baseSnapshotUUID", &base.to_string());
        }
        self.read(lane, call).await?.decode()
    }
}
