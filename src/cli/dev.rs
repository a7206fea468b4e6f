//! `hearth dev`: the newcomer's door. Simulated clusters, SQLite in a folder, no tokens needed,
//! everything on loopback.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;

use super::serve::{runtime, start_logging, until_told};
use crate::app;
use crate::config::{Config, Connector, Period, Strategy};
use crate::domain::Clock;
use crate::simulator::{self, AuthMode, Options, ROOT_KID, Timings};

/// Most clusters whose node addresses fit into 127.0.1.0 and up.
const MOST_CLUSTERS: u8 = 100;

/// Run hearth with simulated clusters, for trying it out.
#[derive(Debug, Args)]
pub struct DevCommand {
    /// Where the API answers; loopback only, since nobody has to prove who they are.
    #[arg(long, default_value = "127.0.0.1:8776")]
    listen: SocketAddr,
    /// Where health and metrics answer [default: the port after that of --listen].
    #[arg(long)]
    admin_listen: Option<SocketAddr>,
    /// Folder of the database and of the clusters' state; kept from run to run.
    #[arg(long, default_value = ".hearth")]
    dir: PathBuf,
    /// Number of simulated clusters.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=i64::from(MOST_CLUSTERS)))]
    clusters: u8,
    /// Nodes of each cluster.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=16))]
    nodes: u16,
    /// How long a cluster takes to create, update or delete something.
    #[arg(long, default_value = "0s")]
    delay: Period,
    /// Effective capacity of each cluster.
    #[arg(long, default_value = "100TiB", value_parser = simulator::parse_capacity)]
    capacity: u64,
    /// Second octet of the clusters' addresses, 127.X.i.0: to run two of these side by side.
    #[arg(long, default_value_t = 0)]
    net: u8,
    /// How volumes are opened for copies: `nvme-tcp`, or `none` to see what fails without.
    #[arg(long, default_value = "nvme-tcp", value_parser = connector)]
    connector: Connector,
}

fn connector(text: &str) -> Result<Connector, String> {
    Connector::deserialize(text.into_deserializer())
        .map_err(|error: serde::de::value::Error| error.to_string())
}

impl DevCommand {
    /// # Errors
    /// Whatever cannot be started.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if !self.listen.ip().is_loopback() {
            bail!("dev believes everybody, so it listens on loopback only; use `hearth serve` for others");
        }
        let mut config = Config::default();
        config.log.level = "warn,hearth=info,hearth::access=warn".to_owned();
        start_logging(&config)?;
        runtime(&config)?.block_on(self.start(config))?;
        Ok(ExitCode::SUCCESS)
    }

    async fn start(self, config: Config) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.dir).with_context(|| format!("cannot make {}", self.dir.display()))?;
        let dir = self.dir.canonicalize()?;
        let mut clusters = Vec::new();
        for number in 1..=self.clusters {
            let cluster = simulator::start(self.options(&dir, number)).await;
            clusters.push(cluster.with_context(|| format!("simulated cluster lb{number}"))?);
        }
        write_registrations(&dir.join("clusters.toml"), &clusters).await?;
        let config = self.configure(config, &dir);
        let running = app::start(&config, Clock::System).await?;
        greet(running.address, &dir, &clusters)?;
        until_told().await?;
        running.stop().await;
        for cluster in clusters {
            cluster.stop().await;
        }
        Ok(())
    }

    fn options(&self, dir: &Path, number: u8) -> Options {
        Options {
            name: format!("lb{number}"),
            ip_base: Ipv4Addr::new(127, self.net, number, 0),
            nodes: self.nodes,
            capacity: self.capacity,
            auth: AuthMode::Jwt,
            timings: Timings::all(self.delay.0),
            ..Options::new(dir.join("clusters").join(format!("lb{number}")))
        }
    }

    fn configure(&self, mut config: Config, dir: &Path) -> Config {
        let mut admin = self.listen;
        admin.set_port(if self.listen.port() == 0 { 0 } else { self.listen.port().wrapping_add(1) });
        config.server.listen = self.listen;
        config.server.admin_listen = self.admin_listen.unwrap_or(admin);
        config.server.shutdown_grace = Period(Duration::from_secs(5));
        config.auth.strategy = Strategy::Noauth;
        config.database.data_dir = dir.to_owned();
        config.fleet.clusters_file = dir.join("clusters.toml");
        // Not those of a gateway that is installed on this machine.
        config.policy.folders = vec![dir.join("policy.d")];
        config.fleet.poll_interval = Period(Duration::from_secs(2));
        config.fleet.list_interval = Period(Duration::from_secs(5));
        config.data_path.connector = self.connector;
        config.fleet.trust_after = 3;
        config.fleet.trust_time = Period(Duration::from_secs(3));
        config
    }
}

/// The registrations of the simulated clusters, unless they are there already: whoever edits the
/// file to try something out keeps his edit.
async fn write_registrations(path: &Path, clusters: &[simulator::Running]) -> anyhow::Result<()> {
    let old = tokio::fs::read_to_string(path).await.unwrap_or_default();
    let mut text = if old.is_empty() {
        "# The simulated clusters of `hearth dev`. Edit it and watch: it is read again at once.\n".to_owned()
    } else {
        old.clone()
    };
    for cluster in clusters {
        if old.contains(&format!("name = \"{}\"", cluster.name())) {
            continue;
        }
        let endpoints: Vec<String> = cluster.endpoints().iter().map(|e| format!("\"{e}\"")).collect();
        write!(
            text,
            "\n[[cluster]]\nname = \"{}\"\nendpoints = [{}]\nca_file = {:?}\n\
             # From this key hearth mints the short-lived tokens it calls the cluster with.\n\
             rsa_key_file = {:?}\nkey_id = \"{ROOT_KID}\"\n",
            cluster.name(),
            endpoints.join(", "),
            cluster.ca().display().to_string(),
            cluster.keys().root_key.display().to_string(),
        )?;
    }
    if text == old {
        return Ok(());
    }
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.persist(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

fn greet(address: SocketAddr, dir: &Path, clusters: &[simulator::Running]) -> anyhow::Result<()> {
    let mut text = format!(
        "\nhearth is up: http://{address}/v3   (state in {})\n\nSimulated clusters:\n",
        dir.display()
    );
    for cluster in clusters {
        let first = cluster.endpoints().first().map(ToString::to_string).unwrap_or_default();
        writeln!(
            text,
            "  {:<6} https://{first} and {} more, control http://{}",
            cluster.name(),
            cluster.endpoints().len().saturating_sub(1),
            cluster.control()
        )?;
    }
    write!(
        text,
        "
Try it with the stock clients (user admin of project c0ffee; any user:project will do, the project in hex digits):

  export OS_AUTH_TYPE=admin_token OS_ENDPOINT=http://{address}/v3 OS_TOKEN=admin:c0ffee OS_VOLUME_API_VERSION=3.71
  openstack volume create --size 10 first
  openstack volume list
  openstack volume snapshot create --volume first snap1

  export OS_AUTH_TYPE=noauth CINDER_USER_ID=admin CINDER_PROJECT_ID=c0ffee CINDER_ENDPOINT=http://{address}/v3
  cinder list
  cinder get-pools --detail

  hearth cluster list --no-auth --endpoint http://{address}

Ctrl-C stops it; everything is still there at the next start.
"
    )?;
    std::io::stdout().write_all(text.as_bytes()).context("cannot greet")
}
