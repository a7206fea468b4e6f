//! hearth and simulated clusters as processes of their own, on loopback and free ports, each
//! killed by its own pid when it is dropped.

mod client;
mod gateways;
mod simulators;

use std::net::{Ipv4Addr, TcpListener};
use std::process::Child;
use std::time::Duration;

pub use client::{Answer, Api, PROJECT, all_at_once, until_final};
pub use gateways::{Gateway, database, placeable, quiet};
pub use simulators::{Sim, truths};

const HEARTH: &str = env!("CARGO_BIN_EXE_hearth");

/// One test at a time: each has a machine's worth of processes, and one of them measures.
pub async fn alone() -> tokio::sync::MutexGuard<'static, ()> {
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    ALONE.lock().await
}

/// A child that does not outlive us.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn http() -> reqwest::Client {
    let timeout = Duration::from_secs(15);
    reqwest::Client::builder().no_proxy().timeout(timeout).build().unwrap()
}

/// A port nobody listens on, and that no connection gets by chance before we listen there: those
/// the kernel gives away begin at 32768, and other stages take theirs from 20000 on.
fn free_port() -> u16 {
    loop {
        let port = 10_000 + (uuid::Uuid::new_v4().as_u128() % 4_900) as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
