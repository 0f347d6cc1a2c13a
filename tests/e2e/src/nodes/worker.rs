//! One Deployment: its replicas are brought to what is asked for, one step after the other.
//!
//! As with a rolling update of one more and none less: a new pod answers before an old one goes.

use super::deployment::Asked;
use super::pod::Pod;
use super::status::Reporter;
use super::{Done, Shared, reference};
use haldane_clock::Clock;
use haldane_core::time::Span;
use k8s_openapi::api::apps::v1::Deployment;
use kube::runtime::reflector::Store;
use std::sync::Arc;
use tokio::sync::watch;

/// Between two looks at pods that start or end.
const BUSY: Span = Span::from_us(50_000);
/// Between two looks at pods that run: one may have died.
const IDLE: Span = Span::from_us(500_000);

pub(super) struct Worker {
    key: (String, String),
    store: Store<Deployment>,
    changes: watch::Receiver<u64>,
    shared: Arc<Shared>,
    pods: Vec<Pod>,
    /// Pods ever made.
    made: u64,
    reporter: Reporter,
}

impl Worker {
    pub(super) fn new(
        key: (String, String),
        store: Store<Deployment>,
        changes: watch::Receiver<u64>,
        shared: Arc<Shared>,
    ) -> Self {
        let reporter = Reporter::new(shared.client.clone(), &key);
        Self { key, store, changes, shared, pods: Vec::new(), made: 0, reporter }
    }

    /// Works until the Deployment and its pods are gone; its key.
    pub(super) async fn run(mut self) -> (String, String) {
        let clock = Clock::real();
        loop {
            self.changes.mark_unchanged();
            let deployment = self.store.get(&reference(&self.key.0, &self.key.1));
            if deployment.is_none() && self.pods.is_empty() {
                return self.key;
            }
            let settled = self.step(deployment.as_deref()).await;
            let settled = settled.unwrap_or_else(|error| {
                self.shared.note(format!("{}/{}: {error:#}", self.key.0, self.key.1));
                false
            });
            tokio::select! {
                _ = self.changes.changed() => {}
                () = clock.sleep(if settled { IDLE } else { BUSY }) => {}
            }
        }
    }

    /// One round; whether nothing is left to be done.
    async fn step(&mut self, deployment: Option<&Deployment>) -> anyhow::Result<bool> {
        for pod in &mut self.pods {
            pod.look(&self.shared).await?;
        }
        let mut left = Vec::new();
        for mut pod in std::mem::take(&mut self.pods) {
            if !pod.is_over(&self.shared).await? {
                left.push(pod);
            }
        }
        self.pods = left;
        let Some(deployment) = deployment else {
            self.pods.iter_mut().filter(|p| !p.terminating).for_each(|pod| pod.terminate(&self.shared));
            return Ok(false);
        };
        let asked = Asked::read(deployment)?;
        self.adjust(&asked)?;
        self.reporter.report(&asked, &self.pods).await?;
        let done = |pod: &Pod| pod.ready && !pod.terminating && pod.hash == asked.hash;
        Ok(self.pods.len() == asked.replicas && self.pods.iter().all(done))
    }

    /// Starts or ends what is due now.
    fn adjust(&mut self, asked: &Asked) -> Done {
        let staying = |pod: &&Pod| !pod.terminating;
        let of_template = |pod: &Pod| pod.hash == asked.hash;
        let all = self.pods.iter().filter(staying).count();
        let new = self.pods.iter().filter(staying).filter(|p| of_template(p)).count();
        let ready = self.pods.iter().filter(staying).filter(|p| p.ready).count();
        let full = self.shared.is_full(&self.key.0, &self.key.1);
        if new < asked.replicas && all <= asked.replicas && !full {
            self.made += 1;
            let pod = Pod::start(&self.key, asked, self.made, &self.shared)?;
            self.pods.push(pod);
            return Ok(());
        }
        // An old pod goes when one that answers takes its place, and at once if it does not answer itself.
        let goes = self.pods.iter().position(|pod| {
            let surplus =
                if of_template(pod) { new > asked.replicas } else { ready > asked.replicas || !pod.ready };
            !pod.terminating && (surplus || asked.replicas == 0)
        });
        if let Some(pod) = goes.and_then(|at| self.pods.get_mut(at)) {
            pod.terminate(&self.shared);
        }
        Ok(())
    }
}
