//! The job as Haldane does it: every canary a member of one hub, all polled on one grid.

use crate::stage::Stage;
use crate::{Cost, account, fleet};
use futures_util::future::join_all;
use haldane_core::increment::Region;
use haldane_core::time::Span;
use haldane_signals::next_poll;
use haldane_signals::prometheus::hub::{Hubs, Question, Traffic};
use haldane_signals::prometheus::{ArmQueries, LeUnit, PrometheusConfig, RegionQueries};

const POLL: Span = Span::from_s(15);
const POLLS: usize = 4;

/// The first poll, and the mean of the others. `idle` is what the source uses anyway.
pub(crate) async fn measure(stage: &Stage, canaries: usize, idle: f64) -> (Cost, Cost) {
    let arm = || ArmQueries { requests: "x".to_owned(), buckets: "x".to_owned() };
    let queries = RegionQueries {
        canary: arm(),
        primary: arm(),
        bad: "code=~\"5..\"".to_owned(),
        le_unit: LeUnit::Seconds,
    };
    let config = PrometheusConfig::new(Region::from("bench"), &stage.url, queries);
    let hubs = Hubs::new(stage.clock.clone());
    let hub = hubs.of(&config).unwrap();
    let members: Vec<_> = (0..canaries)
        .map(|canary| (hub.join(Region::from("bench"), POLL), fleet::questions(canary)))
        .collect();
    let mut costs = Vec::new();
    let mut spent = Traffic::default();
    for _ in 0..POLLS {
        stage.clock.sleep_until(next_poll(stage.clock.now(), POLL)).await;
        let at = stage.clock.now().aligned(POLL);
        let (ours, theirs, begun) = (account::cpu_s(account::own()), stage.source_cpu_s(), stage.clock.now());
        let polls = members.iter().map(async |(member, questions): &(_, Vec<Question>)| {
            member.time().await.unwrap();
            let answers = member.samples(questions, at).await;
            answers.iter().map(|answer| answer.as_ref().unwrap().series.len()).sum::<usize>()
        });
        let found: usize = join_all(polls).await.into_iter().sum();
        assert!(found >= canaries * 2 * fleet::series_of_a_pod(), "every series was found: {found}");
        let took_s = (stage.clock.now() - begun).as_s();
        let total = hubs.states().iter().fold(Traffic::default(), |_, state| state.traffic);
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
    }
    let first = costs.remove(0);
    (first, Cost::mean(&costs))
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
