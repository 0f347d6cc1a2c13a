//! Where the database is, and the lock that keeps it to one process.
//!
//! SQLite would let two processes share the file, but two that each believe to be the only one would answer Flagger
//! from different memories. The lock is the system's advisory lock on a file of its own beside the database: it
//! ends with the process, also by `kill -9`, so there is never a stale one to remove. It is not on the database
//! itself, because closing a second descriptor of that would drop SQLite's own locks. The lock file stays: removing
//! it would let two processes lock two files of one name.

use crate::error::StoreError;
use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The lock, let go of by name: closing alone would leave it to a child process that was being started just then and
/// holds a copy of the descriptor until it runs its own program.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(error = %error, "the lock stays until this process ends");
        }
    }
}

/// What tells a file from another of the same name: device and inode. Elsewhere only that there is one.
type Identity = (u64, u64);

/// The file that is open, and how many bytes of it there were when it was last looked at.
type Seen = (Identity, u64);

/// A database that is ours for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Location {
    /// The database, free of symbolic links: one file has one lock, under whichever name it is opened.
    pub(crate) path: PathBuf,
    /// The file that was opened; none before it was.
    opened: Option<Seen>,
    _lock: Lock,
    _directory: Option<TempDir>,
}

impl Location {
    /// Takes the lock of the database at `path`, which need not exist yet; its directory must.
    pub(crate) fn take(path: &Path) -> Result<Self, StoreError> {
        let path = without_links(path).map_err(|error| StoreError::of_file(path, error))?;
        let mut name = path.clone().into_os_string();
        name.push(".lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(name)
            .map_err(|error| StoreError::of_file(&path, error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, opened: None, _lock: Lock(lock), _directory: None }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path }),
            Err(TryLockError::Error(error)) => Err(StoreError::of_file(&path, error)),
        }
    }

    /// A database in a new directory that is removed with this value (but not by `kill -9`).
    pub(crate) fn temporary() -> Result<Self, StoreError> {
        let directory = tempfile::Builder::new()
            .prefix("haldane-")
            .tempdir()
            .map_err(|error| StoreError::of_file(&std::env::temp_dir(), error))?;
        let location = Self::take(&directory.path().join("haldane.db"))?;
        Ok(Self { _directory: Some(directory), ..location })
    }
}

impl Location {
    /// Remembers the file that is there now as the one that is open.
    pub(crate) fn opened(&mut self) -> Result<(), StoreError> {
        let seen = seen(&self.path).map_err(|error| StoreError::of_file(&self.path, error))?;
        self.opened = Some(seen);
        Ok(())
    }

    /// Refuses when the file is not the one that was opened: the system would go on writing into a file without a
    /// name, and what it acknowledged would be gone at the next start. So it would be if the file was cut short, which
    /// SQLite does not notice while its pages are in memory; we never shrink it.
    pub(crate) fn check(&mut self) -> Result<(), StoreError> {
        match (seen(&self.path), self.opened) {
            (Ok((file, bytes)), Some((opened, least))) if file == opened && bytes >= least => {
                self.opened = Some((file, bytes));
                Ok(())
            }
            (Ok(_) | Err(_), _) => Err(StoreError::Gone { path: self.path.clone() }),
        }
    }
}

fn seen(path: &Path) -> io::Result<Seen> {
    path.metadata().map(|file| (identity(&file), file.len()))
}

#[cfg(unix)]
fn identity(file: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {
    (0, 0)
}

fn without_links(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let directory = match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                Some(_) | None => Path::new("."),
            };
            let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
            Ok(directory.canonicalize()?.join(name))
        }
        found => found,
    }
}
