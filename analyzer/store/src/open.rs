//! Opening: lock, connect, migrate, start the writer.

use crate::error::StoreError;
use crate::location::Location;
use crate::queue::Queue;
use crate::schema;
use crate::stats::Counters;
use crate::store::Store;
use crate::writer::Writer;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a lock of a stranger (a `sqlite3` shell) is waited for, in real time. Whoever waits may have to wait for the
/// group before theirs, too, and both must fit into Flagger's ten seconds, so that it gets a no instead of nothing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Bytes per page of a new file. Looks are a few kilobytes: two do not fit SQLite's usual page of 4 KiB, which
/// would leave a third of the file empty.
const PAGE_BYTES: u32 = 8_192;

/// The WAL is cut back to so many bytes after a burst.
const WAL_KEPT_BYTES: &str = "67108864";

/// Connections that read at the same time; a further reader waits for one of them.
const READERS: u32 = 4;

/// Opens the database at `location` for reading and writing.
pub(crate) async fn open(location: Location) -> Result<Store, StoreError> {
    let options = writing(&location);
    open_with(location, options).await
}

pub(crate) async fn open_with(
    mut location: Location,
    options: SqliteConnectOptions,
) -> Result<Store, StoreError> {
    let path = location.path.clone();
    if path.exists() {
        inspect(&path).await?;
    }
    let connect = options.clone().create_if_missing(true).connect().await;
    let mut connection = connect.map_err(|error| StoreError::of(&path, error))?;
    schema::migrate(&mut connection, &path).await?;
    location.opened()?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .test_before_acquire(false) // a file does not hang up
        .connect_lazy_with(reading(&location));
    let counters = Arc::new(Counters::default());
    let (queue, receiver) = Queue::new(Arc::clone(&counters));
    let writer = Writer {
        receiver,
        options,
        connection: Some(connection),
        backlog: Vec::new(),
        counters: Arc::clone(&counters),
        location,
    };
    tokio::spawn(writer.run());
    Ok(Store::new(path, queue, counters, readers))
}

/// Looks into a file through a connection that sets nothing: merely asking for WAL would change a stranger's file.
async fn inspect(path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::of(path, error);
    let options =
        SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT).disable_statement_logging();
    let mut connection = options.connect().await.map_err(failed)?;
    schema::inspect(&mut connection, path).await?;
    connection.close().await.map_err(failed)
}

/// How the writer connects. It never creates the file by itself: one that disappeared is trouble, not a new start.
pub(crate) fn writing(location: &Location) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&location.path)
        .page_size(PAGE_BYTES)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("fullfsync", "1") // where fsync alone does not reach the platter (macOS); ignored elsewhere
        .pragma("checkpoint_fullfsync", "1")
        .pragma("journal_size_limit", WAL_KEPT_BYTES)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging()
}

fn reading(location: &Location) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&location.path)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{HistoryOrigin, HistoryRecord, HookRecord, Transaction};
    use haldane_core::increment::Region;
    use haldane_core::time::Timestamp;

    /// A database that is full at this many pages, as one on a full disk is.
    async fn small(pages: &'static str) -> Store {
        let location = Location::temporary().unwrap();
        let options = writing(&location).pragma("max_page_count", pages);
        open_with(location, options).await.unwrap()
    }

    fn history(second: i64) -> HistoryRecord {
        HistoryRecord {
            service: "fnp/api".to_owned(),
            region: Region::from("eu"),
            as_of: Timestamp::from_s(second),
            origin: HistoryOrigin::Scraped,
            body: format!("\"{}\"", "x".repeat(3_000)),
        }
    }

    fn hook(second: i64) -> HookRecord {
        HookRecord {
            at: Timestamp::from_s(second),
            service: "fnp/api".to_owned(),
            region: Region::from("eu"),
            hook: "event".to_owned(),
            rollout: Some("r1".to_owned()),
            payload: "x".repeat(3_000),
            status: 200,
            line: "recorded".to_owned(),
        }
    }

    async fn fill(store: &Store) -> (i64, StoreError) {
        for second in 0.. {
            let transaction = Transaction { history: vec![history(second)], ..Transaction::default() };
            if let Err(error) = store.commit(transaction).await {
                return (second, error);
            }
        }
        unreachable!("the range has no end");
    }

    #[tokio::test]
    async fn a_full_disk_is_told_as_such_and_writing_goes_on_when_there_is_room_again() {
        let store = small("60").await;
        let (committed, error) = fill(&store).await;
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        assert!(matches!(store.stats().last_error, Some(StoreError::Full { .. })));
        let (epoch, region) = (Timestamp::from_s(0), Region::from("eu"));
        let kept = store.history("fnp/api", &region, epoch).await.unwrap();
        assert_eq!(
            kept.len(),
            usize::try_from(committed).unwrap(),
            "what was acknowledged, and nothing else"
        );

        store.prune(Timestamp::from_s(committed), epoch).await.unwrap();
        store.commit(Transaction { history: vec![history(0)], ..Transaction::default() }).await.unwrap();
        assert!(store.stats().last_error.is_none());
    }

    #[tokio::test]
    async fn hook_records_wait_out_a_full_disk_and_cost_no_commit_its_room() {
        let store = small("60").await;
        let (committed, _) = fill(&store).await;
        for second in 0..20 {
            store.record(hook(second)).unwrap();
        }
        assert!(matches!(store.flush().await, Err(StoreError::Full { .. })));
        assert_eq!(store.stats().hooks_queued, 20);

        // Room for the commit, not for the records that wait.
        store.prune(Timestamp::from_s(3), Timestamp::from_s(0)).await.unwrap();
        store.commit(Transaction { history: vec![history(0)], ..Transaction::default() }).await.unwrap();
        assert_eq!(store.stats().hooks_queued, 20);

        store.prune(Timestamp::from_s(committed), Timestamp::from_s(0)).await.unwrap();
        store.flush().await.unwrap();
        assert_eq!(store.hooks("r1", 100).await.unwrap().len(), 20);
        assert_eq!((store.stats().hooks_queued, store.stats().hooks_dropped), (0, 0));
    }
}
