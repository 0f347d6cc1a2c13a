//! Pods with certain labels, listed once: who runs, who is only coming or going, and since when.
//!
//! Listed, not watched: a scrape wants to know who is there now, and a list without a resource version is the newest
//! that the API server knows. Pods that start or end are told as well: who was in no earlier list has begun since.

use super::watch::line;
use crate::scrape::{FoundPod, Standing};
use haldane_core::policy::PodTargets;
use haldane_core::time::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::api::{Api, ListParams};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::timeout;

/// Pods of one arm beyond which something is wrong with the selector.
const MOST: u32 = 1000;

/// The pods of `targets` that are not over; or one line: the server cannot be reached, or refuses.
pub(crate) async fn pods(
    client: &Client,
    targets: &PodTargets,
    deadline: Duration,
) -> Result<Vec<FoundPod>, String> {
    let api: Api<Pod> = Api::namespaced(client.clone(), &targets.namespace);
    let asked = ListParams::default().labels(&targets.selector).limit(MOST);
    let listed = timeout(deadline, api.list(&asked)).await;
    let listed =
        listed.map_err(|_| format!("the API server did not answer within {} ms", deadline.as_millis()))?;
    let listed = listed.map_err(|error| line(&error))?;
    if listed.metadata.continue_.is_some_and(|more| !more.is_empty()) {
        return Err(format!("there are more than {MOST} pods; narrow the selector"));
    }
    Ok(listed.items.iter().filter_map(|pod| found(pod, targets)).collect())
}

fn found(pod: &Pod, targets: &PodTargets) -> Option<FoundPod> {
    let status = pod.status.as_ref()?;
    let phase = status.phase.as_deref().unwrap_or_default();
    if matches!(phase, "Succeeded" | "Failed") {
        return None;
    }
    let ready = status.conditions.iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True");
    let ends = pod.metadata.deletion_timestamp.is_some();
    let runs = phase == "Running";
    let ip: Option<IpAddr> = status.pod_ip.as_deref().and_then(|ip| ip.parse().ok()).filter(|_| runs);
    let host = ip.map(|ip| match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    });
    let name = pod.metadata.name.as_deref().unwrap_or("a pod without a name");
    let port = targets.port;
    Some(FoundPod {
        id: pod.metadata.uid.clone()?,
        name: host.as_ref().map_or_else(|| name.to_owned(), |host| format!("{name} at {host}:{port}")),
        url: host.map(|host| format!("http://{host}:{port}{}", targets.path)),
        standing: if runs && ready && !ends { Standing::Serves } else { Standing::MayAnswer },
        created: pod.metadata.creation_timestamp.as_ref().map(|t| Timestamp::from_us(t.0.as_microsecond())),
    })
}
