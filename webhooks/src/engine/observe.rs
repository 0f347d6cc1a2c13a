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

/// What the log was told last. A rollout names the same trouble as its reason, but there may be none for weeks.
#[derive(Default, PartialEq, Eq)]
enum News {
    #[default]
    Nothing,
    Read,
    Gone,
    Lost(String),
}

impl News {
    /// Tells the log where it is news: reading works, or why not.
    fn tell(&mut self, region: &Region, seen: &Seen) {
        if self.is_news(seen) {
            match seen {
                Seen::Canary(_) => tracing::info!(%region, "the region's Canary is read"),
                Seen::Gone => tracing::warn!(
                    %region,
                    "the region's cluster has no such Canary; check spec.service and the region's cluster"
                ),
                Seen::Lost { why } => tracing::warn!(%region, why, "the region's cluster cannot be read"),
            }
        }
    }

    fn is_news(&mut self, seen: &Seen) -> bool {
        let now = match seen {
            Seen::Canary(_) => Self::Read,
            Seen::Gone => Self::Gone,
            Seen::Lost { why } => Self::Lost(why.clone()),
        };
        let is_news = *self != now;
        *self = now;
        is_news
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
        let mut news = News::default();
        service.sighted(region.clone(), Seen::Lost { why: NOT_READ_YET.to_owned() }, clock.now()).await;
        loop {
            let seen = observer.next().await;
            news.tell(&region, &seen);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_trouble_is_news_once_and_again_after_it_was_over() {
        let lost = |why: &str| Seen::Lost { why: why.to_owned() };
        let mut news = News::default();
        let told =
            [lost("refused"), lost("refused"), lost("forbidden"), Seen::Gone, Seen::Gone, lost("refused")]
                .map(|seen| news.is_news(&seen));
        assert_eq!(told, [true, false, true, true, false, true]);
    }
}
