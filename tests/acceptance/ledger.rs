//! What the clients were told, and what they asked without being told anything.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// Whether a request was accepted. Of one whose answer was lost nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    Yes,
    No,
    Perhaps,
}

#[derive(Debug, Clone)]
pub struct Promise {
    pub deleted: Heard,
    /// Sizes it may have in the end: the last that was promised, and those asked for since
    /// without an answer.
    pub sizes: Vec<u64>,
}

#[derive(Debug, Default)]
pub struct Ledger {
    pub volumes: Mutex<BTreeMap<String, Promise>>,
    pub snapshots: Mutex<BTreeMap<String, Promise>>,
    /// Hosts let in the old way, by volume and NQN: in, out, or nobody knows.
    pub hosts: Mutex<BTreeMap<(String, String), Option<bool>>>,
    /// What should never have been answered.
    pub wrong: Mutex<Vec<String>>,
    counts: Mutex<BTreeMap<String, u64>>,
}

impl Ledger {
    pub fn volume(&self, id: &str, size: u64) {
        self.volumes.lock().unwrap().insert(id.to_owned(), Promise { deleted: Heard::No, sizes: vec![size] });
    }

    pub fn snapshot(&self, id: &str, size: u64) {
        self.snapshots
            .lock()
            .unwrap()
            .insert(id.to_owned(), Promise { deleted: Heard::No, sizes: vec![size] });
    }

    pub fn grown(&self, id: &str, size: u64, heard: Heard) {
        let mut volumes = self.volumes.lock().unwrap();
        let promise = volumes.get_mut(id).unwrap();
        match heard {
            Heard::Yes => promise.sizes = vec![size],
            Heard::Perhaps => promise.sizes.push(size),
            Heard::No => {}
        }
    }

    pub fn volume_deleted(&self, id: &str, heard: Heard) {
        deleted(&mut self.volumes.lock().unwrap(), id, heard);
    }

    pub fn snapshot_deleted(&self, id: &str, heard: Heard) {
        deleted(&mut self.snapshots.lock().unwrap(), id, heard);
    }

    pub fn is_deleted(&self, id: &str) -> Heard {
        self.volumes.lock().unwrap().get(id).map_or(Heard::Perhaps, |promise| promise.deleted)
    }

    pub fn host(&self, volume: &str, nqn: &str, is_in: Option<bool>) {
        self.hosts.lock().unwrap().insert((volume.to_owned(), nqn.to_owned()), is_in);
    }

    pub fn wrong(&self, what: String) {
        self.wrong.lock().unwrap().push(what);
    }

    pub fn count(&self, what: &str, status: Option<u16>) {
        let key = status.map_or_else(|| format!("{what} lost"), |status| format!("{what} {status}"));
        *self.counts.lock().unwrap().entry(key).or_default() += 1;
    }

    pub fn summary(&self) -> String {
        let counts = self.counts.lock().unwrap();
        let each: Vec<String> = counts.iter().map(|(what, times)| format!("{what}: {times}")).collect();
        each.join(", ")
    }
}

fn deleted(all: &mut BTreeMap<String, Promise>, id: &str, heard: Heard) {
    let promise = all.get_mut(id).unwrap();
    if heard == Heard::Yes || (heard == Heard::Perhaps && promise.deleted == Heard::No) {
        promise.deleted = heard;
    }
}
