//! Transactions: no change is lost, a failed or abandoned one leaves nothing, and those that ask
//! for a lock take turns – whichever hearth they run in.

use std::future::pending;
use std::time::Duration;

use hearth::domain::page::{ListQuery, Scope};
use hearth::domain::volume::Volume;
use hearth::domain::{Error, ErrorKind, Gib, ProjectId, Result, VolumeId};
use hearth::store::Store;

use crate::bed::Bed;
use crate::sample;
use crate::volumes::find;

/// Runs `count` copies of `work` at once, on both stores in turn.
pub async fn on_both<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    bed: &Bed,
    count: usize,
    work: impl Fn(Store, usize) -> F,
) -> Vec<T> {
    let stores = [&bed.a, &bed.b];
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(work(stores[n % 2].clone(), n))).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

pub async fn racing_changes_of_one_row_are_all_kept(bed: Bed) {
    let volume = Volume { size: Gib(0), ..sample::volume() };
    let id = volume.id;
    sample::insert_volumes(&bed.a, &[volume]).await;
    on_both(&bed, 8, move |store, _| async move {
        for _ in 0..10 {
            sample::change(&store, id, |v| v.size = Gib(v.size.0 + 1)).await;
        }
    })
    .await;
    let found = find(&bed.a, id).await.unwrap();
    assert_eq!((found.volume.size, found.volume.version), (Gib(80), 81));
}

pub async fn a_stale_copy_is_not_written_back(bed: Bed) {
    let volume = sample::volume();
    sample::insert_volumes(&bed.a, std::slice::from_ref(&volume)).await;
    sample::change(&bed.b, volume.id, |v| v.size = Gib(7)).await;
    // Reads outside of the closure never get current by running it again.
    let write = bed.a.write("stale", |tx, _| Box::pin(tx.update_volume(&volume)));
    let error = tokio::time::timeout(Duration::from_secs(60), write).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let delete = bed.a.write("stale", |tx, _| Box::pin(tx.delete_volume(&volume)));
    assert_eq!(delete.await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(find(&bed.b, volume.id).await.unwrap().volume.size, Gib(7));
}

pub async fn an_error_takes_everything_back_and_is_passed_on(bed: Bed) {
    let [kept, lost] = [sample::volume(), sample::volume()];
    sample::insert_volumes(&bed.a, std::slice::from_ref(&kept)).await;
    for store in [&bed.a, &bed.b] {
        let failed: Result<()> = store
            .write("fail", |tx, _| {
                let (kept, lost) = (&kept, &lost);
                Box::pin(async move {
                    tx.insert_volume(lost).await?;
                    tx.delete_volume(kept).await?;
                    assert_eq!(tx.find_volume(kept.id, None).await?, None, "a transaction sees its own work");
                    Err(Error::over_quota("too much"))
                })
            })
            .await;
        assert_eq!(failed.unwrap_err().message(), "too much");
        assert!(find(store, kept.id).await.is_some());
        assert!(find(store, lost.id).await.is_none());
    }
}

pub async fn an_abandoned_write_leaves_nothing_and_blocks_nobody(bed: Bed) {
    let mut lost = Vec::new();
    // More than the pool has connections.
    for n in 0..20 {
        let volume = sample::volume();
        lost.push(volume.id);
        let store = if n % 2 == 0 { bed.a.clone() } else { bed.b.clone() };
        let (inserted, is_inserted) = tokio::sync::oneshot::channel();
        let inserted = std::sync::Mutex::new(Some(inserted));
        let task = tokio::spawn(async move {
            let (volume, inserted) = (&volume, &inserted);
            let write = store.write("abandoned", |tx, _| {
                Box::pin(async move {
                    tx.insert_volume(volume).await?;
                    inserted.lock().unwrap().take().unwrap().send(()).unwrap();
                    pending::<()>().await;
                    Ok(())
                })
            });
            write.await
        });
        is_inserted.await.unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }
    sample::insert_volumes(&bed.a, &[sample::volume()]).await;
    sample::insert_volumes(&bed.b, &[sample::volume()]).await;
    for id in lost {
        assert!(find(&bed.a, id).await.is_none());
    }
}

/// Wherever a write is cut off, it is there as a whole or not at all, and others are not touched.
pub async fn a_write_cut_off_anywhere_is_whole_or_nothing(bed: Bed) {
    let outcomes = on_both(&bed, 60, async |store, n| {
        let pair = [sample::volume(), sample::volume()];
        let ids = [pair[0].id, pair[1].id];
        let write = store.write("pair", |tx, _| {
            let pair = &pair;
            Box::pin(async move {
                tx.insert_volume(&pair[0]).await?;
                if n % 5 == 0 {
                    return Err(Error::conflict("no"));
                }
                tx.insert_volume(&pair[1]).await
            })
        });
        let patience =
            if n % 2 == 0 { Duration::from_secs(60) } else { Duration::from_micros(300 * n as u64) };
        (ids, tokio::time::timeout(patience, write).await.ok())
    })
    .await;
    let mut cut_off = 0;
    for (ids, outcome) in outcomes {
        let there = [find(&bed.a, ids[0]).await.is_some(), find(&bed.b, ids[1]).await.is_some()];
        match outcome {
            Some(Ok(())) => assert_eq!(there, [true; 2]),
            Some(Err(error)) => {
                assert_eq!((error.kind(), there), (ErrorKind::Conflict, [false; 2]));
            }
            None => {
                cut_off += 1;
                // A commit that was on its way may still arrive.
                let now = [find(&bed.a, ids[0]).await.is_some(), find(&bed.b, ids[1]).await.is_some()];
                assert!(now[0] == now[1] || there != now, "half a write: {there:?} {now:?}");
            }
        }
    }
    assert!(cut_off > 0, "nothing was cut off");
}

/// A client that hangs up drops its request in the middle of a read. More are cut off than there
/// are connections, and each must find one all the same.
pub async fn reads_cut_off_anywhere_block_nobody(bed: Bed) {
    sample::insert_volumes(&bed.a, &sample::volumes(20)).await;
    let read = async |store: &Store| {
        let query = ListQuery { with_count: true, ..ListQuery::new(Scope::AllProjects) };
        store.read().await.unwrap().list_volumes(&query).await.unwrap().items.len()
    };
    let cut_off = on_both(&bed, 120, move |store, n| async move {
        tokio::time::timeout(Duration::from_micros(100 * n as u64), read(&store)).await.is_err()
    })
    .await;
    assert!(cut_off.contains(&true), "nothing was cut off");
    let read_by = on_both(&bed, 32, move |store, _| async move { read(&store).await }).await;
    assert_eq!(read_by, [20; 32]);
}

pub async fn count_then_insert_never_passes_the_limit(bed: Bed) {
    let limit = 5;
    let inserted = on_both(&bed, 16, move |store, n| async move {
        let project = ProjectId::new(if n % 4 < 2 { "one" } else { "two" });
        let mut done = 0;
        for _ in 0..2 {
            let volume = Volume { project_id: project.clone(), ..sample::volume() };
            let write = store.write("count then insert", |tx, _| {
                let (project, volume) = (&project, &volume);
                Box::pin(async move {
                    tx.lock_quota(project).await?;
                    if tx.project_use(project).await?.volume_count() >= limit {
                        return Err(Error::over_quota("no more"));
                    }
                    tx.insert_volume(volume).await
                })
            });
            match write.await {
                Ok(()) => done += 1,
                Err(error) => assert_eq!(error.kind(), ErrorKind::OverQuota, "{:?}", error.detail()),
            }
        }
        done
    })
    .await;
    assert_eq!(inserted.iter().sum::<i64>(), 2 * limit, "all that fits, and no more");
    let mut session = bed.a.read().await.unwrap();
    for project in ["one", "two"] {
        assert_eq!(session.project_use(&ProjectId::new(project)).await.unwrap().volume_count(), limit);
    }
}

/// The crowd of a burst: every one of them gets through, whatever it costs in repetitions.
pub async fn a_crowd_on_one_lock_gets_through(bed: Bed) {
    let ids: Vec<VolumeId> = on_both(&bed, 32, async |store, _| {
        let volume = sample::volume();
        let write = store.write("crowd", |tx, _| {
            let volume = &volume;
            Box::pin(async move {
                tx.lock(hearth::store::PLACEMENT_LOCK).await?;
                tx.insert_volume(volume).await
            })
        });
        write.await.expect("everybody gets through");
        volume.id
    })
    .await;
    for id in ids {
        assert!(find(&bed.b, id).await.is_some());
    }
}
