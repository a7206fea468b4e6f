//! Simulated clusters.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{HEARTH, Process, free_port, http};

pub struct Sim {
    pub name: String,
    pub endpoints: Vec<SocketAddr>,
    control: String,
    pub ca: String,
    pub jwt: String,
    http: reqwest::Client,
    _process: Process,
}

impl Sim {
    pub fn start(folder: &Path, name: &str, more: &[&str]) -> Self {
        let dir = folder.join(name);
        std::fs::create_dir_all(&dir).unwrap();
        let mut command = Command::new(HEARTH);
        command.args(["sim", "--nodes", "2", "--port", "0", "--name", name, "--dir"]).arg(&dir);
        command.args(["--ip-base", &network().to_string()]).args(more);
        let log = File::create(dir.join("log")).unwrap();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let process = Process(child);
        let mut sim = Self {
            name: name.to_owned(),
            endpoints: Vec::new(),
            control: String::new(),
            ca: String::new(),
            jwt: String::new(),
            http: http(),
            _process: process,
        };
        for line in said.lines() {
            let line = line.unwrap();
            let (what, value) = line.split_once(' ').unwrap();
            let value = value.trim();
            match what {
                "endpoint" => sim.endpoints.push(value.trim_start_matches("https://").parse().unwrap()),
                "control" => sim.control = value.to_owned(),
                "ca" => sim.ca = value.to_owned(),
                "jwt" => sim.jwt = value.to_owned(),
                "key" => break,
                _ => {}
            }
        }
        assert!(!sim.jwt.is_empty(), "{name} did not start");
        sim
    }

    pub(super) fn registration(&self) -> String {
        let endpoints: Vec<String> = self.endpoints.iter().map(|at| format!("\"{at}\"")).collect();
        format!(
            "[[cluster]]\nname = \"{}\"\nendpoints = [{}]\nca_file = \"{}\"\njwt_file = \"{}\"\n",
            self.name,
            endpoints.join(", "),
            self.ca,
            self.jwt
        )
    }

    pub async fn control(&self, method: reqwest::Method, path: &str, body: &Value) -> Value {
        let request = self.http.request(method, format!("{}{path}", self.control)).json(body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    pub async fn fault(&self, rules: Value) {
        self.control(reqwest::Method::POST, "/faults", &rules).await;
    }

    pub async fn heal(&self) {
        self.control(reqwest::Method::DELETE, "/faults", &Value::Null).await;
    }

    pub async fn truth(&self) -> Value {
        self.control(reqwest::Method::GET, "/truth", &Value::Null).await
    }
}

pub async fn truths(sims: &[Sim]) -> Vec<Value> {
    let mut all = Vec::new();
    for sim in sims {
        all.push(sim.truth().await);
    }
    all
}

/// Loopback addresses that follow from a port nobody else has at the moment.
fn network() -> Ipv4Addr {
    let port = free_port();
    Ipv4Addr::new(127, 64 + (port >> 8) as u8 % 128, (port & 255) as u8, 0)
}
