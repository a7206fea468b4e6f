//! Hosts that come to a volume and go again, in the new way and in the old one, a request at a
//! time, so that anything may happen in between.

use serde_json::{Value, json};

use crate::gateway::Answer;
use crate::ledger::Heard;
use crate::load::Client;
use rand::RngExt as _;

/// How far a host has come.
#[derive(Clone)]
pub enum Visit {
    Reserved(String),
    LetIn(String),
    Attached(String),
    /// An attachment may have been made that we do not know.
    Lost,
    /// The old way: the next of its requests, and the host.
    Old(usize, String),
}

const OLD_WAY: [&str; 6] = [
    "os-reserve",
    "os-initialize_connection",
    "os-attach",
    "os-begin_detaching",
    "os-terminate_connection",
    "os-detach",
];

fn nqn() -> String {
    format!("nqn.2014-08.org.nvmexpress:uuid:{}", uuid::Uuid::new_v4())
}

fn connector(nqn: &str) -> Value {
    json!({"nqn": nqn, "host": "compute", "host_ips": ["10.1.2.3"], "initiator": "iqn.x"})
}

fn is_status(answer: &Answer, wanted: u16) -> bool {
    matches!(answer, Ok((status, _)) if *status == wanted)
}

impl Client {
    /// The next request of the visit under way, or the first of a new one.
    pub async fn visit(&mut self, at: usize) {
        let next = match self.volumes[at].visit.take() {
            None => self.begin_visit(at).await,
            Some(Visit::Lost) => self.find_lost(at).await,
            Some(Visit::Old(step, host)) => self.old_way(at, step, host).await,
            Some(Visit::Reserved(id)) if self.dice.random_bool(0.8) => self.let_in(&id).await,
            Some(Visit::LetIn(id)) if self.dice.random_bool(0.2) => self.let_in(&id).await,
            Some(Visit::LetIn(id)) if self.dice.random_bool(0.8) => self.complete(id).await,
            Some(Visit::Reserved(id) | Visit::LetIn(id) | Visit::Attached(id)) => self.leave(id).await,
        };
        self.volumes[at].visit = next;
    }

    async fn begin_visit(&mut self, at: usize) -> Option<Visit> {
        if self.dice.random_bool(0.3) {
            return self.old_way(at, 0, nqn()).await;
        }
        let at_once = self.dice.random_bool(0.5);
        let server = uuid::Uuid::new_v4().to_string();
        let mut body = json!({"volume_uuid": self.volumes[at].id, "instance_uuid": server});
        if at_once {
            body["connector"] = connector(&nqn());
        }
        let answer = self.api.post("/attachments", json!({"attachment": body})).await;
        match self.heard("attach", &answer) {
            Heard::Yes => {
                let id = answer.unwrap().1["attachment"]["id"].as_str().unwrap().to_owned();
                Some(if at_once { Visit::LetIn(id) } else { Visit::Reserved(id) })
            }
            // Late is not refused: the operation goes on.
            Heard::No if !is_status(&answer, 503) => None,
            Heard::No | Heard::Perhaps => Some(Visit::Lost),
        }
    }

    async fn find_lost(&mut self, at: usize) -> Option<Visit> {
        let answer = self.api.get(&format!("/attachments?volume_id={}", self.volumes[at].id)).await;
        let Ok((200, body)) = answer else { return Some(Visit::Lost) };
        let first = body["attachments"].as_array().unwrap().first();
        first.map(|attachment| Visit::Attached(attachment["id"].as_str().unwrap().to_owned()))
    }

    async fn let_in(&mut self, id: &str) -> Option<Visit> {
        let path = format!("/attachments/{id}");
        let body = json!({"attachment": {"connector": connector(&nqn())}});
        let answer = self.api.call(reqwest::Method::PUT, &path, Some(body)).await;
        let let_in = self.heard("let in", &answer) == Heard::Yes;
        let gone = is_status(&answer, 404);
        let id = id.to_owned();
        (!gone).then_some(if let_in { Visit::LetIn(id) } else { Visit::Attached(id) })
    }

    async fn complete(&mut self, id: String) -> Option<Visit> {
        let answer = self.api.post(&format!("/attachments/{id}/action"), json!({"os-complete": null})).await;
        self.heard("complete", &answer);
        (!is_status(&answer, 404)).then_some(Visit::Attached(id))
    }

    async fn leave(&mut self, id: String) -> Option<Visit> {
        let answer = self.api.delete(&format!("/attachments/{id}")).await;
        let gone = self.heard("detach", &answer) == Heard::Yes || is_status(&answer, 404);
        (!gone).then_some(Visit::Attached(id))
    }

    async fn old_way(&mut self, at: usize, step: usize, host: String) -> Option<Visit> {
        let what = *OLD_WAY.get(step)?;
        let volume = self.volumes[at].id.clone();
        let fields = match what {
            "os-initialize_connection" | "os-terminate_connection" => json!({"connector": connector(&host)}),
            "os-attach" => json!({"host_name": "compute", "mountpoint": "/dev/vdb"}),
            _ => json!({}),
        };
        let moves = what.contains("connection");
        if moves {
            self.ledger.host(&volume, &host, None);
        }
        let answer = self.api.post(&format!("/volumes/{volume}/action"), json!({what: fields})).await;
        let heard = self.heard(what, &answer);
        if moves && heard == Heard::Yes {
            self.ledger.host(&volume, &host, Some(what == "os-initialize_connection"));
        }
        let refused = heard == Heard::No && !is_status(&answer, 503);
        if step == 0 && !refused {
            self.ledger.host(&volume, &host, None);
        }
        let gone = is_status(&answer, 404) || (step == 0 && refused);
        // Taking off is asked for until it is heard.
        let again = what == "os-terminate_connection" && heard != Heard::Yes && !refused;
        (!gone).then_some(Visit::Old(if again { step } else { step + 1 }, host))
    }
}
