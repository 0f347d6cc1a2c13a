//! A Deployment's status, as its controller writes it: what really listens, and since when nothing has moved.

use super::Done;
use super::deployment::Asked;
use super::pod::Pod;
use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};

/// Writes the status of one Deployment whenever it has changed.
#[derive(Debug)]
pub(super) struct Reporter {
    api: Api<Deployment>,
    name: String,
    written: Option<Value>,
    /// When something last moved, and how things stood then.
    moved: Option<(Timestamp, Standing)>,
    /// What the condition `Available` said last, and since when.
    available: Option<(bool, Timestamp)>,
}

/// How many pods there are of those that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Standing {
    all: usize,
    updated: usize,
    ready: usize,
    asked: usize,
    hash: String,
}

impl Reporter {
    pub(super) fn new(client: Client, key: &(String, String)) -> Self {
        let api = Api::namespaced(client, &key.0);
        Self { api, name: key.1.clone(), written: None, moved: None, available: None }
    }

    pub(super) async fn report(&mut self, asked: &Asked, pods: &[Pod]) -> Done {
        let status = self.status(asked, pods);
        if self.written.as_ref() == Some(&status) {
            return Ok(());
        }
        let patch = Patch::Merge(json!({ "status": status }));
        match self.api.patch_status(&self.name, &PatchParams::default(), &patch).await {
            Ok(_) => self.written = Some(status),
            // Deleted in between: the watch will say so.
            Err(kube::Error::Api(error)) if error.code == 404 => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn status(&mut self, asked: &Asked, pods: &[Pod]) -> Value {
        let now = Clock::real().now();
        // As with the real controller, a pod that terminates is none of the replicas.
        let staying = || pods.iter().filter(|p| !p.terminating);
        let (all, ready) = (staying().count(), staying().filter(|p| p.ready).count());
        let updated = staying().filter(|p| p.hash == asked.hash).count();
        let updated_ready = staying().filter(|p| p.hash == asked.hash && p.ready).count();
        let standing = Standing { all, updated, ready, asked: asked.replicas, hash: asked.hash.clone() };
        let moved = self.moved.take().filter(|(_, was)| *was == standing);
        let moved = moved.unwrap_or((now, standing));
        let complete = updated_ready == asked.replicas && all == updated;
        let late = !complete && now - moved.0 > Span::from_s(i64::from(asked.deadline_s));
        self.moved = Some(moved);
        json!({
            "observedGeneration": asked.generation,
            "replicas": all,
            "updatedReplicas": updated,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "unavailableReplicas": asked.replicas.saturating_sub(ready),
            "conditions": [self.availability(ready >= asked.replicas, now), progress(complete, late, now, self)],
        })
    }

    fn availability(&mut self, is: bool, now: Timestamp) -> Value {
        let since = self.available.filter(|(was, _)| *was == is).map_or(now, |(_, since)| since);
        self.available = Some((is, since));
        let reason = if is { "MinimumReplicasAvailable" } else { "MinimumReplicasUnavailable" };
        condition("Available", is, reason, since)
    }
}

/// The condition `Progressing`; its time is that of the last move, so that it does not change by itself.
fn progress(complete: bool, late: bool, now: Timestamp, reporter: &Reporter) -> Value {
    let since = reporter.moved.as_ref().map_or(now, |(at, ..)| *at);
    match (complete, late) {
        (true, _) => condition("Progressing", true, "NewReplicaSetAvailable", since),
        (false, true) => condition("Progressing", false, "ProgressDeadlineExceeded", since),
        (false, false) => condition("Progressing", true, "ReplicaSetUpdated", since),
    }
}

fn condition(kind: &str, is: bool, reason: &str, since: Timestamp) -> Value {
    let at = rfc3339(since);
    json!({
        "type": kind, "status": if is { "True" } else { "False" }, "reason": reason, "message": reason,
        "lastUpdateTime": at, "lastTransitionTime": at,
    })
}

/// Whole seconds, as Kubernetes writes instants.
fn rfc3339(at: Timestamp) -> String {
    let seconds = at.as_us().div_euclid(1_000_000);
    k8s_openapi::jiff::Timestamp::from_second(seconds).map(|t| t.to_string()).unwrap_or_default()
}
