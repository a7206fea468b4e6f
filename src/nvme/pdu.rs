//! The PDUs of NVMe/TCP, as bytes (NVM Express TCP Transport Specification, 3.6).
//!
//! Every PDU is a header of a length that its kind fixes, then perhaps a digest of it, padding up
//! to where the data begins, the data and a digest of that. This module knows the layout and
//! nothing of what is meant; initiator and target read and write with the same code.

use bytes::{BufMut, Bytes, BytesMut};
use crc::{CRC_32_ISCSI, Crc, Table};

/// CRC32C, as both digests are.
static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// The part that all headers begin with.
pub const COMMON: usize = 8;
pub const DIGEST: usize = 4;
/// Data begins at most this far into a PDU: alignment is at most 32 dwords.
pub const MAX_PADDING: usize = 128;

pub const FLAG_HEADER_DIGEST: u8 = 1;
pub const FLAG_DATA_DIGEST: u8 = 2;
pub const FLAG_LAST: u8 = 4;
/// On the last data of a read: it went well and no response follows.
pub const FLAG_SUCCESS: u8 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    InitializeRequest = 0x00,
    InitializeResponse = 0x01,
    HostTerminate = 0x02,
    ControllerTerminate = 0x03,
    Command = 0x04,
    Response = 0x05,
    HostData = 0x06,
    ControllerData = 0x07,
    ReadyToTransfer = 0x09,
}

impl Kind {
    pub const fn parse(byte: u8) -> Option<Self> {
        Some(match byte {
            0x00 => Self::InitializeRequest,
            0x01 => Self::InitializeResponse,
            0x02 => Self::HostTerminate,
            0x03 => Self::ControllerTerminate,
            0x04 => Self::Command,
            0x05 => Self::Response,
            0x06 => Self::HostData,
            0x07 => Self::ControllerData,
            0x09 => Self::ReadyToTransfer,
            _ => return None,
        })
    }
    pub const fn header_length(self) -> usize {
        match self {
            Self::InitializeRequest | Self::InitializeResponse => 128,
            Self::Command => 72,
            _ => 24,
        }
    }
    pub const fn may_carry_data(self) -> bool {
        matches!(self, Self::Command | Self::HostData | Self::ControllerData) || self.is_terminate()
    }
    pub const fn is_terminate(self) -> bool {
        matches!(self, Self::HostTerminate | Self::ControllerTerminate)
    }
    /// Digests are agreed on by the first two PDUs and left out of the last.
    pub const fn is_digested(self) -> bool {
        !matches!(self, Self::InitializeRequest | Self::InitializeResponse) && !self.is_terminate()
    }
}

/// Which digests both ends have agreed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digests {
    pub header: bool,
    pub data: bool,
}

impl Digests {
    pub const fn from_bits(bits: u8) -> Self {
        Self { header: bits & 1 != 0, data: bits & 2 != 0 }
    }
    pub const fn bits(self) -> u8 {
        self.header as u8 | (self.data as u8) << 1
    }
    pub const fn both(self, other: Self) -> Self {
        Self { header: self.header && other.header, data: self.data && other.data }
    }
}

/// How this end writes PDUs on one connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    pub digests: Digests,
    /// Data begins at a multiple of this many bytes; 0 is as 1.
    pub alignment: usize,
}

/// One PDU, ready to be sent: the data is not copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outgoing {
    pub head: Bytes,
    pub data: Bytes,
    pub tail: Bytes,
}

/// `body` is the header after its common part, and `data` what follows it.
pub fn encode(kind: Kind, flags: u8, body: &[u8], data: Bytes, style: Style) -> Outgoing {
    let digests = if kind.is_digested() { style.digests } else { Digests::default() };
    let header_length = kind.header_length();
    let headed = header_length + if digests.header { DIGEST } else { 0 };
    let has_data = !data.is_empty();
    let offset = if has_data { headed.next_multiple_of(style.alignment.max(1)) } else { headed };
    let digested = has_data && digests.data;
    let length = offset + data.len() + if digested { DIGEST } else { 0 };
    let mut flags = flags;
    if digests.header {
        flags |= FLAG_HEADER_DIGEST;
    }
    if digested {
        flags |= FLAG_DATA_DIGEST;
    }
    let mut head = BytesMut::with_capacity(offset);
    head.put_u8(kind as u8);
    head.put_u8(flags);
    head.put_u8(u8::try_from(header_length).unwrap_or(u8::MAX));
    head.put_u8(if has_data && !kind.is_terminate() { u8::try_from(offset).unwrap_or(u8::MAX) } else { 0 });
    head.put_u32_le(u32::try_from(length).unwrap_or(u32::MAX));
    head.put_slice(body.get(..header_length - COMMON).unwrap_or(body));
    head.resize(header_length, 0);
    if digests.header {
        let digest = checksum(&head);
        head.put_u32_le(digest);
    }
    head.resize(offset, 0);
    let tail = if digested { Bytes::copy_from_slice(&checksum(&data).to_le_bytes()) } else { Bytes::new() };
    Outgoing { head: head.freeze(), data, tail }
}

pub fn checksum(bytes: &[u8]) -> u32 {
    CRC32C.checksum(bytes)
}

/// What the two ends tell each other first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Initialize {
    pub version: u16,
    /// Of data sent to the one who says this, in dwords, less one.
    pub alignment: u8,
    pub digests: Digests,
    /// From a host: R2Ts it takes for one command, less one. From a controller: the most data in
    /// one PDU, in bytes.
    pub limit: u32,
}

impl Initialize {
    pub fn body(self) -> [u8; 120] {
        let mut body = [0; 120];
        body[0..2].copy_from_slice(&self.version.to_le_bytes());
        body[2] = self.alignment;
        body[3] = self.digests.bits();
        body[4..8].copy_from_slice(&self.limit.to_le_bytes());
        body
    }
    pub fn parse(body: &[u8; 120]) -> Self {
        Self {
            version: u16::from_le_bytes([body[0], body[1]]),
            alignment: body[2],
            digests: Digests::from_bits(body[3]),
            limit: u32::from_le_bytes([body[4], body[5], body[6], body[7]]),
        }
    }
    /// In bytes.
    pub fn data_alignment(self) -> usize {
        (usize::from(self.alignment.min(31)) + 1) * 4
    }
}

/// A piece of a command's data: one that is sent, or with R2T one that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// The id of the command.
    pub command: u16,
    /// Names the R2T that the data answers.
    pub tag: u16,
    pub offset: u32,
    pub length: u32,
}

impl Transfer {
    pub fn body(self) -> [u8; 16] {
        let mut body = [0; 16];
        body[0..2].copy_from_slice(&self.command.to_le_bytes());
        body[2..4].copy_from_slice(&self.tag.to_le_bytes());
        body[4..8].copy_from_slice(&self.offset.to_le_bytes());
        body[8..12].copy_from_slice(&self.length.to_le_bytes());
        body
    }
    pub fn parse(body: &[u8; 120]) -> Self {
        Self {
            command: u16::from_le_bytes([body[0], body[1]]),
            tag: u16::from_le_bytes([body[2], body[3]]),
            offset: u32::from_le_bytes([body[4], body[5], body[6], body[7]]),
            length: u32::from_le_bytes([body[8], body[9], body[10], body[11]]),
        }
    }
}

/// Why one end gives the other up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Fatal {
    InvalidHeader = 1,
    Sequence = 2,
    HeaderDigest = 3,
    DataOutOfRange = 4,
    LimitExceeded = 5,
    Unsupported = 6,
}

impl Fatal {
    pub fn body(self) -> [u8; 16] {
        let mut body = [0; 16];
        body[0..2].copy_from_slice(&(self as u16).to_le_bytes());
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_one_of_the_castagnoli_polynomial() {
        // RFC 3720, B.4: 32 bytes of zeroes.
        assert_eq!(checksum(&[0; 32]).to_le_bytes(), [0xaa, 0x36, 0x91, 0x8a]);
    }

    #[test]
    fn a_command_without_digests_is_its_header() {
        let out = encode(Kind::Command, 0, &[7; 64], Bytes::new(), Style::default());
        assert_eq!(out.head[..8], [4, 0, 72, 0, 72, 0, 0, 0]);
        assert_eq!((out.head.len(), out.data.len(), out.tail.len()), (72, 0, 0));
    }

    #[test]
    fn data_is_padded_and_both_digests_are_counted() {
        let style = Style { digests: Digests { header: true, data: true }, alignment: 64 };
        let out = encode(Kind::Command, 0, &[7; 64], Bytes::from_static(b"data"), style);
        assert_eq!(out.head[..8], [4, 3, 72, 128, 136, 0, 0, 0]);
        assert_eq!((out.head.len(), out.tail.len()), (128, 4));
    }
}
