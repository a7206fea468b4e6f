//! hearth and simulated clusters as processes of their own, on loopback and free ports, each
//! killed by its own pid when it is dropped.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hearth::api::answers::exchange::Exchange;
use hearth::store::Store;
use serde_json::Value;

const HEARTH: &str = env!("CARGO_BIN_EXE_hearth");
pub const PROJECT: &str = "c0ffee";

/// One test at a time: each has a machine's worth of processes, and one of them measures.
pub async fn alone() -> tokio::sync::MutexGuard<'static, ()> {
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    ALONE.lock().await
}

/// A child that does not outlive us.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

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

    fn registration(&self) -> String {
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

/// One `hearth serve`: its configuration, and the process while it runs.
pub struct Gateway {
    folder: PathBuf,
    pub url: String,
    /// Of the database.
    pub store: String,
    process: Option<Process>,
    http: reqwest::Client,
    log: PathBuf,
}

impl Gateway {
    /// Registers the clusters; `more` is appended to the configuration, whose last table is
    /// `[fleet]`. Does not start.
    pub fn new(folder: &Path, name: &str, sims: &[Sim], database: Option<&str>, more: &str) -> Self {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let (port, admin_port) = (free_port(), free_port());
        let store =
            database.map_or_else(|| format!("sqlite://{}/hearth.db", folder.display()), str::to_owned);
        let clusters: String = sims.iter().map(Sim::registration).collect();
        let mut config = String::new();
        write!(
            config,
            "[server]\nlisten = \"127.0.0.1:{port}\"\nadmin_listen = \"127.0.0.1:{admin_port}\"\n\
             shutdown_grace = \"5s\"\n[database]\nurl = \"{store}\"\n[auth]\nstrategy = \"noauth\"\n\
             [quotas]\nvolumes = -1\nsnapshots = -1\ngigabytes = -1\n\
             [fleet]\nclusters_file = \"{}/clusters.toml\"\n{more}",
            folder.display()
        )
        .unwrap();
        write(&folder.join("hearth.toml"), &config);
        write(&folder.join("clusters.toml"), &clusters);
        let log = folder.join("log");
        Self { folder, url: format!("http://127.0.0.1:{port}"), store, process: None, http: http(), log }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(HEARTH);
        command.args(args).arg("--config").arg("hearth.toml").current_dir(&self.folder);
        command.stdin(Stdio::null());
        command
    }

    /// Until it serves.
    pub async fn start(&mut self) {
        let log = File::options().create(true).append(true).open(&self.log).unwrap();
        let child = self.command(&["serve"]).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        self.process = Some(Process(child));
        let began = Instant::now();
        let url = format!("{}/healthcheck", self.url);
        while !self.http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            let died = self.process.as_mut().unwrap().0.try_wait().unwrap();
            assert!(died.is_none(), "hearth ended: {died:?}\n{}", self.said());
            assert!(began.elapsed() < Duration::from_secs(60), "hearth does not serve\n{}", self.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// SIGKILL, and waits until the kernel has let go of it.
    pub fn kill(&mut self) {
        drop(self.process.take());
    }

    /// The end of its log.
    pub fn said(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    pub fn panics(&self) -> usize {
        std::fs::read_to_string(&self.log).unwrap_or_default().matches("panicked at").count()
    }

    pub fn api(&self) -> Api {
        Api { base: format!("{}/v3/{PROJECT}", self.url), http: self.http.clone() }
    }
}

/// A client of the volume API. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    base: String,
    http: reqwest::Client,
}

/// Status and body, or that nobody knows.
pub type Answer = Result<(u16, Value), String>;

impl Api {
    pub async fn call(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        request = request.header("OpenStack-API-Version", "volume 3.71");
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        let exchange = Exchange {
            method: &method,
            path: &format!("/v3/{PROJECT}{path}"),
            request: body.as_ref(),
            version: headers.get("openstack-api-version").and_then(|version| version.to_str().ok()),
            status,
            body: &text,
        };
        exchange.check().unwrap_or_else(|why| panic!("not as the API reference has it: {why}"));
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(reqwest::Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(reqwest::Method::POST, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(reqwest::Method::DELETE, path, None).await
    }
}

pub fn http() -> reqwest::Client {
    let timeout = Duration::from_secs(15);
    reqwest::Client::builder().no_proxy().timeout(timeout).build().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "as an operator does it")]
fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

/// A port nobody listens on, and that no connection gets by chance before we listen there: those
/// the kernel gives away begin at 32768, and other stages take theirs from 20000 on.
fn free_port() -> u16 {
    loop {
        let port = 10_000 + (uuid::Uuid::new_v4().as_u128() % 4_900) as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// Loopback addresses that follow from a port nobody else has at the moment.
fn network() -> Ipv4Addr {
    let port = free_port();
    Ipv4Addr::new(127, 64 + (port >> 8) as u8 % 128, (port & 255) as u8, 0)
}

/// All clusters are polled: from here on a volume fits somewhere.
pub async fn placeable(hearth: &Gateway, count: usize) {
    let store = Store::connect(&hearth.store, 1).await.unwrap();
    let began = Instant::now();
    loop {
        let clusters = store.read().await.unwrap().clusters().await.unwrap();
        if clusters.iter().filter(|cluster| cluster.capacity.is_some()).count() == count {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{clusters:?}\n{}", hearth.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until nothing is under way and nothing reserved; what is left then, the audit tells.
pub async fn quiet(store: &Store) {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(120) {
        let mut session = store.read().await.unwrap();
        let operations = session.operations(1000).await.unwrap().len();
        let clusters = session.clusters().await.unwrap();
        if operations == 0 && clusters.iter().all(|cluster| cluster.reserved.0 == 0) {
            return;
        }
        drop(session);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

pub async fn truths(sims: &[Sim]) -> Vec<Value> {
    let mut all = Vec::new();
    for sim in sims {
        all.push(sim.truth().await);
    }
    all
}

impl Gateway {
    /// `hearth db migrate`, which a database server needs.
    pub fn migrate(&self) {
        let done = self.command(&["db", "migrate"]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Api {
    /// Accepted; its id.
    pub async fn create(&self, fields: Value) -> String {
        let (status, body) = self.post("/volumes", serde_json::json!({"volume": fields})).await.unwrap();
        assert_eq!(status, 202, "{body}");
        body["volume"]["id"].as_str().unwrap().to_owned()
    }

    /// A snapshot, available; its id.
    pub async fn snapshot(&self, volume: &str) -> String {
        let body = serde_json::json!({"snapshot": {"volume_id": volume}});
        let (status, body) = self.post("/snapshots", body).await.unwrap();
        assert_eq!(status, 202, "{body}");
        let id = body["snapshot"]["id"].as_str().unwrap().to_owned();
        let began = Instant::now();
        loop {
            let (_, body) = self.get(&format!("/snapshots/{id}")).await.unwrap();
            if body["snapshot"]["status"] == "available" {
                return id;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{body}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Every volume of the project, by id.
    pub async fn volumes(&self) -> BTreeMap<String, Value> {
        let mut all = BTreeMap::new();
        let mut marker = String::new();
        loop {
            let (status, body) = self.get(&format!("/volumes/detail?limit=1000{marker}")).await.unwrap();
            assert_eq!(status, 200, "{body}");
            let page = body["volumes"].as_array().unwrap();
            let id = |volume: &Value| volume["id"].as_str().unwrap().to_owned();
            all.extend(page.iter().map(|volume| (id(volume), volume.clone())));
            if page.len() < 1000 {
                return all;
            }
            marker = format!("&marker={}", id(page.last().unwrap()));
        }
    }
}

/// These volumes once none of them is on its way any more.
pub async fn until_final(api: &Api, ids: &[String]) -> BTreeMap<String, Value> {
    let began = Instant::now();
    loop {
        let mut all = api.volumes().await;
        all.retain(|id, _| ids.contains(id));
        let on_the_way =
            all.values().filter(|volume| volume["status"].as_str().unwrap().ends_with("ing")).count();
        if on_the_way == 0 && all.len() == ids.iter().collect::<std::collections::BTreeSet<_>>().len() {
            return all;
        }
        assert!(
            began.elapsed() < Duration::from_secs(180),
            "{on_the_way} of {} are still on the way",
            ids.len()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// `count` requests, so many at a time.
pub async fn all_at_once<T, F>(count: usize, at_a_time: usize, ask: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T>,
{
    use futures::StreamExt as _;
    futures::stream::iter(0..count).map(ask).buffered(at_a_time).collect().await
}

/// A fresh database on the servers under test, as seen through each of two of them. `None`, and
/// a word about it, when there are none.
pub async fn database(name: &str) -> Option<[String; 2]> {
    let Ok(first) = std::env::var("HEARTH_TEST_MARIADB") else {
        println!("HEARTH_TEST_MARIADB is not set: two gateways on one database are not tried");
        return None;
    };
    let second = std::env::var("HEARTH_TEST_MARIADB_2").unwrap_or_else(|_| first.clone());
    let name = format!("hearth_{name}_{}", std::process::id());
    use sqlx::{Connection as _, Executor as _};
    let mut server = sqlx::MySqlConnection::connect(&first).await.unwrap();
    let create = format!("CREATE DATABASE {name} CHARACTER SET utf8mb4");
    server.execute(sqlx::AssertSqlSafe(create)).await.unwrap();
    let with_path = |url: &str| {
        let mut url = url::Url::parse(url).unwrap();
        url.set_path(&name);
        url.to_string()
    };
    let urls = [with_path(&first), with_path(&second)];
    // On the other Galera node it is there a little later.
    let began = Instant::now();
    while let Err(error) = sqlx::MySqlConnection::connect(&urls[1]).await {
        assert!(began.elapsed() < Duration::from_secs(20), "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Some(urls)
}
