//! The commands of an admin queue: all that a host asks before, and beside, reading and writing.

use std::sync::Arc;

use super::controllers::Controller;
use super::identify;
use crate::nvme::command::{Command, Status, fabrics, opcode};
use crate::simulator::rules::hosts::Visitor;
use crate::simulator::shared::Shared;

/// I/O queues of one controller, less one.
const MOST_QUEUES: u32 = 63;

/// What comes of a command.
#[derive(Debug)]
pub enum Outcome {
    Done(u64),
    /// Data for the host.
    Data(Vec<u8>),
    Refused(Status),
    /// An answer will come when something has happened.
    Later,
}

pub fn run(shared: &Arc<Shared>, controller: &Controller, command: &Command) -> Outcome {
    match command.opcode() {
        opcode::FABRICS => fabrics(controller, command),
        opcode::IDENTIFY => {
            let visitor = Visitor { host: &controller.host, node: controller.node };
            let mut world = shared.world();
            match world.read(None, |at| identify::answer(at, visitor, controller.id, command)) {
                Ok(Some(data)) => Outcome::Data(data),
                Ok(None) if command.namespace() != 0 => refused(Status::INVALID_NAMESPACE),
                Ok(None) => refused(Status::INVALID_FIELD),
                Err(_) => Outcome::Refused(Status::INTERNAL),
            }
        }
        opcode::GET_LOG_PAGE => log_page(shared, controller, command),
        opcode::SET_FEATURES | opcode::GET_FEATURES => feature(command),
        opcode::KEEP_ALIVE => Outcome::Done(0),
        // Commands are done in their order: what could be aborted is done already.
        opcode::ABORT => Outcome::Done(1),
        opcode::ASYNC_EVENT_REQUEST => Outcome::Later,
        _ => refused(Status::INVALID_OPCODE),
    }
}

const fn refused(status: Status) -> Outcome {
    Outcome::Refused(status.for_good())
}

fn fabrics(controller: &Controller, command: &Command) -> Outcome {
    match command.fabrics_type() {
        fabrics::PROPERTY_GET => {
            controller.property(command.dword(11)).map_or(refused(Status::INVALID_FIELD), Outcome::Done)
        }
        fabrics::PROPERTY_SET if controller.set_property(command.dword(11), command.dword(12)) => {
            Outcome::Done(0)
        }
        // The second Connect on a connection, for one.
        _ => refused(Status::INVALID_FIELD),
    }
}

fn feature(command: &Command) -> Outcome {
    const QUEUES: u32 = 0x07;
    const EVENTS: u32 = 0x0b;
    const KEEP_ALIVE: u32 = 0x0f;
    match command.dword(10) & 0xff {
        QUEUES => {
            let wanted = command.dword(11);
            let (submission, completion) = (wanted & 0xffff, wanted >> 16);
            Outcome::Done((submission.min(MOST_QUEUES) | completion.min(MOST_QUEUES) << 16).into())
        }
        EVENTS | KEEP_ALIVE => Outcome::Done(0),
        _ => refused(Status::INVALID_FIELD),
    }
}

fn log_page(shared: &Arc<Shared>, controller: &Controller, command: &Command) -> Outcome {
    let dwords = u64::from(command.dword(10) >> 16) | u64::from(command.dword(11) & 0xffff) << 16;
    let length = (dwords + 1) * 4;
    if length > identify::MAX_TRANSFER as u64 {
        return refused(Status::INVALID_FIELD);
    }
    let mut page = match command.dword(10) & 0xff {
        // Errors; health; firmware; the effects of commands: nothing of interest.
        0x01 | 0x02 | 0x03 | 0x05 => Vec::new(),
        // Changed namespaces: look at all of them.
        0x04 => vec![0xff; 4],
        0x0c => {
            let visitor = Visitor { host: &controller.host, node: controller.node };
            match shared.world().read(None, |at| identify::ana_log(at, visitor)) {
                Ok(log) => log,
                Err(_) => return Outcome::Refused(Status::INTERNAL),
            }
        }
        _ => return refused(Status::INVALID_LOG_PAGE),
    };
    let offset = usize::try_from(command.quad(12)).unwrap_or(usize::MAX).min(page.len());
    page.drain(..offset);
    page.resize(length as usize, 0);
    Outcome::Data(page)
}
