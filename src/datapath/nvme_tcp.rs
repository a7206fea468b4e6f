//! Connecting with our own initiator: the nodes' data ports, no kernel, no root.

use bytes::Bytes;

use super::{Target, Trouble};
use crate::domain;
use crate::nvme::{Deadlines, Digests, Error, Namespace, Portal, Settings};

/// How our own initiator connects.
#[derive(Debug, Clone, Copy, Default)]
pub struct NvmeTcp {
    pub digests: Digests,
    pub deadlines: Deadlines,
}

/// A namespace, as the disk that it is.
#[derive(Debug)]
pub(super) struct Attached(Namespace);

impl NvmeTcp {
    pub(super) async fn open(&self, target: &Target) -> Result<Attached, Trouble> {
        let portal = |it: &super::Portal| Portal { host: it.host.clone(), port: it.port };
        let settings = Settings {
            portals: target.portals.iter().map(portal).collect(),
            subsystem_nqn: target.subsystem_nqn.clone(),
            host_nqn: target.host_nqn.clone(),
            digests: self.digests,
            deadlines: self.deadlines,
        };
        let namespace = Namespace::open(settings, *target.uuid.as_uuid()).await.map_err(trouble)?;
        let size = namespace.size();
        if size < target.size.0 {
            namespace.close().await;
            return Err(Trouble(format!("the namespace of volume {} has {size} bytes", target.uuid)));
        }
        Ok(Attached(namespace))
    }
}

impl Attached {
    pub(super) const fn size(&self) -> domain::Bytes {
        domain::Bytes(self.0.size())
    }
    pub(super) async fn read(&self, offset: u64, length: usize) -> Result<Bytes, Trouble> {
        self.0.read(offset, length).await.map_err(trouble)
    }
    pub(super) async fn write(&self, offset: u64, data: Bytes) -> Result<(), Trouble> {
        self.0.write(offset, data).await.map_err(trouble)
    }
    pub(super) async fn write_zeroes(&self, offset: u64, length: u64) -> Result<(), Trouble> {
        self.0.write_zeroes(offset, length).await.map_err(trouble)
    }
    pub(super) async fn flush(&self) -> Result<(), Trouble> {
        self.0.flush().await.map_err(trouble)
    }
    pub(super) async fn close(self) {
        self.0.close().await;
    }
}

fn trouble(error: Error) -> Trouble {
    Trouble(format!("NVMe/TCP: {error}"))
}
