//! One task per region with a cluster: whatever its Canary newly shows goes to the keeper.

use super::handle::Service;
use haldane_clock::Clock;
use haldane_core::cluster::Seen;
use haldane_core::increment::Region;
use haldane_core::policy::{ClusterAccess, ClusterSource};
use haldane_signals::kubernetes::{ClusterError, NamespaceWatch, Observer, client};
use std::collections::BTreeMap;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What is known before anything is: a view that an earlier process recorded may no longer be so.
const NOT_READ_YET: &str = "it has not been read since haldane started";

/// The clusters' namespaces that are watched, each once however many services live there.
#[derive(Default)]
pub(super) struct Namespaces(
    BTreeMap<(ClusterAccess, String), (haldane_signals::kubernetes::Client, NamespaceWatch)>,
);

impl Namespaces {
    /// The watch of `namespace` in the cluster of `source`, and a client of the same cluster.
    pub(super) async fn of(
        &mut self,
        source: &ClusterSource,
        namespace: &str,
        clock: &Clock,
    ) -> Result<(haldane_signals::kubernetes::Client, NamespaceWatch), ClusterError> {
        let key = (source.access.clone(), namespace.to_owned());
        if let Some(known) = self.0.get(&key) {
            return Ok(known.clone());
        }
        let client = client(&source.access).await?;
        let watch = NamespaceWatch::new(client.clone(), namespace, clock.clone());
        self.0.insert(key, (client.clone(), watch.clone()));
        Ok((client, watch))
    }
}

/// Tells `service` what the cluster of `region` shows, until stopped.
pub(super) fn start(
    mut observer: Observer,
    region: Region,
    service: Service,
    clock: Clock,
    mut stop: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let tell = async move {
        service.sighted(region.clone(), Seen::Lost { why: NOT_READ_YET.to_owned() }, clock.now()).await;
        loop {
            let seen = observer.next().await;
            service.sighted(region.clone(), seen, clock.now()).await;
        }
    };
    tokio::spawn(async move {
        tokio::select! {
            () = tell => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    })
}
