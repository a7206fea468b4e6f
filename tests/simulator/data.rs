//! The data path: the gateway's own initiator against the simulated cluster's target.

use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use hearth::datapath::{self, DataPath, NvmeTcp, Target};
use hearth::nvme::{Deadlines, Digests, Error, Namespace, Portal, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Cluster, SNAPSHOTS, VOLUMES, but, cluster, uuid, volume, with};

pub const HOST: &str = "nqn.2014-08.org.nvmexpress:uuid:00000000-0000-4000-8000-000000000001";
const MIB: usize = 1 << 20;

pub fn settings(cluster: &Cluster) -> Settings {
    let portal = |at: &std::net::SocketAddr| Portal { host: at.ip().to_string(), port: at.port() };
    Settings {
        portals: cluster.running.data_endpoints().iter().map(portal).collect(),
        subsystem_nqn: cluster.running.subsystem_nqn().to_owned(),
        host_nqn: HOST.to_owned(),
        digests: Digests::default(),
        deadlines: Deadlines {
            connect: Duration::from_secs(10),
            command: Duration::from_secs(10),
            recovery: Duration::from_secs(10),
            keep_alive: Duration::from_secs(5),
        },
    }
}

/// A volume of 1 GiB that `HOST` is let in to.
pub async fn open_volume(cluster: &Cluster, name: &str) -> String {
    let body = but(volume(name), json!({"acl": {"values": [HOST]}}));
    let (status, created) = cluster.post(VOLUMES, body).await;
    assert_eq!(status, 200, "{created}");
    cluster.pass(60);
    // Time has to be looked at to pass.
    cluster.show(&uuid(&created)).await;
    uuid(&created)
}

pub async fn open(cluster: &Cluster, uuid: &str) -> Namespace {
    Namespace::open(settings(cluster), uuid.parse().unwrap()).await.unwrap()
}

/// Bytes that tell where they belong.
pub fn pattern(seed: u64, length: usize) -> Bytes {
    let words = (0..length.div_ceil(8) as u64).map(|n| (n ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    bytes.truncate(length);
    bytes.into()
}

async fn used(cluster: &Cluster) -> u64 {
    cluster.truth().await["capacity"]["physical_used"].as_u64().unwrap()
}

#[tokio::test]
async fn what_is_written_is_read() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let before = used(&cluster).await;
    let disk = open(&cluster, &v1).await;
    assert_eq!((disk.size(), disk.block_size()), (1 << 30, 4096));
    // Larger than a transfer, and no multiple of one.
    let data = pattern(1, 3 * MIB + 4096);
    disk.write(5 * 4096, data.clone()).await.unwrap();
    disk.flush().await.unwrap();
    assert_eq!(disk.read(5 * 4096, data.len()).await.unwrap(), data);
    assert_eq!(disk.read(0, 4096).await.unwrap(), vec![0; 4096]);
    let end = (1 << 30) - 4096;
    disk.write(end, pattern(2, 4096)).await.unwrap();
    assert_eq!(disk.read(end, 4096).await.unwrap(), pattern(2, 4096));
    disk.close().await;
    // Three replicas of it.
    assert_eq!(used(&cluster).await - before, 3 * (data.len() as u64 + 4096));
    let again = open(&cluster, &v1).await;
    assert_eq!(again.read(5 * 4096 + MIB as u64, MIB).await.unwrap(), data.slice(MIB..2 * MIB));
}

#[tokio::test]
async fn only_whole_blocks_within_the_volume() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let disk = open(&cluster, &v1).await;
    for (offset, length) in [(1, 4096), (0, 100), (1 << 30, 4096), (u64::MAX - 4095, 4096)] {
        assert!(matches!(disk.read(offset, length).await, Err(Error::Range { .. })));
        assert!(matches!(disk.write(offset, pattern(0, length)).await, Err(Error::Range { .. })));
    }
    assert!(disk.read(0, 0).await.unwrap().is_empty());
}

#[tokio::test]
async fn digests_are_agreed_on() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    for bits in 0..4u8 {
        let settings = Settings { digests: Digests::from_bits(bits), ..settings(&cluster) };
        let disk = Namespace::open(settings, v1.parse().unwrap()).await.unwrap();
        // Inside the command, and asked for.
        for length in [4096, 8192, 12288, MIB] {
            let data = pattern(bits.into(), length);
            disk.write(MIB as u64, data.clone()).await.unwrap();
            assert_eq!(disk.read(MIB as u64, length).await.unwrap(), data);
        }
        disk.close().await;
    }
}

#[tokio::test]
async fn many_commands_are_in_flight() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let disk = open(&cluster, &v1).await;
    let place = |n: u64| n * 96 * 1024;
    let writes = (0..200).map(|n| disk.write(place(n), pattern(n, 64 << 10)));
    join_all(writes).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    let reads = (0..200).map(|n| disk.read(place(n), 64 << 10));
    for (n, read) in (0..).zip(join_all(reads).await) {
        assert_eq!(read.unwrap(), pattern(n, 64 << 10), "{n}");
    }
}

#[tokio::test]
async fn zeroes_hide_what_was_there_and_take_no_room() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let before = used(&cluster).await;
    let disk = open(&cluster, &v1).await;
    disk.write(0, pattern(1, 2 * MIB)).await.unwrap();
    disk.write_zeroes(4096, 2 * MIB as u64 - 8192).await.unwrap();
    assert_eq!(disk.read(0, 4096).await.unwrap(), pattern(1, 4096));
    assert_eq!(disk.read(4096, 2 * MIB - 8192).await.unwrap(), vec![0; 2 * MIB - 8192]);
    assert_eq!(
        disk.read(2 * MIB as u64 - 4096, 4096).await.unwrap(),
        pattern(1, 2 * MIB).slice(2 * MIB - 4096..)
    );
    disk.write_zeroes(0, 1 << 30).await.unwrap();
    assert_eq!(disk.read(0, 2 * MIB).await.unwrap(), vec![0; 2 * MIB]);
    assert_eq!(used(&cluster).await, before);
}

#[tokio::test]
async fn small_sectors_keep_their_neighbours() {
    let cluster = cluster().await;
    let body = but(volume("v1"), json!({"acl": {"values": [HOST]}, "sectorSize": 512}));
    let v1 = uuid(&cluster.post(VOLUMES, body).await.1);
    cluster.show(&v1).await;
    let disk = open(&cluster, &v1).await;
    assert_eq!(disk.block_size(), 512);
    let data = pattern(1, 8192);
    disk.write(0, data.clone()).await.unwrap();
    disk.write(512, pattern(2, 512)).await.unwrap();
    disk.write_zeroes(1536, 4096 + 1024).await.unwrap();
    let read = disk.read(0, 8192).await.unwrap();
    assert_eq!(read[..512], data[..512]);
    assert_eq!(read[512..1024], pattern(2, 512));
    assert_eq!(read[1024..1536], data[1024..1536]);
    assert_eq!(read[1536..6656], [0; 5120]);
    assert_eq!(read[6656..], data[6656..]);
}

#[tokio::test]
async fn hosts_see_their_own_volumes_only() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let v2 = open_volume(&cluster, "v2").await;
    let stranger = Settings { host_nqn: "nqn.stranger".to_owned(), ..settings(&cluster) };
    let refused = Namespace::open(stranger, v1.parse().unwrap()).await.err().unwrap();
    assert!(matches!(refused, Error::NoNamespace(_)), "{refused}");
    let elsewhere = Settings { subsystem_nqn: "nqn.elsewhere".to_owned(), ..settings(&cluster) };
    let elsewhere =
        Settings { deadlines: Deadlines { recovery: Duration::ZERO, ..elsewhere.deadlines }, ..elsewhere };
    let refused = Namespace::open(elsewhere, v1.parse().unwrap()).await.err().unwrap();
    assert!(refused.to_string().contains("connect"), "{refused}");
    let (one, two) = (open(&cluster, &v1).await, open(&cluster, &v2).await);
    one.write(0, pattern(1, 4096)).await.unwrap();
    two.write(0, pattern(2, 4096)).await.unwrap();
    assert_eq!(one.read(0, 4096).await.unwrap(), pattern(1, 4096));
}

/// The gateway fences an earlier holder out with the ACL: when that is done, nothing of his comes.
#[tokio::test]
async fn a_host_taken_off_the_acl_writes_no_more() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let disk = open(&cluster, &v1).await;
    let busy = async {
        for round in 0u64.. {
            let writes = (0..16).map(|n| disk.write(n * 65536, pattern(round, 65536)));
            if let Some(error) = join_all(writes).await.into_iter().find_map(Result::err) {
                return error;
            }
        }
        unreachable!()
    };
    let fence = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let body = json!({"acl": {"values": ["nqn.another"]}});
        assert_eq!(cluster.put(&format!("{VOLUMES}/{v1}"), body).await.0, 200);
        cluster.show(&v1).await
    };
    let (error, _) = tokio::join!(busy, fence);
    assert!(matches!(error, Error::Refused { .. } | Error::NoNamespace(_)), "{error}");
    let other = Settings { host_nqn: "nqn.another".to_owned(), ..settings(&cluster) };
    let other = Namespace::open(other, v1.parse().unwrap()).await.unwrap();
    other.write_zeroes(0, MIB as u64).await.unwrap();
    assert!(disk.write(0, pattern(9, 4096)).await.is_err());
    assert!(disk.read(0, 4096).await.is_err());
    assert_eq!(other.read(0, MIB).await.unwrap(), vec![0; MIB]);
    // Deleting fences everybody.
    assert_eq!(cluster.delete(&format!("{VOLUMES}/{v1}")).await.0, 200);
    assert!(other.write(0, pattern(9, 4096)).await.is_err());
}

#[tokio::test]
async fn snapshots_and_clones_hold_what_was_then() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let disk = open(&cluster, &v1).await;
    disk.write(0, pattern(1, MIB)).await.unwrap();
    let s1 = cluster.snapshot("s1", &v1).await;
    disk.write(4096, pattern(2, 4096)).await.unwrap();
    disk.write_zeroes(8192, 4096).await.unwrap();
    let body =
        but(volume("c1"), json!({"acl": {"values": [HOST]}, "sourceSnapshotUUID": s1, "size": "2 gib"}));
    let c1 = uuid(&cluster.post(VOLUMES, body).await.1);
    cluster.show(&c1).await;
    let copy = open(&cluster, &c1).await;
    assert_eq!(copy.size(), 2 << 30);
    assert_eq!(copy.read(0, MIB).await.unwrap(), pattern(1, MIB));
    copy.write(0, pattern(3, 4096)).await.unwrap();
    let now = disk.read(0, 16384).await.unwrap();
    assert_eq!(now[..4096], pattern(1, MIB)[..4096]);
    assert_eq!(now[4096..8192], pattern(2, 4096));
    assert_eq!(now[8192..12288], [0; 4096]);
    // The snapshot goes, the clone stays as it is.
    assert_eq!(cluster.delete(&format!("{SNAPSHOTS}/{s1}")).await.0, 200);
    assert_eq!(cluster.delete(&format!("{VOLUMES}/{v1}")).await.0, 200);
    cluster.pass(60);
    let read = copy.read(0, MIB).await.unwrap();
    assert_eq!((&read[..4096], &read[4096..]), (&pattern(3, 4096)[..], &pattern(1, MIB)[4096..]));
    // And so it does over a restart.
    copy.close().await;
    let cluster = cluster.restart().await;
    let copy = open(&cluster, &c1).await;
    let read = copy.read(0, MIB).await.unwrap();
    assert_eq!((&read[..4096], &read[4096..]), (&pattern(3, 4096)[..], &pattern(1, MIB)[4096..]));
    assert_eq!(cluster.delete(&format!("{VOLUMES}/{c1}")).await.0, 200);
    cluster.pass(60);
    cluster.get("cluster").await;
    assert_eq!(std::fs::read_dir(cluster.dir.path().join("data")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_rollback_brings_the_bytes_back() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let disk = open(&cluster, &v1).await;
    disk.write(0, pattern(1, MIB)).await.unwrap();
    let s1 = cluster.snapshot("s1", &v1).await;
    disk.write(0, pattern(2, MIB)).await.unwrap();
    let (status, answer) =
        cluster.put(&format!("{VOLUMES}/{v1}/rollback"), json!({"srcSnapshotUUID": s1})).await;
    assert_eq!(status, 200, "{answer}");
    cluster.show(&v1).await;
    assert_eq!(disk.read(0, MIB).await.unwrap(), pattern(1, MIB));
}

#[tokio::test]
async fn an_extended_volume_is_larger_and_zero_there() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let disk = open(&cluster, &v1).await;
    disk.write(0, pattern(1, 4096)).await.unwrap();
    assert_eq!(cluster.put(&format!("{VOLUMES}/{v1}"), json!({"size": "2 gib"})).await.0, 200);
    cluster.show(&v1).await;
    // Who was connected goes on; who connects sees it.
    assert_eq!(disk.read(0, 4096).await.unwrap(), pattern(1, 4096));
    let larger = open(&cluster, &v1).await;
    assert_eq!(larger.size(), 2 << 30);
    assert_eq!(larger.read((2 << 30) - 4096, 4096).await.unwrap(), vec![0; 4096]);
}

#[tokio::test]
async fn a_volume_that_nobody_writes_to_is_no_file() {
    let cluster = with(|options| options.capacity = 1000 << 40).await;
    let body = but(volume("v1"), json!({"acl": {"values": [HOST]}, "size": "100 tib"}));
    let (status, created) = cluster.post(VOLUMES, body).await;
    assert_eq!(status, 200, "{created}");
    cluster.show(&uuid(&created)).await;
    let data = cluster.dir.path().join("data");
    let disk = open(&cluster, &uuid(&created)).await;
    assert!(!data.exists());
    disk.write((100 << 40) - 4096, pattern(1, 4096)).await.unwrap();
    let metadata =
        std::fs::metadata(std::fs::read_dir(&data).unwrap().next().unwrap().unwrap().path()).unwrap();
    assert_eq!(metadata.len(), 1 << 40);
    // Where one file ends and the next begins.
    let edge = (3 << 40) - 8192;
    disk.write(edge, pattern(2, 65536)).await.unwrap();
    assert_eq!(disk.read(edge - 4096, 69632).await.unwrap()[4096..], pattern(2, 65536));
    assert!(std::os::unix::fs::MetadataExt::blocks(&metadata) < 1000);
}

#[tokio::test]
async fn the_endpoints_are_told_and_counted() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    open(&cluster, &v1).await.close().await;
    let (_, stats) = cluster.direct(Method::GET, "stats", None).await;
    let connects: &Value = &stats["calls"]["nvme_connect"];
    assert!(connects.as_u64().unwrap() >= 2, "{stats}");
}

/// As the worker's copies go.
#[tokio::test]
async fn the_gateways_data_path_leads_here() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let path = DataPath::nvme_tcp(NvmeTcp::default(), 2);
    let portals = settings(&cluster).portals.into_iter();
    let target = Target {
        uuid: v1.parse().unwrap(),
        size: hearth::domain::Bytes(1 << 30),
        subsystem_nqn: cluster.running.subsystem_nqn().to_owned(),
        portals: portals.map(|it| datapath::Portal { host: it.host, port: it.port }).collect(),
        host_nqn: HOST.to_owned(),
    };
    let disk = path.open(&target).await.unwrap();
    assert_eq!(disk.size(), hearth::domain::Bytes(1 << 30));
    disk.write(8192, pattern(1, 3 * MIB)).await.unwrap();
    disk.write_zeroes(4096, 8192).await.unwrap();
    disk.flush().await.unwrap();
    let read = disk.read(4096, 3 * MIB + 4096).await.unwrap();
    assert_eq!((&read[..8192], &read[8192..]), (&[0; 8192][..], &pattern(1, 3 * MIB)[4096..]));
    assert!(disk.write(1 << 30, pattern(1, 4096)).await.is_err());
    disk.close().await.unwrap();
    let larger = Target { size: hearth::domain::Bytes(2 << 30), ..target.clone() };
    assert!(path.open(&larger).await.unwrap_err().0.contains("1073741824 bytes"));
    let stranger = Target { host_nqn: "nqn.stranger".to_owned(), ..target };
    assert!(path.open(&stranger).await.is_err());
}
