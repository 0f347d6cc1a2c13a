//! Keeps facts, looks, rollouts, hooks and history in one SQLite file.
//!
//! The store gives bytes back as it got them: bodies are JSON text of the caller's making, and nothing here depends
//! on what they say. What it adds is order, atomicity and durability, and those it states exactly:
//!
//! - [`Store::commit`] is all or nothing, and what it acknowledged is on the disk (`journal_mode=WAL`,
//!   `synchronous=FULL`): neither `kill -9` nor a power cut loses it, as long as the disk keeps what it
//!   confirmed. Permissions go this way.
//! - `kill -9` and a power cut can lose what was not acknowledged: transactions still waiting for their answer
//!   (each is afterwards there entirely or not at all), and the last hook records of [`Store::record`] that no
//!   [`Store::flush`] confirmed. Those are records of answers that gave nothing away.
//! - A commit that was answered with an error is not in the store. One case is out of reach: the disk fails
//!   exactly at the confirmation *and* the machine then loses power before the next commit; such a transaction
//!   can be found after the restart.
//! - After an error the store keeps running. The next commit opens a new connection, and works when the trouble is
//!   gone; hook records wait meanwhile in memory, up to [`HOOKS_MAX`].
//! - A lost disk loses everything. A copy is made with SQLite's own means (`sqlite3 file ".backup copy"`), also
//!   while the store runs; copying the file alone misses what is in the `-wal` file beside it.
//!
//! One task owns the one connection that writes, and writes whatever is queued in one SQLite transaction, with a
//! savepoint for each caller: many callers share one wait for the disk, and one caller's bad record costs nobody
//! else anything. Readers have their own connections and see the last committed state; WAL lets neither wait for
//! the other. One process at a time has a file open; a lock beside it says so, and ends with the process.

mod error;
mod group;
mod insert;
mod location;
mod open;
mod queue;
mod read;
mod records;
mod schema;
mod stats;
mod store;
mod writer;

pub use error::StoreError;
pub use queue::{COMMITS_MAX, HOOKS_MAX};
pub use records::{
    Committed, FactRecord, HistoryOrigin, HistoryRecord, HookRecord, LookRecord, Pruned, RolloutFilter,
    RolloutRecord, StoredFact, StoredLook, Transaction,
};
pub use stats::Stats;
pub use store::Store;
