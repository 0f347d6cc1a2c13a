//! One SQLite transaction for everything that is queued, with a savepoint for each caller.
//!
//! Waiting for the disk is what a commit costs, and a group waits once. The savepoint is what keeps strangers apart:
//! a record that the schema refuses takes back its own transaction and no other. An error of the place (disk full,
//! disk failing, file damaged) is everybody's: the whole group fails, and nothing of it is there.

use crate::error::is_the_callers;
use crate::insert;
use crate::queue::{Done, Job, Work};
use crate::records::HookRecord;
use crate::schema;
use sqlx::{Connection, SqliteConnection};

/// What came of a group that is on the disk.
#[derive(Debug)]
pub(crate) struct Written {
    /// For each job, in order: done, or refused by the schema.
    pub(crate) outcomes: Vec<Result<Done, sqlx::Error>>,
    /// Hook records that the schema refused.
    pub(crate) hooks_refused: u64,
}

/// Writes jobs and hook records. When this returns `Ok`, they are on the disk; when it returns `Err`, none is.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    jobs: &[Job],
    hooks: &[HookRecord],
) -> Result<Written, sqlx::Error> {
    // IMMEDIATE: a lock held by a stranger is found out before anything is written, not in the middle.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs {
        outcomes.push(under_savepoint(&mut transaction, &job.work).await?);
    }
    let mut hooks_refused = 0;
    for hook in hooks {
        match insert::hook(&mut transaction, hook).await {
            Err(error) if is_the_callers(&error) => hooks_refused += 1,
            written => written?,
        }
    }
    transaction.commit().await?;
    Ok(Written { outcomes, hooks_refused })
}

/// The outer error is the place's, the inner one the caller's own.
async fn under_savepoint(
    connection: &mut SqliteConnection,
    work: &Work,
) -> Result<Result<Done, sqlx::Error>, sqlx::Error> {
    let mut savepoint = connection.begin().await?;
    match perform(&mut savepoint, work).await {
        Err(error) if is_the_callers(&error) => {
            savepoint.rollback().await?;
            Ok(Err(error))
        }
        done => {
            let done = done?;
            savepoint.commit().await?;
            Ok(Ok(done))
        }
    }
}

async fn perform(connection: &mut SqliteConnection, work: &Work) -> Result<Done, sqlx::Error> {
    let mut done =
        Done { committed: insert::transaction(connection, &work.transaction).await?, ..Done::default() };
    if work.beat {
        schema::beat(connection).await?;
    }
    if let Some(prune) = &work.prune {
        done.pruned = insert::prune(connection, prune).await?;
    }
    Ok(done)
}
