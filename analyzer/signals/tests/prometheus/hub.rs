//! Members of one hub: how often the source is asked, and whose trouble stays whose.

use crate::fake::{POISON, Prom, Reply, at, config};
use crate::store::labels;
use futures_util::future::join_all;
use haldane_clock::Clock;
use haldane_core::increment::{Missing, Region, SourceFault};
use haldane_core::time::{Span, Timestamp};
use haldane_signals::prometheus::hub::{Hubs, Member, Question, SourceState};
use haldane_signals::prometheus::{Matrix, PrometheusConfig};

/// Members with one selector each, all of one shape.
struct Party {
    prom: Prom,
    hubs: Hubs,
    members: Vec<(Member, String)>,
    clock: Clock,
}

const RANGE: Span = Span::from_s(60);

impl Party {
    async fn of(count: usize, change: impl FnOnce(&mut PrometheusConfig)) -> Self {
        let (prom, clock) = (Prom::start().await, Clock::manual(at(1000.0)));
        prom.lock().now = at(1000.0);
        let mut config = config(&prom);
        change(&mut config);
        let hubs = Hubs::new(clock.clone());
        let hub = hubs.of(&config).unwrap();
        let member = |n: usize| {
            let region = Region::from(if n.is_multiple_of(2) { "even" } else { "odd" });
            (hub.join(region, Span::from_s(15)), format!("app-{n:03}"))
        };
        let members: Vec<_> = (0..count).map(member).collect();
        members.iter().for_each(|(_, app)| stored(&prom, app, 1));
        Self { prom, hubs, members, clock }
    }

    async fn poll(&self) -> Vec<Result<Matrix, Missing>> {
        let asked = self.members.iter().map(async |(member, app)| {
            let heard = member.time().await?;
            let question = Question::new(&format!("x_total{{app=\"{app}\"}}"), RANGE).unwrap();
            member.samples(&[question], heard.source).await.remove(0)
        });
        join_all(asked).await
    }

    /// The selectors asked since this was last asked.
    fn queries(&self) -> Vec<String> {
        let mut queries = std::mem::take(&mut self.prom.lock().queries);
        queries.retain(|query| query != "time()");
        queries
    }

    fn state(&self, region: &str) -> SourceState {
        self.hubs.states().into_iter().find(|state| state.region == Region::from(region)).unwrap()
    }
}

/// Some series of one application.
fn stored(prom: &Prom, app: &str, series: usize) {
    for n in 0..series {
        let labels = labels(&[("__name__", "x_total"), ("app", app), ("n", &n.to_string())]);
        prom.lock().store.add(labels, at(990.0), "1");
    }
}

fn fault(answer: &Result<Matrix, Missing>) -> Option<&SourceFault> {
    match answer {
        Err(Missing::Source { fault, .. }) => Some(fault),
        _ => None,
    }
}

#[tokio::test]
async fn a_hundred_members_ask_for_the_time_once_and_for_one_selector() {
    let party = Party::of(100, |_| ()).await;
    let answers = party.poll().await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().series.len() == 1));
    let asked = std::mem::take(&mut party.prom.lock().queries);
    assert_eq!((asked.len(), asked[0].as_str()), (2, "time()"));
    assert!(asked[1].starts_with("{__name__=\"x_total\",app=~\"app-000|app-001|"), "{}", asked[1]);
    let (even, odd) = (party.state("even").traffic, party.state("odd").traffic);
    assert_eq!(even.queries + odd.queries, 2.0);
    assert!(
        even.received_bytes > 0 && even.received_bytes.abs_diff(odd.received_bytes) < 10,
        "{even:?} {odd:?}"
    );
}

#[tokio::test]
async fn what_one_member_may_not_ask_is_refused_to_it_alone_and_asked_apart_from_then_on() {
    let mut party = Party::of(40, |_| ()).await;
    party.members[17].1 = POISON.to_owned();
    for most_queries in [20, 10] {
        let answers = party.poll().await;
        for (n, answer) in answers.iter().enumerate() {
            match n {
                17 => assert!(matches!(fault(answer), Some(SourceFault::Refused { .. })), "{answer:?}"),
                _ => assert_eq!(answer.as_ref().unwrap().series.len(), 1, "{n}"),
            }
        }
        let queries = party.queries();
        assert!(queries.len() <= most_queries, "{queries:?}");
    }
}

#[tokio::test]
async fn a_merged_answer_that_is_too_long_comes_in_parts_and_one_that_is_too_long_alone_is_told() {
    let party = Party::of(40, |config| config.max_series = 30).await;
    stored(&party.prom, "app-007", 31);
    let mut asked = Vec::new();
    for _ in 0..2 {
        let answers = party.poll().await;
        for (n, answer) in answers.iter().enumerate() {
            match n {
                7 => assert_eq!(fault(answer), Some(&SourceFault::TooManySeries { limit: 30 })),
                _ => assert_eq!(answer.as_ref().unwrap().series.len(), 1, "{n}"),
            }
        }
        asked.push(party.queries().len());
    }
    assert!(asked[1] < asked[0] && asked[1] > 1, "{asked:?}");
}

#[tokio::test]
async fn a_source_that_keeps_failing_is_left_alone_and_asked_again() {
    let party = Party::of(3, |_| ()).await;
    party.prom.reply(Reply::Text(503, "no"));
    let mut now = Timestamp::from_s(1000);
    let mut poll = async |party: &Party| {
        now = now + Span::from_s(15);
        party.clock.set(now);
        let before = party.prom.lock().queries.len();
        let answers = party.poll().await;
        (fault(&answers[0]).cloned(), party.prom.lock().queries.len() - before)
    };
    for _ in 0..5 {
        assert_eq!(poll(&party).await, (Some(SourceFault::HttpStatus { status: 503 }), 3));
    }
    let (resting, asked) = poll(&party).await;
    assert!(matches!(&resting, Some(SourceFault::Resting { failures: 5, .. })) && asked == 0, "{resting:?}");
    assert!(party.state("even").is_resting && party.state("even").traffic.failures > 0.0);
    party.prom.reply(Reply::Data);
    assert_eq!(poll(&party).await, (None, 2));
    assert!(!party.state("even").is_resting);
}

#[tokio::test]
async fn a_member_that_does_not_ask_holds_nobody_for_long() {
    let party = Party::of(3, |_| ()).await;
    let (member, app) = &party.members[1];
    let question = Question::new(&format!("x_total{{app=\"{app}\"}}"), RANGE).unwrap();
    let heard = member.time().await.unwrap();
    assert_eq!(member.samples(&[question], heard.source).await[0].as_ref().unwrap().series.len(), 1);
}

#[tokio::test]
async fn an_asker_that_gives_up_takes_nobody_with_it() {
    let party = Party::of(2, |_| ()).await;
    {
        let lost = party.members[0].0.time();
        tokio::select! {
            biased;
            _ = lost => panic!("it was answered at once"),
            () = std::future::ready(()) => {}
        }
    }
    assert!(party.members[1].0.time().await.is_ok());
}

#[tokio::test]
async fn what_differs_in_anything_is_another_source() {
    let party = Party::of(1, |_| ()).await;
    let same = config(&party.prom);
    let hub = |config: &PrometheusConfig| party.hubs.of(config).unwrap();
    let (one, other) = (hub(&same), PrometheusConfig { max_series: 1, ..same.clone() });
    assert!(std::sync::Arc::ptr_eq(&one, &hub(&PrometheusConfig { region: "x".into(), ..same.clone() })));
    assert!(!std::sync::Arc::ptr_eq(&one, &hub(&other)));
    let headers = [("X-Scope-OrgID".to_owned(), "t\" 1".to_owned())].into();
    assert!(!std::sync::Arc::ptr_eq(&one, &hub(&PrometheusConfig { headers, ..same })));
    assert!(!format!("{:?}", party.hubs).contains("http"));
}
