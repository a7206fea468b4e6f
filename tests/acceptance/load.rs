//! One client: a few volumes of its own, and everything that can be done to them.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::gateway::{Answer, Api};
use crate::ledger::{Heard, Ledger};
use crate::visits::Visit;

/// Volumes a client has at a time.
const MOST: usize = 7;

pub struct Client {
    pub api: Api,
    pub ledger: Arc<Ledger>,
    pub dice: StdRng,
    pub volumes: Vec<Mine>,
}

#[derive(Clone)]
pub struct Mine {
    pub id: String,
    size: u64,
    /// Newest last.
    snapshots: Vec<String>,
    /// A request about it was lost, so that what is in here may be wrong.
    unsure: bool,
    pub visit: Option<Visit>,
}

pub async fn client(api: Api, ledger: Arc<Ledger>, seed: u64, stop: CancellationToken) {
    let mut client = Client { api, ledger, dice: StdRng::seed_from_u64(seed), volumes: Vec::new() };
    while !stop.is_cancelled() {
        client.act().await;
        tokio::time::sleep(Duration::from_millis(client.dice.random_range(0..60))).await;
    }
}

impl Client {
    async fn act(&mut self) {
        if self.volumes.is_empty() || (self.volumes.len() < MOST && self.dice.random_bool(0.3)) {
            let size = self.dice.random_range(1..5u64);
            return self.create(json!({"size": size})).await;
        }
        let at = self.dice.random_range(0..self.volumes.len());
        if self.volumes[at].visit.is_some() && self.dice.random_bool(0.7) {
            return self.visit(at).await;
        }
        // Mostly what can be accepted; now and then whatever comes.
        if self.dice.random_bool(0.9) && !self.is_available(at).await {
            return;
        }
        match self.dice.random_range(0..100) {
            _ if self.dice.random_bool(0.15) => self.visit(at).await,
            0..15 => self.create_from(at).await,
            15..35 => self.extend(at).await,
            35..55 => self.snapshot(at).await,
            55..65 => self.revert(at).await,
            65..75 => self.delete_snapshot(at).await,
            75..94 if self.volumes[at].snapshots.is_empty() => self.delete(at, "").await,
            75..94 => self.delete(at, "?cascade=true").await,
            _ => self.force(at).await,
        }
    }

    async fn is_available(&self, at: usize) -> bool {
        let answer = self.api.get(&format!("/volumes/{}", self.volumes[at].id)).await;
        matches!(answer, Ok((200, body)) if body["volume"]["status"] == "available")
    }

    /// What was heard of a request that is answered with 202 or refused.
    pub fn heard(&self, what: &str, answer: &Answer) -> Heard {
        match answer {
            Ok((status, body)) => {
                self.ledger.count(what, Some(*status));
                match status {
                    200 | 202 | 204 => Heard::Yes,
                    400 | 404 | 409 | 503 => Heard::No,
                    _ => {
                        self.ledger.wrong(format!("{what}: {status} {body}"));
                        Heard::Perhaps
                    }
                }
            }
            Err(_) => {
                self.ledger.count(what, None);
                Heard::Perhaps
            }
        }
    }

    async fn create(&mut self, fields: Value) {
        let answer = self.api.post("/volumes", json!({"volume": fields})).await;
        if self.heard("create", &answer) == Heard::Yes {
            let volume = &answer.unwrap().1["volume"];
            let (id, size) = (volume["id"].as_str().unwrap().to_owned(), volume["size"].as_u64().unwrap());
            self.ledger.volume(&id, size);
            self.volumes.push(Mine { id, size, snapshots: Vec::new(), unsure: false, visit: None });
        }
    }

    async fn create_from(&mut self, at: usize) {
        if self.volumes.len() >= 2 * MOST {
            return self.delete(at, "").await;
        }
        let mine = &self.volumes[at];
        let fields = match mine.snapshots.last() {
            Some(snapshot) if self.dice.random_bool(0.5) => json!({"snapshot_id": snapshot}),
            _ => json!({"source_volid": mine.id, "size": mine.size + self.dice.random_range(0..2u64)}),
        };
        self.create(fields).await;
    }

    async fn extend(&mut self, at: usize) {
        let (id, size) = (self.volumes[at].id.clone(), self.volumes[at].size + 1);
        let heard = self.action(&id, "extend", json!({"os-extend": {"new_size": size}})).await;
        self.ledger.grown(&id, size, heard);
        if heard != Heard::No {
            self.volumes[at].size = size;
        }
        self.note(at, heard);
    }

    async fn snapshot(&mut self, at: usize) {
        let mine = &self.volumes[at];
        let body = json!({"snapshot": {"volume_id": mine.id, "force": true}});
        let answer = self.api.post("/snapshots", body).await;
        let heard = self.heard("snapshot", &answer);
        if heard == Heard::Yes {
            let snapshot = &answer.unwrap().1["snapshot"];
            let id = snapshot["id"].as_str().unwrap().to_owned();
            self.ledger.snapshot(&id, snapshot["size"].as_u64().unwrap());
            self.volumes[at].snapshots.push(id);
        }
        self.note(at, heard);
    }

    async fn revert(&mut self, at: usize) {
        let Some(snapshot) = self.volumes[at].snapshots.last().cloned() else {
            return self.snapshot(at).await;
        };
        let id = self.volumes[at].id.clone();
        let heard = self.action(&id, "revert", json!({"revert": {"snapshot_id": snapshot}})).await;
        self.note(at, heard);
    }

    async fn delete_snapshot(&mut self, at: usize) {
        let Some(snapshot) = self.volumes[at].snapshots.pop() else {
            return self.snapshot(at).await;
        };
        let answer = self.api.delete(&format!("/snapshots/{snapshot}")).await;
        let heard = self.heard("delete snapshot", &answer);
        self.ledger.snapshot_deleted(&snapshot, heard);
        if heard == Heard::No {
            self.volumes[at].snapshots.push(snapshot);
        }
        self.note(at, heard);
    }

    async fn delete(&mut self, at: usize, how: &str) {
        let id = self.volumes[at].id.clone();
        let answer = self.api.delete(&format!("/volumes/{id}{how}")).await;
        let heard = self.heard(if how.is_empty() { "delete" } else { "cascade" }, &answer);
        if matches!(answer, Ok((404, _))) && self.ledger.is_deleted(&id) == Heard::No {
            self.ledger.wrong(format!("volume {id} was lost"));
        }
        self.deleted(at, heard);
    }

    /// In whatever status it is; mostly just after it was made.
    async fn force(&mut self, at: usize) {
        let at = if self.dice.random_bool(0.7) { self.volumes.len() - 1 } else { at };
        let id = self.volumes[at].id.clone();
        let heard = self.action(&id, "force", json!({"os-force_delete": {}})).await;
        self.deleted(at, heard);
    }

    fn deleted(&mut self, at: usize, heard: Heard) {
        let id = self.volumes[at].id.clone();
        self.ledger.volume_deleted(&id, heard);
        if heard != Heard::No {
            // Its snapshots go with it, or it is refused.
            for snapshot in &self.volumes[at].snapshots {
                self.ledger.snapshot_deleted(snapshot, heard);
            }
            self.volumes.swap_remove(at);
        }
    }

    async fn action(&self, id: &str, what: &str, body: Value) -> Heard {
        let answer = self.api.post(&format!("/volumes/{id}/action"), body).await;
        self.heard(what, &answer)
    }

    /// One that something may have happened to without our knowing is left alone from then on.
    fn note(&mut self, at: usize, heard: Heard) {
        self.volumes[at].unsure |= heard == Heard::Perhaps;
        if self.volumes[at].unsure && self.volumes.len() > MOST / 2 {
            self.volumes.swap_remove(at);
        }
    }
}
