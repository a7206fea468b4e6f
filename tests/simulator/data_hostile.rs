//! Bytes that no honest peer sends, in both directions: neither end may fall over, nor hold more
//! than it should.

use std::time::Duration;

use bytes::Bytes;
use hearth::nvme::command::{Command, Completion, Status, fabrics, opcode};
use hearth::nvme::pdu::{Initialize, Kind, Style, Transfer, encode};
use hearth::nvme::stream::{Reader, send};
use hearth::nvme::{Deadlines, Digests, Namespace, Portal, Settings};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::data::{HOST, open, open_volume, pattern, settings};
use crate::harness::{Cluster, cluster};

const LONG: Duration = Duration::from_secs(10);

async fn hello(stream: &mut TcpStream) {
    let ours = Initialize { version: 0, alignment: 0, digests: Digests::default(), limit: 0 };
    let pdu = encode(Kind::InitializeRequest, 0, &ours.body(), Bytes::new(), Style::default());
    send(stream, pdu).await.unwrap();
    let mut answer = [0; 128];
    stream.read_exact(&mut answer).await.unwrap();
}

async fn say(stream: &mut TcpStream, command: Command, data: Bytes) {
    drop(send(stream, encode(Kind::Command, 0, &command.0, data, Style::default())).await);
}

async fn connect(stream: &mut TcpStream, cluster: &Cluster, queue: u32, controller: u16) -> Completion {
    let mut data = vec![0; 1024];
    data[16..18].copy_from_slice(&controller.to_le_bytes());
    let nqn = cluster.running.subsystem_nqn();
    data[256..256 + nqn.len()].copy_from_slice(nqn.as_bytes());
    data[512..512 + HOST.len()].copy_from_slice(HOST.as_bytes());
    let command = Command::fabrics(fabrics::CONNECT).with_dword(10, queue << 16).with_dword(11, 31);
    say(stream, command.with_data_inside(1024), data.into()).await;
    let header = Reader::new(stream).next().await.unwrap();
    Completion::parse(&header.body)
}

/// The two queues of a controller that is ready.
async fn queues(cluster: &Cluster) -> (TcpStream, TcpStream) {
    let address = cluster.running.data_endpoints()[0];
    let (mut admin, mut io) =
        (TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap());
    hello(&mut admin).await;
    let made = connect(&mut admin, cluster, 0, 0xffff).await;
    assert!(made.status.is_success());
    let enable = Command::fabrics(fabrics::PROPERTY_SET).with_dword(11, 0x14).with_dword(12, 1);
    say(&mut admin, enable, Bytes::new()).await;
    Reader::new(&mut admin).next().await.unwrap();
    hello(&mut io).await;
    assert!(connect(&mut io, cluster, 1, made.result as u16).await.status.is_success());
    (admin, io)
}

/// Waits until the other end has hung up, whatever it says before.
async fn hung_up(stream: &mut TcpStream) {
    let mut scratch = [0; 4096];
    let all = async { while stream.read(&mut scratch).await.is_ok_and(|read| read > 0) {} };
    tokio::time::timeout(LONG, all).await.unwrap();
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..600)
}

/// Headers of the right length with anything in them.
fn any_pdu() -> impl Strategy<Value = Vec<u8>> {
    let kinds = prop::sample::select(vec![0u8, 2, 4, 5, 6, 7, 9]);
    (kinds, any::<u8>(), any::<[u8; 64]>(), 0usize..200, any::<bool>()).prop_map(
        |(kind, flags, body, data, plausible)| {
            let length = Kind::parse(kind).unwrap().header_length();
            let mut pdu = vec![kind, flags, length as u8, if data > 0 { length as u8 } else { 0 }];
            pdu.extend_from_slice(&((length + data) as u32).to_le_bytes());
            pdu.extend_from_slice(&body);
            pdu.resize(length + data, 1);
            if plausible {
                // A known command of the namespace that there is.
                pdu[8] = [0x00, 0x01, 0x02, 0x06, 0x08, 0x09, 0x0c, 0x7f][usize::from(pdu[8] % 8)];
                pdu[12..16].copy_from_slice(&1u32.to_le_bytes());
            }
            pdu
        },
    )
}

#[tokio::test]
async fn the_target_survives_any_bytes() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let mut runner = TestRunner::deterministic();
    for round in 0..150 {
        let address = cluster.running.data_endpoints()[round % 3];
        let mut stream = TcpStream::connect(address).await.unwrap();
        if round % 2 == 0 {
            hello(&mut stream).await;
        }
        let bytes = any_bytes().new_tree(&mut runner).unwrap().current();
        drop(stream.write_all(&bytes).await);
        drop(stream.shutdown().await);
        hung_up(&mut stream).await;
    }
    for _ in 0..100 {
        let (mut admin, mut io) = queues(&cluster).await;
        for _ in 0..4 {
            let pdu = any_pdu().new_tree(&mut runner).unwrap().current();
            drop(admin.write_all(&pdu).await);
            let pdu = any_pdu().new_tree(&mut runner).unwrap().current();
            drop(io.write_all(&pdu).await);
        }
        drop(admin.shutdown().await);
        hung_up(&mut admin).await;
        hung_up(&mut io).await;
    }
    // All of them gone, and all well.
    let disk = open(&cluster, &v1).await;
    disk.write(0, pattern(1, 65536)).await.unwrap();
    assert_eq!(disk.read(0, 65536).await.unwrap(), pattern(1, 65536));
}

#[tokio::test]
async fn data_that_nobody_asked_for_ends_the_connection() {
    let cluster = cluster().await;
    open_volume(&cluster, "v1").await;
    let write = Command::new(opcode::WRITE, 1).with_blocks(0, 16).with_data(65536).with_id(5);
    let lies = [(0, 0, 4096), (1, 4096, 4096), (1, 0, 65537)];
    for (right_tag, offset, length) in lies {
        let (_admin, mut io) = queues(&cluster).await;
        say(&mut io, write, Bytes::new()).await;
        let request = Reader::new(&mut io).next().await.unwrap();
        if request.kind == Kind::Response {
            // Through this node there is no way to it; then it asks for nothing.
            assert_eq!(Completion::parse(&request.body).status.code(), Status::ANA_INACCESSIBLE.code());
        }
        let tag = if right_tag == 1 { request.transfer().tag } else { 999 };
        let lie = Transfer { command: 5, tag, offset, length };
        let pdu =
            encode(Kind::HostData, 4, &lie.body(), Bytes::from(vec![0; length as usize]), Style::default());
        drop(send(&mut io, pdu).await);
        hung_up(&mut io).await;
    }
}

/// A controller that answers every PDU with bytes from `make`.
async fn liar(make: impl Fn(usize) -> Vec<u8> + Send + 'static, polite: usize) -> Portal {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut turn = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            let theirs = Initialize { version: 0, alignment: 0, digests: Digests::default(), limit: 65536 };
            let mut hello = [0; 128];
            if stream.read_exact(&mut hello).await.is_err() {
                continue;
            }
            let answer = encode(Kind::InitializeResponse, 0, &theirs.body(), Bytes::new(), Style::default());
            drop(send(&mut stream, answer).await);
            let (read, mut write) = stream.split();
            let mut reader = Reader::new(read);
            let mut count = 0;
            while let Ok(Ok(header)) = tokio::time::timeout(Duration::from_millis(300), reader.next()).await {
                drop(reader.skip(&header).await);
                let id = u16::from_le_bytes([header.body[2], header.body[3]]);
                if count < polite {
                    // Ready, whatever is asked.
                    let done = Completion { result: 1, head: 0, id, status: Status::SUCCESS };
                    let pdu = encode(Kind::Response, 0, &done.bytes(), Bytes::new(), Style::default());
                    drop(send(&mut write, pdu).await);
                } else {
                    drop(write.write_all(&make(turn)).await);
                }
                (turn, count) = (turn + 1, count + 1);
            }
        }
    });
    Portal { host: "127.0.0.1".to_owned(), port }
}

#[tokio::test]
async fn the_initiator_survives_any_bytes() {
    for polite in 0..6 {
        let mut runner = TestRunner::deterministic();
        let lies: Vec<Vec<u8>> = (0..200)
            .map(|n| match n % 2 {
                0 => any_pdu().new_tree(&mut runner).unwrap().current(),
                _ => any_bytes().new_tree(&mut runner).unwrap().current(),
            })
            .collect();
        let portal = liar(move |turn| lies[turn % lies.len()].clone(), polite).await;
        let deadlines = Deadlines {
            connect: Duration::from_millis(400),
            command: Duration::from_millis(300),
            recovery: Duration::from_millis(700),
            keep_alive: Duration::from_millis(600),
        };
        let settings = Settings {
            portals: vec![portal],
            subsystem_nqn: "nqn.liar".to_owned(),
            host_nqn: HOST.to_owned(),
            digests: Digests::default(),
            deadlines,
        };
        let opened = tokio::time::timeout(LONG, Namespace::open(settings, uuid::Uuid::nil())).await.unwrap();
        assert!(opened.is_err());
    }
}

#[tokio::test]
async fn an_unknown_host_gets_no_queue() {
    let cluster = cluster().await;
    let mut io = TcpStream::connect(settings(&cluster).portals[0].to_string()).await.unwrap();
    hello(&mut io).await;
    assert!(!connect(&mut io, &cluster, 1, 77).await.status.is_success());
}

/// A host that says nothing for longer than it said it would is taken for dead, with all it had.
#[tokio::test]
async fn a_silent_host_is_forgotten() {
    let cluster = cluster().await;
    let mut admin = TcpStream::connect(cluster.running.data_endpoints()[0]).await.unwrap();
    hello(&mut admin).await;
    let mut data = vec![0; 1024];
    data[16..18].fill(0xff);
    let nqn = cluster.running.subsystem_nqn();
    data[256..256 + nqn.len()].copy_from_slice(nqn.as_bytes());
    data[512..512 + HOST.len()].copy_from_slice(HOST.as_bytes());
    let command = Command::fabrics(fabrics::CONNECT).with_dword(11, 31).with_dword(12, 50);
    say(&mut admin, command.with_data_inside(1024), data.into()).await;
    let made = Completion::parse(&Reader::new(&mut admin).next().await.unwrap().body);
    assert!(made.status.is_success());
    hung_up(&mut admin).await;
    let mut io = TcpStream::connect(cluster.running.data_endpoints()[0]).await.unwrap();
    hello(&mut io).await;
    assert!(!connect(&mut io, &cluster, 1, made.result as u16).await.status.is_success());
}
