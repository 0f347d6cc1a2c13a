//! The job as Haldane does it: every canary a region of one hub, each polled by a task of its own on one grid, as the
//! engine's pollers are.

use crate::stage::Stage;
use crate::{Cost, account, signals};
use haldane_core::increment::{Arms, Increment, Reading};
use haldane_core::time::Span;
use haldane_signals::next_poll;
use haldane_signals::prometheus::PrometheusRegion;
use haldane_signals::prometheus::hub::{Hubs, Traffic};
use tokio::task::JoinSet;

const POLL: Span = Span::from_s(15);

/// After these, every signal has had a first reading: an increment of 30 s begins it, and the next one counts.
const WARM_UP: usize = 5;

/// Polls that are measured: an even number, because every other one brings an increment.
const MEASURED: usize = 4;

/// The first poll, and the mean of those after the warm-up. `idle` is what the source uses anyway.
pub(crate) async fn measure(stage: &Stage, canaries: usize, idle: f64) -> (Cost, Cost) {
    let hubs = Hubs::new(stage.clock.clone());
    let mut regions: Vec<PrometheusRegion> = (0..canaries)
        .map(|canary| {
            let config = signals::config(&stage.url, canary);
            let hub = hubs.of(&config).unwrap();
            PrometheusRegion::among(config, stage.clock.clone(), &hub).unwrap()
        })
        .collect();
    let (mut costs, mut increments) = (Vec::new(), 0);
    let mut spent = Traffic::default();
    for poll in 0..WARM_UP + MEASURED {
        stage.clock.sleep_until(next_poll(stage.clock.now(), POLL)).await;
        let (ours, theirs, begun) = (account::cpu_s(account::own()), stage.source_cpu_s(), stage.clock.now());
        let mut polls = JoinSet::new();
        for mut region in regions.drain(..) {
            polls.spawn(async move {
                let polled = region.poll(begun.aligned(POLL), Arms::Both).await;
                (region, polled)
            });
        }
        let polled: Vec<Option<Increment>>;
        (regions, polled) = polls.join_all().await.into_iter().unzip();
        let took_s = (stage.clock.now() - begun).as_s();
        let mut total = Traffic::default();
        for state in hubs.states() {
            total.queries += state.traffic.queries;
            total.sent_bytes += state.traffic.sent_bytes;
            total.received_bytes += state.traffic.received_bytes;
        }
        costs.push(Cost {
            queries: total.queries - spent.queries,
            sent_bytes: (total.sent_bytes - spent.sent_bytes) as f64,
            received_bytes: (total.received_bytes - spent.received_bytes) as f64,
            source_cpu_s: (stage.source_cpu_s() - theirs - idle * took_s).max(0.0),
            reader_cpu_s: account::cpu_s(account::own()) - ours,
            took_s,
            source_rss_mib: stage.source_rss_mib(),
            reader_rss_mib: account::rss_mib(account::own()),
        });
        spent = total;
        if poll >= WARM_UP {
            increments += polled.iter().flatten().inspect(|increment| whole(increment)).count();
        }
    }
    assert_eq!(increments, canaries * MEASURED / 2, "every region brought an increment every 30 s");
    (costs.first().copied().unwrap_or_default(), Cost::mean(costs.get(WARM_UP..).unwrap_or_default()))
}

/// A measurement of failures would be worthless: every signal has to have been read, of canary and primary.
fn whole(increment: &Increment) {
    for signal in signals::all() {
        let reading = increment.signals.get(&signal);
        let is_read = match reading {
            Some(Reading::Counted { canary, primary, .. }) => {
                let counted = [canary, primary].map(|arm| arm.is_some_and(|counts| counts.total > 0.0));
                counted == [true, true]
            }
            Some(Reading::Gauged { canary, primary, .. }) => canary.is_some() && primary.is_some(),
            Some(Reading::Placed { level, .. }) => *level > 0.0,
            Some(Reading::Missing(_)) | None => false,
        };
        assert!(is_read, "{}: {signal} was not read: {reading:?}", increment.region);
    }
}

impl Cost {
    fn mean(costs: &[Self]) -> Self {
        let mean = |of: fn(&Self) -> f64| costs.iter().map(of).sum::<f64>() / costs.len() as f64;
        Self {
            queries: mean(|c| c.queries),
            sent_bytes: mean(|c| c.sent_bytes),
            received_bytes: mean(|c| c.received_bytes),
            source_cpu_s: mean(|c| c.source_cpu_s),
            reader_cpu_s: mean(|c| c.reader_cpu_s),
            took_s: mean(|c| c.took_s),
            source_rss_mib: mean(|c| c.source_rss_mib),
            reader_rss_mib: mean(|c| c.reader_rss_mib),
        }
    }
}
