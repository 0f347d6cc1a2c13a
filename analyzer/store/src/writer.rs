//! The task that owns the one connection that writes.
//!
//! It takes whatever is queued as one group. There is no timer: while one group waits for the disk the next one
//! gathers, so a lone caller waits for nobody, and a crowd shares. After an error the connection is thrown away and
//! the next group opens a new one, because what a connection still believes after a failed disk is not worth
//! knowing.

use crate::error::StoreError;
use crate::group::{self, Written};
use crate::location::Location;
use crate::queue::{Command, Job, Reply, leave};
use crate::records::HookRecord;
use crate::schema;
use crate::stats::Counters;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::sync::mpsc::UnboundedReceiver;

/// So many commands at most are written together: a bound on how long the first of them waits.
const GROUP_MAX: usize = 1_024;

/// What the writer owns. The connection comes before the location, whose lock ends last.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) receiver: UnboundedReceiver<Command>,
    pub(crate) options: SqliteConnectOptions,
    pub(crate) connection: Option<SqliteConnection>,
    /// Hook records of groups that failed, to be tried again.
    pub(crate) backlog: Vec<HookRecord>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) location: Location,
}

/// What is written together.
#[derive(Debug, Default)]
struct Group {
    commands: usize,
    jobs: Vec<Job>,
    hooks: Vec<HookRecord>,
    flushes: Vec<Reply<()>>,
    close: Option<Reply<()>>,
}

impl Group {
    fn add(&mut self, command: Command) {
        self.commands += 1;
        match command {
            Command::Work(job) => self.jobs.push(job),
            Command::Hook(hook) => self.hooks.push(hook),
            Command::Flush(reply) => self.flushes.push(reply),
            Command::Close(reply) => self.close = Some(reply),
        }
    }

    const fn has_room(&self) -> bool {
        self.commands < GROUP_MAX && self.close.is_none()
    }
}

impl Writer {
    /// Writes until it is told to close, or until nobody is left who could tell it.
    pub(crate) async fn run(mut self) {
        while let Some(first) = self.receiver.recv().await {
            let mut group = Group::default();
            group.add(first);
            while group.has_room()
                && let Ok(next) = self.receiver.try_recv()
            {
                group.add(next);
            }
            let close = group.close.take();
            let written = self.write(group).await;
            if let Some(reply) = close {
                let closed = self.close().await;
                drop(self); // the lock too: who hears that it is closed may open it again
                answer(reply, written.and(closed));
                return;
            }
        }
        if let Err(error) = self.close().await {
            tracing::warn!(error = %error, "the store was dropped, and could not be closed in order");
        }
    }

    /// Writes a group and answers it; the result is that of its hook records. A backlog of those gets a transaction
    /// of its own, so that what could not be written once, and is large, cannot cost a permission now.
    async fn write(&mut self, group: Group) -> Result<(), StoreError> {
        let mut hooks = mem::take(&mut self.backlog);
        let written = if hooks.is_empty() {
            self.transact(group.jobs, group.hooks).await
        } else {
            if !group.jobs.is_empty() {
                let _: Result<(), StoreError> = self.transact(group.jobs, Vec::new()).await; // each job is answered
            }
            hooks.extend(group.hooks);
            self.transact(Vec::new(), hooks).await
        };
        for reply in group.flushes {
            answer(reply, written.clone());
        }
        written
    }

    async fn transact(&mut self, jobs: Vec<Job>, hooks: Vec<HookRecord>) -> Result<(), StoreError> {
        match self.attempt(&jobs, &hooks).await {
            Ok(written) => {
                self.acknowledge(jobs, hooks.len(), written);
                Ok(())
            }
            Err(error) => {
                self.counters.failed(&error);
                self.backlog = hooks;
                leave(&self.counters.commits_queued, jobs.len());
                for job in jobs {
                    answer(job.reply, Err(error.clone()));
                }
                Err(error)
            }
        }
    }

    /// The connection is put back only when all went well.
    async fn attempt(&mut self, jobs: &[Job], hooks: &[HookRecord]) -> Result<Written, StoreError> {
        self.location.check()?;
        let failed = |error| StoreError::of(&self.location.path, error);
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(failed)?,
        };
        let written = group::write(&mut connection, jobs, hooks).await.map_err(failed)?;
        self.connection = Some(connection);
        Ok(written)
    }

    fn acknowledge(&self, jobs: Vec<Job>, hooks: usize, written: Written) {
        let acknowledged = written.outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        self.counters.succeeded(u64::try_from(acknowledged).unwrap_or(u64::MAX));
        self.counters.hooks_dropped.fetch_add(written.hooks_refused, Relaxed);
        leave(&self.counters.hooks_queued, hooks);
        leave(&self.counters.commits_queued, jobs.len());
        for (job, outcome) in jobs.into_iter().zip(written.outcomes) {
            answer(job.reply, outcome.map_err(|error| StoreError::of(&self.location.path, error)));
        }
    }

    async fn close(&mut self) -> Result<(), StoreError> {
        self.receiver.close();
        self.abandon();
        match self.connection.take() {
            Some(connection) => schema::fold_and_close(connection)
                .await
                .map_err(|error| StoreError::of(&self.location.path, error)),
            None => Ok(()),
        }
    }

    /// What was queued after the close, and hook records that could not be written to the end. Callers hear of it by
    /// the drop of their reply.
    fn abandon(&mut self) {
        let (mut jobs, mut hooks) = (0, mem::take(&mut self.backlog).len());
        while let Ok(command) = self.receiver.try_recv() {
            match command {
                Command::Work(_) => jobs += 1,
                Command::Hook(_) => hooks += 1,
                Command::Flush(_) | Command::Close(_) => (),
            }
        }
        leave(&self.counters.commits_queued, jobs);
        leave(&self.counters.hooks_queued, hooks);
        self.counters.hooks_dropped.fetch_add(u64::try_from(hooks).unwrap_or(u64::MAX), Relaxed);
    }
}

fn answer<T>(reply: Reply<T>, outcome: Result<T, StoreError>) {
    if reply.send(outcome).is_err() {
        tracing::debug!("a caller went away before its answer; what it asked for was done all the same");
    }
}
