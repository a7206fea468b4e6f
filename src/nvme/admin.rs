//! The commands that make a controller ready and ask it what it has.

use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::command::{Command, fabrics, opcode, property};
use super::identify::{self, Controller, Geometry, cns};
use super::queue::Queue;
use super::slots::Payload;
use super::{Error, Settings};

/// CC: enabled, submission entries of 2^6 and completion entries of 2^4 bytes.
const ENABLED: u32 = 1 | 6 << 16 | 4 << 20;
const SHUTDOWN_NORMAL: u32 = 1 << 14;
const READY: u32 = 1;
const FATAL: u32 = 2;
const SHUTDOWN_DONE: u32 = 2 << 2;
const POLL: Duration = Duration::from_millis(20);
/// Namespaces looked at in search of one, before it is taken for not there.
const MOST_NAMESPACES: usize = 1 << 16;
const CONNECT_DATA: usize = 1024;
/// Any controller will do.
const DYNAMIC: u16 = 0xffff;

/// Which queue a Connect command makes of its connection.
#[derive(Debug, Clone, Copy)]
pub enum Role {
    Admin,
    /// The first I/O queue of this controller.
    Io(u16),
}

/// Answers the id of the controller.
pub async fn connect(
    queue: &Queue,
    settings: &Settings,
    host: Uuid,
    role: Role,
    depth: u16,
) -> Result<u16, Error> {
    let (number, controller) = match role {
        Role::Admin => (0, DYNAMIC),
        Role::Io(controller) => (1, controller),
    };
    let mut data = vec![0; CONNECT_DATA];
    data[..16].copy_from_slice(host.as_bytes());
    data[16..18].copy_from_slice(&controller.to_le_bytes());
    put_name(&mut data[256..512], &settings.subsystem_nqn)?;
    put_name(&mut data[512..768], &settings.host_nqn)?;
    let kato = u32::try_from(settings.deadlines.keep_alive.as_millis()).unwrap_or(u32::MAX);
    let command = Command::fabrics(fabrics::CONNECT)
        .with_dword(10, number << 16)
        // Both ends of a queue hold one entry free, so it has one more than are in flight.
        .with_dword(11, u32::from(depth))
        .with_dword(12, if number == 0 { kato } else { 0 });
    let result = run(queue, "connect", command, Payload::Out(Bytes::from(data))).await?.0;
    if result >> 16 & 0x3 != 0 {
        return Err(Error::Unusable("the controller wants the host to authenticate"));
    }
    Ok(result as u16)
}

fn put_name(field: &mut [u8], name: &str) -> Result<(), Error> {
    // One byte of the field stays zero.
    match field.get_mut(..name.len()) {
        Some(room) if name.len() < 224 && !name.is_empty() => {
            room.copy_from_slice(name.as_bytes());
            Ok(())
        }
        _ => Err(Error::Unusable("an NQN has 1 to 223 bytes")),
    }
}

/// The part of CAP that concerns us.
#[derive(Debug, Clone, Copy)]
pub struct Capabilities {
    /// Smallest page of memory, as a power of two; limits are told in it.
    pub page: u32,
    /// Commands in flight on a queue.
    pub depth: u16,
}

/// Enables the controller and waits for it. The caller sets the deadline.
pub async fn enable(queue: &Queue) -> Result<Capabilities, Error> {
    let told = get_property(queue, property::CAP, 1).await?;
    let capabilities = Capabilities { page: 12 + (told >> 48 & 0xf) as u32, depth: told as u16 };
    set_property(queue, property::CC, ENABLED | (capabilities.page - 12) << 7).await?;
    loop {
        let status = get_property(queue, property::CSTS, 0).await? as u32;
        if status & FATAL != 0 {
            return Err(Error::Unusable("the controller says that it has failed"));
        }
        if status & READY != 0 {
            return Ok(capabilities);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Says good-bye and waits until the controller has noticed.
pub async fn shut_down(queue: &Queue) -> Result<(), Error> {
    set_property(queue, property::CC, ENABLED | SHUTDOWN_NORMAL).await?;
    while get_property(queue, property::CSTS, 0).await? as u32 & 0xc != SHUTDOWN_DONE {
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// `width` is 0 for four bytes, 1 for eight.
async fn get_property(queue: &Queue, offset: u32, width: u32) -> Result<u64, Error> {
    let command = Command::fabrics(fabrics::PROPERTY_GET).with_dword(10, width).with_dword(11, offset);
    Ok(run(queue, "property get", command, Payload::None).await?.0)
}

async fn set_property(queue: &Queue, offset: u32, value: u32) -> Result<(), Error> {
    let command = Command::fabrics(fabrics::PROPERTY_SET).with_dword(11, offset).with_dword(12, value);
    run(queue, "property set", command, Payload::None).await.map(drop)
}

pub async fn controller(queue: &Queue) -> Result<Controller, Error> {
    Ok(Controller::parse(&identify(queue, cns::CONTROLLER, 0).await?))
}

/// The most that one Write Zeroes may cover, as a power of two pages: none where the controller
/// does not say, 0 where nothing limits it.
pub async fn zeroes_limit(queue: &Queue) -> Result<Option<u8>, Error> {
    match identify(queue, cns::NVM_CONTROLLER, 0).await {
        Ok(data) => Ok(data.get(1).copied()),
        Err(Error::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

pub async fn geometry(queue: &Queue, namespace: u32) -> Result<Geometry, Error> {
    Geometry::parse(&identify(queue, cns::NAMESPACE, namespace).await?)
}

/// The NSID of the namespace with this UUID.
pub async fn find(queue: &Queue, wanted: Uuid) -> Result<u32, Error> {
    let mut last = 0;
    for _ in 0..MOST_NAMESPACES / (identify::SIZE / 4) {
        let list = identify(queue, cns::ACTIVE_NAMESPACES, last).await?;
        let mut count = 0;
        for namespace in identify::namespaces(&list) {
            if namespace <= last {
                return Err(Error::Unusable("the controller's list of namespaces is not in order"));
            }
            (last, count) = (namespace, count + 1);
            match identify(queue, cns::NAMESPACE_DESCRIPTORS, namespace).await {
                Ok(descriptors) if identify::uuid(&descriptors) == Some(wanted) => return Ok(namespace),
                // One that has gone since the list was made.
                Ok(_) | Err(Error::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if count < identify::SIZE / 4 {
            break;
        }
    }
    Err(Error::NoNamespace(wanted))
}

async fn identify(queue: &Queue, cns: u32, namespace: u32) -> Result<Vec<u8>, Error> {
    let command = Command::new(opcode::IDENTIFY, namespace).with_dword(10, cns);
    Ok(run(queue, "identify", command, Payload::In(identify::SIZE)).await?.1)
}

/// Asks for one I/O queue.
pub async fn ask_for_queues(queue: &Queue) -> Result<(), Error> {
    let command = Command::new(opcode::SET_FEATURES, 0).with_dword(10, 7).with_dword(11, 0);
    run(queue, "set features", command, Payload::None).await.map(drop)
}

pub async fn keep_alive(queue: &Queue) -> Result<(), Error> {
    run(queue, "keep alive", Command::new(opcode::KEEP_ALIVE, 0), Payload::None).await.map(drop)
}

async fn run(
    queue: &Queue,
    operation: &'static str,
    command: Command,
    payload: Payload,
) -> Result<(u64, Vec<u8>), Error> {
    let answer = queue.execute(command, payload).await?;
    let status = answer.completion.status;
    if status.is_success() {
        Ok((answer.completion.result, answer.data))
    } else {
        Err(Error::Refused { operation, status })
    }
}
