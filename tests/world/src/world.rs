//! The world: all parts of one region, and every handle on them.

use crate::fleet::{Fleet, PodInfo, Pods};
use crate::follow::Follower;
use crate::history::{self, Past};
use crate::leash::Leash;
use crate::load::{Load, LoadReport};
use crate::prometheus::Prometheus;
use crate::proxy::Proxy;
use crate::service::{Behaviour, MetricsAnswer, Truth};
use crate::{Arm, WorldConfig, WorldError, cost, http};
use haldane_clock::Clock;
use haldane_core::time::Span;
use haldane_flagger_model::Live;
use rustix::process::Signal;
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
    leash: Leash,
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
        // From here on a failure drops the leash's end with it.
        let guard = EndsLeash(Leash::default());
        let leash = guard.0.clone();
        let prometheus =
            Prometheus::prepare(directory.path(), &config.region, config.scrape_interval, &leash)?;
        let fleet = Arc::new(Fleet {
            directory: directory.path().to_owned(),
            proxy: Proxy::start(directory.path(), &leash).await?,
            prometheus: Arc::new(prometheus),
            leash: leash.clone(),
            http: http::pool(),
            seed: config.seed,
            pods: tokio::sync::Mutex::new(Pods::with_behaviours(config.behaviours.clone())),
        });
        start_primary(&fleet, &config).await?;
        fleet.prometheus.start().await?;
        std::mem::forget(guard);
        let mut world = Self {
            config,
            fleet,
            load: None,
            tasks: Vec::new(),
            troubles: Arc::default(),
            leash,
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

    /// Brings an arm to `count` pods of `version` by hand, one by one, without losing a request.
    ///
    /// # Errors
    /// A pod does not start, or does not drain.
    pub async fn scale(&self, arm: Arm, version: &str, count: usize) -> Result<(), WorldError> {
        self.fleet.scale(arm, version, count).await
    }

    /// The pods of an arm, the killed ones among them.
    pub async fn pods(&self, arm: Arm) -> Vec<PodInfo> {
        self.fleet.infos(arm).await
    }

    /// Waits until Prometheus has scraped every pod that lives.
    ///
    /// # Errors
    /// [`WorldError::Late`] after thirty seconds.
    pub async fn is_scraped(&self) -> Result<(), WorldError> {
        let mut names = Vec::new();
        for arm in Arm::BOTH {
            names.extend(self.pods(arm).await.into_iter().filter(|p| p.pid.is_some()).map(|p| p.name));
        }
        self.prometheus().has_scraped(&names, Span::from_s(30)).await
    }

    /// Changes how a version behaves, in pods that run and in those to come.
    ///
    /// # Errors
    /// The numbers make no sense, or a pod does not answer.
    pub async fn set_behaviour(&self, version: &str, behaviour: Behaviour) -> Result<(), WorldError> {
        self.fleet.set_behaviour(version, behaviour).await
    }

    /// Changes what one pod's `/metrics` does while it serves on.
    ///
    /// # Errors
    /// There is no such pod, or it does not answer.
    pub async fn set_metrics(&self, pod: &str, answer: MetricsAnswer) -> Result<(), WorldError> {
        self.fleet.set_metrics(pod, answer).await
    }

    /// `kill -9` of one pod. HAProxy goes on sending it its share, and answers 503 in its place.
    ///
    /// # Errors
    /// There is no such pod, or it is dead.
    pub async fn kill_pod(&self, pod: &str) -> Result<(), WorldError> {
        self.fleet.kill(pod).await
    }

    /// Starts a killed pod again, at its address, with counters that begin at zero.
    ///
    /// # Errors
    /// There is no such pod, or it does not start.
    pub async fn respawn_pod(&self, pod: &str) -> Result<(), WorldError> {
        self.fleet.respawn(pod).await
    }

    /// Makes a pod hang: it accepts connections and does nothing.
    ///
    /// # Errors
    /// There is no such pod, or it is dead.
    pub async fn pause_pod(&self, pod: &str) -> Result<(), WorldError> {
        self.fleet.signal(pod, Signal::STOP).await
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// As [`World::pause_pod`].
    pub async fn resume_pod(&self, pod: &str) -> Result<(), WorldError> {
        self.fleet.signal(pod, Signal::CONT).await
    }

    /// Crashes a pod again and again from now on: dead for `down`, alive for `up`. Ends with the world, and when the
    /// pod is retired.
    pub fn crash_loop(&mut self, pod: &str, up: Span, down: Span) {
        let (fleet, pod, clock) = (Arc::clone(&self.fleet), pod.to_owned(), Clock::real());
        self.tasks.push(tokio::spawn(async move {
            while fleet.kill(&pod).await.is_ok() {
                clock.sleep(down).await;
                if fleet.respawn(&pod).await.is_err() {
                    return;
                }
                clock.sleep(up).await;
            }
        }));
    }

    /// What all pods of a version have served, those among them that were killed.
    ///
    /// # Errors
    /// A record cannot be read.
    pub async fn truth(&self, version: &str) -> Result<Truth, WorldError> {
        self.fleet.truth(|_, v| v == version).await
    }

    /// What all pods of an arm have served, whatever their version.
    ///
    /// # Errors
    /// As [`World::truth`].
    pub async fn truth_of(&self, arm: Arm) -> Result<Truth, WorldError> {
        self.fleet.truth(|a, _| a == arm).await
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
        self.leash.pids()
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
        self.leash.end();
    }
}

/// Kills what was started when the start of the rest failed.
struct EndsLeash(Leash);

impl Drop for EndsLeash {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The first pods, with a past if there is to be one.
async fn start_primary(fleet: &Fleet, config: &WorldConfig) -> Result<(), WorldError> {
    let mut planned = Vec::new();
    for _ in 0..config.primary_pods {
        planned.push(fleet.plan(Arm::Primary, &config.version).await?);
    }
    let mut carried = vec![None; planned.len()];
    if let Some(history) = config.history {
        let past = Past {
            history,
            interval: config.scrape_interval,
            requests_per_s: f64::from(config.requests_per_s),
            seed: config.seed,
        };
        let pods: Vec<(String, u16)> = planned.iter().map(|p| (p.name.clone(), p.port)).collect();
        let ends = history::fill(&fleet.prometheus.store(), &fleet.directory, &past, &pods).await?;
        carried = ends.into_iter().map(Some).collect();
    }
    for (pod, carried) in planned.into_iter().zip(carried) {
        fleet.start(pod, carried).await?;
    }
    Ok(())
}
