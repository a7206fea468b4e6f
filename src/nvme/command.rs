//! Commands and their completions, as bytes (NVM Express Base Specification, 3.3 and 6; NVM
//! Command Set Specification, 3.2).

use std::fmt;

pub mod opcode {
    pub const FABRICS: u8 = 0x7f;
    // Admin.
    pub const GET_LOG_PAGE: u8 = 0x02;
    pub const IDENTIFY: u8 = 0x06;
    pub const ABORT: u8 = 0x08;
    pub const SET_FEATURES: u8 = 0x09;
    pub const GET_FEATURES: u8 = 0x0a;
    pub const ASYNC_EVENT_REQUEST: u8 = 0x0c;
    pub const KEEP_ALIVE: u8 = 0x18;
    // I/O.
    pub const FLUSH: u8 = 0x00;
    pub const WRITE: u8 = 0x01;
    pub const READ: u8 = 0x02;
    pub const WRITE_ZEROES: u8 = 0x08;
    pub const DATASET_MANAGEMENT: u8 = 0x09;
}

/// Types of Fabrics commands.
pub mod fabrics {
    pub const PROPERTY_SET: u8 = 0x00;
    pub const CONNECT: u8 = 0x01;
    pub const PROPERTY_GET: u8 = 0x04;
    pub const DISCONNECT: u8 = 0x08;
}

/// Offsets of controller properties.
pub mod property {
    pub const CAP: u32 = 0x00;
    pub const VS: u32 = 0x08;
    pub const CC: u32 = 0x14;
    pub const CSTS: u32 = 0x1c;
}

pub const SIZE: usize = 64;
pub const COMPLETION_SIZE: usize = 16;

/// A submission queue entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Command(pub [u8; SIZE]);

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({:#04x}, id {}, namespace {})", self.opcode(), self.id(), self.namespace())
    }
}

impl Command {
    /// One without data, its SGL in place.
    pub const fn new(opcode: u8, namespace: u32) -> Self {
        let mut bytes = [0; SIZE];
        bytes[0] = opcode;
        // PSDT: the data pointer is an SGL.
        bytes[1] = 0x40;
        bytes[39] = SGL_TRANSPORT;
        let mut command = Self(bytes);
        command.set_dword(1, namespace);
        command
    }
    /// A Fabrics command has its type where others have their namespace.
    pub const fn fabrics(kind: u8) -> Self {
        Self::new(opcode::FABRICS, kind as u32)
    }
    /// Data of `length` bytes inside the capsule.
    #[must_use]
    pub fn with_data_inside(mut self, length: u32) -> Self {
        self.0[32..36].copy_from_slice(&length.to_le_bytes());
        self.0[39] = SGL_OFFSET;
        self
    }
    /// Data of `length` bytes that the transport moves either way.
    #[must_use]
    pub fn with_data(mut self, length: u32) -> Self {
        self.0[32..36].copy_from_slice(&length.to_le_bytes());
        self.0[39] = SGL_TRANSPORT;
        self
    }
    #[must_use]
    pub const fn with_dword(mut self, number: usize, value: u32) -> Self {
        self.set_dword(number, value);
        self
    }
    #[must_use]
    pub const fn with_id(mut self, id: u16) -> Self {
        [self.0[2], self.0[3]] = id.to_le_bytes();
        self
    }
    /// SLBA and NLB of an I/O command; `blocks` is at least 1 and at most 65536.
    #[must_use]
    pub const fn with_blocks(self, first: u64, blocks: u32) -> Self {
        self.with_dword(10, first as u32)
            .with_dword(11, (first >> 32) as u32)
            .with_dword(12, blocks.saturating_sub(1) & 0xffff)
    }
    const fn set_dword(&mut self, number: usize, value: u32) {
        [self.0[number * 4], self.0[number * 4 + 1], self.0[number * 4 + 2], self.0[number * 4 + 3]] =
            value.to_le_bytes();
    }

    pub const fn opcode(&self) -> u8 {
        self.0[0]
    }
    pub const fn id(&self) -> u16 {
        u16::from_le_bytes([self.0[2], self.0[3]])
    }
    pub const fn namespace(&self) -> u32 {
        self.dword(1)
    }
    pub const fn fabrics_type(&self) -> u8 {
        self.0[4]
    }
    pub const fn dword(&self, number: usize) -> u32 {
        u32::from_le_bytes([
            self.0[number * 4],
            self.0[number * 4 + 1],
            self.0[number * 4 + 2],
            self.0[number * 4 + 3],
        ])
    }
    /// Two dwords as one number.
    pub const fn quad(&self, number: usize) -> u64 {
        self.dword(number) as u64 | (self.dword(number + 1) as u64) << 32
    }
    /// Bytes of data that the SGL speaks of.
    pub const fn data_length(&self) -> u32 {
        self.dword(8)
    }
    /// Whether the SGL says that the data is in the capsule.
    pub const fn has_data_inside(&self) -> bool {
        self.0[39] == SGL_OFFSET
    }
    /// First block and number of blocks of an I/O command.
    pub const fn blocks(&self) -> (u64, u32) {
        (self.quad(10), (self.dword(12) & 0xffff) + 1)
    }
}

/// SGL data block, by offset into the capsule.
const SGL_OFFSET: u8 = 0x01;
/// Transport SGL data block.
const SGL_TRANSPORT: u8 = 0x5a;

/// A completion queue entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    pub result: u64,
    pub head: u16,
    pub id: u16,
    pub status: Status,
}

impl Completion {
    pub fn parse(body: &[u8; 120]) -> Self {
        let word = |at: usize| u16::from_le_bytes([body[at], body[at + 1]]);
        let mut result = [0; 8];
        result.copy_from_slice(&body[..8]);
        Self {
            result: u64::from_le_bytes(result),
            head: word(8),
            id: word(12),
            status: Status(word(14) >> 1),
        }
    }
    pub fn bytes(self) -> [u8; COMPLETION_SIZE] {
        let mut bytes = [0; COMPLETION_SIZE];
        bytes[..8].copy_from_slice(&self.result.to_le_bytes());
        bytes[8..10].copy_from_slice(&self.head.to_le_bytes());
        bytes[12..14].copy_from_slice(&self.id.to_le_bytes());
        bytes[14..].copy_from_slice(&(self.status.0 << 1).to_le_bytes());
        bytes
    }
}

/// The status field of a completion, without the phase bit: code, code type, retry delay, more,
/// do not retry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    pub const SUCCESS: Self = Self(0);
    const DO_NOT_RETRY: u16 = 1 << 14;

    const fn generic(code: u16) -> Self {
        Self(code)
    }
    const fn specific(code: u16) -> Self {
        Self(1 << 8 | code)
    }
    const fn path(code: u16) -> Self {
        Self(3 << 8 | code)
    }
    pub const INVALID_OPCODE: Self = Self::generic(0x01);
    pub const INVALID_FIELD: Self = Self::generic(0x02);
    pub const DATA_TRANSFER: Self = Self::generic(0x04);
    pub const INTERNAL: Self = Self::generic(0x06);
    pub const INVALID_NAMESPACE: Self = Self::generic(0x0b);
    pub const SEQUENCE: Self = Self::generic(0x0c);
    pub const SGL_LENGTH: Self = Self::generic(0x0f);
    pub const WRITE_PROTECTED: Self = Self::generic(0x20);
    pub const LBA_OUT_OF_RANGE: Self = Self::generic(0x80);
    pub const NOT_READY: Self = Self::generic(0x82);
    pub const CONNECT_INVALID: Self = Self::specific(0x82);
    pub const INVALID_LOG_PAGE: Self = Self::specific(0x09);
    pub const ANA_INACCESSIBLE: Self = Self::path(0x02);
    pub const WRITE_FAULT: Self = Self(2 << 8 | 0x80);

    /// The same, and asking again is no use.
    #[must_use]
    pub const fn for_good(self) -> Self {
        Self(self.0 | Self::DO_NOT_RETRY)
    }
    pub const fn is_success(self) -> bool {
        self.0 & 0x7ff == 0
    }
    /// Code type and code, without the bits that are no part of the answer.
    pub const fn code(self) -> u16 {
        self.0 & 0x7ff
    }
    /// The command may well work out on another path, or on this one later.
    pub const fn is_of_the_path(self) -> bool {
        let (kind, code) = (self.code() >> 8, self.code() & 0xff);
        match kind {
            3 => true,
            // Data transfer and internal errors, aborted commands, a namespace not ready.
            0 => self.0 & Self::DO_NOT_RETRY == 0 && matches!(code, 0x04 | 0x06 | 0x07 | 0x08 | 0x82),
            _ => false,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, code) = (self.code() >> 8, self.code() & 0xff);
        let name = match (kind, code) {
            (0, 0x00) => "success",
            (0, 0x01) => "invalid opcode",
            (0, 0x02) => "invalid field",
            (0, 0x04) => "data transfer error",
            (0, 0x06) => "internal error",
            (0, 0x0b) => "invalid namespace",
            (0, 0x20) => "namespace is write protected",
            (0, 0x80) => "LBA out of range",
            (0, 0x81) => "capacity exceeded",
            (0, 0x82) => "namespace not ready",
            (1, 0x82) => "connect invalid parameters",
            (1, 0x84) => "connect invalid host",
            (2, 0x80) => "write fault",
            (2, 0x81) => "unrecovered read error",
            (3, 0x01) => "ANA persistent loss",
            (3, 0x02) => "ANA inaccessible",
            (3, 0x03) => "ANA transition",
            _ => "status",
        };
        write!(f, "{name} (type {kind:#x}, code {code:#04x})")
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Status({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_keeps_what_it_was_told() {
        let command =
            Command::new(opcode::WRITE, 7).with_blocks(1 << 40, 65536).with_id(9).with_data(1 << 28);
        assert_eq!((command.opcode(), command.namespace(), command.id()), (opcode::WRITE, 7, 9));
        assert_eq!((command.blocks(), command.data_length()), ((1 << 40, 65536), 1 << 28));
        assert!(!command.has_data_inside() && command.with_data_inside(4).has_data_inside());
    }

    #[test]
    fn a_completion_keeps_its_status() {
        let sent = Completion { result: 5, head: 2, id: 3, status: Status::ANA_INACCESSIBLE };
        let mut body = [0; 120];
        body[..16].copy_from_slice(&sent.bytes());
        assert_eq!(Completion::parse(&body), sent);
        assert!(sent.status.is_of_the_path() && !sent.status.is_success());
    }

    #[test]
    fn what_will_not_get_better_is_not_of_the_path() {
        assert!(Status::NOT_READY.is_of_the_path() && !Status::NOT_READY.for_good().is_of_the_path());
        assert!(!Status::INVALID_NAMESPACE.is_of_the_path());
        assert_eq!(Status::INVALID_NAMESPACE.for_good().code(), Status::INVALID_NAMESPACE.code());
    }
}
