//! A real engine, filled with the recorded samples and answering queries.

use crate::exposition::{openmetrics, prometheus_text};
use haldane_core::time::Span;
use haldane_world::WorldError;
use haldane_world::parts::{Leash, Part, Pool, Wait, free_port, get, pool, post, program};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::path::Path;
use tokio::process::Command;

/// Both start in well under a second; this is for a machine under load.
const START: Span = Span::from_s(30);

/// A running engine; dropping it kills it.
#[derive(Debug)]
pub struct Engine {
    name: &'static str,
    url: String,
    http: Pool,
    part: Part,
}

impl Engine {
    /// A Prometheus whose store was written by promtool before it started.
    ///
    /// # Errors
    /// It is not installed, or does not become ready.
    pub async fn prometheus(directory: &Path, leash: &Leash) -> Result<Self, WorldError> {
        let (samples, store) = (directory.join("samples.om"), directory.join("tsdb"));
        std::fs::write(&samples, openmetrics())?;
        let mut promtool = Command::new(program("promtool")?);
        promtool.args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"]).arg(&samples).arg(&store);
        let output = promtool.kill_on_drop(true).output().await?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(WorldError::Refused(format!("promtool could not write the samples: {said}")));
        }
        let (configuration, port) = (directory.join("prometheus.yml"), free_port()?);
        std::fs::write(&configuration, "global: {}\n")?;
        let arguments = [
            format!("--config.file={}", configuration.display()),
            format!("--storage.tsdb.path={}", store.display()),
            format!("--web.listen-address=127.0.0.1:{port}"),
        ];
        Self::start("prometheus", &arguments, "/-/ready", port, directory, leash).await
    }

    /// A VictoriaMetrics that was sent the samples, and has been told to make them visible.
    ///
    /// # Errors
    /// It is not installed, does not become ready, or refuses the samples.
    pub async fn victoria_metrics(directory: &Path, leash: &Leash) -> Result<Self, WorldError> {
        let port = free_port()?;
        let arguments = [
            format!("-storageDataPath={}", directory.join("victoria-metrics").display()),
            format!("-httpListenAddr=127.0.0.1:{port}"),
            // The samples are of a fixed day, which no shorter retention keeps for ever.
            "-retentionPeriod=100y".to_owned(),
        ];
        let engine = Self::start("victoria-metrics", &arguments, "/health", port, directory, leash).await?;
        post(&engine.http, &format!("{}/api/v1/import/prometheus", engine.url), prometheus_text()).await?;
        get(&engine.http, &format!("{}/internal/force_flush", engine.url)).await?;
        Ok(engine)
    }

    async fn start(
        name: &'static str,
        arguments: &[String],
        ready: &str,
        port: u16,
        directory: &Path,
        leash: &Leash,
    ) -> Result<Self, WorldError> {
        let part = Part::start(name, &program(name)?, arguments, &[], directory, leash)?;
        let url = format!("http://127.0.0.1:{port}");
        let mut engine = Self { name, url, http: pool(), part };
        let what = format!("{name} is ready");
        let wait = Wait::begin(&what, START);
        while get(&engine.http, &format!("{}{ready}", engine.url)).await.is_err() {
            engine.part.still_runs()?;
            wait.again().await?;
        }
        Ok(engine)
    }

    /// Its name, for what a failing test says.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where its API is, without `/api/v1`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The answer of the HTTP API to a query at an instant, in seconds since 1970.
    ///
    /// # Errors
    /// It refuses the query, with its own words.
    pub async fn ask(&self, query: &str, at_s: i64) -> Result<String, WorldError> {
        let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
        get(&self.http, &format!("{}/api/v1/query?query={query}&time={at_s}", self.url)).await
    }
}
