//! Volumes and pages of volumes that need not be asked for again (`store::commits`): what a
//! dashboard polls is answered from memory until something has changed.

use std::sync::Arc;
use std::time::Duration;

use super::Store;
use super::commits::Moment;
use crate::domain::page::{ListQuery, Page};
use crate::domain::volume::VolumeDetails;
use crate::domain::{ProjectId, Result, VolumeId};

/// Rows of remembered pages at most. They are shared with the cache of rows unless they have
/// been dropped there, so this bounds what outdated pages hold on to.
const ROWS: u64 = 8192;
/// A page nobody asked for in this time is forgotten.
const IDLE: Duration = Duration::from_secs(60);

type VolumePage = Arc<Page<Arc<VolumeDetails>>>;

/// Pages with the moment at which they were right.
#[derive(Clone)]
pub(super) struct Pages(moka::sync::Cache<ListQuery, (Moment, VolumePage)>);

impl Default for Pages {
    fn default() -> Self {
        let weight = |_: &ListQuery, (_, page): &(Moment, VolumePage)| {
            u32::try_from(page.items.len()).unwrap_or(u32::MAX).saturating_add(1)
        };
        Self(moka::sync::Cache::builder().weigher(weight).max_capacity(ROWS).time_to_idle(IDLE).build())
    }
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pages({})", self.0.entry_count())
    }
}

impl Store {
    /// A volume with what its views show. `project`: only if it belongs to that project.
    ///
    /// # Errors
    /// Those of the database; an unknown volume is `None`.
    pub async fn find_volume(
        &self,
        id: VolumeId,
        project: Option<&ProjectId>,
    ) -> Result<Option<Arc<VolumeDetails>>> {
        if let Some((moment, details)) = self.cache.checked(id)
            && self.still_stands(moment)
        {
            let visible = project.is_none_or(|project| *project == details.volume.project_id);
            return Ok(visible.then_some(details));
        }
        self.read().await?.find_volume(id, project).await
    }

    /// A page of volumes.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker, or those of the database.
    pub async fn list_volumes(&self, query: &ListQuery) -> Result<VolumePage> {
        if let Some((moment, page)) = self.pages.0.get(query)
            && self.still_stands(moment)
        {
            return Ok(page);
        }
        let mut session = self.read().await?;
        let page = Arc::new(session.list_volumes(query).await?);
        if let Some(moment) = session.moment {
            self.pages.0.insert(query.clone(), (moment, page.clone()));
        }
        Ok(page)
    }

    /// What an owner remembers. Only owners have moments to remember things at.
    fn still_stands(&self, moment: Moment) -> bool {
        self.commits.none_since(moment)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::domain::page::Scope;
    use crate::domain::status::{AttachStatus, VolumeStatus};
    use crate::domain::volume::Volume;
    use crate::domain::{Clock, ErrorKind, Gib, Metadata, Timestamp, UserId};

    fn volume() -> Volume {
        Volume {
            id: VolumeId::random(),
            project_id: ProjectId::new("demo"),
            user_id: UserId::new("alice"),
            name: None,
            description: None,
            status: VolumeStatus::Available,
            previous_status: None,
            attach_status: AttachStatus::Detached,
            migration_status: None,
            size: Gib(1),
            volume_type_id: None,
            availability_zone: None,
            snapshot_id: None,
            source_volid: None,
            bootable: false,
            multiattach: false,
            consumes_quota: true,
            group_id: None,
            metadata: Metadata::new(),
            admin_metadata: Metadata::new(),
            image_metadata: Metadata::new(),
            location: None,
            created_at: Timestamp(1_700_000_000_000_000),
            updated_at: None,
            version: 1,
        }
    }

    async fn owned(folder: &tempfile::TempDir) -> Store {
        let url = format!("sqlite://{}/hearth.db", folder.path().display());
        let store = Store::connect(&url, 4).await.unwrap();
        store.migrate(&Clock::System).await.unwrap();
        store
    }

    async fn insert(store: &Store, volume: &Volume) {
        store.write("insert", |tx, _| Box::pin(tx.insert_volume(volume))).await.unwrap();
    }

    async fn grow(store: &Store, id: VolumeId) -> u32 {
        let grown = store.write("grow", |tx, _| {
            Box::pin(async move {
                let mut volume = tx.get_volume(id).await?;
                volume.size = Gib(volume.size.0 + 1);
                tx.update_volume(&volume).await?;
                Ok(volume.size.0)
            })
        });
        grown.await.unwrap()
    }

    /// Shown by taking the readers away: whoever needs one fails.
    #[tokio::test]
    async fn an_owner_asks_again_only_after_a_commit() {
        let folder = tempfile::tempdir().unwrap();
        let store = owned(&folder).await.as_sole_owner();
        let volume = volume();
        insert(&store, &volume).await;
        let query = ListQuery::new(Scope::AllProjects);
        let shown = store.find_volume(volume.id, None).await.unwrap().unwrap();
        let page = store.list_volumes(&query).await.unwrap();

        store.connections.close_readers().await;
        assert_eq!(store.find_volume(volume.id, Some(&volume.project_id)).await.unwrap(), Some(shown));
        assert_eq!(store.find_volume(volume.id, Some(&ProjectId::new("other"))).await.unwrap(), None);
        assert!(Arc::ptr_eq(&store.list_volumes(&query).await.unwrap(), &page));
        let other = ListQuery { limit: 7, ..query.clone() };
        assert_eq!(store.list_volumes(&other).await.unwrap_err().kind(), ErrorKind::Unavailable);

        grow(&store, volume.id).await;
        assert_eq!(store.find_volume(volume.id, None).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(store.list_volumes(&query).await.unwrap_err().kind(), ErrorKind::Unavailable);
    }

    #[tokio::test]
    async fn who_shares_the_database_always_asks() {
        let folder = tempfile::tempdir().unwrap();
        let store = owned(&folder).await;
        let volume = volume();
        insert(&store, &volume).await;
        let query = ListQuery::new(Scope::AllProjects);
        store.find_volume(volume.id, None).await.unwrap().unwrap();
        store.list_volumes(&query).await.unwrap();
        store.connections.close_readers().await;
        assert_eq!(store.find_volume(volume.id, None).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(store.list_volumes(&query).await.unwrap_err().kind(), ErrorKind::Unavailable);
    }

    /// No reader is shown less than what was acknowledged, or shown to any reader, before it asked.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn nobody_is_shown_the_past() {
        let folder = tempfile::tempdir().unwrap();
        let store = owned(&folder).await.as_sole_owner();
        let volume = volume();
        let id = volume.id;
        insert(&store, &volume).await;
        let newest = Arc::new(AtomicU32::new(1));
        let done = tokio_util::sync::CancellationToken::new();
        let mut readers = tokio::task::JoinSet::new();
        for reader in 0..4 {
            let (store, newest, done) = (store.clone(), newest.clone(), done.clone());
            readers.spawn(async move {
                let query = ListQuery::new(Scope::AllProjects);
                while !done.is_cancelled() {
                    let known = newest.load(Ordering::SeqCst);
                    let size = if reader % 2 == 0 {
                        store.find_volume(id, None).await.unwrap().unwrap().volume.size.0
                    } else {
                        store.list_volumes(&query).await.unwrap().items[0].volume.size.0
                    };
                    assert!(size >= known, "{size} was shown after {known}");
                    newest.fetch_max(size, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
            });
        }
        for _ in 0..200 {
            let size = grow(&store, id).await;
            newest.fetch_max(size, Ordering::SeqCst);
        }
        done.cancel();
        while let Some(reader) = readers.join_next().await {
            reader.unwrap();
        }
    }
}
