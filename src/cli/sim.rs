//! `hearth sim`: a simulated Lightbits cluster in the foreground.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Period;
use crate::simulator::{self, AuthMode, Options, Quirks, Release, Running, Timings};
use crate::telemetry::logging;

#[derive(Debug, Args)]
pub struct SimCommand {
    /// State, certificates, keys and tokens; made if it does not exist.
    #[arg(long)]
    dir: PathBuf,
    #[arg(long, default_value = "lb1")]
    name: String,
    /// Nodes listen on the addresses after this one: 127.0.1.0 gives 127.0.1.1, 127.0.1.2, …
    #[arg(long, default_value = "127.0.1.0")]
    ip_base: Ipv4Addr,
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=64))]
    nodes: u16,
    /// Of the management API, the same on every node; 0 chooses a free one and keeps it.
    #[arg(long, default_value_t = 443)]
    port: u16,
    /// Of the data path (NVMe/TCP), the same on every node; 0 chooses a free one and keeps it.
    #[arg(long, default_value_t = 0)]
    data_port: u16,
    /// Where faults are ordered and the truth is told (plain HTTP); port 0 chooses one.
    #[arg(long, default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// Effective physical storage.
    #[arg(long, default_value = "100TiB", value_parser = simulator::parse_capacity)]
    capacity: u64,
    /// How long every asynchronous operation takes.
    #[arg(long, default_value = "0s")]
    delay: Period,
    /// Added to every request.
    #[arg(long, default_value = "0s")]
    latency: Period,
    /// Take every caller for a cluster admin, as a cluster without multi-tenancy does.
    #[arg(long)]
    no_auth: bool,
    /// The release that the cluster says it runs.
    #[arg(long, default_value = "3.18.1")]
    release: Release,
    #[command(flatten)]
    more: More,
}

#[derive(Debug, Args)]
struct More {
    /// How long creating a volume takes, if not `--delay`; the same for the others.
    #[arg(long)]
    create_delay: Option<Period>,
    #[arg(long)]
    update_delay: Option<Period>,
    #[arg(long)]
    delete_delay: Option<Period>,
    #[arg(long)]
    rollback_delay: Option<Period>,
    #[arg(long)]
    snapshot_delay: Option<Period>,
    #[arg(long)]
    snapshot_delete_delay: Option<Period>,
    /// How long a node that came back is Activating.
    #[arg(long)]
    node_delay: Option<Period>,
    /// After this long a Failed volume or snapshot is cleared away.
    #[arg(long, default_value = "30s")]
    husk_time: Period,
    /// How much smaller compressed volumes are stored.
    #[arg(long, default_value_t = 1.0)]
    compression_ratio: f64,
    /// Probability that a fresh volume is Migrating at first.
    #[arg(long, default_value_t = 0.0)]
    migrating: f64,
    /// Of everything random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Emit zero-valued JSON fields.
    #[arg(long)]
    emit_defaults: bool,
    /// Answer 412 to a stale ETag instead of 400.
    #[arg(long)]
    etag_412: bool,
    /// Answer 500 to every refused delete, as old releases do.
    #[arg(long)]
    delete_errors_internal: bool,
    /// Cut label keys down to what follows their last `-` or `.`.
    #[arg(long)]
    strip_label_prefix: bool,
    /// Count each volume once in `logicalStorage`, not each replica.
    #[arg(long)]
    logical_without_replicas: bool,
    /// Answer 503 when half of the nodes or more are away.
    #[arg(long)]
    needs_quorum: bool,
}

impl SimCommand {
    /// Runs until interrupted.
    ///
    /// # Errors
    /// An address cannot be bound, or the folder cannot be used.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        logging::start(logging::Style::Text, "info").map_err(anyhow::Error::msg)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            let running = simulator::start(self.options()).await.context("cannot start the cluster")?;
            announce(&running)?;
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            running.stop().await;
            Ok(ExitCode::SUCCESS)
        })
    }

    fn options(self) -> Options {
        let more = self.more;
        let or_delay = |period: Option<Period>| period.unwrap_or(self.delay).0;
        Options {
            dir: self.dir,
            name: self.name,
            ip_base: self.ip_base,
            nodes: self.nodes,
            port: self.port,
            data_port: self.data_port,
            control: self.control,
            capacity: self.capacity,
            auth: if self.no_auth { AuthMode::Open } else { AuthMode::Jwt },
            timings: Timings {
                create: or_delay(more.create_delay),
                update: or_delay(more.update_delay),
                delete: or_delay(more.delete_delay),
                rollback: or_delay(more.rollback_delay),
                snapshot: or_delay(more.snapshot_delay),
                snapshot_delete: or_delay(more.snapshot_delete_delay),
                migrate: self.delay.0,
                node_up: or_delay(more.node_delay),
                husk: more.husk_time.0,
            },
            latency: self.latency.0,
            quirks: Quirks {
                emit_defaults: more.emit_defaults,
                etag_412: more.etag_412,
                delete_errors_internal: more.delete_errors_internal,
                strip_label_prefix: more.strip_label_prefix,
                logical_counts_replicas: !more.logical_without_replicas,
                needs_quorum: more.needs_quorum,
            },
            release: self.release,
            compression_ratio: more.compression_ratio,
            migrating: more.migrating,
            seed: more.seed,
            clock: crate::domain::Clock::System,
        }
    }
}

fn announce(running: &Running) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "cluster   {} {}", running.name(), running.uuid())?;
    for endpoint in running.endpoints() {
        writeln!(out, "endpoint  https://{endpoint}")?;
    }
    for endpoint in running.data_endpoints() {
        writeln!(out, "data      nvme-tcp {endpoint}")?;
    }
    writeln!(out, "subsystem {}", running.subsystem_nqn())?;
    writeln!(out, "control   http://{}", running.control())?;
    writeln!(out, "ca        {}", running.ca().display())?;
    writeln!(out, "jwt       {}", running.keys().system_jwt.display())?;
    writeln!(out, "key       {} (kid {})", running.keys().root_key.display(), simulator::ROOT_KID)?;
    out.flush()
}
