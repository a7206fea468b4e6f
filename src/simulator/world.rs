//! The state behind one lock: rules decide, the journal keeps, the tables apply.
//!
//! A node that answers stale reads has tables of its own, to which the same records come later
//! or not at all.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use super::data::Data;
use super::journal::Journal;
use super::model::{Identity, Node, Project, Record, Tables};
use super::options::Options;
use super::refusal::{Refusal, Result};
use super::rules::{Fate, Moment, due, policies, projects};
use crate::domain::Timestamp;

#[derive(Debug)]
pub struct World {
    options: Arc<Options>,
    tables: Tables,
    journal: Journal,
    data: Data,
    followers: HashMap<u16, Follower>,
    turn: u64,
    changes: watch::Sender<()>,
}

/// How far a node's reads are behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    Frozen,
    By(Duration),
}

#[derive(Debug)]
struct Follower {
    lag: Lag,
    tables: Tables,
    queue: VecDeque<(Timestamp, Vec<Record>)>,
}

impl Follower {
    fn catch_up(&mut self, now: Timestamp) {
        let Lag::By(lag) = self.lag else { return };
        while self.queue.front().is_some_and(|(at, _)| at.plus(lag) <= now) {
            let records = self.queue.pop_front().map(|(_, records)| records).unwrap_or_default();
            records.into_iter().for_each(|record| self.tables.apply(record));
        }
    }
}

impl World {
    /// Opens the folder; the first time it gets an identity, projects and a default policy.
    pub fn open(options: Options) -> anyhow::Result<Self> {
        let options = Arc::new(options);
        let (journal, tables) = Journal::open(&options.dir)?;
        let data = Data::open(&options.dir, &tables);
        let (followers, changes) = (HashMap::new(), watch::Sender::new(()));
        let mut world = Self { options, tables, journal, data, followers, turn: 0, changes };
        let mut records = Vec::new();
        let created = world.options.clock.now();
        let fresh = || Identity { uuid: Uuid::new_v4(), created, port: 0, data_port: 0 };
        let identity = world.tables.identity.clone().unwrap_or_else(fresh);
        if world.tables.identity.is_none() {
            records.extend(first_records(&identity));
            records
                .push(Record::Setting { name: "ClusterName".to_owned(), value: world.options.name.clone() });
        }
        let unknown = (0..world.options.nodes).filter(|index| !world.tables.nodes.contains_key(index));
        records.extend(unknown.map(|index| Record::Node(Node::new(identity.uuid, index))));
        // A cluster that was restarted with fewer nodes has lost the others.
        world.tables.nodes.retain(|index, _| *index < world.options.nodes);
        world.commit(created, records)?;
        Ok(world)
    }

    /// The options with the port that was found free.
    pub fn settle_on(&mut self, options: Arc<Options>) {
        self.options = options;
    }
    pub fn identity(&self) -> Identity {
        let nobody = || Identity { uuid: Uuid::nil(), created: Timestamp(0), port: 0, data_port: 0 };
        self.tables.identity.clone().unwrap_or_else(nobody)
    }
    pub const fn tables(&self) -> &Tables {
        &self.tables
    }

    pub const fn data(&self) -> &Data {
        &self.data
    }
    /// Wakes up whenever something but the contents of volumes has changed.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Reads as `node` would answer; `None` is the truth.
    pub fn read<T>(&mut self, node: Option<u16>, question: impl FnOnce(&Moment<'_>) -> T) -> Result<T> {
        let now = self.settle()?;
        let follower = node.and_then(|node| self.followers.get_mut(&node));
        let tables = match follower {
            Some(follower) => {
                follower.catch_up(now);
                &follower.tables
            }
            None => &self.tables,
        };
        Ok(question(&Moment { tables, options: &self.options, now, turn: self.turn, fate: Fate::Good }))
    }

    /// Lets a rule decide and keeps what it decided.
    pub fn write<T>(
        &mut self,
        fate: Fate,
        rule: impl FnOnce(&Moment<'_>) -> Result<(Vec<Record>, T)>,
    ) -> Result<T> {
        let now = self.settle()?;
        self.turn += 1;
        let at = Moment { tables: &self.tables, options: &self.options, now, turn: self.turn, fate };
        let (records, answer) = rule(&at)?;
        self.keep(now, records)?;
        Ok(answer)
    }

    pub fn set_lag(&mut self, node: u16, lag: Option<Lag>) {
        match lag {
            None => drop(self.followers.remove(&node)),
            Some(lag) => {
                let fresh = || Follower { lag, tables: self.tables.clone(), queue: VecDeque::new() };
                self.followers.entry(node).or_insert_with(fresh).lag = lag;
            }
        }
    }

    /// Ends every state whose time has come, in the order of their times.
    fn settle(&mut self) -> Result<Timestamp> {
        let now = self.options.clock.now();
        while let Some((at, what)) = self.tables.due.first().copied().filter(|(at, _)| *at <= now) {
            self.turn += 1;
            // As of then: what follows from it may be over by now too.
            let moment = Moment {
                tables: &self.tables,
                options: &self.options,
                now: at,
                turn: self.turn,
                fate: Fate::Good,
            };
            let records = due::finish(&moment, what);
            // First, so that a rule that forgot to move the time on does not spin here for ever.
            self.tables.due.remove(&(at, what));
            self.keep(now, records)?;
        }
        Ok(now)
    }

    fn keep(&mut self, now: Timestamp, records: Vec<Record>) -> Result<()> {
        self.commit(now, records).map_err(|error| {
            tracing::error!(%error, "the simulator cannot write its journal");
            Refusal::internal("the cluster cannot persist its state")
        })
    }

    fn commit(&mut self, now: Timestamp, records: Vec<Record>) -> anyhow::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        self.journal.append(&records)?;
        self.data.follow(&self.tables, &records);
        let is_content = |record: &Record| matches!(record, Record::Written { .. } | Record::Erased { .. });
        if !records.iter().all(is_content) {
            self.changes.send_replace(());
        }
        for follower in self.followers.values_mut() {
            follower.queue.push_back((now, records.clone()));
        }
        records.into_iter().for_each(|record| self.tables.apply(record));
        if self.journal.wants_compaction() {
            self.journal.compact(&self.tables)?;
        }
        Ok(())
    }
}

fn first_records(identity: &Identity) -> Vec<Record> {
    let mut records = vec![Record::Identity(identity.clone())];
    records.extend(projects::BUILT_IN.map(|name| {
        Record::Project(Project {
            uuid: Uuid::new_v5(&identity.uuid, name.as_bytes()),
            name: name.to_owned(),
            description: String::new(),
            default_policy: None,
        })
    }));
    let policy = policies::no_limit(identity.uuid);
    records.push(Record::Setting { name: "DefaultQoSName".to_owned(), value: policy.name.clone() });
    records.push(Record::Policy(policy));
    let flags = ["event-log", "evict-data", "fail-in-place", "in-band-authentication", "proactive-rebalance"];
    records.extend(flags.map(|name| Record::Flag { name: name.to_owned(), enabled: name == "event-log" }));
    let settings = [("DurationToTurnIntoPermanentFailure", "20m"), ("EnableTrim", "true")];
    records.extend(
        settings.map(|(name, value)| Record::Setting { name: name.to_owned(), value: value.to_owned() }),
    );
    records
}
