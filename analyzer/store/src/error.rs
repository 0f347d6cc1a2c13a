//! What can go wrong, each with what to do about it.
//!
//! An error is cloned to every caller of the group it hit and kept for readiness, so causes are shared. The chain
//! (`source`) has SQLite's or the system's own words; Display does not repeat them.

use sqlx::migrate::MigrateError;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The error underneath.
type Cause = Arc<dyn Error + Send + Sync>;

/// Why the store could not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the file open.
    #[error("{path} is in use by another process: stop that one, or give this one a file of its own")]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// The file was written by a newer version of this program.
    #[error(
        "{path} was written by a newer version (its schema is {found}, this version knows up to {known}): run that \
         version or a later one, or restore the copy made before the upgrade"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The schema in the file.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// The file was made by a build whose migrations are not this version's.
    #[error(
        "{path} was made by another build of this program (migration {version} is not the same): run the build that \
         made it, or name another file"
    )]
    Altered {
        /// The database.
        path: PathBuf,
        /// The migration that differs.
        version: i64,
    },
    /// The file is a SQLite database of something else.
    #[error("{path} is a SQLite database, but not one of Haldane's: name another file")]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// The file is not a database, or is damaged.
    #[error(
        "{path} is not a database or is damaged: stop, keep a copy of it and of the files beside it, then restore \
         a backup, or save what can be read with `sqlite3 FILE .recover`, or move it away to start empty"
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: Cause,
    },
    /// The file or its directory cannot be created, opened or written.
    #[error(
        "{path} cannot be opened for writing: its directory must exist and be writable for this user, and so must \
         the file and those beside it (-wal, -shm, .lock)"
    )]
    NotWritable {
        /// The database.
        path: PathBuf,
        /// What SQLite or the system said.
        source: Cause,
    },
    /// The file was removed, replaced or cut short under the running store.
    #[error(
        "{path} was removed, replaced or cut short while in use, and nothing written to it now would be found again: \
         put it back where it belongs, or restore a backup without the files beside it, and restart"
    )]
    Gone {
        /// The database.
        path: PathBuf,
    },
    /// No room is left.
    #[error("no room is left for {path}: free space or enlarge the volume; writing goes on by itself then")]
    Full {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: Cause,
    },
    /// Another program holds a lock on the database.
    #[error("{path} is locked by another program: end its transaction (a `sqlite3` shell, a backup)")]
    Busy {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: Cause,
    },
    /// The disk or the file system failed.
    #[error("the disk under {path} failed: look into the system's log, and at the volume's space and mount")]
    Disk {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: Cause,
    },
    /// A record breaks a rule of the schema. Nothing of its transaction was written.
    #[error(
        "a record was refused (an empty name, or a body that is not JSON): this is an error of the caller"
    )]
    Refused {
        /// What SQLite said.
        source: Cause,
    },
    /// The queue is full. Nothing was queued.
    #[error("{queued} {what} are waiting to be written already: the disk does not keep up, or fails")]
    Overloaded {
        /// What was to be queued, in the plural.
        what: &'static str,
        /// How many are queued.
        queued: usize,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// Something that has no sentence of its own.
    #[error("{path} could not be read or written")]
    Failed {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: Cause,
    },
}

/// SQLite's primary result code (<https://www.sqlite.org/rescode.html>), if it was SQLite that spoke.
fn result_code(error: &sqlx::Error) -> Option<i32> {
    let extended: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// Whether the caller's own records are to blame (TOOBIG, CONSTRAINT, MISMATCH, RANGE), and not the place.
pub(crate) fn is_the_callers(error: &sqlx::Error) -> bool {
    matches!(result_code(error), Some(18 | 19 | 20 | 25))
}

impl StoreError {
    /// What `error` means for the database at `path`.
    pub(crate) fn of(path: &Path, error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolClosed) {
            return Self::Closed;
        }
        let (path, code) = (path.to_owned(), result_code(&error));
        if is_the_callers(&error) {
            return Self::Refused { source: Arc::new(error) };
        }
        let source: Cause = Arc::new(error);
        match code {
            Some(3 | 8 | 14 | 23) => Self::NotWritable { path, source }, // PERM, READONLY, CANTOPEN, AUTH
            Some(5 | 6) => Self::Busy { path, source },                  // BUSY, LOCKED
            Some(10) => Self::Disk { path, source },                     // IOERR
            Some(11 | 26) => Self::Damaged { path, source },             // CORRUPT, NOTADB
            Some(13) => Self::Full { path, source },                     // FULL
            _ => Self::Failed { path, source },
        }
    }

    /// What an error of the file system means for the database at `path`.
    pub(crate) fn of_file(path: &Path, error: std::io::Error) -> Self {
        Self::NotWritable { path: path.to_owned(), source: Arc::new(error) }
    }

    /// What a failed migration means for the database at `path`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest says that our migrations are ill made")]
    pub(crate) fn of_migration(path: &Path, error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Self::of(path, error),
            MigrateError::VersionMismatch(version) | MigrateError::VersionMissing(version) => {
                Self::Altered { path: path.to_owned(), version }
            }
            other => Self::Failed { path: path.to_owned(), source: Arc::new(other) },
        }
    }
}
