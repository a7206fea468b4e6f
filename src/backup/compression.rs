//! Data as it is kept, and back.
//!
//! Written with zlib (Cinder's default), bzip2 or as it is; read in addition with Zstandard, which
//! a Cinder may have been set to.

use std::io::{Read, Write};

use bzip2::read::MultiBzDecoder;
use bzip2::write::BzEncoder;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::Trouble;

/// What new objects are compressed with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    None,
    #[default]
    Zlib,
    Bzip2,
}

impl Compression {
    /// Cinder's word.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Zlib => "zlib",
            Self::Bzip2 => "bz2",
        }
    }

    pub(super) fn encoder(self) -> Encoder {
        match self {
            Self::None => Encoder::None(Vec::new()),
            Self::Zlib => Encoder::Zlib(ZlibEncoder::new(Vec::new(), flate2::Compression::default())),
            Self::Bzip2 => Encoder::Bzip2(BzEncoder::new(Vec::new(), bzip2::Compression::default())),
        }
    }
}

/// One object on its way into the vault.
pub(super) enum Encoder {
    None(Vec<u8>),
    Zlib(ZlibEncoder<Vec<u8>>),
    Bzip2(BzEncoder<Vec<u8>>),
}

impl Encoder {
    /// What there is to be written after that, which may be nothing yet.
    pub(super) fn feed(&mut self, data: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::None(out) => {
                out.extend_from_slice(data);
                Ok(std::mem::take(out))
            }
            Self::Zlib(encoder) => {
                encoder.write_all(data)?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Self::Bzip2(encoder) => {
                encoder.write_all(data)?;
                Ok(std::mem::take(encoder.get_mut()))
            }
        }
    }

    pub(super) fn finish(self) -> std::io::Result<Vec<u8>> {
        match self {
            Self::None(out) => Ok(out),
            Self::Zlib(encoder) => encoder.finish(),
            Self::Bzip2(encoder) => encoder.finish(),
        }
    }
}

/// What is kept in an object, whose compression its entry names in any case of letters.
pub(super) fn decoder<'a>(
    algorithm: &str,
    kept: impl Read + Send + 'a,
) -> Result<Box<dyn Read + 'a>, Trouble> {
    Ok(match algorithm.to_ascii_lowercase().as_str() {
        "none" | "off" | "no" => Box::new(kept),
        "zlib" | "gzip" => Box::new(ZlibDecoder::new(kept)),
        "bz2" | "bzip2" => Box::new(MultiBzDecoder::new(kept)),
        "zstd" => Box::new(
            ruzstd::decoding::StreamingDecoder::new(kept)
                .map_err(|error| Trouble::invalid(format!("an object is not what it should be ({error})")))?,
        ),
        _ => return Err(Trouble::Invalid(format!("unsupported compression algorithm: {algorithm}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let data: Vec<u8> = (0..300_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        for compression in [Compression::None, Compression::Zlib, Compression::Bzip2] {
            let mut encoder = compression.encoder();
            let mut kept = Vec::new();
            for part in data.chunks(70_000) {
                kept.extend(encoder.feed(part).unwrap());
            }
            kept.extend(encoder.finish().unwrap());
            assert!(compression == Compression::None || kept.len() < data.len());
            let mut back = Vec::new();
            decoder(compression.as_str(), &kept[..]).unwrap().read_to_end(&mut back).unwrap();
            assert_eq!(back, data);
        }
    }

    #[test]
    fn zstandard_is_read_and_the_unknown_refused() {
        // A frame that Cinder's compressor made of `hearth hearth hearth`.
        let data = b"hearth hearth hearth";
        let kept = ruzstd::encoding::compress_to_vec(&data[..], ruzstd::encoding::CompressionLevel::Fastest);
        let mut back = Vec::new();
        decoder("ZSTD", &kept[..]).unwrap().read_to_end(&mut back).unwrap();
        assert_eq!(back, data);
        assert!(decoder("zstd", &b"no frame"[..]).is_err());
        assert!(decoder("lzma", &b""[..]).is_err());
    }
}
