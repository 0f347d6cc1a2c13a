//! A real Prometheus that scrapes the pods, and the ways in which one gets lost.
//!
//! Targets come by files, as from any service discovery: Prometheus looks at changes every five seconds, so a new
//! pod is scraped some seconds after it began to serve, here as in a cluster.

mod answer;
mod configuration;
mod outage;
mod targets;

pub use answer::Sample;
pub(crate) use targets::NAMESPACE;

use crate::leash::Leash;
use crate::part::Part;
use crate::wait::Wait;
use crate::{Arm, WorldError, http, port, programs};
use haldane_core::time::{Span, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::path::{Path, PathBuf};
use targets::Targets;
use tokio::sync::{Mutex, MutexGuard};

/// It starts in well under a second; this is for a machine under load and a store to be replayed.
const START: Span = Span::from_s(30);

/// The job that scrapes a target which another job scrapes already.
const AGAIN: &str = "again";

/// The job that scrapes the pods of any namespace.
const PODS: &str = "pods";

/// A Prometheus with a fixed address, running or not.
#[derive(Debug)]
pub struct Prometheus {
    part: Mutex<Option<Part>>,
    directory: PathBuf,
    port: u16,
    targets: Targets,
    http: http::Pool,
    leash: Leash,
}

impl Prometheus {
    /// Prepares one that is not started yet: its store may be filled first.
    pub(crate) fn prepare(
        directory: &Path,
        region: &str,
        scrape_interval: Span,
        leash: &Leash,
    ) -> Result<Self, WorldError> {
        Self::with_jobs(
            directory,
            region,
            scrape_interval,
            leash,
            &[Arm::Canary.name(), Arm::Primary.name(), AGAIN],
        )
    }

    /// Prepares one for the pods of any namespaces: [`Self::scrape`] them. Not started yet.
    ///
    /// # Errors
    /// Its files cannot be written.
    pub fn of_pods(
        directory: &Path,
        region: &str,
        scrape_interval: Span,
        leash: &Leash,
    ) -> Result<Self, WorldError> {
        Self::with_jobs(directory, region, scrape_interval, leash, &[PODS])
    }

    fn with_jobs(
        directory: &Path,
        region: &str,
        scrape_interval: Span,
        leash: &Leash,
        jobs: &[&str],
    ) -> Result<Self, WorldError> {
        let targets_directory = directory.join("targets");
        let targets = Targets::new(&targets_directory, jobs)?;
        let text = configuration::text(&targets_directory, region, scrape_interval, jobs);
        std::fs::write(directory.join("prometheus.yml"), text)?;
        Ok(Self {
            part: Mutex::new(None),
            directory: directory.to_owned(),
            port: port::free()?,
            targets,
            http: http::pool(),
            leash: leash.clone(),
        })
    }

    /// `http://address:port`; the same after a restart.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts it and waits until it answers queries; nothing happens if it runs.
    ///
    /// # Errors
    /// It is not installed, or does not become ready.
    pub async fn start(&self) -> Result<(), WorldError> {
        let mut part = self.part.lock().await;
        if part.is_some() {
            return Ok(());
        }
        let program = programs::find("prometheus")?;
        let arguments = configuration::arguments(&self.directory, &self.store(), self.port);
        let mut started = Part::start("prometheus", &program, arguments, &[], &self.directory, &self.leash)?;
        let ready = format!("{}/-/ready", self.url());
        let wait = Wait::begin("Prometheus is ready", START);
        while http::get(&self.http, &ready).await.is_err() {
            started.still_runs()?;
            wait.again().await?;
        }
        *part = Some(started);
        Ok(())
    }

    /// Asks for the present value of an expression.
    ///
    /// # Errors
    /// It does not answer, or refuses the expression.
    pub async fn query(&self, expression: &str) -> Result<Vec<Sample>, WorldError> {
        self.ask(expression, "").await
    }

    /// Asks for the value of an expression at an instant.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn query_at(&self, expression: &str, at: Timestamp) -> Result<Vec<Sample>, WorldError> {
        self.ask(expression, &format!("&time={}", at.as_us() as f64 / 1e6)).await
    }

    /// The sum of the values of all series that an expression gives now; 0 if there are none.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn sum(&self, expression: &str) -> Result<f64, WorldError> {
        Ok(self.query(expression).await?.iter().map(|sample| sample.value).sum())
    }

    /// Stops scraping a pod, which itself goes on.
    ///
    /// # Errors
    /// The file of targets cannot be written.
    pub fn lose_target(&self, pod: &str) -> Result<(), WorldError> {
        self.targets.remove(NAMESPACE, pod)
    }

    /// Scrapes a pod at this port under a second job, too: every query that does not choose a job sees it twice.
    ///
    /// # Errors
    /// As [`Self::lose_target`].
    pub fn scrape_twice(&self, pod: &str, port: u16) -> Result<(), WorldError> {
        self.targets.add(AGAIN, NAMESPACE, pod, port)
    }

    /// Scrapes a pod under its arm's job.
    ///
    /// # Errors
    /// As [`Self::lose_target`].
    pub fn find_target(&self, arm: Arm, pod: &str, port: u16) -> Result<(), WorldError> {
        self.targets.add(arm.name(), NAMESPACE, pod, port)
    }

    /// Scrapes a pod of any namespace, in one that was made by [`Self::of_pods`].
    ///
    /// # Errors
    /// As [`Self::lose_target`].
    pub fn scrape(&self, namespace: &str, pod: &str, port: u16) -> Result<(), WorldError> {
        self.targets.add(PODS, namespace, pod, port)
    }

    /// Stops scraping a pod of any namespace.
    ///
    /// # Errors
    /// As [`Self::lose_target`].
    pub fn forget(&self, namespace: &str, pod: &str) -> Result<(), WorldError> {
        self.targets.remove(namespace, pod)
    }

    /// Waits until every pod in `pods` has been scraped, and well.
    ///
    /// # Errors
    /// [`WorldError::Late`].
    pub async fn has_scraped(&self, pods: &[String], within: Span) -> Result<(), WorldError> {
        let what = format!("Prometheus has scraped {pods:?}");
        let wait = Wait::begin(&what, within);
        loop {
            let up = self.query("up == 1").await?;
            if pods.iter().all(|pod| up.iter().any(|sample| sample.label("pod") == pod)) {
                return Ok(());
            }
            wait.again().await?;
        }
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.directory.join("tsdb")
    }

    pub(crate) async fn pid(&self) -> Option<i32> {
        self.running().await.as_ref().map(Part::pid)
    }

    async fn ask(&self, expression: &str, more: &str) -> Result<Vec<Sample>, WorldError> {
        let encoded = utf8_percent_encode(expression, NON_ALPHANUMERIC);
        let url = format!("{}/api/v1/query?query={encoded}{more}", self.url());
        let text = http::get(&self.http, &url).await?;
        answer::samples(&text).map_err(|why| WorldError::Http { url, why })
    }

    async fn running(&self) -> MutexGuard<'_, Option<Part>> {
        self.part.lock().await
    }
}
