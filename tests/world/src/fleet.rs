//! All pods of the world: started, taken in, drained, killed, brought back.

mod pod;

pub use pod::PodInfo;

use crate::leash::Leash;
use crate::prometheus::Prometheus;
use crate::proxy::Proxy;
use crate::service::{Behaviour, Carried, Control, MetricsAnswer, Truth};
use crate::{Arm, WorldError, http, port};
use pod::{Life, Pod};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The pods and what they are part of.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) directory: PathBuf,
    pub(crate) leash: Leash,
    pub(crate) proxy: Proxy,
    pub(crate) prometheus: Arc<Prometheus>,
    pub(crate) http: http::Pool,
    pub(crate) seed: u64,
    pub(crate) pods: Mutex<Pods>,
}

/// What changes.
#[derive(Debug, Default)]
pub(crate) struct Pods {
    running: Vec<Pod>,
    behaviours: BTreeMap<String, Behaviour>,
    /// Pods ever made, by arm.
    made: BTreeMap<Arm, u64>,
    /// Processes ever started, with where each writes its truth.
    lives: Vec<Life>,
}

/// A pod that has a name and an address and no process yet.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) arm: Arm,
    pub(crate) version: String,
    pub(crate) name: String,
    pub(crate) port: u16,
}

impl Fleet {
    pub(crate) async fn plan(&self, arm: Arm, version: &str) -> Result<Planned, WorldError> {
        let mut pods = self.pods.lock().await;
        let number = pods.made.entry(arm).or_default();
        *number += 1;
        let name = arm.pod(version, *number);
        Ok(Planned { arm, version: version.to_owned(), name, port: port::free()? })
    }

    /// Starts a planned pod and, when it answers, gives it traffic and has it scraped.
    pub(crate) async fn start(&self, planned: Planned, carried: Option<Carried>) -> Result<(), WorldError> {
        let mut pod = Pod::new(planned, carried);
        let behaviour = self.behaviour(&pod.planned.version).await;
        let life = pod.start(self, behaviour).await?;
        let Planned { arm, name, port, .. } = pod.planned.clone();
        pod.slot = Some(self.proxy.add(arm, port).await?);
        self.prometheus.find_target(arm, &name, port)?;
        let mut pods = self.pods.lock().await;
        pods.lives.push(life);
        pods.running.push(pod);
        Ok(())
    }

    /// Brings an arm to `count` pods of `version`, one by one: first a new one is ready, then an old one is drained.
    pub(crate) async fn scale(&self, arm: Arm, version: &str, count: usize) -> Result<(), WorldError> {
        loop {
            let (current, surplus) = {
                let pods = self.pods.lock().await;
                let of_arm: Vec<&Pod> = pods.running.iter().filter(|p| p.planned.arm == arm).collect();
                let is_current = |p: &&&Pod| p.planned.version == version;
                let current = of_arm.iter().filter(is_current).count();
                let old = of_arm.iter().find(|p| p.planned.version != version);
                let surplus = old.or(if current > count { of_arm.last() } else { None });
                (current, surplus.map(|p| p.planned.name.clone()))
            };
            let spare = self.infos(arm).await.len() > count;
            match surplus {
                Some(name) if spare || current >= count => self.retire(&name).await?,
                _ if current < count => {
                    let planned = self.plan(arm, version).await?;
                    self.start(planned, None).await?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Takes a pod out for good.
    async fn retire(&self, name: &str) -> Result<(), WorldError> {
        let pod = {
            let mut pods = self.pods.lock().await;
            let at = pods.position(name)?;
            pods.running.remove(at)
        };
        if let Some(slot) = pod.slot {
            self.proxy.drain(pod.planned.arm, slot).await?;
        }
        if let Some(part) = pod.part {
            part.kill().await?;
        }
        self.prometheus.lose_target(name)
    }

    /// `kill -9`; its place in the proxy and among the targets stays.
    pub(crate) async fn kill(&self, name: &str) -> Result<(), WorldError> {
        let part = {
            let mut pods = self.pods.lock().await;
            let at = pods.position(name)?;
            pods.running[at].part.take()
        };
        part.ok_or_else(|| WorldError::Refused(format!("{name} is dead already")))?.kill().await
    }

    /// Starts a killed pod again at its address, with new counters.
    pub(crate) async fn respawn(&self, name: &str) -> Result<(), WorldError> {
        let mut pods = self.pods.lock().await;
        let at = pods.position(name)?;
        if pods.running[at].part.is_some() {
            return Ok(());
        }
        let version = pods.running[at].planned.version.clone();
        let behaviour = pods.behaviours.get(&version).copied().unwrap_or(Behaviour::HEALTHY);
        let life = pods.running[at].start(self, behaviour).await?;
        pods.lives.push(life);
        Ok(())
    }

    /// Stops (`SIGSTOP`) or continues a pod.
    pub(crate) async fn signal(&self, name: &str, signal: Signal) -> Result<(), WorldError> {
        let pods = self.pods.lock().await;
        let part = pods.running[pods.position(name)?].part.as_ref();
        part.ok_or_else(|| WorldError::Refused(format!("{name} is dead")))?.signal(signal)
    }

    /// Changes how a version behaves, now and in pods to come.
    pub(crate) async fn set_behaviour(&self, version: &str, behaviour: Behaviour) -> Result<(), WorldError> {
        behaviour.check().map_err(WorldError::Refused)?;
        let mut pods = self.pods.lock().await;
        pods.behaviours.insert(version.to_owned(), behaviour);
        for pod in pods.running.iter().filter(|p| p.planned.version == version && p.part.is_some()) {
            let control = Control { behaviour: Some(behaviour), ..Control::default() };
            self.control(&pod.planned, &control).await?;
        }
        Ok(())
    }

    /// Changes what a pod's `/metrics` does.
    pub(crate) async fn set_metrics(&self, name: &str, answer: MetricsAnswer) -> Result<(), WorldError> {
        let pods = self.pods.lock().await;
        let planned = &pods.running[pods.position(name)?].planned;
        self.control(planned, &Control { metrics: Some(answer), ..Control::default() }).await
    }

    /// What the processes that `wanted` chooses by arm and version have served, the dead ones among them.
    pub(crate) async fn truth(&self, wanted: impl Fn(Arm, &str) -> bool) -> Result<Truth, WorldError> {
        let pods = self.pods.lock().await;
        let mut sum = Truth::default();
        for life in pods.lives.iter().filter(|life| wanted(life.arm, &life.version)) {
            sum.add(&life.truth()?);
        }
        Ok(sum)
    }

    /// The pods of an arm, dead ones among them.
    pub(crate) async fn infos(&self, arm: Arm) -> Vec<PodInfo> {
        let pods = self.pods.lock().await;
        pods.running.iter().filter(|p| p.planned.arm == arm).map(Pod::info).collect()
    }

    async fn behaviour(&self, version: &str) -> Behaviour {
        self.pods.lock().await.behaviours.get(version).copied().unwrap_or(Behaviour::HEALTHY)
    }

    async fn control(&self, planned: &Planned, control: &Control) -> Result<(), WorldError> {
        let url = format!("http://127.0.0.1:{}/control", planned.port);
        let json = serde_json::to_string(control).map_err(std::io::Error::from)?;
        http::post(&self.http, &url, json).await.map(drop)
    }
}

impl Pods {
    pub(crate) fn with_behaviours(behaviours: BTreeMap<String, Behaviour>) -> Self {
        Self { behaviours, ..Self::default() }
    }

    fn position(&self, name: &str) -> Result<usize, WorldError> {
        let at = self.running.iter().position(|pod| pod.planned.name == name);
        at.ok_or_else(|| WorldError::Refused(format!("there is no pod {name}")))
    }
}
