//! Gateways, and when they have come to rest.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hearth::store::Store;

use super::{Api, HEARTH, Process, Sim, free_port, http};

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

    /// `hearth db migrate`, which a database server needs.
    pub fn migrate(&self) {
        let done = self.command(&["db", "migrate"]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
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
        Api::of(&self.url, self.http.clone())
    }
}

#[expect(clippy::disallowed_methods, reason = "as an operator does it")]
fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
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
