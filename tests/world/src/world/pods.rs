//! The world's pods: how many, how they behave, how they die, what they really served.

use super::World;
use crate::fleet::PodInfo;
use crate::service::{Behaviour, MetricsAnswer, Truth};
use crate::{Arm, WorldError};
use haldane_clock::Clock;
use haldane_core::time::Span;
use rustix::process::Signal;
use std::sync::Arc;

impl World {
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
}
