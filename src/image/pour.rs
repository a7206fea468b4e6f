//! From an image onto a disk.
//!
//! A raw image goes straight there: what is wrong with it shows at its end, and then the copy has
//! failed. Anything else is taken in as a whole first.

use super::digest::Digest;
use super::format::{self, Format, HEAD};
use super::glance::{Download, Glance, Missed};
use super::sink::{Ground, Sink};
use super::spool::{Spool, spool};
use super::unpack::{Piece, unpack};
use crate::datapath::{Disk, Trouble};
use crate::domain::Gib;
use crate::domain::image::Image;

/// Why an image is not on the disk. Some of it may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// The disk; it may be tried again.
    #[error(transparent)]
    Disk(#[from] Trouble),
    /// Glance, or our own machine; it may be tried again.
    #[error("{0}")]
    Source(String),
    /// This image will never do.
    #[error("{0}")]
    Unacceptable(String),
    /// It is signed, and nobody here can verify that.
    #[error("nobody can verify its signature")]
    NotVerified,
    /// It is larger than what there is for it.
    #[error("{0}")]
    NoSpace(String),
}

impl From<Missed> for Failed {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::Unavailable(why) => Self::Source(why),
            // Roles are given later, but not while somebody waits for the volume.
            definite @ (Missed::NotFound | Missed::Forbidden(_) | Missed::Refused(_)) => {
                Self::Unacceptable(definite.to_string())
            }
        }
    }
}

/// Copies the image onto the disk of a volume of this size.
///
/// # Errors
/// See [`Failed`].
pub async fn pour(
    glance: &Glance,
    image: &Image,
    disk: &Disk,
    size: Gib,
    ground: Ground,
) -> Result<(), Failed> {
    let declared = Format::declared(image).map_err(|why| unacceptable(image, &why))?;
    let incoming = Incoming::new(image, size)?;
    let download = glance.download(image.id).await?;
    let mut sink = Sink::new(disk, ground);
    let copied = match declared {
        Format::Raw => raw(incoming, download, &mut sink).await,
        Format::Qcow2 | Format::Other(_) => {
            let folder = glance.settings().conversion_dir.as_deref();
            let spooled = spool(incoming, download, folder).await?;
            packed(image, &spooled, &mut sink, size).await
        }
    };
    match copied {
        Ok(()) => Ok(sink.finish(size.bytes().0).await?),
        Err(failed) => {
            sink.settle().await;
            Err(failed)
        }
    }
}

async fn raw(mut incoming: Incoming, mut download: Download, sink: &mut Sink<'_>) -> Result<(), Failed> {
    // The beginning is looked at before any of it is written.
    let mut head = Vec::with_capacity(HEAD);
    let mut looked = false;
    while let Some(bytes) = download.next().await? {
        incoming.take(&bytes)?;
        if looked {
            sink.push(&bytes).await?;
            continue;
        }
        head.extend_from_slice(&bytes);
        if head.len() >= HEAD {
            incoming.is_raw(&head)?;
            looked = true;
            sink.push(&std::mem::take(&mut head)).await?;
        }
    }
    if !looked {
        incoming.is_raw(&head)?;
        sink.push(&head).await?;
    }
    incoming.end()?;
    Ok(())
}

async fn packed(image: &Image, spooled: &Spool, sink: &mut Sink<'_>, size: Gib) -> Result<(), Failed> {
    let head = spooled.head().await?;
    if Format::of(&head) != Format::Qcow2 {
        return Err(unacceptable(image, &format::mismatch(image)));
    }
    let inside = format::qcow2_size(&head).map_err(|why| unacceptable(image, &why))?;
    image
        .check_virtual_size(inside, size)
        .map_err(|error| Failed::Unacceptable(error.message().to_owned()))?;
    let mut pieces = unpack(spooled.file()?);
    while let Some(piece) = pieces.recv().await {
        let piece = piece.map_err(|why| unacceptable(image, &format!("it cannot be read: {why}")))?;
        let length = match &piece {
            Piece::Data(bytes) => bytes.len() as u64,
            Piece::Zeroes(length) => *length,
        };
        if sink.position().checked_add(length).is_none_or(|end| end > size.bytes().0) {
            return Err(Failed::NoSpace("it is larger inside than it says".to_owned()));
        }
        match piece {
            Piece::Data(bytes) => sink.push(&bytes).await?,
            Piece::Zeroes(length) => sink.push_zeroes(length).await?,
        }
    }
    Ok(())
}

fn unacceptable(image: &Image, why: &str) -> Failed {
    Failed::Unacceptable(image.unacceptable(why).message().to_owned())
}

/// An image that comes in: whether it is as long as it says, and what its digest is.
pub(super) struct Incoming {
    image: Image,
    digest: Option<Digest>,
    taken: u64,
    /// No more is taken.
    most: u64,
}

impl Incoming {
    fn new(image: &Image, size: Gib) -> Result<Self, Failed> {
        let most = match image.size {
            // Glance keeps nothing for it.
            Some(bytes) if bytes.0 == 0 => return Err(no_data(image)),
            Some(bytes) => bytes.0,
            None => size.bytes().0,
        };
        if most > size.bytes().0 {
            return Err(Failed::NoSpace(format!("image {} has {most} bytes", image.id)));
        }
        Ok(Self { image: image.clone(), digest: Digest::of(image), taken: 0, most })
    }

    pub(super) const fn expected(&self) -> u64 {
        self.most
    }

    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        self.taken += bytes.len() as u64;
        if self.taken > self.most {
            let why =
                format!("Glance sends more of image {} than the {} bytes it has", self.image.id, self.most);
            return Err(Failed::NoSpace(why));
        }
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
        }
        Ok(())
    }

    fn is_raw(&self, head: &[u8]) -> Result<(), Failed> {
        match Format::of(head) {
            Format::Raw => Ok(()),
            // QEMU knows nothing of `ami`, and Cinder looks away.
            _ if self.image.disk_format.as_deref() == Some("ami") => Ok(()),
            _ => Err(unacceptable(&self.image, &format::mismatch(&self.image))),
        }
    }

    /// That was all: how much it was.
    pub(super) fn end(self) -> Result<u64, Failed> {
        if self.taken == 0 {
            return Err(no_data(&self.image));
        }
        if self.image.size.is_some_and(|size| self.taken < size.0) {
            return Err(Failed::Source(format!("Glance broke off after {} bytes", self.taken)));
        }
        if self.digest.is_some_and(|digest| !digest.matches()) {
            return Err(Failed::Unacceptable(format!(
                "Failed to copy image to volume: Corrupt image download of {}.",
                self.image.id
            )));
        }
        Ok(self.taken)
    }
}

fn no_data(image: &Image) -> Failed {
    Failed::Unacceptable(format!("Failed to download image {}, reason: image contains no data.", image.id))
}
