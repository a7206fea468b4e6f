//! The near-full burst (`federation` §6.2): ten clusters, capped at 95 %; one is at 80 %, nine
//! are at 90 %. There is room for 600 volumes of 100 GiB, and exactly so many find a place.

use std::path::Path;

use hearth::domain::operation::Lane;
use hearth::domain::{Bytes, Clock, ClusterName, Gib, LightosProject, Metadata};
use hearth::lightbits::{Acl, Cluster, CreateVolume, Credentials, Endpoint, Outcome, Settings, TlsTrust};
use serde_json::{Value, json};

use crate::gateway::{Api, Gateway, Sim, all_at_once, alone, database, placeable, truths, until_final};
use crate::spread::ONE_POLL;

const CLUSTERS: usize = 10;
const SIZE: u64 = 100;
/// Of each cluster, in GiB.
const CAPACITY: u64 = 100_000;
const CAP: u64 = CAPACITY * 95 / 100;
const ROOM: usize = 600;
const CONFIG: &str = "[placement]\nmax_over_subscription_ratio = 0.95\ndefault_replicas = 1\n";

/// What somebody else has on the cluster before.
async fn occupy(sim: &Sim, gib: u64) {
    let endpoints = sim.endpoints.iter().map(|at| Endpoint::new(at.ip().to_string(), at.port())).collect();
    let settings = Settings {
        credentials: Credentials::JwtFile(sim.jwt.clone().into()),
        tls: TlsTrust::File(sim.ca.clone().into()),
        ..Settings::new(ClusterName::new(sim.name.clone()), endpoints)
    };
    let volume = CreateVolume {
        project: LightosProject::new("default"),
        name: "somebody-elses".to_owned(),
        size: Bytes(Gib(1).bytes().0 * gib),
        replicas: 1,
        compression: false,
        acl: Acl::Nobody,
        ip_acl: Acl::Nobody,
        source: None,
        qos: None,
        labels: Metadata::new(),
    };
    let made = Cluster::new(settings, Clock::System).unwrap().create_volume(Lane::User, &volume).await;
    assert!(matches!(made, Outcome::Done(_)), "{made:?}");
}

async fn clusters(folder: &Path) -> Vec<Sim> {
    let mut sims = Vec::new();
    for n in 0..CLUSTERS {
        let sim = Sim::start(folder, &format!("lb{n}"), &["--capacity", &format!("{CAPACITY}GiB")]);
        occupy(&sim, if n == 0 { CAPACITY * 80 / 100 } else { CAPACITY * 90 / 100 }).await;
        sims.push(sim);
    }
    sims
}

/// GiB provisioned on each cluster, none past the cap.
async fn provisioned(sims: &[Sim]) -> Vec<u64> {
    let mut all = Vec::new();
    for truth in truths(sims).await {
        let live = truth["volumes"].as_array().unwrap().iter().filter(|volume| volume["state"] != "Failed");
        let bytes: u64 = live.map(|it| it["size"].as_u64().unwrap() * it["replicas"].as_u64().unwrap()).sum();
        all.push(bytes >> 30);
    }
    assert!(all.iter().all(|gib| *gib <= CAP), "past the cap: {all:?}");
    all
}

async fn available(api: &Api, ids: &[String]) -> usize {
    let rows = until_final(api, ids).await;
    rows.values().filter(|row| row["status"] == "available").count()
}

async fn fill(gateways: &mut [Gateway], sims: &[Sim]) {
    for gateway in gateways.iter_mut() {
        gateway.start().await;
    }
    placeable(&gateways[0], CLUSTERS).await;
    let apis: Vec<_> = gateways.iter().map(Gateway::api).collect();
    let api = &apis[0];
    let blank = |count| {
        let apis = apis.clone();
        all_at_once(count, 32, move |n| {
            let api = apis[n % apis.len()].clone();
            async move { api.create(json!({"size": SIZE})).await }
        })
    };
    let first = blank(400).await;
    assert_eq!(available(api, &first).await, 400, "refused while there was room for 600");
    provisioned(sims).await;

    // Copies and growth pass the same check, on their owner.
    let snapshot = api.snapshot(&first[0]).await;
    let copies = all_at_once(60, 16, |n| {
        let (api, source, snapshot) = (apis[n % apis.len()].clone(), first[n].clone(), snapshot.clone());
        async move {
            match n % 3 {
                0 => api.create(json!({"source_volid": source})).await,
                1 => api.create(json!({"snapshot_id": snapshot})).await,
                _ => {
                    let body = json!({"os-extend": {"new_size": 2 * SIZE}});
                    let (status, answer) =
                        api.post(&format!("/volumes/{source}/action"), body).await.unwrap();
                    assert_eq!(status, 202, "{answer}");
                    source
                }
            }
        }
    })
    .await;
    until_final(api, &copies).await;
    let used: usize = taken(&provisioned(sims).await);
    let rest = blank(ROOM - used + 40).await;
    assert_eq!(available(api, &rest).await, ROOM - used, "what fits, fits; what does not, does not");
    assert_eq!(provisioned(sims).await, [CAP; CLUSTERS]);

    // Full: nothing of any kind.
    let clone = api.create(json!({"source_volid": first[1]})).await;
    let copy = api.create(json!({"snapshot_id": snapshot})).await;
    assert_eq!(available(api, &[clone, copy]).await, 0);
    let body = json!({"os-extend": {"new_size": 3 * SIZE}});
    let (status, _) = api.post(&format!("/volumes/{}/action", first[3]), body).await.unwrap();
    assert_eq!(status, 202);
    let rows = until_final(api, &first[3..4]).await;
    assert_eq!(rows[&first[3]]["size"], Value::from(SIZE), "did not grow");
    provisioned(sims).await;
}

/// Volumes' worth beyond what was there before.
fn taken(provisioned: &[u64]) -> usize {
    let before = CAPACITY * 80 / 100 + (CLUSTERS as u64 - 1) * CAPACITY * 90 / 100;
    usize::try_from((provisioned.iter().sum::<u64>() - before) / SIZE).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_refused_while_there_is_room_and_nothing_passes_the_cap() {
    let _alone = alone().await;
    let folder = tempfile::tempdir().unwrap();
    let sims = clusters(folder.path()).await;
    let config = format!("{ONE_POLL}{CONFIG}");
    let hearth = Gateway::new(folder.path(), "hearth", &sims, None, &config);
    fill(&mut [hearth], &sims).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_on_one_database_fill_as_one() {
    let _alone = alone().await;
    let Some([first, second]) = database("full").await else { return };
    let folder = tempfile::tempdir().unwrap();
    let sims = clusters(folder.path()).await;
    let config = format!("{ONE_POLL}{CONFIG}");
    let gateways = &mut [
        Gateway::new(folder.path(), "one", &sims, Some(&first), &config),
        Gateway::new(folder.path(), "two", &sims, Some(&second), &config),
    ];
    gateways[0].migrate();
    fill(gateways, &sims).await;
}
