//! What the target says of itself and of its namespaces. Byte offsets are those of the NVM
//! Express Base Specification, 5.1.12 and 5.1.13.

use crate::nvme::command::Command;
use crate::nvme::identify::{SIZE, cns};
use crate::simulator::model::{NodeState, Volume};
use crate::simulator::rules::Moment;
use crate::simulator::rules::hosts::{self, Visitor};

/// MDTS: 2^7 pages, half a mebibyte.
const TRANSFER_PAGES: u8 = 7;
/// The most of a command's data, in bytes.
pub const MAX_TRANSFER: usize = 4096 << TRANSFER_PAGES;
/// Data inside a command.
pub const MAX_INSIDE: usize = 8 << 10;
/// Namespaces that a host can have; the ANA log of so many still fits into one transfer.
const MAX_NAMESPACES: u32 = 1 << 16;

/// The most bytes that an ANA log has.
const MAX_LOG: usize = MAX_TRANSFER;

/// What an Identify command asks for; none when it is not known here.
pub fn answer(at: &Moment<'_>, visitor: Visitor<'_>, controller: u16, command: &Command) -> Option<Vec<u8>> {
    let namespace = || hosts::namespace(at, visitor, command.namespace()).ok();
    match command.dword(10) & 0xff {
        cns::NAMESPACE => namespace().map(|volume| of_namespace(at, volume)),
        cns::CONTROLLER => Some(of_controller(at, controller)),
        cns::ACTIVE_NAMESPACES => {
            let after = at.tables.volumes_after(command.namespace());
            let seen = after.filter(|volume| hosts::sees(volume, visitor.host)).take(SIZE / 4);
            Some(padded(seen.flat_map(|volume| volume.nsid.to_le_bytes()).collect()))
        }
        cns::NAMESPACE_DESCRIPTORS => namespace().map(|volume| {
            let mut data = vec![3, 16, 0, 0];
            data.extend_from_slice(volume.uuid.as_bytes());
            data.extend_from_slice(&[4, 1, 0, 0, 0]);
            padded(data)
        }),
        // No limits of their own on commands without data.
        cns::NVM_CONTROLLER if command.dword(11) >> 24 == 0 => Some(vec![0; SIZE]),
        _ => None,
    }
}

fn padded(mut data: Vec<u8>) -> Vec<u8> {
    data.resize(SIZE, 0);
    data
}

fn of_controller(at: &Moment<'_>, id: u16) -> Vec<u8> {
    let mut page = Page(vec![0; SIZE]);
    let identity = at.tables.identity.clone();
    let serial = identity.as_ref().map(|it| it.uuid.simple().to_string()).unwrap_or_default();
    page.text(4, 20, &serial);
    page.text(24, 40, "hearth simulated cluster");
    page.text(64, 8, &at.options.release.version());
    // CMIC: more ports, more controllers, ANA.
    page.bytes(76, &[0x0b, TRANSFER_PAGES]);
    page.bytes(78, &id.to_le_bytes());
    page.dword(80, 0x0001_0400);
    // OAES: namespaces changed, ANA changed.
    page.dword(92, 0x100 | 0x800);
    // CNTRLTYPE: I/O.
    page.bytes(111, &[1]);
    // AERL and three more.
    page.bytes(259, &[3]);
    // KAS, in 100 ms.
    page.bytes(320, &10u16.to_le_bytes());
    // ANATT in seconds; ANACAP: optimized, inaccessible.
    page.bytes(342, &[10, 0x05]);
    page.dword(344, at.options.nodes.into());
    page.dword(348, at.options.nodes.into());
    page.bytes(512, &[0x66, 0x44]);
    page.bytes(514, &(super::controllers::MAX_QUEUE + 1).to_le_bytes());
    page.dword(516, at.tables.next_nsid().max(MAX_NAMESPACES));
    // ONCS: dataset management, write zeroes.
    page.bytes(520, &[0x0c]);
    // VWC: there is none, and what is flushed is there.
    page.dword(536, 1 | 1 << 20 | 1 << 21);
    page.dword(540, MAX_NAMESPACES);
    let nqn = identity.map(|it| it.subsystem_nqn()).unwrap_or_default();
    page.bytes(768, nqn.as_bytes());
    page.dword(1792, (64 + MAX_INSIDE as u32) / 16);
    page.dword(1796, 1);
    // MSDBD.
    page.bytes(1803, &[1]);
    page.0
}

/// Bytes of a block, as a power of two.
pub const fn shift(volume: &Volume) -> u32 {
    if volume.sector_size == 512 { 9 } else { 12 }
}

fn of_namespace(at: &Moment<'_>, volume: &Volume) -> Vec<u8> {
    let mut page = Page(vec![0; SIZE]);
    let blocks = (volume.size >> shift(volume)).to_le_bytes();
    for offset in [0, 8, 16] {
        page.bytes(offset, &blocks);
    }
    // NMIC: shared. DLFEAT: deallocated blocks read as zeroes, and Write Zeroes deallocates.
    page.bytes(30, &[1]);
    page.bytes(33, &[0x09]);
    page.dword(92, group(at, volume));
    page.bytes(104, volume.uuid.as_bytes());
    page.dword(128, shift(volume) << 16);
    page.0
}

/// Namespaces that the same node serves are one ANA group.
fn group(at: &Moment<'_>, volume: &Volume) -> u32 {
    hosts::primary(at, volume).map_or(1, |node| u32::from(node.index) + 1)
}

/// The ANA log page: each group, its state through this node, its namespaces.
pub fn ana_log(at: &Moment<'_>, visitor: Visitor<'_>) -> Vec<u8> {
    const OPTIMIZED: u8 = 0x01;
    const INACCESSIBLE: u8 = 0x02;
    let mut log = at.turn.to_le_bytes().to_vec();
    log.extend_from_slice(&at.options.nodes.to_le_bytes());
    log.resize(16, 0);
    let seen = || at.tables.volumes_after(0).filter(|volume| hosts::sees(volume, visitor.host));
    for node in at.tables.nodes.values() {
        let number = u32::from(node.index) + 1;
        let members: Vec<u32> =
            seen().filter(|volume| group(at, volume) == number).map(|volume| volume.nsid).collect();
        let is_here = node.index == visitor.node && node.state == NodeState::Active;
        log.extend_from_slice(&number.to_le_bytes());
        log.extend_from_slice(&u32::try_from(members.len()).unwrap_or(u32::MAX).to_le_bytes());
        log.extend_from_slice(&at.turn.to_le_bytes());
        log.push(if is_here { OPTIMIZED } else { INACCESSIBLE });
        log.extend_from_slice(&[0; 15]);
        log.extend(members.into_iter().flat_map(u32::to_le_bytes));
    }
    log.truncate(MAX_LOG);
    log
}

/// One Identify data structure being filled in.
struct Page(Vec<u8>);

impl Page {
    fn bytes(&mut self, at: usize, value: &[u8]) {
        if let Some(room) = self.0.get_mut(at..at + value.len()) {
            room.copy_from_slice(value);
        }
    }
    fn dword(&mut self, at: usize, value: u32) {
        self.bytes(at, &value.to_le_bytes());
    }
    /// ASCII, padded with spaces.
    fn text(&mut self, at: usize, length: usize, value: &str) {
        let padded = format!("{value:length$.length$}");
        self.bytes(at, padded.as_bytes());
    }
}
