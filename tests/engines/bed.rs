//! Where a test lies: an engine, a fresh database on it, and two stores on that database, as two
//! hearths would have them (on Galera one on each node).

use std::collections::BTreeSet;
use std::future::Future;
use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use hearth::domain::{Clock, Timestamp};
use hearth::store::Store;
use sqlx::{Connection as _, Executor as _};

/// No test of the suite takes longer, however slow the machine.
const PATIENCE: Duration = Duration::from_secs(240);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    Sqlite,
    Mariadb,
    Galera,
    Postgres,
}

impl Engine {
    /// Admin URLs of the servers, those of the two stores; `None` when it is not configured.
    fn servers(self) -> Result<Option<[String; 2]>, &'static str> {
        let variable = |name: &'static str| std::env::var(name).map_err(|_| name);
        match self {
            Self::Sqlite => Ok(None),
            Self::Mariadb => variable("HEARTH_TEST_MARIADB").map(|url| Some([url.clone(), url])),
            Self::Galera => Ok(Some([variable("HEARTH_TEST_MARIADB")?, variable("HEARTH_TEST_MARIADB_2")?])),
            Self::Postgres => variable("HEARTH_TEST_POSTGRES").map(|url| Some([url.clone(), url])),
        }
    }

    /// A site's database compares text as its administrator liked it; ours must not depend on it.
    const fn hostile_collation(self) -> &'static str {
        match self {
            Self::Postgres => " TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
            Self::Mariadb | Self::Galera => " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
            Self::Sqlite => "",
        }
    }
}

pub struct Bed {
    pub engine: Engine,
    pub a: Store,
    pub b: Store,
    /// URLs of the database of this test, as `a` and `b` see it.
    pub urls: [String; 2],
    pub clock: Clock,
}

impl Bed {
    /// One more hearth on the same database.
    pub async fn another(&self, max_connections: u32) -> Store {
        Store::connect(&self.urls[0], max_connections).await.expect("connect")
    }
}

/// Runs `test` in a migrated database, and removes the database when it succeeded.
pub fn run<F: Future<Output = ()>>(engine: Engine, test: impl FnOnce(Bed) -> F) {
    run_with(engine, 8, Migrate::First, test);
}

pub fn run_with_one_connection<F: Future<Output = ()>>(engine: Engine, test: impl FnOnce(Bed) -> F) {
    run_with(engine, 1, Migrate::First, test);
}

/// The database is empty.
pub fn run_unmigrated<F: Future<Output = ()>>(engine: Engine, test: impl FnOnce(Bed) -> F) {
    run_with(engine, 8, Migrate::Not, test);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Migrate {
    First,
    Not,
}

fn run_with<F: Future<Output = ()>>(
    engine: Engine,
    max_connections: u32,
    migrate: Migrate,
    test: impl FnOnce(Bed) -> F,
) {
    let servers = match engine.servers() {
        Ok(servers) => servers,
        Err(variable) => return say_not_run(engine, variable),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let all = async {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("hearth_test_{}", uuid::Uuid::new_v4().simple());
        let urls = match &servers {
            None => {
                let url = format!("sqlite://{}/hearth.db", folder.path().display());
                [url.clone(), url]
            }
            Some(servers) => {
                administer(&servers[0], &format!("CREATE DATABASE {name}{}", engine.hostile_collation()))
                    .await;
                servers.clone().map(|server| {
                    let mut url = url::Url::parse(&server).unwrap();
                    url.set_path(&name);
                    url.to_string()
                })
            }
        };
        // Half past nine on a winter evening; a test that needs time to pass moves it.
        let clock = Clock::manual(Timestamp(1_700_000_000_000_000));
        let a = Store::connect(&urls[0], max_connections).await.expect("connect");
        if migrate == Migrate::First {
            a.migrate(&clock).await.expect("migrate");
        }
        let b = connect_when_there(&urls[1], max_connections).await;
        test(Bed { engine, a: a.clone(), b: b.clone(), urls, clock }).await;
        a.close().await;
        b.close().await;
        if let Some(servers) = &servers {
            administer(&servers[0], &format!("DROP DATABASE {name}")).await;
        }
    };
    runtime.block_on(async { tokio::time::timeout(PATIENCE, all).await.expect("the test hangs") });
}

/// A database that was made on one Galera node comes to the other a little later.
async fn connect_when_there(url: &str, max_connections: u32) -> Store {
    loop {
        match Store::connect(url, max_connections).await {
            Ok(store) => return store,
            Err(error) if error.detail().is_some_and(|detail| detail.contains("Unknown database")) => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            Err(error) => panic!("connect: {error:?}"),
        }
    }
}

async fn administer(server: &str, statement: &str) {
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(server).await.expect("the server does not answer");
    connection.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.expect("administer");
    connection.close().await.expect("close");
}

/// Written past the harness, which swallows what `eprintln!` says.
fn say_not_run(engine: Engine, variable: &str) {
    static SAID: Mutex<BTreeSet<Engine>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap().insert(engine) {
        let text = format!("\n*** THE STORE SUITE DID NOT RUN ON {engine:?}: {variable} is not set ***\n");
        std::io::stderr().write_all(text.as_bytes()).unwrap();
    }
}
