//! The world: all parts of one region, from its start to its end.

mod pods;
mod start;

use crate::fleet::{Fleet, Pods};
use crate::follow::Follower;
use crate::leash::Leash;
use crate::load::{Load, LoadReport};
use crate::prometheus::Prometheus;
use crate::proxy::Proxy;
use crate::{Arm, WorldConfig, WorldError, cost, http};
use haldane_flagger_model::Live;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running region. Dropping it kills every process of it at once.
#[derive(Debug)]
pub struct World {
    config: WorldConfig,
    fleet: Arc<Fleet>,
    load: Option<Load>,
    tasks: Vec<JoinHandle<()>>,
    troubles: Arc<Mutex<Vec<String>>>,
    /// Ends every process; before the directory that they write to.
    leash: start::EndsLeash,
    /// Removed last, when nobody writes there any more.
    _directory: tempfile::TempDir,
}

impl World {
    /// Starts everything and returns when all parts answer. Prometheus' first scrape comes about five seconds later:
    /// [`World::is_scraped`] waits for it.
    ///
    /// # Errors
    /// A program is missing ([`WorldError::Missing`] says how to get it) or does not start.
    pub async fn start(config: WorldConfig) -> Result<Self, WorldError> {
        let directory = tempfile::Builder::new().prefix("haldane-world").tempdir()?;
        // From here on a failure ends what was started before it.
        let guard = start::EndsLeash(Leash::default());
        let leash = guard.0.clone();
        let prometheus =
            Prometheus::prepare(directory.path(), &config.region, config.scrape_interval, &leash)?;
        let fleet = Arc::new(Fleet {
            directory: directory.path().to_owned(),
            proxy: Proxy::start(directory.path(), &leash).await?,
            prometheus: Arc::new(prometheus),
            leash,
            http: http::pool(),
            seed: config.seed,
            pods: tokio::sync::Mutex::new(Pods::with_behaviours(config.behaviours.clone())),
        });
        start::primary(&fleet, &config).await?;
        fleet.prometheus.start().await?;
        let mut world = Self {
            config,
            fleet,
            load: None,
            tasks: Vec::new(),
            troubles: Arc::default(),
            leash: guard,
            _directory: directory,
        };
        if world.config.requests_per_s > 0 {
            world.start_load(world.config.requests_per_s)?;
        }
        Ok(world)
    }

    /// The real Prometheus, and the ways to lose it.
    pub fn prometheus(&self) -> &Prometheus {
        &self.fleet.prometheus
    }

    /// The real HAProxy.
    pub fn proxy(&self) -> &Proxy {
        &self.fleet.proxy
    }

    /// Obeys Flagger from now on: weights at once, canary pods, and a rolling replacement of the primary's.
    pub fn follow(&mut self, live: watch::Receiver<Live>) {
        let follower = Follower {
            fleet: Arc::clone(&self.fleet),
            canary_pods: self.config.canary_pods,
            primary_pods: self.config.primary_pods,
            troubles: Arc::clone(&self.troubles),
        };
        let (set, weights) = watch::channel(None);
        self.tasks.push(tokio::spawn(follower.clone().weights(live.clone(), set)));
        self.tasks.push(tokio::spawn(follower.pods(live, weights)));
    }

    /// What went wrong while the world obeyed Flagger; empty if all is well.
    pub fn troubles(&self) -> Vec<String> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts the load, with numbers of its own; one that ran is given up.
    ///
    /// # Errors
    /// There can be no thread.
    pub fn start_load(&mut self, requests_per_s: u32) -> Result<(), WorldError> {
        self.load = Some(Load::start(self.fleet.proxy.url(), requests_per_s)?);
        Ok(())
    }

    /// What came of the load so far, as the client saw it.
    pub fn load(&self) -> LoadReport {
        self.load.as_ref().map(Load::report).unwrap_or_default()
    }

    /// Ends the load and waits for its last answers; the rest of the world goes on.
    ///
    /// # Errors
    /// Answers do not come.
    pub async fn stop_load(&mut self) -> Result<LoadReport, WorldError> {
        match self.load.take() {
            Some(load) => load.stop().await,
            None => Ok(LoadReport::default()),
        }
    }

    /// Processor seconds used so far, by part (`haproxy`, `prometheus`, pods by name) and by this process (`test`).
    pub async fn cpu_s(&self) -> BTreeMap<String, f64> {
        let ours = i32::try_from(std::process::id()).ok();
        let mut pids = vec![("haproxy".to_owned(), Some(self.proxy().pid())), ("test".to_owned(), ours)];
        pids.push(("prometheus".to_owned(), self.prometheus().pid().await));
        for arm in Arm::BOTH {
            pids.extend(self.pods(arm).await.into_iter().map(|pod| (pod.name, pod.pid)));
        }
        pids.into_iter().filter_map(|(name, pid)| Some((name, cost::cpu_s(pid?)?))).collect()
    }

    /// The processes that live now.
    pub fn pids(&self) -> Vec<i32> {
        self.leash.0.pids()
    }

    /// Ends the load in good order and then everything; what the client saw.
    ///
    /// # Errors
    /// As [`World::stop_load`]; everything is ended all the same.
    pub async fn stop(mut self) -> Result<LoadReport, WorldError> {
        self.stop_load().await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
