//! PDUs from and to a byte stream. Whatever the other end sends, what is read into memory is a
//! header of a fixed length; its data waits in the stream until somebody has room for it.

use std::io;

use bytes::Buf;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::pdu::{
    COMMON, DIGEST, Digests, FLAG_DATA_DIGEST, FLAG_HEADER_DIGEST, Fatal, Initialize, Kind, MAX_PADDING,
    Outgoing, Transfer, checksum,
};

/// Why a stream of PDUs cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("the connection broke")]
    Io(#[from] io::Error),
    #[error("{1}")]
    Protocol(Fatal, &'static str),
    #[error("the digest of a header is wrong")]
    HeaderDigest,
    #[error("the digest of data is wrong")]
    DataDigest,
}

/// A header that has been read; its data has not.
#[derive(Debug, Clone)]
pub struct Header {
    pub kind: Kind,
    pub flags: u8,
    pub body: [u8; 120],
    /// Bytes of data that follow. [`Reader::data`] or [`Reader::skip`] must take them.
    pub data: usize,
    /// Whether a digest follows the data.
    digested: bool,
}

impl Header {
    pub fn transfer(&self) -> Transfer {
        Transfer::parse(&self.body)
    }
    pub fn initialize(&self) -> Initialize {
        Initialize::parse(&self.body)
    }
}

#[derive(Debug)]
pub struct Reader<R> {
    stream: R,
    digests: Digests,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// Buffered by the caller, if at all.
    pub const fn new(stream: R) -> Self {
        Self { stream, digests: Digests { header: false, data: false } }
    }
    pub const fn agree(&mut self, digests: Digests) {
        self.digests = digests;
    }

    /// Reads the next header.
    ///
    /// # Errors
    /// The stream ended, or what came is no PDU.
    pub async fn next(&mut self) -> Result<Header, Broken> {
        const fn wrong(why: &'static str) -> Broken {
            Broken::Protocol(Fatal::InvalidHeader, why)
        }
        let mut whole = [0u8; 128];
        self.stream.read_exact(&mut whole[..COMMON]).await?;
        let kind = Kind::parse(whole[0]).ok_or(wrong("a PDU of an unknown type"))?;
        let (flags, header_length, offset) = (whole[1], usize::from(whole[2]), usize::from(whole[3]));
        let length = u32::from_le_bytes([whole[4], whole[5], whole[6], whole[7]]) as usize;
        if header_length != kind.header_length() || length < header_length {
            return Err(wrong("a PDU of the wrong length"));
        }
        self.stream.read_exact(&mut whole[COMMON..header_length]).await?;
        let mut read = header_length;
        let digests = if kind.is_digested() { self.digests } else { Digests::default() };
        if digests.header {
            if flags & FLAG_HEADER_DIGEST == 0 || length < read + DIGEST {
                return Err(wrong("a PDU without the digest that was agreed on"));
            }
            let mut sent = [0; DIGEST];
            self.stream.read_exact(&mut sent).await?;
            read += DIGEST;
            if u32::from_le_bytes(sent) != checksum(&whole[..header_length]) {
                return Err(Broken::HeaderDigest);
            }
        }
        let digested = digests.data && flags & FLAG_DATA_DIGEST != 0;
        let (padding, data) = if length == read {
            (0, 0)
        } else {
            // What ends a connection has no data offset.
            let offset = if kind.is_terminate() { header_length } else { offset };
            let end = length - if digested { DIGEST } else { 0 };
            if !kind.may_carry_data() || offset < read || offset > read + MAX_PADDING || offset > end {
                return Err(wrong("a PDU whose data begins where none can be"));
            }
            (offset - read, end - offset)
        };
        if digests.data && data > 0 && !digested {
            return Err(wrong("data without the digest that was agreed on"));
        }
        let mut pad = [0; MAX_PADDING];
        self.stream.read_exact(&mut pad[..padding]).await?;
        let mut body = [0; 120];
        body.copy_from_slice(&whole[COMMON..]);
        Ok(Header { kind, flags, body, data, digested })
    }

    /// Reads the data of `header` into `into`, which is as long as it.
    ///
    /// # Errors
    /// The stream ended, or the digest is wrong.
    pub async fn data(&mut self, header: &Header, into: &mut [u8]) -> Result<(), Broken> {
        self.stream.read_exact(into).await?;
        if header.digested {
            let mut sent = [0; DIGEST];
            self.stream.read_exact(&mut sent).await?;
            if u32::from_le_bytes(sent) != checksum(into) {
                return Err(Broken::DataDigest);
            }
        }
        Ok(())
    }

    /// Reads past the data of `header`.
    ///
    /// # Errors
    /// The stream ended.
    pub async fn skip(&mut self, header: &Header) -> Result<(), Broken> {
        let mut left = header.data + if header.digested { DIGEST } else { 0 };
        let mut scratch = [0; 4096];
        while left > 0 {
            let part = left.min(scratch.len());
            self.stream.read_exact(&mut scratch[..part]).await?;
            left -= part;
        }
        Ok(())
    }
}

/// Sends one PDU whole.
///
/// # Errors
/// The connection broke.
pub async fn send<W: AsyncWrite + Unpin>(stream: &mut W, pdu: Outgoing) -> io::Result<()> {
    let mut all = pdu.head.chain(pdu.data).chain(pdu.tail);
    stream.write_all_buf(&mut all).await
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::nvme::pdu::{Style, encode};

    async fn bytes_of(pdu: Outgoing) -> Vec<u8> {
        let mut bytes = Vec::new();
        send(&mut bytes, pdu).await.unwrap();
        bytes
    }

    async fn read(bytes: &[u8], digests: Digests) -> Result<(Header, Vec<u8>), Broken> {
        let mut reader = Reader::new(bytes);
        reader.agree(digests);
        let header = reader.next().await?;
        let mut data = vec![0; header.data];
        reader.data(&header, &mut data).await?;
        Ok((header, data))
    }

    #[tokio::test]
    async fn what_is_written_is_read_again() {
        for bits in 0..4 {
            for alignment in [0, 4, 64, 128] {
                let style = Style { digests: Digests::from_bits(bits), alignment };
                let sent = Bytes::from_static(b"some data");
                let bytes = bytes_of(encode(Kind::HostData, FLAG_LAST, &[3; 16], sent.clone(), style)).await;
                let (header, data) = read(&bytes, style.digests).await.unwrap();
                assert_eq!((header.kind, header.flags & FLAG_LAST, header.body[0]), (Kind::HostData, 4, 3));
                assert_eq!(data, sent);
            }
        }
    }

    use crate::nvme::pdu::FLAG_LAST;

    #[tokio::test]
    async fn a_flipped_bit_is_seen() {
        let digests = Digests { header: true, data: true };
        let style = Style { digests, alignment: 0 };
        let bytes = bytes_of(encode(Kind::HostData, 0, &[3; 16], Bytes::from_static(b"data"), style)).await;
        let mut in_header = bytes.clone();
        in_header[10] ^= 1;
        assert!(matches!(read(&in_header, digests).await, Err(Broken::HeaderDigest)));
        let mut in_data = bytes;
        let at = in_data.len() - 5;
        in_data[at] ^= 1;
        assert!(matches!(read(&in_data, digests).await, Err(Broken::DataDigest)));
    }

    proptest! {
        /// Neither a panic nor more than a header in memory, whatever comes.
        #[test]
        fn any_bytes_are_a_header_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), bits in 0u8..4) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let mut reader = Reader::new(bytes.as_slice());
                reader.agree(Digests::from_bits(bits));
                while let Ok(header) = reader.next().await {
                    if reader.skip(&header).await.is_err() {
                        break;
                    }
                }
            });
        }
    }
}
