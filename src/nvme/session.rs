//! One controller behind one portal, made ready for one namespace: an admin queue, an I/O queue
//! and a sign of life from time to time. It ends as a whole, with one reason.

use std::sync::Arc;

use tokio_util::sync::DropGuard;
use uuid::Uuid;

use super::admin::{self, Capabilities, Role};
use super::command::{Command, opcode};
use super::identify::{Controller, Geometry};
use super::queue::{Fate, Queue};
use super::slots::{Answer, Payload};
use super::{Error, Portal, Settings};

const ADMIN_DEPTH: u16 = 31;
const IO_DEPTH: u16 = 64;
/// Of one command, where the controller would take more: what is in memory at once depends on it.
const MOST_TRANSFER: u64 = 1 << 20;
/// Data inside a command, where the controller would take more.
const MOST_INSIDE: usize = 16 << 10;
/// Data inside an admin or Fabrics command may always be this much.
const ADMIN_INSIDE: usize = 8 << 10;
/// NLB has sixteen bits.
const MOST_BLOCKS: u64 = 1 << 16;

/// What one command may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Blocks of one read or write.
    pub transfer: u64,
    /// Blocks of one Write Zeroes; 0 where there is no such command.
    pub zeroes: u64,
}

pub struct Session {
    admin: Arc<Queue>,
    io: Queue,
    fate: Fate,
    _stop: DropGuard,
    pub namespace: u32,
    pub geometry: Geometry,
    pub limits: Limits,
}

impl Session {
    /// Connects to the portal and finds the namespace there.
    ///
    /// # Errors
    /// The portal does not answer in time, the namespace is not shown to this host there, or
    /// cannot be reached on this path now.
    pub async fn open(settings: &Settings, portal: &Portal, wanted: Uuid) -> Result<Self, Error> {
        let fate = Fate::new(portal);
        let stop = fate.stop().clone().drop_guard();
        let opened = tokio::time::timeout(settings.deadlines.connect, open(settings, portal, wanted, &fate));
        let opened = match opened.await {
            Ok(opened) => opened?,
            Err(_) => {
                fate.end(format!("no controller within {:?}", settings.deadlines.connect));
                return Err(fate.error());
            }
        };
        let (admin, io, found) = opened;
        let session = Self {
            admin: Arc::new(admin),
            io,
            fate,
            _stop: stop,
            namespace: found.namespace,
            geometry: found.geometry,
            limits: found.limits,
        };
        session.stay_alive(settings);
        Ok(session)
    }

    pub fn has_ended(&self) -> bool {
        self.fate.has_ended()
    }

    pub fn error(&self, why: impl Into<String>) -> Error {
        self.fate.end(why);
        self.fate.error()
    }

    pub async fn execute(&self, command: Command, payload: Payload) -> Result<Answer, Error> {
        self.io.execute(command, payload).await
    }

    /// Says good-bye to the controller. The session is over however that goes.
    pub async fn shut_down(&self, settings: &Settings) {
        let farewell = tokio::time::timeout(settings.deadlines.connect, admin::shut_down(&self.admin)).await;
        match farewell {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the controller did not take its leave"),
            Err(_) => tracing::debug!("the controller did not take its leave in time"),
        }
        self.fate.end("closed");
    }

    fn stay_alive(&self, settings: &Settings) {
        let period = settings.deadlines.keep_alive / 3;
        if period.is_zero() {
            return;
        }
        let (fate, admin) = (self.fate.clone(), Arc::clone(&self.admin));
        tokio::spawn(async move {
            let signs = async {
                loop {
                    tokio::time::sleep(period).await;
                    if let Err(error) = admin::keep_alive(&admin).await {
                        return error;
                    }
                }
            };
            if let Some(error) = fate.stop().run_until_cancelled(signs).await {
                fate.end(format!("keep alive failed: {error}"));
            }
        });
    }
}

struct Found {
    namespace: u32,
    geometry: Geometry,
    limits: Limits,
}

async fn open(
    settings: &Settings,
    portal: &Portal,
    wanted: Uuid,
    fate: &Fate,
) -> Result<(Queue, Queue, Found), Error> {
    let host = host_id(&settings.host_nqn);
    let deadline = settings.deadlines.command;
    let mut admin = Queue::connect(portal, settings.digests, ADMIN_DEPTH, deadline, fate).await?;
    admin.inside = ADMIN_INSIDE;
    let number = admin::connect(&admin, settings, host, Role::Admin, ADMIN_DEPTH).await?;
    let capabilities = admin::enable(&admin).await?;
    let controller = admin::controller(&admin).await?;
    admin::ask_for_queues(&admin).await?;
    let depth = capabilities.depth.clamp(1, IO_DEPTH);
    let mut io = Queue::connect(portal, settings.digests, depth, deadline, fate).await?;
    io.inside = ADMIN_INSIDE;
    admin::connect(&io, settings, host, Role::Io(number), depth).await?;
    io.inside = controller.data_inside().min(MOST_INSIDE);
    let namespace = admin::find(&admin, wanted).await?;
    let geometry = admin::geometry(&admin, namespace).await?;
    let limits = limits(&admin, capabilities, controller, geometry).await?;
    if controller.has_ana {
        knock(&io, namespace, geometry, fate).await?;
    }
    Ok((admin, io, Found { namespace, geometry, limits }))
}

async fn limits(
    admin: &Queue,
    capabilities: Capabilities,
    controller: Controller,
    geometry: Geometry,
) -> Result<Limits, Error> {
    let blocks = |pages: u8| match pages {
        0 => u64::MAX,
        pages => 1u64.checked_shl(u32::from(pages) + capabilities.page).unwrap_or(u64::MAX) >> geometry.shift,
    };
    let transfer = blocks(controller.transfer_pages);
    let zeroes = match controller.has_write_zeroes {
        false => 0,
        // A controller that tells no limit of its own means the one of all transfers.
        true => admin::zeroes_limit(admin).await?.map_or(transfer, blocks).clamp(1, MOST_BLOCKS),
    };
    let most = (MOST_TRANSFER >> geometry.shift).min(MOST_BLOCKS);
    Ok(Limits { transfer: transfer.clamp(1, most), zeroes })
}

/// Reads a block, to see whether this path leads anywhere: of a volume's nodes only one does.
async fn knock(io: &Queue, namespace: u32, geometry: Geometry, fate: &Fate) -> Result<(), Error> {
    let command = Command::new(opcode::READ, namespace).with_blocks(0, 1);
    let answer = io.execute(command, Payload::In(1 << geometry.shift)).await?;
    let status = answer.completion.status;
    if status.is_of_the_path() {
        fate.end(status.to_string());
        return Err(fate.error());
    }
    if status.is_success() { Ok(()) } else { Err(Error::Refused { operation: "the first read", status }) }
}

/// The same for a host NQN every time: a controller wants the two to go together.
fn host_id(host_nqn: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, host_nqn.as_bytes())
}
