//! A folder with a database, a registrations file, simulated clusters and fleets that watch them.

use std::future::Future;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use hearth::domain::cluster::{Cluster, PlacementTraits};
use hearth::domain::{Clock, ClusterId};
use hearth::fleet::health::Thresholds;
use hearth::fleet::registrations::{Defaults, Registry};
use hearth::fleet::{Fleet, Settings};
use hearth::simulator::{self, Options, Running};
use hearth::store::Store;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(20);

pub struct Bench {
    pub folder: tempfile::TempDir,
    pub store: Store,
    running: Vec<(CancellationToken, tokio::task::JoinHandle<()>)>,
}

impl Bench {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store =
            Store::connect(&format!("sqlite://{}/hearth.db", folder.path().display()), 4).await.unwrap();
        store.migrate(&Clock::System).await.unwrap();
        Self { folder, store, running: Vec::new() }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("clusters.toml")
    }

    pub fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "as an editor does it")]
    pub fn write(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }

    /// A fleet that is not running; `owner` names the replica.
    pub fn fleet(&self, owner: &str) -> Fleet {
        self.fleet_at(owner, self.file())
    }

    pub fn fleet_at(&self, owner: &str, file: PathBuf) -> Fleet {
        let traits = PlacementTraits { default_replicas: 2, ..PlacementTraits::default() };
        let defaults = Defaults { traits, folder: self.folder.path().to_owned() };
        let settings = Settings {
            reload_interval: Duration::from_millis(50),
            poll_interval: Duration::from_millis(50),
            list_interval: Duration::from_millis(150),
            probe_interval: Duration::from_millis(20),
            probe_timeout: Duration::from_millis(1000),
            thresholds: Thresholds { trust_time: Duration::from_millis(200), ..Thresholds::default() },
            lease: Duration::from_millis(1500),
            ..Settings::default()
        };
        Fleet::new(self.store.clone(), Registry::new(file, defaults), settings, Clock::System, owner)
    }

    /// Runs it until the bench is dropped, or `halt`ed.
    pub fn run(&mut self, fleet: &Fleet) -> usize {
        let (stop, fleet) = (CancellationToken::new(), fleet.clone());
        let until = stop.clone();
        self.running.push((stop, tokio::spawn(async move { fleet.run(until).await })));
        self.running.len() - 1
    }

    pub async fn halt(&mut self, which: usize) {
        let (stop, task) = &mut self.running[which];
        stop.cancel();
        tokio::time::timeout(PATIENCE, task).await.unwrap().unwrap();
    }

    pub async fn row(&self, id: ClusterId) -> Option<Cluster> {
        let rows = self.store.read().await.unwrap().clusters().await.unwrap();
        rows.into_iter().find(|cluster| cluster.id == id)
    }

    /// The row, as soon as it is so.
    pub async fn row_when(&self, id: ClusterId, so: impl Fn(&Cluster) -> bool) -> Cluster {
        let found = async || self.row(id).await.filter(|row| so(row));
        eventually("a row", found).await
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        for (stop, _) in &self.running {
            stop.cancel();
        }
    }
}

/// Asks again until there is an answer.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

static NEXT: AtomicU8 = AtomicU8::new(1);

pub struct Sim {
    pub options: Options,
    running: Option<Running>,
    folder: tempfile::TempDir,
}

impl Sim {
    /// Three nodes on loopback addresses of their own.
    pub async fn start(name: &str) -> Self {
        Self::start_with(name, |_| ()).await
    }

    pub async fn start_with(name: &str, change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let net = NEXT.fetch_add(1, Ordering::SeqCst);
        let mut options = Options {
            name: name.to_owned(),
            ip_base: Ipv4Addr::new(127, 77, net, 0),
            ..Options::new(folder.path())
        };
        change(&mut options);
        let mut sim = Self { options, running: None, folder };
        sim.up().await;
        sim
    }

    pub async fn up(&mut self) {
        let running = simulator::start(self.options.clone()).await.unwrap();
        // The same port the next time.
        self.options.port = running.endpoints()[0].port();
        self.running = Some(running);
    }

    pub async fn down(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    pub fn at_work(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub fn id(&self) -> ClusterId {
        ClusterId::from_uuid(self.at_work().uuid())
    }

    /// A `[[cluster]]` of that name.
    pub fn entry(&self, name: &str) -> String {
        let running = self.at_work();
        let endpoints: Vec<String> = running.endpoints().iter().map(|e| format!("\"{e}\"")).collect();
        format!(
            "# {name}, simulated\n[[cluster]]\nname = \"{name}\"\nendpoints = [{}]\nca_file = \"{}\"\njwt_file = \"{}\"\n",
            endpoints.join(", "),
            running.ca().display(),
            running.keys().system_jwt.display()
        )
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}
