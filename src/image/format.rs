//! What the bytes of an image are, whatever it says of itself.
//!
//! An image that says `raw` and is a qcow2 inside is refused, and the other way round: what a
//! reader makes of bytes must be what their owner was asked about (CVE-2022-47951, CVE-2024-32498).

use crate::domain::Bytes;
use crate::domain::image::Image;

/// As much of the beginning as tells the format.
pub(super) const HEAD: usize = 512;
/// Features of a qcow2 that we know: dirty, corrupt, external data file, compression type, extended
/// L2 entries.
const KNOWN_FEATURES: u64 = 0b1_1111;
const EXTERNAL_DATA: u64 = 0b100;
/// What a table may take of memory (QEMU's own limit).
const MOST_L1_ENTRIES: u32 = (32 << 20) / 8;

/// What a disk may be stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Raw,
    Qcow2,
    /// Known, and not read here.
    Other(&'static str),
}

impl Format {
    /// What the bytes are. Whatever is nothing else is raw.
    pub(super) fn of(head: &[u8]) -> Self {
        let starts = |magic: &[u8]| head.starts_with(magic);
        if starts(b"QFI\xfb") {
            Self::Qcow2
        } else if starts(b"conectix") {
            Self::Other("vhd")
        } else if starts(b"vhdxfile") {
            Self::Other("vhdx")
        } else if starts(b"KDMV") {
            Self::Other("vmdk")
        } else if starts(b"QED\0") {
            Self::Other("qed")
        } else if head.get(0x40..0x44) == Some(&[0x7f, 0x10, 0xda, 0xbe]) {
            Self::Other("vdi")
        } else {
            Self::Raw
        }
    }

    /// What the image says it is, if that can be read here.
    ///
    /// # Errors
    /// Cinder's words when it cannot convert images.
    pub(super) fn declared(image: &Image) -> Result<Self, String> {
        if image.container_format.as_deref() == Some("compressed") {
            return Err("Image compression disallowed, but container_format is compressed.".to_owned());
        }
        match image.disk_format.as_deref() {
            Some("raw" | "iso" | "ami" | "aki" | "ari") => Ok(Self::Raw),
            Some("qcow2") => Ok(Self::Qcow2),
            Some(_) => {
                Err("qemu-img is not installed and image is not of type RAW or QCOW2.  Only RAW and QCOW2 \
                            images can be used if qemu-img is not installed."
                    .to_owned())
            }
            None => Err(
                "qemu-img is not installed and the disk format is not specified.  Only RAW images can be \
                         used if qemu-img is not installed."
                    .to_owned(),
            ),
        }
    }
}

/// Cinder's words for an image that is something else than it says.
pub(super) fn mismatch(image: &Image) -> String {
    let claimed = match image.disk_format.as_deref() {
        Some("iso") | None => "raw",
        Some(format) => format,
    };
    format!(
        "The image format was claimed to be '{claimed}' but the image data appears to be in a different format."
    )
}

/// The size of the disk in a qcow2, if all of it is in this file.
///
/// # Errors
/// Why it is not read.
pub(super) fn qcow2_size(head: &[u8]) -> Result<Bytes, String> {
    let unsafe_one = |what: &str| Err(format!("Image/Volume failed safety check: {what}"));
    let (Some(version), Some(backing), Some(size), Some(encryption), Some(l1)) =
        (u32_at(head, 4), u64_at(head, 8), u64_at(head, 24), u32_at(head, 32), u32_at(head, 36))
    else {
        return unsafe_one("it is too short for a qcow2");
    };
    let features = match version {
        2 => 0,
        3 => u64_at(head, 72).unwrap_or(u64::MAX),
        _ => return unsafe_one("this version of qcow2 is unknown"),
    };
    if backing != 0 {
        return unsafe_one("A qcow2 format image is not allowed to have a backing file");
    }
    if features & EXTERNAL_DATA != 0 {
        return Err("A qcow2 format image is not allowed to have a data file".to_owned());
    }
    if features & !KNOWN_FEATURES != 0 {
        return unsafe_one("it has unknown features");
    }
    if encryption != 0 {
        return unsafe_one("it is encrypted");
    }
    if l1 > MOST_L1_ENTRIES {
        return unsafe_one("its L1 table is too large");
    }
    Ok(Bytes(size))
}

fn u32_at(head: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(head: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(head.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_tell_what_they_are() {
        let mut vdi = vec![0; HEAD];
        vdi[0x40..0x44].copy_from_slice(&0xbeda_107f_u32.to_le_bytes());
        for (head, format) in [
            (&b""[..], Format::Raw),
            (b"QFI", Format::Raw),
            (b"QFI\xfb....", Format::Qcow2),
            (b"conectix", Format::Other("vhd")),
            (b"vhdxfile", Format::Other("vhdx")),
            (b"KDMV\x01", Format::Other("vmdk")),
            (b"QED\0", Format::Other("qed")),
            (&vdi, Format::Other("vdi")),
            (&vdi[..0x43], Format::Raw),
        ] {
            assert_eq!(Format::of(head), format, "{head:?}");
        }
    }

    fn header(change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let mut head = vec![0; HEAD];
        head[..4].copy_from_slice(b"QFI\xfb");
        head[7] = 3;
        head[24..32].copy_from_slice(&(5_u64 << 30).to_be_bytes());
        change(&mut head);
        head
    }

    #[test]
    fn only_a_whole_qcow2_is_read() {
        assert_eq!(qcow2_size(&header(|_| ())), Ok(Bytes(5 << 30)));
        assert_eq!(qcow2_size(&header(|head| head[7] = 2)), Ok(Bytes(5 << 30)));
        for (change, told) in [
            (&(|head: &mut Vec<u8>| head[15] = 1) as &dyn Fn(&mut Vec<u8>), "backing file"),
            (&|head| head[79] = 4, "data file"),
            (&|head| head[78] = 1, "unknown features"),
            (&|head| head[72] = 0x80, "unknown features"),
            (&|head| head[35] = 2, "encrypted"),
            (&|head| head[36] = 0xff, "L1 table"),
            (&|head| head[7] = 9, "version"),
            (&|head| head.truncate(30), "too short"),
            (&|head| head.clear(), "too short"),
        ] {
            let error = qcow2_size(&header(change)).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
