//! Reading qcow2, through `imago`. It reads files in the ordinary, blocking way, and what comes in
//! may be made to break readers: so it runs on a thread of its own, where even a panic is only an
//! image that cannot be read. Nothing that the image refers to is opened.

use std::fs::File;
use std::io;

use bytes::Bytes;
use imago::qcow2::Qcow2;
use imago::{DenyImplicitOpenGate, FormatAccess, FormatDriverBuilder as _, Mapping};
use tokio::sync::mpsc;

/// Read at once.
const CHUNK: u64 = 1 << 20;
/// Pieces on their way to the disk.
const AHEAD: usize = 2;

/// The disk in an image, from its beginning to its end.
pub(super) enum Piece {
    Data(Bytes),
    Zeroes(u64),
}

/// The last piece but one may be an error; then there are no more.
pub(super) fn unpack(file: File) -> mpsc::Receiver<Result<Piece, String>> {
    let (pieces, out) = mpsc::channel(AHEAD);
    let told = pieces.clone();
    let reader = tokio::task::spawn_blocking(move || futures::executor::block_on(read(file, &pieces)));
    tokio::spawn(async move {
        let why = match reader.await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) if error.is_panic() => "it breaks its reader".to_owned(),
            Err(error) => error.to_string(),
        };
        // Nobody listens any more when the disk was the trouble.
        let _ = told.send(Err(why)).await;
    });
    out
}

async fn read(file: File, pieces: &mpsc::Sender<Result<Piece, String>>) -> io::Result<()> {
    let storage = imago::file::File::try_from(file)?;
    let image = Qcow2::<imago::file::File>::builder(storage).open(DenyImplicitOpenGate::default()).await?;
    let image = FormatAccess::new(image);
    let (mut at, end) = (0, image.size());
    while at < end {
        let (mapping, length) = image.get_mapping(at, end - at).await?;
        let piece = match mapping {
            Mapping::Zero { .. } if length > 0 => {
                at += length;
                Piece::Zeroes(length)
            }
            Mapping::Eof { .. } => break,
            _ => {
                let length = length.min(CHUNK);
                let mut buffer = vec![0; usize::try_from(length).map_err(io::Error::other)?];
                if length == 0 {
                    return Err(io::Error::other("a hole without length"));
                }
                image.read(&mut buffer[..], at).await?;
                at += length;
                Piece::Data(Bytes::from(buffer))
            }
        };
        if pieces.send(Ok(piece)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}
