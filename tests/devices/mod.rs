//! A stand-in for a machine's discovery client and kernel: a volume that is asked for appears as a
//! link to a sparse file, and goes when it is asked for no more. What is written stays, so a test
//! can look at it. Nobody's access list is looked at here.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use hearth::datapath::{DataPath, DiscoveryClient};

/// More than any volume of a test.
const SIZE: u64 = 64 << 30;

pub struct Devices {
    folder: tempfile::TempDir,
    stop: Arc<AtomicBool>,
    watch: Option<JoinHandle<()>>,
}

impl Devices {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["wishes", "devices", "data"] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (root, ended) = (folder.path().to_owned(), stop.clone());
        let watch = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                tick(&root);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        Self { folder, stop, watch: Some(watch) }
    }

    /// What a gateway on this machine gets at volumes with.
    pub fn data_path(&self) -> DataPath {
        self.data_path_of(4, Duration::from_secs(10))
    }

    pub fn data_path_of(&self, copies: usize, patience: Duration) -> DataPath {
        let client = DiscoveryClient {
            folder: self.folder.path().join("wishes"),
            devices: self.folder.path().join("devices"),
            host_nqn: None,
            patience,
        };
        DataPath::discovery_client(client, copies)
    }

    /// No device appears any more.
    pub fn hold(&self) {
        drop(fs::File::create(self.folder.path().join("held")).unwrap());
    }

    /// They do again.
    pub fn release(&self) {
        fs::remove_file(self.folder.path().join("held")).unwrap();
    }

    /// Where the bytes of a volume are. Made by whoever looks first.
    pub fn file(&self, uuid: impl std::fmt::Display) -> PathBuf {
        file(self.folder.path(), &uuid.to_string())
    }

    /// What asks for a volume, if anything does.
    pub fn wish(&self, uuid: impl std::fmt::Display) -> PathBuf {
        self.folder.path().join(format!("wishes/{uuid}.conf"))
    }

    /// Volumes that are asked for now.
    pub fn wishes(&self) -> BTreeSet<String> {
        wishes(self.folder.path())
    }
}

impl Drop for Devices {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(watch) = self.watch.take() {
            let _ = watch.join();
        }
    }
}

fn wishes(root: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(root.join("wishes")).unwrap();
    let names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.strip_suffix(".conf").map(ToOwned::to_owned)).collect()
}

fn file(root: &Path, uuid: &str) -> PathBuf {
    let path = root.join("data").join(uuid);
    if !path.exists() {
        let file = fs::File::create(&path).unwrap();
        file.set_len(SIZE).unwrap();
    }
    path
}

fn tick(root: &Path) {
    let wanted = wishes(root);
    for entry in fs::read_dir(root.join("devices")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        if !name.strip_prefix("nvme-uuid.").is_some_and(|uuid| wanted.contains(uuid)) {
            let _ = fs::remove_file(entry.path());
        }
    }
    if root.join("held").exists() {
        return;
    }
    for uuid in wanted {
        let link = root.join(format!("devices/nvme-uuid.{uuid}"));
        if !link.exists() {
            let _ = symlink(file(root, &uuid), link);
        }
    }
}
