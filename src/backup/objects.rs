//! The folder as an object store.
//!
//! An object shows under its name when it is whole and on the disk, and not before. What a process
//! that died had not finished lies beside it under a name that the store does not list, but Cinder
//! would: [`Objects::remove_all`] takes that too.

use std::io;
use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore as _, ObjectStoreExt as _};

use super::{Place, Trouble, Vault};

/// What is written at once. (The least that S3 would take.)
const PART: usize = 5 << 20;
/// Of a manifest. One that is longer is none.
const MOST_TEXT: u64 = 256 << 20;

#[derive(Clone)]
pub(super) struct Objects {
    store: LocalFileSystem,
    root: PathBuf,
}

impl Vault {
    pub(super) async fn objects(&self) -> Result<Objects, Trouble> {
        let folder = self.settings.folder.clone();
        let away = |error: String| Trouble::Away(error);
        let opened = tokio::task::spawn_blocking(move || {
            let root = folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))?;
            if !root.is_dir() {
                return Err(format!("{} is not a folder", folder.display()));
            }
            let store = LocalFileSystem::new_with_prefix(&root).map_err(|error| error.to_string())?;
            Ok(Objects { store: store.with_fsync(true), root })
        });
        opened.await.map_err(|error| away(error.to_string()))?.map_err(away)
    }
}

impl Objects {
    fn path(place: &Place, name: &str) -> Result<Path, Trouble> {
        let path = match place.container() {
            "" => name.to_owned(),
            container => format!("{container}/{name}"),
        };
        Path::parse(path).map_err(|_| Trouble::invalid("the container is not the name of a folder"))
    }

    fn folder(&self, place: &Place) -> PathBuf {
        self.root.join(place.container())
    }

    /// The names of a backup's objects, its own texts among them.
    pub(super) async fn names(&self, place: &Place) -> Result<Vec<String>, Trouble> {
        let folder = Path::parse(place.container())
            .map_err(|_| Trouble::invalid("the container is not the name of a folder"))?;
        let listed = self.store.list_with_delimiter(Some(&folder)).await.map_err(storage(LISTING))?;
        let names = listed.objects.iter().filter_map(|object| object.location.filename());
        Ok(names.filter(|name| name.starts_with(place.prefix())).map(ToOwned::to_owned).collect())
    }

    pub(super) async fn begin(&self, place: &Place, name: &str) -> Result<Upload, Trouble> {
        let path = Self::path(place, name)?;
        let upload = self.store.put_multipart(&path).await.map_err(storage(WRITING))?;
        Ok(Upload { upload, pending: Vec::new() })
    }

    pub(super) async fn put(&self, place: &Place, name: &str, data: Vec<u8>) -> Result<(), Trouble> {
        let path = Self::path(place, name)?;
        self.store.put(&path, data.into()).await.map_err(storage(WRITING)).map(|_| ())
    }

    /// What is kept under a name; `None`: nothing.
    pub(super) async fn size(&self, place: &Place, name: &str) -> Result<Option<u64>, Trouble> {
        match self.store.head(&Self::path(place, name)?).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(storage(READING)(error)),
        }
    }

    pub(super) async fn read(&self, place: &Place, name: &str, range: Range<u64>) -> Result<Bytes, Trouble> {
        let path = Self::path(place, name)?;
        self.store.get_range(&path, range).await.map_err(storage(READING))
    }

    pub(super) async fn read_text(&self, place: &Place, name: &str) -> Result<Bytes, Trouble> {
        match self.size(place, name).await? {
            Some(size) if size <= MOST_TEXT => self.read(place, name, 0..size).await,
            Some(_) => Err(Trouble::invalid(format!("{name} is too long"))),
            None => Err(Trouble::invalid(format!("{name} is missing"))),
        }
    }

    /// An object to be read by a thread that may block.
    pub(super) fn kept(&self, place: &Place, name: &str, size: u64) -> Result<Kept, Trouble> {
        let (store, path) = (self.store.clone(), Self::path(place, name)?);
        let runtime = tokio::runtime::Handle::current();
        Ok(Kept { runtime, store, path, rest: 0..size, buffer: Bytes::new() })
    }

    /// Removes whatever there is of a backup, finished or not.
    pub(super) async fn remove_all(&self, place: &Place) -> Result<(), Trouble> {
        for name in self.names(place).await? {
            match self.store.delete(&Self::path(place, &name)?).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(storage(REMOVING)(error)),
            }
        }
        let failed = |error: io::Error| Trouble::Storage { doing: REMOVING, detail: error.to_string() };
        let mut left = match tokio::fs::read_dir(self.folder(place)).await {
            Ok(left) => left,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        while let Some(entry) = left.next_entry().await.map_err(failed)? {
            if entry.file_name().to_string_lossy().starts_with(place.prefix()) {
                match tokio::fs::remove_file(entry.path()).await {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Takes away a folder that was made for one backup, once it is empty. (Cinder leaves it.)
    pub(super) async fn remove_folder(&self, place: &Place) {
        let mut folder = self.folder(place);
        while folder != self.root && folder.starts_with(&self.root) {
            // Not empty: then it is somebody else's as well.
            if tokio::fs::remove_dir(&folder).await.is_err() {
                return;
            }
            folder.pop();
        }
    }
}

const READING: &str = "reading the data of the backup failed";
const WRITING: &str = "writing the data of the backup failed";
const LISTING: &str = "looking for the data of the backup failed";
const REMOVING: &str = "removing the data of the backup failed";

fn storage(doing: &'static str) -> impl Fn(object_store::Error) -> Trouble {
    move |error| {
        // Its own sentence names the operation, and only its cause why.
        let mut detail = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(why) = cause {
            detail = format!("{detail}: {why}");
            cause = why.source();
        }
        Trouble::Storage { doing, detail }
    }
}

/// An object on its way. Dropped before [`Upload::finish`] nothing of it stays.
pub(super) struct Upload {
    upload: Box<dyn MultipartUpload>,
    pending: Vec<u8>,
}

impl Upload {
    pub(super) async fn write(&mut self, data: &[u8]) -> Result<(), Trouble> {
        self.pending.extend_from_slice(data);
        if self.pending.len() >= PART { self.push().await } else { Ok(()) }
    }

    async fn push(&mut self) -> Result<(), Trouble> {
        let part = std::mem::take(&mut self.pending);
        self.upload.put_part(part.into()).await.map_err(storage(WRITING))
    }

    pub(super) async fn finish(mut self) -> Result<(), Trouble> {
        if !self.pending.is_empty() {
            self.push().await?;
        }
        self.upload.complete().await.map_err(storage(WRITING)).map(|_| ())
    }
}

/// An object that is read from its beginning to its end.
pub(super) struct Kept {
    runtime: tokio::runtime::Handle,
    store: LocalFileSystem,
    path: Path,
    rest: Range<u64>,
    buffer: Bytes,
}

/// What is read at once.
const STEP: u64 = 1 << 20;

impl io::Read for Kept {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.buffer.is_empty() && !self.rest.is_empty() {
            let end = self.rest.end.min(self.rest.start + STEP);
            let read = self.store.get_range(&self.path, self.rest.start..end);
            self.buffer = self.runtime.block_on(read).map_err(io::Error::other)?;
            if self.buffer.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.rest.start += self.buffer.len() as u64;
        }
        let length = self.buffer.len().min(out.len());
        out[..length].copy_from_slice(&self.buffer.split_to(length));
        Ok(length)
    }
}
