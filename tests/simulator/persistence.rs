//! What outlives the process.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hearth::simulator::Options;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{self, Cluster, NOON, SNAPSHOTS, VOLUMES, but, cluster, options, refused, slow, volume};

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let cluster = cluster().await;
    let (id, port) = (cluster.running.uuid(), cluster.running.endpoints()[0].port());
    cluster.post("projects", json!({"name": "a"})).await;
    let made = but(volume("v1"), json!({"labels": [{"key": "k", "value": "v"}], "compression": "true"}));
    cluster.post(VOLUMES, made).await;
    let v1 = cluster.get(&format!("{VOLUMES}/?name=v1")).await.1["UUID"].as_str().unwrap().to_owned();
    cluster.order(&format!("volumes/{v1}/write"), json!({"length": 8192})).await;
    let s1 = cluster.snapshot("s1", &v1).await;
    cluster.order("nodes/2/down", json!({})).await;
    let (before, shown, info) =
        (cluster.truth().await, cluster.show(&v1).await, cluster.get("clusterinfo").await);
    let jwt = cluster.jwt.clone();

    let cluster = cluster.restart().await;
    assert_eq!((cluster.running.uuid(), cluster.running.endpoints()[0].port()), (id, port));
    assert_eq!(cluster.truth().await, before);
    assert_eq!(cluster.show(&v1).await, shown);
    assert_eq!(cluster.get("clusterinfo").await, info);
    assert_eq!(cluster.get(&format!("{SNAPSHOTS}/{s1}")).await.1["state"], "Available");
    let down = cluster.http.get(cluster.url(2, "version")).bearer_auth(&jwt).send().await;
    assert!(down.unwrap_err().is_connect());
    // The old token still opens.
    let old = cluster.http.get(cluster.url(0, "version")).bearer_auth(&jwt).send().await.unwrap();
    assert_eq!(old.status(), 200);
    assert_eq!(refused(cluster.post(VOLUMES, volume("v1")).await), (409, 6));
}

#[tokio::test]
async fn what_was_under_way_goes_on_after_a_restart() {
    let cluster = slow().await;
    let created = cluster.post(VOLUMES, volume("v1")).await.1;
    let cluster = cluster.restart().await;
    let path = format!("{VOLUMES}/{}", created["UUID"].as_str().unwrap());
    assert_eq!(cluster.get(&path).await.1["state"], "Creating");
    cluster.pass(10);
    assert_eq!(cluster.get(&path).await.1["state"], "Available");
}

#[tokio::test]
async fn a_journal_cut_short_loses_only_what_nobody_was_told() {
    let cluster = cluster().await;
    let v1 = cluster.volume("v1").await;
    let Cluster { dir, running, clock, .. } = cluster;
    running.stop().await;
    let journal = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with("journal."))
        .unwrap();
    let mut file = OpenOptions::new().append(true).open(&journal).unwrap();
    file.write_all(b"[{\"VolumeGone\":\"").unwrap();
    drop(file);
    let cluster = harness::open(dir, Options { clock, ..options_of(&journal) }).await;
    assert_eq!(cluster.show(&v1).await["state"], "Available");
    cluster.volume("v2").await;
    let cluster = cluster.restart().await;
    assert_eq!(cluster.get(VOLUMES).await.1["volumes"].as_array().unwrap().len(), 2);
}

fn options_of(journal: &std::path::Path) -> Options {
    options(journal.parent().unwrap())
}

#[tokio::test]
async fn another_clusters_folder_has_another_identity() {
    let (one, two) = (cluster().await, cluster().await);
    assert_ne!(one.running.uuid(), two.running.uuid());
    let foreign = one.http.get(two.url(0, "version")).bearer_auth(&one.jwt).send().await;
    assert!(foreign.unwrap_err().is_connect(), "another authority");
}

/// `hearth sim` as its own process, to be killed.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spawn(dir: &std::path::Path, control: u16) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hearth"));
    command
        .args(["sim", "--no-auth", "--ip-base", "127.0.8.0", "--nodes", "1", "--port", "0", "--dir"])
        .arg(dir);
    command.args(["--control", &format!("127.0.0.1:{control}")]);
    Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

async fn about(http: &reqwest::Client, control: u16) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match http.get(format!("http://127.0.0.1:{control}/")).send().await {
            Ok(response) => return response.json().await.unwrap(),
            Err(error) => assert!(Instant::now() < deadline, "no cluster: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn every_acknowledged_create_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    // Not one of those the kernel gives to any connection: it must still be free in every round.
    let mut ports = std::iter::repeat_with(|| 15_000 + (uuid::Uuid::new_v4().as_u128() % 4_900) as u16);
    let control = ports.find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap();
    let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..4 {
        let mut process = spawn(dir.path(), control);
        let endpoint = about(&http, control).await["endpoints"][0].as_str().unwrap().to_owned();
        let url = format!("https://{endpoint}/api/v2/{VOLUMES}");
        let killer = tokio::time::sleep(Duration::from_millis(150 + 70 * round));
        tokio::pin!(killer);
        for n in 0.. {
            let name = format!("v-{round}-{n}");
            let create = http.post(&url).json(&but(volume(&name), json!({"replicaCount": 1}))).send();
            tokio::select! {
                () = &mut killer => break,
                made = create => {
                    assert_eq!(made.unwrap().status(), 200);
                    acknowledged.push(name);
                }
            }
        }
        process.0.kill().unwrap();
        process.0.wait().unwrap();
    }
    let _process = spawn(dir.path(), control);
    about(&http, control).await;
    let truth: Value =
        http.get(format!("http://127.0.0.1:{control}/truth")).send().await.unwrap().json().await.unwrap();
    let there: Vec<&str> =
        truth["volumes"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert!(acknowledged.len() > 4, "{}", acknowledged.len());
    assert!(acknowledged.iter().all(|name| there.contains(&name.as_str())));
    // At most the one in flight at each kill was made beyond those.
    assert!(there.len() <= acknowledged.len() + 4);
    assert!(truth["ledger"].as_array().unwrap().iter().all(|it| it["creates"] == 1));
}

#[tokio::test]
async fn ten_thousand_volumes_are_no_trouble() {
    let dir = tempfile::tempdir().unwrap();
    let journal: String = (0..10_000)
        .map(|n| {
            let uuid = uuid::Uuid::from_u128(n + 1);
            let volume = json!({"Volume": {
                "uuid": uuid, "name": format!("v{n}"), "project": "default", "state": "Available", "due": null,
                "pending": null, "size": 1 << 30, "replicas": 3, "acl": [], "ip_acl": [], "compression": false,
                "sector_size": 4096, "nodes": [], "nsid": n + 1, "revision": 1, "source": null, "affinities": [],
                "policy": uuid, "labels": [], "created": NOON.0, "layer": null,
            }});
            format!("[{volume}]\n")
        })
        .collect();
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(dir.path().join("journal.0.jsonl"))
        .unwrap()
        .write_all(journal.as_bytes())
        .unwrap();
    let options = options(dir.path());
    let cluster = harness::open(dir, options).await;
    let (mut count, mut after) = (0, String::new());
    loop {
        let page = cluster.get(&format!("{VOLUMES}?limit=1000{after}")).await.1;
        let Some(last) = page["volumes"].as_array().and_then(|list| list.last()) else { break };
        count += page["volumes"].as_array().unwrap().len();
        after = format!("&offsetUUID={}", last["UUID"].as_str().unwrap());
    }
    assert_eq!(count, 10_000);
    assert_eq!(cluster.get(&format!("{VOLUMES}/?name=v9999")).await.0, 200);
    assert_eq!(
        cluster.on(0, Method::GET, "cluster", None).await.1["statistics"]["logicalStorage"],
        (30_000u64 << 30).to_string()
    );
}
