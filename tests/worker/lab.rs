//! Clusters, a database, and one gateway process after another ("lives"): services and worker
//! without the HTTP edge. A life has a runtime of its own, so that it can be killed: then every
//! task of it is gone at whatever await it had reached, and only the database is left.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use hearth::backup::Vault;
use hearth::datapath::DataPath;
use hearth::domain::cluster::{Capacity, Cluster as ClusterView, Observed, PlacementTraits};
use hearth::domain::volume::{NewVolume, Volume};
use hearth::domain::{Bytes, Clock, ClusterId, ClusterName, Ctx, Gib, LightosProject, ProjectId, UserId};
use hearth::fleet::Clients;
use hearth::image::Glance;
use hearth::lightbits::{self, Credentials, Endpoint, RsaKey, Timeouts, TlsTrust};
use hearth::service::Services;
use hearth::simulator::{self, Options, ROOT_KID, Running, Timings};
use hearth::store::{Dispatch, PollResult, Store};
use hearth::worker::{Settings, Worker};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub const PATIENCE: Duration = Duration::from_secs(40);
/// Of the worker: longer than any delay of a fault rule here, shorter than patience.
pub const DOUBT: Duration = Duration::from_millis(400);

pub struct Lab {
    runtime: Runtime,
    pub sims: Vec<Running>,
    folder: tempfile::TempDir,
    http: reqwest::Client,
    life: Option<Life>,
    pub clock: Clock,
    /// Where Nova is found, for the next life.
    pub keystone: Option<String>,
    /// What the next life copies through.
    pub data_path: Option<DataPath>,
    /// Where it keeps backups.
    pub backups: Option<Vault>,
    /// Where the next life finds images.
    pub images: Option<Glance>,
}

/// A gateway process, without its edge.
pub struct Life {
    pub runtime: Runtime,
    pub store: Store,
    pub services: Services,
    pub clients: Clients,
    worker: Worker,
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

static NEXT: AtomicU8 = AtomicU8::new(1);

impl Lab {
    pub fn new(clusters: usize) -> Self {
        Self::with(clusters, |_| {})
    }

    pub fn with(clusters: usize, change: impl Fn(&mut Options)) -> Self {
        let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
        let sims = (0..clusters).map(|n| {
            let mut options = Options {
                name: format!("lb{n}"),
                ip_base: Ipv4Addr::new(127, 78, NEXT.fetch_add(1, Ordering::SeqCst), 0),
                timings: Timings { husk: Duration::from_secs(600), ..Timings::all(Duration::from_millis(2)) },
                ..Options::new(folder.path().join(format!("lb{n}")))
            };
            change(&mut options);
            runtime.block_on(simulator::start(options)).unwrap()
        });
        let sims = sims.collect();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut lab = Self {
            runtime,
            sims,
            folder,
            http,
            life: None,
            clock: Clock::System,
            keystone: None,
            data_path: None,
            backups: None,
            images: None,
        };
        lab.begin();
        lab.poll();
        lab
    }

    /// A process that shares the database with whatever else lives.
    pub fn another(&self) -> Life {
        let url = format!("sqlite://{}/hearth.db", self.folder.path().display());
        let runtime = runtime();
        let clock = self.clock.clone();
        let (store, clients, services, worker) = runtime.block_on(async {
            let store = Store::connect(&url, 4).await.unwrap();
            store.migrate(&clock).await.unwrap();
            let clients = Clients::default();
            for (n, sim) in self.sims.iter().enumerate() {
                clients.put(ClusterId::from_uuid(sim.uuid()), &client(n, sim));
            }
            let (dispatch, announced) = Dispatch::new();
            let compute = self.keystone.as_deref().map(crate::fake_nova::compute);
            let services = Services {
                store: store.clone(),
                dispatch: dispatch.clone(),
                settings: Arc::new(hearth::service::Settings {
                    backup_service: self.backups.as_ref().map(|_| hearth::domain::backup::SERVICE),
                    ..without_limits()
                }),
                clock: clock.clone(),
                compute: compute.clone(),
                images: self.images.clone(),
            };
            let settings = Settings {
                sweep: Duration::from_millis(50),
                doubt: DOUBT,
                compute,
                data_path: self.data_path.clone(),
                backups: self.backups.clone(),
                images: self.images.clone(),
                ..Settings::default()
            };
            let worker = Worker::new(store.clone(), clients.clone(), dispatch, clock, settings);
            worker.start(announced);
            (store, clients, services, worker)
        });
        Life { runtime, store, services, clients, worker }
    }

    fn begin(&mut self) {
        let life = self.another();
        // One process owns the file, as `hearth serve` sees to by a lock.
        life.runtime.block_on(life.store.drop_all_leases()).unwrap();
        self.life = Some(life);
    }

    /// Every task of the process is gone, wherever it was; nothing is told to anybody.
    pub fn kill(&mut self) {
        // What is left of it (connections) wants a runtime to be dropped in.
        let _in = self.runtime.enter();
        let Life { runtime, store, services, clients, worker } = self.life.take().unwrap();
        runtime.shutdown_timeout(Duration::from_secs(5));
        drop((store, services, clients, worker));
    }

    pub fn kill_and_restart(&mut self) {
        self.kill();
        self.restart();
    }

    pub fn restart(&mut self) {
        self.begin();
    }

    /// The process ends as it should.
    pub fn stop(&mut self) {
        let _in = self.runtime.enter();
        self.life.take().unwrap().stop();
    }

    /// On the runtime that outlives every gateway.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub fn life(&self) -> &Life {
        self.life.as_ref().unwrap()
    }

    pub fn ask(&self, sim: usize, method: reqwest::Method, path: &str, body: &Value) -> Value {
        let url = format!("http://{}{path}", self.sims[sim].control());
        self.runtime.block_on(async {
            let answer = self.http.request(method, url).json(body).send().await.unwrap();
            assert!(answer.status().is_success(), "{path}");
            answer.json().await.unwrap()
        })
    }

    /// The next call of this kind suffers; on every cluster.
    pub fn fault(&self, operation: &str, action: &Value) {
        self.rule(&json!({"match": {"operation": operation}, "action": action, "count": 1}));
    }

    pub fn rule(&self, rule: &Value) {
        for sim in 0..self.sims.len() {
            self.ask(sim, reqwest::Method::POST, "/faults", &json!({"rules": [rule]}));
        }
    }

    /// The rules that have not hit yet, no longer in force.
    pub fn set_rules_aside(&self) -> Value {
        let rules = self.ask(0, reqwest::Method::GET, "/faults", &Value::Null)["rules"].clone();
        self.heal();
        rules
    }

    pub fn put_rules_back(&self, rules: &Value) {
        for sim in 0..self.sims.len() {
            self.ask(sim, reqwest::Method::POST, "/faults", &json!({"rules": rules}));
        }
    }

    pub fn heal(&self) {
        for sim in 0..self.sims.len() {
            self.ask(sim, reqwest::Method::DELETE, "/faults", &Value::Null);
        }
    }

    /// How often any rule has hit, ever.
    pub fn hits(&self) -> u64 {
        let of = |sim| self.ask(sim, reqwest::Method::GET, "/faults", &Value::Null);
        (0..self.sims.len()).map(|sim| of(sim)["hits"].as_u64().unwrap()).sum()
    }

    /// Somebody else's volume under this name, on the first cluster.
    pub fn make_foreign(&self, name: &str) {
        self.make_foreign_of(name, Gib(7).bytes());
    }

    pub fn make_foreign_of(&self, name: &str, size: Bytes) {
        let foreign = lightbits::CreateVolume {
            project: LightosProject::new("default"),
            name: name.to_owned(),
            size,
            replicas: 2,
            compression: false,
            acl: lightbits::Acl::Nobody,
            ip_acl: lightbits::Acl::Nobody,
            source: None,
            qos: None,
            labels: hearth::domain::Metadata::new(),
        };
        let rules = self.set_rules_aside();
        let lane = hearth::domain::operation::Lane::User;
        let made = self.runtime.block_on(client(0, &self.sims[0]).create_volume(lane, &foreign));
        assert!(matches!(made, lightbits::Outcome::Done(_)), "{made:?}");
        self.put_rules_back(&rules);
    }

    pub fn truth(&self, sim: usize) -> Value {
        self.ask(sim, reqwest::Method::GET, "/truth", &Value::Null)
    }

    pub fn truths(&self) -> Vec<Value> {
        (0..self.sims.len()).map(|sim| self.truth(sim)).collect()
    }

    pub fn cluster(&self, sim: usize) -> ClusterId {
        ClusterId::from_uuid(self.sims[sim].uuid())
    }

    pub fn views(&self) -> Vec<ClusterView> {
        let life = self.life();
        life.runtime.block_on(async { life.store.read().await.unwrap().clusters().await.unwrap() })
    }

    /// What the poller does, from the truth.
    pub fn poll(&self) {
        for (sim, truth) in self.truths().into_iter().enumerate() {
            self.take_in(sim, &truth, &PlacementTraits { default_replicas: 2, ..PlacementTraits::default() });
        }
    }

    pub fn take_in(&self, sim: usize, truth: &Value, traits: &PlacementTraits) {
        let (id, name) = (self.cluster(sim), ClusterName::new(format!("lb{sim}")));
        let mut poll = PollResult {
            capacity: Capacity {
                effective: Bytes(truth["capacity"]["effective"].as_u64().unwrap()),
                max_replicas: 3,
                ..Capacity::default()
            },
            started_at: self.clock.now(),
            ..PollResult::default()
        };
        for volume in truth["volumes"].as_array().unwrap() {
            let size = Bytes(volume["size"].as_u64().unwrap());
            let taken = size.times(u8::try_from(volume["replicas"].as_u64().unwrap()).unwrap());
            poll.capacity.provisioned = poll.capacity.provisioned + taken;
            if volume["state"] != "Deleting" {
                let project = LightosProject::new(volume["project"].as_str().unwrap());
                poll.listed.insert((project, volume["name"].as_str().unwrap().to_owned()), size);
            }
        }
        let (now, life, poll, name) = (self.clock.now(), self.life(), &poll, &name);
        let write = life.store.write("poll", |tx, _| {
            Box::pin(async move {
                tx.put_cluster(id, name, traits, now).await?;
                tx.set_observed(id, Observed::Reachable, None, now).await?;
                let number = tx.begin_poll(id).await?;
                tx.finish_poll(id, number, poll).await
            })
        });
        assert!(life.runtime.block_on(write).unwrap());
    }
}

impl Life {
    pub fn create(&self, new: &NewVolume) -> Volume {
        let created = self.runtime.block_on(self.services.create_volume(&ctx(), new));
        created.unwrap().volume.clone()
    }

    pub fn row(&self, volume: &Volume) -> Option<Volume> {
        self.runtime.block_on(async {
            let found = self.store.read().await.unwrap().find_volume(volume.id, None).await.unwrap();
            found.map(|details| details.volume.clone())
        })
    }

    pub fn busy(&self) -> usize {
        self.worker.busy()
    }

    pub fn stop(self) {
        let Self { runtime, store, services, clients, worker } = self;
        std::thread::scope(|scope| {
            scope.spawn(|| runtime.block_on(worker.stop()));
        });
        let _in = runtime.enter();
        drop((store, services, clients, worker));
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if self.life.is_some() {
            self.kill();
        }
    }
}

pub fn ctx() -> Ctx {
    Ctx { project_id: ProjectId::new("0af0"), user_id: UserId::new("user"), ..Ctx::internal(Clock::System) }
}

fn without_limits() -> hearth::service::Settings {
    let kinds = ["volumes", "snapshots", "gigabytes", "groups", "backups", "backup_gigabytes"];
    let limits = kinds.map(|resource| (resource.to_owned(), -1));
    hearth::service::Settings { quota_defaults: limits.into(), ..hearth::service::Settings::default() }
}

pub fn client(n: usize, sim: &Running) -> lightbits::Cluster {
    let endpoint = |at: &std::net::SocketAddr| Endpoint::new(at.ip().to_string(), at.port());
    let settings = lightbits::Settings {
        expected_uuid: Some(ClusterId::from_uuid(sim.uuid())),
        credentials: Credentials::RsaKey(RsaKey {
            path: sim.keys().root_key.clone(),
            kid: ROOT_KID.to_owned(),
            subject: "hearth".to_owned(),
            roles: vec!["system:cluster-admin".to_owned()],
        }),
        tls: TlsTrust::File(sim.ca().to_owned()),
        timeouts: Timeouts { call: Duration::from_secs(5), ..Timeouts::default() },
        ..lightbits::Settings::new(
            ClusterName::new(format!("lb{n}")),
            sim.endpoints().iter().map(endpoint).collect(),
        )
    };
    lightbits::Cluster::new(settings, Clock::System).unwrap()
}

/// Asks again until there is an answer.
#[track_caller]
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
