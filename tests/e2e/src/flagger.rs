//! The released Flagger, unpatched: one process per plane, which tests may stop and start.

use crate::Tools;
use anyhow::Result;
use haldane_core::time::Span;
use haldane_world::parts::{Leash, Part, Pool, Wait, free_port, get, pool};
use std::path::{Path, PathBuf};
use tokio::sync::Mutex;

/// It answers within a second; this is for a machine under load.
const START: Span = Span::from_s(60);

/// Flagger with a fixed port, running or not.
#[derive(Debug)]
pub(crate) struct Flagger {
    part: Mutex<Option<Part>>,
    directory: PathBuf,
    kubeconfig: PathBuf,
    metrics_server: String,
    provider: String,
    port: u16,
    http: Pool,
    leash: Leash,
}

impl Flagger {
    pub(crate) fn prepare(
        directory: &Path,
        kubeconfig: PathBuf,
        metrics_server: String,
        provider: &str,
        leash: &Leash,
    ) -> Result<Self> {
        Ok(Self {
            part: Mutex::default(),
            directory: directory.to_owned(),
            kubeconfig,
            metrics_server,
            provider: provider.to_owned(),
            port: free_port()?,
            http: pool(),
            leash: leash.clone(),
        })
    }

    /// Starts it and waits until it answers; nothing happens if it runs.
    pub(crate) async fn start(&self) -> Result<()> {
        let mut part = self.part.lock().await;
        if part.is_some() {
            return Ok(());
        }
        let arguments = [
            format!("-kubeconfig={}", self.kubeconfig.display()),
            format!("-mesh-provider={}", self.provider),
            format!("-metrics-server={}", self.metrics_server),
            format!("-port={}", self.port),
        ];
        let program = Tools::find()?.path("flagger")?;
        let mut started = Part::start("flagger", &program, arguments, &[], &self.directory, &self.leash)?;
        let wait = Wait::begin("Flagger answers", START);
        let health = format!("{}/healthz", self.url());
        while get(&self.http, &health).await.is_err() {
            started.still_runs()?;
            wait.again().await?;
        }
        *part = Some(started);
        Ok(())
    }

    /// `kill -9`; nothing happens if it does not run.
    pub(crate) async fn stop(&self) -> Result<()> {
        if let Some(part) = self.part.lock().await.take() {
            part.kill().await?;
        }
        Ok(())
    }

    /// Where its `/metrics` is.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it has logged, a JSON object per line.
    pub(crate) fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.directory.join("flagger.log"))?)
    }
}
