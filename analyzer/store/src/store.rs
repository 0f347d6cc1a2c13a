//! The handle: what the rest of the program calls.

use crate::error::StoreError;
use crate::location::Location;
use crate::open;
use crate::queue::{Command, Done, Prune, Queue, Work};
use crate::records::{Committed, HookRecord, Pruned, Transaction};
use crate::stats::{Counters, Stats};
use haldane_core::time::Timestamp;
use sqlx::SqlitePool;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Rows per slice of retention: some milliseconds, between which commits get their turn.
const PRUNED_TOGETHER: i64 = 2_000;

/// An open database. Clones are handles to the same one; it lives until [`Store::close`], or until the last handle
/// and what was queued are gone.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    queue: Queue,
    counters: Arc<Counters>,
    readers: SqlitePool,
}

impl Store {
    /// Opens the database at `path`, creates it if there is none, and brings it to this version's schema.
    ///
    /// Must be called in a tokio runtime, which then runs the writer.
    ///
    /// # Errors
    /// [`StoreError::InUse`] while another process (or another store of this one) has it open,
    /// [`StoreError::Newer`], [`StoreError::Altered`], [`StoreError::Foreign`] and [`StoreError::Damaged`] by what
    /// is in the file, [`StoreError::NotWritable`] by where it is.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        open::open(Location::take(path)?).await
    }

    /// Opens a new database in the system's directory for temporary files, for demonstrations and tests: the same
    /// code and the same durability as any other, removed when it is closed or dropped.
    ///
    /// # Errors
    /// [`StoreError::NotWritable`] when there is no such directory.
    pub async fn open_temporary() -> Result<Self, StoreError> {
        open::open(Location::temporary()?).await
    }

    pub(crate) fn new(path: PathBuf, queue: Queue, counters: Arc<Counters>, readers: SqlitePool) -> Self {
        Self(Arc::new(Inner { path, queue, counters, readers }))
    }

    /// Writes all of `transaction` or nothing of it; when this resolves to `Ok`, it is on the disk.
    ///
    /// It takes its place in the order at the call, not at the first await, and dropping the future does not
    /// withdraw it: whoever gives up waiting must treat it as possibly done. One caller at a time should commit for
    /// a service, so that each look has seen every fact before it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a record that the schema does not admit, [`StoreError::Overloaded`] when
    /// [`COMMITS_MAX`](crate::COMMITS_MAX) are waiting, [`StoreError::Closed`] after the close, and any of the
    /// place's: [`StoreError::Full`], [`StoreError::Disk`], [`StoreError::NotWritable`], [`StoreError::Damaged`],
    /// [`StoreError::Busy`], [`StoreError::Gone`], [`StoreError::Failed`]. Nothing was written then.
    #[must_use = "a commit that nobody waits for may fail unseen"]
    pub fn commit(
        &self,
        transaction: Transaction,
    ) -> impl Future<Output = Result<Committed, StoreError>> + Send + 'static + use<> {
        let done = self.work(Work { transaction, ..Work::default() });
        async move { Ok(done.await?.committed) }
    }

    /// Queues a hook record, to be written with the next group. It never waits.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] when [`HOOKS_MAX`](crate::HOOKS_MAX) are waiting, [`StoreError::Closed`] after the
    /// close. The record is lost then, and counted in [`Stats::hooks_dropped`].
    pub fn record(&self, hook: HookRecord) -> Result<(), StoreError> {
        self.0.queue.hook(hook)
    }

    /// Waits until every hook record queued before is on the disk.
    ///
    /// # Errors
    /// Those of the place, as for [`Store::commit`]. The records are kept and tried again with the next group.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.0.queue.control(Command::Flush)?.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Writes something and waits until it is on the disk: the only way to know that a commit would succeed.
    ///
    /// It waits as long as the disk takes; who asks for readiness puts a deadline on it.
    ///
    /// # Errors
    /// As for [`Store::commit`].
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        self.work(Work { beat: true, ..Work::default() }).await.map(|_| ())
    }

    /// Removes history and hook records that are older. Their room is used again; the file does not shrink.
    ///
    /// Commits made meanwhile get their turn. Cancelled, it has removed some and can be called again.
    ///
    /// # Errors
    /// As for [`Store::commit`].
    pub async fn prune(
        &self,
        history_before: Timestamp,
        hooks_before: Timestamp,
    ) -> Result<Pruned, StoreError> {
        let slice = Prune { history_before, hooks_before, rows_max: PRUNED_TOGETHER };
        let mut total = Pruned::default();
        loop {
            let Done { pruned, .. } = self.work(Work { prune: Some(slice), ..Work::default() }).await?;
            if pruned == Pruned::default() {
                return Ok(total);
            }
            total.history += pruned.history;
            total.hooks += pruned.hooks;
        }
    }

    /// The store's own numbers.
    pub fn stats(&self) -> Stats {
        self.0.counters.stats()
    }

    /// The bytes that the database takes on the disk, with what waits in its WAL.
    ///
    /// # Errors
    /// [`StoreError::NotWritable`] when the file is not there any more.
    pub fn size_bytes(&self) -> Result<u64, StoreError> {
        let path = &self.0.path;
        let file = std::fs::metadata(path).map_err(|error| StoreError::of_file(path, error))?;
        let mut wal = path.clone().into_os_string();
        wal.push("-wal");
        // No WAL is no trouble: SQLite removes it when it closes.
        Ok(file.len() + std::fs::metadata(wal).map_or(0, |wal| wal.len()))
    }

    /// Writes everything queued, moves the WAL into the file, and lets go of it. Other handles are closed with it;
    /// closing again does nothing.
    ///
    /// # Errors
    /// Those of the place, as for [`Store::commit`]: then hook records were lost, or the WAL stays beside the file,
    /// where the next opening finds it.
    pub async fn close(&self) -> Result<(), StoreError> {
        // Readers first: the WAL cannot be emptied under them.
        self.0.readers.close().await;
        match self.0.queue.control(Command::Close) {
            Ok(answer) => answer.await.unwrap_or(Ok(())),
            Err(_already_closed) => Ok(()),
        }
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.0.readers
    }

    pub(crate) fn failed_read(&self, error: sqlx::Error) -> StoreError {
        StoreError::of(&self.0.path, error)
    }

    fn work(&self, work: Work) -> impl Future<Output = Result<Done, StoreError>> + Send + 'static + use<> {
        let queued: Result<oneshot::Receiver<_>, StoreError> = self.0.queue.work(work);
        async move { queued?.await.unwrap_or(Err(StoreError::Closed)) }
    }
}
