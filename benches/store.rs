//! What the store costs on a SQLite file: `cargo bench --bench store`. Prints; asserts nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::future::Future;
use std::time::Instant;

use hearth::domain::page::{ListQuery, Scope};
use hearth::domain::status::{AttachStatus, VolumeStatus};
use hearth::domain::volume::Volume;
use hearth::domain::{Clock, Gib, Metadata, ProjectId, Timestamp, UserId, VolumeId};
use hearth::store::Store;

const VOLUMES: i64 = 10_000;

fn volume(n: i64) -> Volume {
    Volume {
        id: VolumeId::random(),
        project_id: ProjectId::new("4d1bb4c0ff6f4fa3a8fb5f94bbd5c4d5"),
        user_id: UserId::new("9b3f4b1b0f6f4fa3a8fb5f94bbd5c4d5"),
        name: Some(format!("volume number {n}")),
        description: None,
        status: VolumeStatus::Available,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        size: Gib(1),
        volume_type_id: None,
        availability_zone: Some("nova".to_owned()),
        snapshot_id: None,
        source_volid: None,
        bootable: false,
        multiattach: false,
        consumes_quota: true,
        group_id: None,
        metadata: Metadata::from(
            [("purpose", "bench"), ("owner", "alice")].map(|(k, v)| (k.into(), v.into())),
        ),
        admin_metadata: Metadata::new(),
        image_metadata: Metadata::new(),
        location: None,
        created_at: Timestamp(1_700_000_000_000_000 + n),
        updated_at: None,
        version: 1,
    }
}

/// Runs `tasks` copies of `work` and says how many of its `units` were done in a second.
async fn measure<F: Future<Output = u32> + Send + 'static>(what: &str, tasks: u32, work: impl Fn(u32) -> F) {
    let start = Instant::now();
    let running: Vec<_> = (0..tasks).map(|task| tokio::spawn(work(task))).collect();
    let mut done = 0;
    for task in running {
        done += task.await.unwrap();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{what:55} {tasks:3} tasks {:10.0}/s", f64::from(done) / seconds);
}

async fn fill(store: &Store) -> Vec<VolumeId> {
    let volumes: Vec<Volume> = (0..VOLUMES).map(volume).collect();
    let insert = store.write("fill", |tx, _| {
        let volumes = &volumes;
        Box::pin(async move {
            for volume in volumes {
                tx.insert_volume(volume).await?;
            }
            Ok(())
        })
    });
    insert.await.unwrap();
    volumes.iter().map(|v| v.id).collect()
}

async fn finds(store: Store, ids: Vec<VolumeId>, rounds: usize) -> u32 {
    let mut done = 0;
    for id in ids.iter().cycle().take(rounds) {
        let mut session = store.read().await.unwrap();
        session.find_volume(*id, None).await.unwrap().unwrap();
        done += 1;
    }
    done
}

async fn pages(store: Store, limit: u32, rounds: u32) -> u32 {
    let query = ListQuery { limit, ..ListQuery::new(Scope::Project(volume(0).project_id)) };
    for _ in 0..rounds {
        let page = store.read().await.unwrap().list_volumes(&query).await.unwrap();
        assert_eq!(page.items.len(), limit as usize);
    }
    rounds
}

async fn writes(store: Store, rounds: u32) -> u32 {
    for _ in 0..rounds {
        let v = volume(0);
        store.write("insert", |tx, _| Box::pin(tx.insert_volume(&v))).await.unwrap();
    }
    rounds
}

/// As a create does it: insert, then two changes of the row, each a transaction of its own.
async fn creates(store: Store, rounds: u32) -> u32 {
    for _ in 0..rounds {
        let v = volume(0);
        let id = v.id;
        store.write("insert", |tx, _| Box::pin(tx.insert_volume(&v))).await.unwrap();
        for _ in 0..2 {
            let change = store.write("change", |tx, _| {
                Box::pin(async move {
                    let mut v = tx.get_volume(id).await?;
                    v.size = Gib(v.size.0 + 1);
                    tx.update_volume(&v).await
                })
            });
            change.await.unwrap();
        }
    }
    rounds
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let url = format!("sqlite://{}/bench.db", folder.path().display());
    let connect = async || Store::connect(&url, 8).await.unwrap();
    let store = connect().await;
    store.migrate(&Clock::System).await.unwrap();

    for tasks in [1, 8, 32] {
        measure("small write", tasks, |_| writes(store.clone(), 400 / tasks)).await;
    }
    measure("create (3 transactions)", 32, |_| creates(store.clone(), 9)).await;

    let ids = fill(&store).await;
    for tasks in [1, 8] {
        let cold = connect().await;
        let share = ids.len() / tasks as usize;
        let part = |task: u32| ids[task as usize * share..][..share].to_vec();
        measure("find_volume, first time", tasks, |task| finds(cold.clone(), part(task), share)).await;
        measure("find_volume, again", tasks, |task| finds(cold.clone(), part(task), 30_000 / tasks as usize))
            .await;
    }
    for (limit, rounds) in [(100, 3000), (1000, 300)] {
        let cold = connect().await;
        measure(&format!("page of {limit}, first time"), 1, |_| pages(cold.clone(), limit, 1)).await;
        for tasks in [1, 8] {
            measure(&format!("page of {limit}, again"), tasks, |_| {
                pages(cold.clone(), limit, rounds / tasks)
            })
            .await;
        }
    }
}
