//! The commands of an I/O queue. Each looks at the ACL, does its work and records it under one
//! hold of the world's lock: once an ACL has changed, no write of a host that it left out can
//! still come through.

use std::sync::Arc;

use super::controllers::Controller;
use super::identify::{self, MAX_TRANSFER};
use crate::nvme::command::{Command, Status, opcode};
use crate::simulator::faults::{DATA_PATH, Plan, Seen};
use crate::simulator::model::extents::BLOCK;
use crate::simulator::model::{Record, Volume};
use crate::simulator::rules::hosts::{self, Denied, Visitor};
use crate::simulator::rules::{Fate, Moment};
use crate::simulator::shared::Shared;
use crate::simulator::world::World;

type Result<T> = std::result::Result<T, Status>;

/// What a command needs before it can run, and leaves behind.
#[derive(Debug)]
pub struct Work {
    /// Bytes that the host sends.
    pub wants: usize,
}

/// Bytes of a volume.
#[derive(Debug, Clone, Copy)]
struct Span {
    offset: u64,
    length: u64,
}

/// How a fault rule sees a command.
pub const fn name(opcode: u8) -> &'static str {
    match opcode {
        opcode::READ => "nvme_read",
        opcode::WRITE => "nvme_write",
        opcode::FLUSH => "nvme_flush",
        opcode::WRITE_ZEROES => "nvme_write_zeroes",
        opcode::DATASET_MANAGEMENT => "nvme_trim",
        _ => "nvme_unknown",
    }
}

/// What goes wrong with this command, if anything.
pub fn plan(shared: &Shared, controller: &Controller, command: &Command) -> Plan {
    let operation = name(command.opcode());
    *shared.counters().calls.entry(operation.to_owned()).or_default() += 1;
    let mut faults = shared.faults();
    if faults.rules().is_empty() {
        return Plan::default();
    }
    let volume = shared.world().tables().volume_by_nsid(command.namespace()).map(|volume| volume.uuid);
    let path = format!("/nvme/{}", volume.unwrap_or_default());
    faults.plan(Seen { operation, method: DATA_PATH, path: &path, node: controller.node })
}

/// Looks at a command before its data is there.
pub fn prepare(shared: &Shared, controller: &Controller, command: &Command) -> Result<Work> {
    let (told, visitor) = (command.data_length() as usize, visitor(controller));
    let mut world = shared.world();
    let length = world.read(None, |at| match command.opcode() {
        opcode::READ | opcode::WRITE => {
            let volume = hosts::readable(at, visitor, command.namespace()).map_err(status)?;
            span(volume, command).map(|span| span.length as usize)
        }
        // Sixteen bytes a range, and at most 256 of them.
        opcode::DATASET_MANAGEMENT => Ok(((command.dword(10) & 0xff) as usize + 1) * 16),
        opcode::FLUSH | opcode::WRITE_ZEROES => Ok(0),
        _ => Err(Status::INVALID_OPCODE.for_good()),
    });
    let length = length.map_err(|_| Status::INTERNAL)??;
    if length > MAX_TRANSFER {
        return Err(Status::INVALID_FIELD.for_good());
    }
    // A host may send more of a list of ranges than it fills.
    let is_list = command.opcode() == opcode::DATASET_MANAGEMENT;
    if told < length || told > length && !(is_list && told <= 4096) {
        return Err(Status::SGL_LENGTH.for_good());
    }
    let sends = matches!(command.opcode(), opcode::WRITE | opcode::DATASET_MANAGEMENT);
    Ok(Work { wants: if sends { told } else { 0 } })
}

/// Does it; `sent` is the host's data, the answer what the host gets.
pub fn run(shared: &Arc<Shared>, controller: &Controller, command: &Command, sent: &[u8]) -> Result<Vec<u8>> {
    let (visitor, nsid) = (visitor(controller), command.namespace());
    let mut world = shared.world();
    match command.opcode() {
        opcode::READ => {
            let (volume, span) = look(&mut world, |at| {
                let volume = hosts::readable(at, visitor, nsid).map_err(status)?;
                Ok((Arc::clone(volume), span(volume, command)?))
            })?;
            let mut data = vec![0; span.length as usize];
            let read = world.data().read(world.tables(), volume.layer, span.offset, &mut data);
            read.map_err(|error| failed(&error))?;
            Ok(data)
        }
        opcode::WRITE => {
            let span = span_of(&mut world, visitor, command)?;
            write(&mut world, visitor, nsid, span.offset, sent).map(|()| Vec::new())
        }
        opcode::WRITE_ZEROES => {
            let span = span_of(&mut world, visitor, command)?;
            zero(&mut world, visitor, nsid, span).map(|()| Vec::new())
        }
        opcode::DATASET_MANAGEMENT => trim(&mut world, visitor, command, sent).map(|()| Vec::new()),
        // What was written is where it stays.
        opcode::FLUSH => Ok(Vec::new()),
        _ => Err(Status::INVALID_OPCODE.for_good()),
    }
}

const fn visitor(controller: &Controller) -> Visitor<'_> {
    Visitor { host: controller.host.as_str(), node: controller.node }
}

fn look<T>(world: &mut World, question: impl FnOnce(&Moment<'_>) -> Result<T>) -> Result<T> {
    world.read(None, question).map_err(|_| Status::INTERNAL)?
}

fn span_of(world: &mut World, visitor: Visitor<'_>, command: &Command) -> Result<Span> {
    look(world, |at| {
        let volume = hosts::readable(at, visitor, command.namespace()).map_err(status)?;
        span(volume, command)
    })
}

fn span(volume: &Volume, command: &Command) -> Result<Span> {
    let (first, count) = command.blocks();
    bytes(volume, first, count.into())
}

fn bytes(volume: &Volume, first: u64, count: u64) -> Result<Span> {
    let shift = identify::shift(volume);
    match first.checked_add(count) {
        Some(end) if end <= volume.size >> shift => {
            Ok(Span { offset: first << shift, length: count << shift })
        }
        _ => Err(Status::LBA_OUT_OF_RANGE.for_good()),
    }
}

fn write(world: &mut World, visitor: Visitor<'_>, nsid: u32, offset: u64, data: &[u8]) -> Result<()> {
    let (volume, records) = look(world, |at| {
        let length = data.len() as u64;
        let (volume, records) = hosts::write(at, visitor, nsid, offset, length).map_err(status)?;
        Ok((Arc::clone(volume), records))
    })?;
    let layer = volume.layer.ok_or(Status::NOT_READY)?;
    world.data().write(world.tables(), layer, offset, data).map_err(|error| failed(&error))?;
    keep(world, records)
}

/// Zeroes: what stands on nothing is given back, what hides something below is a hole in a file.
fn zero(world: &mut World, visitor: Visitor<'_>, nsid: u32, span: Span) -> Result<()> {
    let end = span.offset + span.length;
    let (first, last) = (span.offset.next_multiple_of(BLOCK), end / BLOCK * BLOCK);
    if first >= last {
        return write(world, visitor, nsid, span.offset, &vec![0; span.length as usize]);
    }
    for (from, to) in [(span.offset, first), (last, end)] {
        if from < to {
            write(world, visitor, nsid, from, &vec![0; (to - from) as usize])?;
        }
    }
    let (layer, records) = look(world, |at| {
        let (volume, records) = hosts::write(at, visitor, nsid, first, last - first).map_err(status)?;
        let layer = volume.layer.and_then(|layer| at.tables.layers.get(&layer)).ok_or(Status::NOT_READY)?;
        let (from, to) = (first / BLOCK, last / BLOCK);
        let records = if layer.parent.is_some() || layer.files.len() > 1 {
            records
        } else if layer.extents.within(from, to).next().is_some() {
            vec![Record::Erased { layer: layer.uuid, from, to }]
        } else {
            return Ok((None, Vec::new()));
        };
        Ok((Some(layer.uuid), records))
    })?;
    let Some(layer) = layer else { return Ok(()) };
    world.data().punch(layer, first, last - first).map_err(|error| failed(&error))?;
    keep(world, records)
}

/// Deallocates each range; other hints are taken and forgotten.
fn trim(world: &mut World, visitor: Visitor<'_>, command: &Command, ranges: &[u8]) -> Result<()> {
    const DEALLOCATE: u32 = 4;
    let count = (command.dword(10) & 0xff) as usize + 1;
    if command.dword(11) & DEALLOCATE == 0 {
        return Ok(());
    }
    for range in ranges.chunks_exact(16).take(count) {
        let (mut length, mut first) = ([0; 4], [0; 8]);
        length.copy_from_slice(range.get(4..8).unwrap_or(&[0; 4]));
        first.copy_from_slice(range.get(8..16).unwrap_or(&[0; 8]));
        let (count, first) = (u32::from_le_bytes(length), u64::from_le_bytes(first));
        let span = look(world, |at| {
            let volume = hosts::readable(at, visitor, command.namespace()).map_err(status)?;
            bytes(volume, first, count.into())
        })?;
        if span.length > 0 {
            zero(world, visitor, command.namespace(), span)?;
        }
    }
    Ok(())
}

fn keep(world: &mut World, records: Vec<Record>) -> Result<()> {
    world.write(Fate::Good, |_| Ok((records, ()))).map_err(|_| Status::INTERNAL)
}

fn failed(error: &std::io::Error) -> Status {
    tracing::error!(%error, "the simulator cannot get at the data of a volume");
    Status::INTERNAL.for_good()
}

const fn status(denied: Denied) -> Status {
    match denied {
        Denied::Hidden => Status::INVALID_NAMESPACE.for_good(),
        Denied::NotHere => Status::ANA_INACCESSIBLE,
        Denied::Busy => Status::NOT_READY,
        Denied::ReadOnly => Status::WRITE_PROTECTED.for_good(),
        Denied::OutOfRange => Status::LBA_OUT_OF_RANGE.for_good(),
    }
}
