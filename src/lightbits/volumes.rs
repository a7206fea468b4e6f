//! Calls about volumes.

use std::collections::BTreeSet;

use futures::stream::{self, Stream, TryStreamExt};
use hyper::Method;
use serde_json::json;

use crate::domain::operation::Lane;
use crate::domain::{BackendUuid, LightosProject};

use super::call::{Call, Kind};
use super::client::Cluster;
use super::error::{Outcome, Reason, Trouble};
use super::requests::{CreateVolume, Deleting, ListFilter, UpdateVolume};
use super::wire::{self, FromWire};
use super::{Snapshot, Volume};

/// The most a cluster puts into one page, and what it does by default.
const PAGE: usize = 1000;
/// More pages than this cannot be an honest answer.
const MAX_PAGES: usize = 10_000;

impl Cluster {
    /// The volume is answered in state `Creating`; whether it can be placed shows later, as
    /// `Available` or `Failed`. After `Unknown` see `resolve_volume`.
    pub async fn create_volume(&self, lane: Lane, request: &CreateVolume) -> Outcome<Volume> {
        let path = ["projects", request.project.as_str(), "volumes"];
        let call = Call::new("create_volume", Kind::Create, Method::POST, &path);
        self.create(lane, call.json(&wire::create_volume(request))).await
    }

    /// Also a volume that is being deleted, as such.
    pub async fn volume(
        &self,
        lane: Lane,
        project: &LightosProject,
        uuid: BackendUuid,
    ) -> Result<Option<Volume>, Trouble> {
        let uuid = uuid.to_string();
        self.find(lane, Call::get("get_volume", &["projects", project.as_str(), "volumes", &uuid])).await
    }

    /// May show one that is being deleted although another of that name lives: to decide what a
    /// name stands for, use `resolve_volume`.
    pub async fn volume_by_name(
        &self,
        lane: Lane,
        project: &LightosProject,
        name: &str,
    ) -> Result<Option<Volume>, Trouble> {
        let call = Call::get("get_volume_by_name", &["projects", project.as_str(), "volumes"]);
        self.find(lane, call.by_name("name", name)).await
    }

    /// One page, from behind `after` on; fewer than 1,000 mean that it was the last.
    pub async fn volume_page(
        &self,
        lane: Lane,
        filter: &ListFilter,
        after: Option<BackendUuid>,
    ) -> Result<Vec<Volume>, Trouble> {
        self.page(lane, "list_volumes", "volumes", filter, after).await
    }

    /// All pages. It ends with the first trouble; until it has ended well the list is not whole.
    pub fn volume_pages<'a>(
        &'a self,
        lane: Lane,
        filter: &'a ListFilter,
    ) -> impl Stream<Item = Result<Vec<Volume>, Trouble>> + Send + 'a {
        self.pages(lane, "list_volumes", "volumes", filter)
    }

    /// Every volume, or trouble; never a part of them.
    pub async fn all_volumes(&self, lane: Lane, filter: &ListFilter) -> Result<Vec<Volume>, Trouble> {
        self.volume_pages(lane, filter).try_concat().await
    }

    /// The volumes of all projects, whoever made them. Where a cluster does not list across
    /// projects (a project's token, an incomplete imitation of the API), those of the `known`
    /// ones, each whole.
    pub async fn volumes_everywhere(
        &self,
        lane: Lane,
        deleting: Deleting,
        known: &BTreeSet<LightosProject>,
    ) -> Result<Vec<Volume>, Trouble> {
        let filter = ListFilter { deleting, ..ListFilter::default() };
        self.everywhere(lane, "list_volumes", "volumes", filter, known).await
    }

    /// Accepted means `Updating`; the change is there when the volume is `Available` again.
    pub async fn update_volume(
        &self,
        lane: Lane,
        project: &LightosProject,
        uuid: BackendUuid,
        change: &UpdateVolume,
    ) -> Outcome<()> {
        let uuid = uuid.to_string();
        let path = ["projects", project.as_str(), "volumes", &uuid];
        let call = Call::new("update_volume", Kind::Change, Method::PUT, &path)
            .json(&wire::update_volume(project, &uuid, change))
            .if_match(change.if_match.as_ref().map(|etag| etag.0.as_str()));
        self.write(lane, call).await.map(|_| ())
    }

    /// Accepted means `Deleting`; gone is when `volume` says `None`. `Refused(NotFound)` is as
    /// good as done. Older releases answer 500 to any failed delete, so after `Unknown` look.
    pub async fn delete_volume(
        &self,
        lane: Lane,
        project: &LightosProject,
        uuid: BackendUuid,
    ) -> Outcome<()> {
        let uuid = uuid.to_string();
        let path = ["projects", project.as_str(), "volumes", &uuid];
        self.write(lane, Call::new("delete_volume", Kind::Change, Method::DELETE, &path)).await.map(|_| ())
    }

    /// Puts the volume back to one of its own snapshots: state `Rollback`, then `Available`.
    pub async fn rollback_volume(
        &self,
        lane: Lane,
        project: &LightosProject,
        uuid: BackendUuid,
        snapshot: BackendUuid,
    ) -> Outcome<()> {
        let uuid = uuid.to_string();
        let path = ["projects", project.as_str(), "volumes", &uuid, "rollback"];
        let body =
            json!({"UUID": uuid, "projectName": project.as_str(), "srcSnapshotUUID": snapshot.to_string()});
        let call = Call::new("rollback_volume", Kind::Change, Method::PUT, &path).json(&body);
        self.write(lane, call).await.map(|_| ())
    }

    pub(super) async fn everywhere<T: FromWire + Listed + Send>(
        &self,
        lane: Lane,
        name: &'static str,
        kind: &'static str,
        mut filter: ListFilter,
        known: &BTreeSet<LightosProject>,
    ) -> Result<Vec<T>, Trouble> {
        match self.pages(lane, name, kind, &filter).try_concat().await {
            Err(Trouble::Refused(refusal)) if refusal.reason != Reason::Exhausted && !known.is_empty() => {
                tracing::debug!(cluster = %self.name(), %refusal, "listing project by project");
            }
            other => return other,
        }
        let mut all = Vec::new();
        for project in known {
            filter.project = Some(project.clone());
            all.extend(self.pages(lane, name, kind, &filter).try_concat().await?);
        }
        Ok(all)
    }

    pub(super) async fn page<T: FromWire>(
        &self,
        lane: Lane,
        name: &'static str,
        kind: &'static str,
        filter: &ListFilter,
        after: Option<BackendUuid>,
    ) -> Result<Vec<T>, Trouble> {
        let mut call = match &filter.project {
            Some(project) => Call::get(name, &["projects", project.as_str(), kind]),
            None => Call::get(name, &[kind]),
        };
        call = call.query("limit", &PAGE.to_string());
        if let Some(name) = &filter.name {
            call = call.query(if kind == "snapshots" { "Name" } else { "name" }, name);
        }
        if let Some(snapshot) = filter.clones_of {
            call = call.query("snapshotUUID", &snapshot.to_string());
        }
        if filter.deleting == Deleting::Shown {
            call = call.query("showAll", "true");
        }
        if let Some(after) = after {
            call = call.query("offsetUUID", &after.to_string());
        }
        self.read(lane, call).await?.list(kind)
    }

    pub(super) fn pages<'a, T: FromWire + Listed + Send + 'a>(
        &'a self,
        lane: Lane,
        name: &'static str,
        kind: &'static str,
        filter: &'a ListFilter,
    ) -> impl Stream<Item = Result<Vec<T>, Trouble>> + Send + 'a {
        stream::try_unfold(Walk::default(), move |walk| async move {
            if walk.done {
                return Ok(None);
            }
            let page: Vec<T> = self.page(lane, name, kind, filter, walk.after).await?;
            let next = walk.next(&page)?;
            Ok(Some((page, next)))
        })
    }
}

/// An object of a list, by whose UUID the next page is asked for.
pub(super) trait Listed {
    fn uuid(&self) -> BackendUuid;
}

impl Listed for Volume {
    fn uuid(&self) -> BackendUuid {
        self.uuid
    }
}

impl Listed for Snapshot {
    fn uuid(&self) -> BackendUuid {
        self.uuid
    }
}

/// How far a walk over pages has come.
#[derive(Default)]
struct Walk {
    after: Option<BackendUuid>,
    pages: usize,
    done: bool,
}

impl Walk {
    /// A server that does not go on from where it was told would be walked forever.
    fn next<T: Listed>(&self, page: &[T]) -> Result<Self, Trouble> {
        let repeats = self.after.is_some_and(|after| page.iter().any(|object| object.uuid() == after));
        if repeats || self.pages >= MAX_PAGES {
            return Err(Trouble::EndlessList);
        }
        Ok(Self { after: page.last().map(Listed::uuid), pages: self.pages + 1, done: page.len() < PAGE })
    }
}
