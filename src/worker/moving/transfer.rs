//! From one open volume to another, by chunks of which several are in flight.
//!
//! A chunk of zeroes is not written: what is written to is new, and reads as zeroes already. That
//! keeps the holes of a thin volume.

use std::ops::Range;

use futures::stream::{self, TryStreamExt as _};

use crate::datapath::{Disk, Trouble};

const CHUNK: u64 = 1 << 20;
/// What a copy holds in memory at most, in chunks.
const IN_FLIGHT: usize = 8;
const ZEROES: [u8; 4096] = [0; 4096];

/// Copies `range`, or the part of it that comes before `enough` says so; where it has ended.
/// Everything before is written then, but not flushed.
///
/// # Errors
/// Then any part of the range may have been written.
pub(super) async fn copy(
    from: &Disk,
    to: &Disk,
    range: Range<u64>,
    enough: impl Fn() -> bool,
) -> Result<u64, Trouble> {
    let mut at = range.start;
    let chunks = std::iter::from_fn(|| {
        if at >= range.end || enough() {
            return None;
        }
        let chunk = at..(at + CHUNK).min(range.end);
        at = chunk.end;
        Some(Ok(chunk))
    });
    stream::iter(chunks).try_for_each_concurrent(IN_FLIGHT, |chunk| copy_chunk(from, to, chunk)).await?;
    Ok(at)
}

async fn copy_chunk(from: &Disk, to: &Disk, chunk: Range<u64>) -> Result<(), Trouble> {
    let length = usize::try_from(chunk.end - chunk.start);
    let length = length.map_err(|_| Trouble("a chunk that does not fit in memory".to_owned()))?;
    let data = from.read(chunk.start, length).await?;
    if is_zero(&data) {
        return Ok(());
    }
    to.write(chunk.start, data).await
}

fn is_zero(data: &[u8]) -> bool {
    data.chunks(ZEROES.len()).all(|part| ZEROES.starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zeroes_are_zero() {
        assert!(is_zero(&[]) && is_zero(&[0; 5000]));
        for at in [0, 4095, 4096, 4999] {
            let mut data = [0; 5000];
            data[at] = 1;
            assert!(!is_zero(&data), "{at}");
        }
    }
}
