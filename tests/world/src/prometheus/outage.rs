//! The ways to lose Prometheus: dead, hung, back with its past, back without.

use super::Prometheus;
use crate::WorldError;
use rustix::process::Signal;

impl Prometheus {
    /// `kill -9`; its store stays, but for what was not written yet.
    ///
    /// # Errors
    /// It does not run.
    pub async fn kill(&self) -> Result<(), WorldError> {
        let part = self.part.lock().await.take();
        part.ok_or_else(not_running)?.kill().await
    }

    /// Makes it hang: connections are accepted and nothing is answered or scraped.
    ///
    /// # Errors
    /// It does not run.
    pub async fn pause(&self) -> Result<(), WorldError> {
        self.running().await.as_ref().ok_or_else(not_running)?.freeze().await
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// It does not run.
    pub async fn resume(&self) -> Result<(), WorldError> {
        self.running().await.as_ref().ok_or_else(not_running)?.signal(Signal::CONT)
    }

    /// Kills it if it runs, and starts it again with a store that knows nothing.
    ///
    /// # Errors
    /// As [`Self::kill`] and [`Self::start`], and files that cannot be removed.
    pub async fn restart_emptied(&self) -> Result<(), WorldError> {
        let part = self.part.lock().await.take();
        if let Some(part) = part {
            part.kill().await?;
        }
        let store = self.store();
        std::fs::remove_dir_all(&store).map_err(|source| WorldError::File { path: store, source })?;
        self.start().await
    }
}

fn not_running() -> WorldError {
    WorldError::Refused("Prometheus does not run".to_owned())
}
