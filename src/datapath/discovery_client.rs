//! Connecting through the machine's Lightbits discovery client, as os-brick does.
//!
//! A file in the client's folder says which subsystem is to be connected, through which nodes and
//! as whom; the client connects, and the volume appears as a block device. Taking the file away
//! disconnects. The file bears the volume's UUID, as os-brick's: if one of somebody else's is there
//! already, this machine has the volume connected, and it stays when we are done. One of ours was
//! left by a process that was killed.

use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::device::Device;
use super::{Target, Trouble};

/// Where a node tells hosts what there is to connect to.
const DISCOVERY_PORT: u16 = 8009;
/// What the files that we write begin with.
const OURS: &str = "# hearth:";
/// Between two looks for the device.
const LOOK: Duration = Duration::from_millis(50);

/// A discovery client and where its devices appear.
#[derive(Debug, Clone)]
pub struct DiscoveryClient {
    /// The client's folder, mostly `/etc/discovery-client/discovery.d`.
    pub folder: PathBuf,
    /// Where udev links devices by their UUID, mostly `/dev/disk/by-id`.
    pub devices: PathBuf,
    /// The machine's, as a kernel knows only one; `None` takes one for each operation.
    pub host_nqn: Option<String>,
    /// How long a device may take to appear, or to go.
    pub patience: Duration,
}

/// A device, and the file that keeps it connected.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) device: Device,
    held: Option<Held>,
    link: PathBuf,
    patience: Duration,
}

/// Ours to take away.
#[derive(Debug)]
struct Held(PathBuf);

impl Drop for Held {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0)
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(file = %self.0.display(), %error, "a volume stays connected");
        }
    }
}

impl DiscoveryClient {
    pub(super) fn host_nqn(&self) -> Option<&str> {
        self.host_nqn.as_deref()
    }

    pub(super) async fn open(&self, target: &Target) -> Result<Connected, Trouble> {
        let held = self.ask_for(target)?;
        let link = self.devices.join(format!("nvme-uuid.{}", target.uuid));
        let end = Instant::now() + self.patience;
        let mut missing = format!("no device of volume {} has appeared", target.uuid);
        loop {
            if fs::exists(&link).unwrap_or(false) {
                match Device::open(&link).await {
                    Ok(device) if device.size() >= target.size => {
                        return Ok(Connected { device, held, link, patience: self.patience });
                    }
                    Ok(device) => {
                        missing =
                            format!("the device of volume {} has {} bytes", target.uuid, device.size().0);
                    }
                    Err(trouble) => missing = trouble.0,
                }
            }
            if Instant::now() >= end {
                return Err(Trouble(missing));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// `None`: somebody else asked for it already.
    fn ask_for(&self, target: &Target) -> Result<Option<Held>, Trouble> {
        let path = self.folder.join(format!("{}.conf", target.uuid));
        let trouble = |error: std::io::Error| Trouble(format!("{}: {error}", self.folder.display()));
        // The client reads whatever it finds there: the file has to appear whole.
        let mut file = tempfile::Builder::new()
            .prefix(".hearth-")
            .suffix(".tmp")
            .tempfile_in(&self.folder)
            .map_err(trouble)?;
        file.write_all(wish(target).as_bytes()).map_err(trouble)?;
        let refused = match file.persist_noclobber(&path) {
            Ok(_) => return Ok(Some(Held(path))),
            Err(refused) => refused,
        };
        if refused.error.kind() != ErrorKind::AlreadyExists {
            return Err(trouble(refused.error));
        }
        match fs::read_to_string(&path) {
            Ok(there) if there.starts_with(OURS) => {
                refused.file.persist(&path).map_err(|refused| trouble(refused.error))?;
                Ok(Some(Held(path)))
            }
            Ok(_) => Ok(None),
            Err(error) => Err(trouble(error)),
        }
    }
}

fn wish(target: &Target) -> String {
    let mut text = format!("{OURS} volume {}\n", target.uuid);
    let (host, subsystem) = (&target.host_nqn, &target.subsystem_nqn);
    for portal in &target.portals {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "-t tcp -a {} -s {DISCOVERY_PORT} -q {host} -n {subsystem}", portal.host);
    }
    text
}

impl Connected {
    /// Takes the file away and waits for the device to go, so that whoever connects next does not
    /// get ours.
    pub(super) async fn close(self) -> Result<(), Trouble> {
        let Self { device, held, link, patience } = self;
        drop(device);
        if held.is_none() {
            return Ok(());
        }
        drop(held);
        let end = Instant::now() + patience;
        while is_there(&link) {
            if Instant::now() >= end {
                return Err(Trouble(format!("{} does not go away", link.display())));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}

fn is_there(link: &Path) -> bool {
    fs::symlink_metadata(link).is_ok()
}
