//! A volume that is opened through the machine's discovery client.
#![allow(clippy::disallowed_methods, reason = "a test's own files")]

use std::fs;

use bytes::Bytes;
use hearth::datapath::{Portal, Target};
use hearth::domain::{self, BackendUuid, OperationId};

use super::devices::Devices;

fn target(uuid: BackendUuid) -> Target {
    Target {
        uuid,
        size: domain::Bytes(1 << 30),
        subsystem_nqn: "nqn.2016-01.com.lightbitslabs:uuid:x".to_owned(),
        portals: vec![Portal { host: "127.0.0.1".to_owned(), port: 4420 }],
        host_nqn: "nqn.2014-08.org.nvmexpress:uuid:y".to_owned(),
    }
}

fn uuid() -> BackendUuid {
    BackendUuid::from_uuid(*OperationId::random().as_uuid())
}

#[tokio::test]
async fn what_is_written_is_there_for_the_next_and_nothing_stays_connected() {
    let devices = Devices::new();
    let (path, uuid) = (devices.data_path(), uuid());
    let disk = path.open(&target(uuid)).await.unwrap();
    let asked = fs::read_to_string(devices.wish(uuid)).unwrap();
    let line = "-t tcp -a 127.0.0.1 -s 8009 -q nqn.2014-08.org.nvmexpress:uuid:y \
                -n nqn.2016-01.com.lightbitslabs:uuid:x";
    assert!(asked.lines().any(|each| each == line), "{asked}");
    disk.write(8192, Bytes::from_static(&[5; 4096])).await.unwrap();
    disk.flush().await.unwrap();
    disk.close().await.unwrap();
    assert!(devices.wishes().is_empty());
    let disk = path.open(&target(uuid)).await.unwrap();
    assert_eq!(disk.read(8192, 4096).await.unwrap(), vec![5; 4096]);
    // Dropped, as when a process is told to stop.
    drop(disk);
    assert!(devices.wishes().is_empty());
}

#[tokio::test]
async fn what_somebody_else_has_connected_stays_so() {
    let devices = Devices::new();
    let uuid = uuid();
    fs::write(devices.wish(uuid), "# os_brick connector\n").unwrap();
    let disk = devices.data_path().open(&target(uuid)).await.unwrap();
    disk.close().await.unwrap();
    assert_eq!(fs::read_to_string(devices.wish(uuid)).unwrap(), "# os_brick connector\n");
}

#[tokio::test]
async fn what_a_killed_process_left_is_taken_over() {
    let devices = Devices::new();
    let uuid = uuid();
    fs::write(devices.wish(uuid), "# hearth: volume of a former life\n").unwrap();
    let disk = devices.data_path().open(&target(uuid)).await.unwrap();
    assert!(fs::read_to_string(devices.wish(uuid)).unwrap().contains("-t tcp"));
    disk.close().await.unwrap();
    assert!(devices.wishes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_too_small_is_not_the_volume() {
    let devices = Devices::new();
    let big = Target { size: domain::Bytes(1 << 40), ..target(uuid()) };
    // The link is there at once; only time must not be waited for.
    while !fs::exists(devices.wish(big.uuid)).unwrap() {
        fs::write(devices.wish(big.uuid), "# somebody's\n").unwrap();
    }
    let trouble = devices.data_path().open(&big).await.unwrap_err();
    assert!(trouble.0.contains("bytes") || trouble.0.contains("appeared"), "{trouble}");
}
