//! Whatever happens in whatever order: the running sums agree with a recount, a restart brings
//! back the same state, and when everything is deleted nothing is left.

use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use super::model::{Record, Tables};
use super::options::{Options, Timings};
use super::rules::snapshots::NewSnapshot;
use super::rules::volumes::{Handle, NewVolume, Target, Update};
use super::rules::{Fate, snapshots, volumes, writes};
use super::world::World;
use crate::domain::{Clock, Timestamp};

#[derive(Debug, Clone)]
enum Deed {
    Create { replicas: u32 },
    Snapshot(usize),
    Clone(usize),
    Write(usize, u64, u64),
    Resize(usize, u64),
    Rollback(usize),
    DeleteVolume(usize),
    DeleteSnapshot(usize),
    Pass(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    let one = 0usize..6;
    prop_oneof![
        (1u32..4).prop_map(|replicas| Deed::Create { replicas }),
        one.clone().prop_map(Deed::Snapshot),
        one.clone().prop_map(Deed::Clone),
        (one.clone(), 0u64..50, 1u64..20).prop_map(|(n, from, length)| Deed::Write(n, from, length)),
        (one.clone(), 1u64..100).prop_map(|(n, blocks)| Deed::Resize(n, blocks)),
        one.clone().prop_map(Deed::Rollback),
        one.clone().prop_map(Deed::DeleteVolume),
        one.prop_map(Deed::DeleteSnapshot),
        (1u64..4).prop_map(Deed::Pass),
    ]
}

fn options(dir: &std::path::Path) -> Options {
    let timings = Timings { husk: Duration::from_secs(3), ..Timings::all(Duration::from_secs(2)) };
    Options { timings, clock: Clock::manual(Timestamp(0)), compression_ratio: 3.0, ..Options::new(dir) }
}

fn new_volume(n: usize, replicas: u32, source: Option<Handle>) -> NewVolume {
    NewVolume {
        project: "default".to_owned(),
        name: format!("v{n}"),
        size: (100 * 4096).to_string(),
        replicas,
        acl: vec!["ALLOW_NONE".to_owned()],
        ip_acl: None,
        compression: if n.is_multiple_of(2) { "true" } else { "" }.to_owned(),
        sector_size: 0,
        source,
        affinities: Vec::new(),
        policy_uuid: String::new(),
        policy_name: String::new(),
        labels: None,
    }
}

/// The `n`th of those that are there, if any is.
fn pick<T>(of: &std::collections::BTreeMap<Uuid, T>, n: usize) -> Option<&T> {
    of.values().nth(n % of.len().max(1))
}

fn act(world: &mut World, step: usize, deed: &Deed, clock: &Clock) {
    let tables = world.tables().clone();
    let volume =
        |n: usize| pick(&tables.volumes, n).map(|it| Target { volume: (**it).clone(), if_match: None });
    let snapshot = |n: usize| pick(&tables.snapshots, n).map(|it| (**it).clone());
    // A refusal is an outcome like any other.
    let _ = world.write(Fate::Good, |at| {
        let records = match deed {
            Deed::Create { replicas } => volumes::create(at, new_volume(step, *replicas, None))?.0,
            Deed::Snapshot(n) => {
                let source = volume(*n).map(|it| Handle::Uuid(it.volume.uuid));
                let (project, name) = ("default".to_owned(), format!("s{step}"));
                let new = NewSnapshot {
                    project,
                    name,
                    source,
                    description: String::new(),
                    retention_seconds: None,
                };
                snapshots::create(at, new)?.0
            }
            Deed::Clone(n) => snapshot(*n).map_or(Ok(Vec::new()), |it| {
                volumes::create(at, new_volume(step, it.replicas.into(), Some(Handle::Uuid(it.uuid))))
                    .map(|it| it.0)
            })?,
            Deed::Write(n, from, length) => volume(*n)
                .map_or(Ok(Vec::new()), |it| writes::write(at, it.volume.uuid, from * 4096, length * 4096))?,
            Deed::Resize(n, blocks) => {
                let update = Update { size: (blocks * 4096).to_string(), force: true, ..Update::default() };
                volume(*n).map_or(Ok(Vec::new()), |it| volumes::update(at, it, update))?
            }
            Deed::Rollback(n) => snapshot(*n).map_or(Ok(Vec::new()), |it| {
                let target = tables.volumes.get(&it.source_uuid);
                let target = target.map(|volume| Target { volume: (**volume).clone(), if_match: None });
                target.map_or(Ok(Vec::new()), |target| {
                    volumes::rollback(at, target, Some(Handle::Uuid(it.uuid)))
                })
            })?,
            Deed::DeleteVolume(n) => volume(*n).map_or(Ok(Vec::new()), |it| volumes::delete(at, it))?,
            Deed::DeleteSnapshot(n) => {
                snapshot(*n).map_or(Ok(Vec::new()), |it| snapshots::delete(at, &it, None))?
            }
            Deed::Pass(_) => Vec::new(),
        };
        Ok((records, ()))
    });
    if let Deed::Pass(seconds) = deed {
        clock.advance(Duration::from_secs(*seconds));
    }
}

fn lines(tables: &Tables) -> Vec<String> {
    let mut lines: Vec<String> = tables.records().map(|record: Record| format!("{record:?}")).collect();
    lines.sort();
    lines
}

fn nonzero(usage: &super::model::usage::Usage) -> super::model::usage::Usage {
    let mut usage = usage.clone();
    usage.stored.retain(|_, bytes| *bytes > 0);
    usage.placed.retain(|_, bytes| *bytes > 0);
    usage
}

fn recount(tables: &Tables) -> Tables {
    let mut fresh = Tables::default();
    tables.records().for_each(|record| fresh.apply(record));
    fresh
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn sums_agree_restarts_forget_nothing_and_deletes_leave_nothing(deeds in prop::collection::vec(deed(), 1..60)) {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path());
        let clock = options.clock.clone();
        let mut world = World::open(options.clone()).unwrap();
        for (step, deed) in deeds.iter().enumerate() {
            // The rules see the world settled, and so must the one who picks from it.
            world.read(None, |_| ()).unwrap();
            act(&mut world, step, deed, &clock);
            let again = recount(world.tables());
            prop_assert_eq!(nonzero(&world.tables().usage), nonzero(&again.usage));
            prop_assert_eq!(&world.tables().due, &again.due);
        }
        let before = lines(world.tables());
        drop(world);
        let mut world = World::open(options).unwrap();
        prop_assert_eq!(lines(world.tables()), before);

        for round in 0..200 {
            world.read(None, |_| ()).unwrap();
            let volumes = world.tables().volumes.len();
            for n in 0..volumes {
                act(&mut world, round, &Deed::DeleteVolume(n), &clock);
            }
            for n in 0..world.tables().snapshots.len() {
                act(&mut world, round, &Deed::DeleteSnapshot(n), &clock);
            }
            clock.advance(Duration::from_secs(5));
            if volumes + world.tables().snapshots.len() == 0 {
                break;
            }
        }
        world.read(None, |_| ()).unwrap();
        prop_assert!(world.tables().volumes.is_empty() && world.tables().snapshots.is_empty());
        prop_assert!(world.tables().layers.is_empty(), "{:?}", world.tables().layers);
        prop_assert_eq!(world.tables().usage.provisioned, 0);
        prop_assert!(nonzero(&world.tables().usage).stored.is_empty());
    }
}
