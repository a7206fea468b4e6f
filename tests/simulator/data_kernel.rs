//! Against somebody else's target: `NVME_PEER=ADDRESS:PORT`, `NVME_PEER_NQN` and `NVME_PEER_UUID`
//! (of a namespace that may be overwritten) say which, as the stage `nvme-kernel` does.

use std::env;

use bytes::Bytes;
use futures::future::join_all;
use hearth::nvme::{Deadlines, Digests, Error, Namespace, Portal, Settings};

use crate::data::{HOST, pattern};

const MIB: usize = 1 << 20;

/// None when nobody has said which.
fn peer(digests: Digests) -> Option<(Settings, uuid::Uuid)> {
    let peer = env::var("NVME_PEER").ok()?;
    let (host, port) = peer.rsplit_once(':').unwrap();
    let settings = Settings {
        portals: vec![Portal { host: host.to_owned(), port: port.parse().unwrap() }],
        subsystem_nqn: env::var("NVME_PEER_NQN").unwrap(),
        host_nqn: HOST.to_owned(),
        digests,
        deadlines: Deadlines::default(),
    };
    Some((settings, env::var("NVME_PEER_UUID").unwrap().parse().unwrap()))
}

#[tokio::test]
async fn what_is_written_to_a_stranger_is_read() {
    for bits in 0..4u8 {
        let Some((settings, uuid)) = peer(Digests::from_bits(bits)) else {
            println!("no peer, nothing tested");
            return;
        };
        let disk = Namespace::open(settings, uuid).await.unwrap();
        println!("digests {bits}: {} bytes in blocks of {}", disk.size(), disk.block_size());
        let block = disk.block_size() as usize;
        // From what fits into a command to more than a transfer.
        for length in [block, 8192, 16384, 32768, 5 * MIB + 8192] {
            let data = pattern(u64::from(bits), length);
            disk.write(MIB as u64, data.clone()).await.unwrap();
            assert_eq!(disk.read(MIB as u64, length).await.unwrap(), data, "{length}");
        }
        let writes = (0..100).map(|n| disk.write(n * 131072, pattern(n ^ 7, 131072)));
        join_all(writes).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
        disk.flush().await.unwrap();
        for (n, read) in (0..).zip(join_all((0..100).map(|n| disk.read(n * 131072, 131072))).await) {
            assert_eq!(read.unwrap(), pattern(n ^ 7, 131072), "{n}");
        }
        disk.write_zeroes(131072, 3 * MIB as u64).await.unwrap();
        assert_eq!(disk.read(131072, 3 * MIB).await.unwrap(), Bytes::from(vec![0; 3 * MIB]));
        assert_eq!(disk.read(0, 131072).await.unwrap(), pattern(7, 131072));
        let end = disk.size() - block as u64;
        disk.write(end, pattern(1, block)).await.unwrap();
        assert_eq!(disk.read(end, block).await.unwrap(), pattern(1, block));
        disk.close().await;
    }
    let (settings, _) = peer(Digests::default()).unwrap();
    let missing = Namespace::open(settings, uuid::Uuid::from_u128(1)).await.err().unwrap();
    assert!(matches!(missing, Error::NoNamespace(_)), "{missing}");
}
