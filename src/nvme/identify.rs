//! What a controller and a namespace say of themselves (NVM Express Base Specification, 5.1.13;
//! NVM Command Set Specification, 4.1.5). Byte offsets are the specification's.

use uuid::Uuid;

use super::Error;

/// Bytes of every Identify data structure.
pub const SIZE: usize = 4096;

/// Values of CNS.
pub mod cns {
    pub const NAMESPACE: u32 = 0x00;
    pub const CONTROLLER: u32 = 0x01;
    pub const ACTIVE_NAMESPACES: u32 = 0x02;
    pub const NAMESPACE_DESCRIPTORS: u32 = 0x03;
    pub const NVM_CONTROLLER: u32 = 0x06;
}

/// NIDT and NIDL of a UUID.
const UUID_TYPE: u8 = 3;
const UUID_LENGTH: u8 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Controller {
    /// MDTS: the most data of one command, as a power of two pages; 0 is without limit.
    pub transfer_pages: u8,
    pub has_ana: bool,
    pub has_write_zeroes: bool,
    /// IOCCSZ, in units of 16 bytes.
    pub capsule: u32,
    /// ICDOFF, in units of 16 bytes.
    pub data_offset: u16,
}

impl Controller {
    pub fn parse(data: &[u8]) -> Self {
        Self {
            transfer_pages: byte(data, 77),
            has_ana: byte(data, 76) & 0x08 != 0,
            has_write_zeroes: byte(data, 520) & 0x08 != 0,
            capsule: dword(data, 1792),
            data_offset: u16::from_le_bytes([byte(data, 1800), byte(data, 1801)]),
        }
    }
    /// Bytes of data that may travel inside an I/O command.
    pub const fn data_inside(&self) -> usize {
        if self.data_offset == 0 { (self.capsule as usize).saturating_mul(16).saturating_sub(64) } else { 0 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    pub blocks: u64,
    /// Bytes of a block, as a power of two.
    pub shift: u32,
    /// Whether Write Zeroes may deallocate, and what is deallocated reads as zeroes.
    pub deallocates: bool,
}

impl Geometry {
    /// # Errors
    /// Blocks with metadata, of a size that nobody has, or more of them than can be addressed.
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        let blocks = u64::from(dword(data, 0)) | u64::from(dword(data, 4)) << 32;
        let flbas = byte(data, 26);
        let format = usize::from(flbas & 0x0f) | usize::from(flbas & 0x60) >> 1;
        let lbaf = dword(data, 128 + format * 4);
        let shift = lbaf >> 16 & 0xff;
        if blocks == 0 {
            return Err(Error::Unusable("the namespace is not active"));
        }
        if lbaf & 0xffff != 0 {
            return Err(Error::Unusable("the namespace has metadata"));
        }
        if !(9..=16).contains(&shift) || blocks.leading_zeros() < shift {
            return Err(Error::Unusable("the namespace has a size or block size that cannot be"));
        }
        let dlfeat = byte(data, 33);
        Ok(Self { blocks, shift, deallocates: dlfeat & 0x07 == 1 && dlfeat & 0x08 != 0 })
    }
    pub const fn bytes(&self) -> u64 {
        self.blocks << self.shift
    }
}

/// The NSIDs of an active namespace list, which ends with a zero.
pub fn namespaces(data: &[u8]) -> impl Iterator<Item = u32> + '_ {
    (0..SIZE / 4).map(|index| dword(data, index * 4)).take_while(|nsid| *nsid != 0)
}

/// The UUID among a namespace's identification descriptors.
pub fn uuid(data: &[u8]) -> Option<Uuid> {
    let mut left = data.get(..SIZE)?;
    while let [kind, length, _, _, rest @ ..] = left {
        if *length == 0 {
            return None;
        }
        let value = rest.get(..usize::from(*length))?;
        if (*kind, *length) == (UUID_TYPE, UUID_LENGTH) {
            return Uuid::from_slice(value).ok();
        }
        left = rest.get(usize::from(*length)..)?;
    }
    None
}

fn byte(data: &[u8], at: usize) -> u8 {
    data.get(at).copied().unwrap_or(0)
}

fn dword(data: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([byte(data, at), byte(data, at + 1), byte(data, at + 2), byte(data, at + 3)])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_uuid_is_found_behind_other_descriptors() {
        let wanted = Uuid::from_u128(7);
        let mut data = vec![0; SIZE];
        data[..2].copy_from_slice(&[1, 8]);
        data[12..14].copy_from_slice(&[3, 16]);
        data[16..32].copy_from_slice(wanted.as_bytes());
        assert_eq!(uuid(&data), Some(wanted));
        assert_eq!(uuid(&[0; SIZE]), None);
    }

    proptest! {
        #[test]
        fn nothing_said_can_hurt(start in prop::collection::vec(any::<u8>(), 0..200), length in 0usize..5000) {
            let mut data = start;
            data.resize(length, 0xff);
            let _ = uuid(&data);
            let _ = namespaces(&data).count();
            let _ = Controller::parse(&data).data_inside();
            if let Ok(geometry) = Geometry::parse(&data) {
                prop_assert!(geometry.bytes() > 0);
            }
        }
    }
}
