//! From a disk into an image.
//!
//! A raw image is the disk as it is, sent as it is read. A qcow2 is made in a file first, because
//! its tables come before what they point to. Whether Glance keeps what was sent is asked
//! afterwards: to it, a connection that breaks may look like one that ends.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::unfold;
use imago::qcow2::Qcow2;
use imago::{DenyImplicitOpenGate, FormatAccess, FormatCreateBuilder as _, FormatDriverBuilder as _};
use tokio::sync::mpsc;

use super::glance::{Glance, Missed};
use super::pour::Failed;
use super::spool::blocking;
use crate::auth::keystone::Caller;
use crate::datapath::Disk;
use crate::domain::image::Image;
use crate::domain::{ImageId, RequestId};

/// Read and sent at once.
const CHUNK: usize = 1 << 20;
/// Chunks between the disk and Glance.
const AHEAD: usize = 4;
/// How many times its patience Glance may take to put away what it has.
const TO_STORE: u32 = 10;
/// What is looked at for zeroes.
const BLOCK: usize = 4096;

/// Where the bytes of an image come from.
enum Source<'d> {
    Disk(&'d Disk),
    File(Arc<File>),
}

/// On their way to Glance.
enum Part {
    Bytes(Bytes),
    /// Nothing is missing. Without it the stream ends in an error, and so does the upload.
    End,
}

/// Makes the disk, up to `size` bytes of it, the data of an image that has none.
///
/// # Errors
/// See [`Failed`].
pub async fn draw(
    glance: &Glance,
    image: &Image,
    disk: &Disk,
    size: u64,
    request: &RequestId,
) -> Result<(), Failed> {
    let (source, length) = match image.disk_format.as_deref() {
        Some("raw") => (Source::Disk(disk), size),
        Some("qcow2") => {
            let file = pack(disk, size, glance.settings().conversion_dir.as_deref()).await?;
            let length = file.metadata().map_err(no_file)?.len();
            (Source::File(Arc::new(file)), length)
        }
        other => {
            let format = other.unwrap_or("none");
            return Err(Failed::Unacceptable(format!(
                "Volumes cannot be uploaded as {format}: only raw and qcow2 are written here."
            )));
        }
    };
    send(glance, image.id, &source, length).await?;
    let kept = glance.show(Caller::Ourselves, image.id, request).await?;
    if kept.status == "active" && kept.size.is_some_and(|kept| kept.0 == length) {
        return Ok(());
    }
    Err(Failed::Source(format!("image {} is {} and not what was sent", image.id, kept.status)))
}

async fn send(glance: &Glance, id: ImageId, source: &Source<'_>, length: u64) -> Result<(), Failed> {
    let (parts, out) = mpsc::channel(AHEAD);
    let stream = unfold(Some(out), |out| async {
        let mut out = out?;
        match out.recv().await {
            Some(Part::Bytes(bytes)) => Some((Ok(bytes), Some(out))),
            Some(Part::End) => None,
            None => Some((Err(io::Error::other("the volume could not be read to its end")), None)),
        }
    });
    let patience = glance.settings().patience;
    let mut upload = std::pin::pin!(glance.upload(id, length, stream));
    let feed = async {
        let mut at = 0;
        let slow = || Failed::Source("Glance takes nothing more".to_owned());
        while at < length {
            let bytes = source.read(at, CHUNK.min(usize::try_from(length - at).unwrap_or(CHUNK))).await?;
            at += bytes.len() as u64;
            let sent = tokio::time::timeout(patience, parts.send(Part::Bytes(bytes))).await;
            sent.map_err(|_| slow())?.map_err(|_| slow())?;
        }
        let sent = tokio::time::timeout(patience, parts.send(Part::End)).await;
        sent.map_err(|_| slow())?.map_err(|_| slow())?;
        Ok::<_, Failed>(())
    };
    tokio::select! {
        biased;
        // A refusal says more than that it takes nothing more.
        answer = &mut upload => {
            answer?;
            Err(Failed::Source("Glance was content before it had everything".to_owned()))
        }
        fed = feed => match fed {
            Ok(()) => {
                let late = |_| Missed::Unavailable("Glance does not finish an upload".to_owned());
                tokio::time::timeout(patience * TO_STORE, upload).await.map_err(late)??;
                Ok(())
            }
            Err(failed) => Err(failed),
        }
    }
}

impl Source<'_> {
    async fn read(&self, at: u64, length: usize) -> Result<Bytes, Failed> {
        match self {
            Self::Disk(disk) => Ok(disk.read(at, length).await?),
            Self::File(file) => {
                let file = file.clone();
                blocking(move || {
                    let mut buffer = vec![0; length];
                    file.read_exact_at(&mut buffer, at).map_err(no_file)?;
                    Ok(Bytes::from(buffer))
                })
                .await
            }
        }
    }
}

/// The disk as a qcow2, in a file without a name.
async fn pack(disk: &Disk, size: u64, folder: Option<&Path>) -> Result<File, Failed> {
    let folder = folder.map_or_else(std::env::temp_dir, Path::to_owned);
    let (data, incoming) = mpsc::channel::<(u64, Bytes)>(AHEAD);
    let writer = blocking(move || {
        std::fs::create_dir_all(&folder).map_err(no_file)?;
        let file = tempfile::tempfile_in(&folder).map_err(no_file)?;
        let copy = file.try_clone().map_err(no_file)?;
        futures::executor::block_on(write(copy, size, incoming)).map_err(no_file)?;
        Ok(file)
    });
    let reader = async {
        let mut at = 0;
        while at < size {
            let length = CHUNK.min(usize::try_from(size - at).unwrap_or(CHUNK));
            let bytes = disk.read(at, length).await?;
            // The writer has failed: it says why.
            if !is_zero(&bytes) && data.send((at, bytes)).await.is_err() {
                break;
            }
            at += length as u64;
        }
        drop(data);
        Ok::<_, Failed>(())
    };
    let (file, read) = tokio::join!(writer, reader);
    read?;
    file
}

async fn write(file: File, size: u64, mut data: mpsc::Receiver<(u64, Bytes)>) -> io::Result<()> {
    let storage = imago::file::File::try_from(file)?;
    let image = Qcow2::<imago::file::File>::create_builder(storage)
        .size(size)
        .create_open(DenyImplicitOpenGate::default(), |storage| {
            Ok(Qcow2::<imago::file::File>::builder(storage).write(true))
        })
        .await?;
    let image = FormatAccess::new(image);
    while let Some((at, bytes)) = data.recv().await {
        image.write(&bytes[..], at).await?;
    }
    image.flush().await
}

fn is_zero(bytes: &[u8]) -> bool {
    const ZEROES: [u8; BLOCK] = [0; BLOCK];
    bytes.chunks(BLOCK).all(|part| ZEROES.get(..part.len()) == Some(part))
}

fn no_file(error: io::Error) -> Failed {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Failed::NoSpace(error.to_string()),
        _ => Failed::Source(format!("the file for an image: {error}")),
    }
}
