//! What is counted, between which instants.

use crate::fake::{Prom, Reply, World, at, counted, exact, missing};
use crate::store::Pod;
use haldane_core::increment::Arms::{Both, CanaryOnly, PrimaryOnly};
use haldane_core::increment::{Arm, Increment, Missing, Reading};
use haldane_core::signal::Signal::{self, ErrorRate, Http5xx, P99Latency};

/// One pod of each arm, scraped every 15 s at different phases, from `from` to `to` seconds.
struct Pair {
    canary: Pod,
    primary: Pod,
}

impl Pair {
    fn new() -> Self {
        let (mut canary, mut primary) =
            (Pod::new("canary", "10.0.0.1:80"), Pod::new("primary", "10.0.0.2:80"));
        canary.serve(100, 5, 7);
        primary.serve(1000, 1, 20);
        Self { canary, primary }
    }

    /// Each interval of 15 s the canary serves 10 and fails 1, the primary serves 100 of which 2 are slow.
    fn run(&mut self, prom: &Prom, from: i64, to: i64) {
        for tick in (from..to).step_by(15) {
            self.canary.serve(9, 1, 0);
            self.primary.serve(100, 0, 2);
            prom.scrape(tick as f64 + 3.2, &[&self.canary]);
            prom.scrape(tick as f64 + 11.9, &[&self.primary]);
        }
    }
}

#[tokio::test]
async fn each_bin_counts_both_arms_between_the_same_instants_of_the_grid() {
    let (mut world, mut pair) = (World::start().await, Pair::new());
    pair.run(&world.prom, 900, 990);
    let first = world.due(991.0, Both).await;
    assert_eq!(first.as_of, at(990.0));
    for signal in Signal::CORE {
        assert_eq!(missing(&first, signal), Missing::FirstReading);
    }
    pair.run(&world.prom, 990, 1005);
    world.not_due(1006.0, Both).await;
    pair.run(&world.prom, 1005, 1020);
    let second = world.due(1021.0, Both).await;
    assert_eq!(counted(&second, ErrorRate), (990.0, 1020.0, exact(2, 20), exact(0, 200)));
    assert_eq!(counted(&second, Http5xx), (990.0, 1020.0, exact(2, 20), exact(0, 200)));
    assert_eq!(counted(&second, P99Latency), (990.0, 1020.0, exact(0, 20), exact(4, 200)));
    assert_eq!(second.canary_targets, 1);
    let of_the_canary: Vec<f64> = second.canary_pods[&ErrorRate].values().copied().collect();
    assert_eq!(of_the_canary, [2.0]);
    assert!(!second.canary_pods.contains_key(&P99Latency), "{:?}", second.canary_pods);
    world.not_due(1036.0, Both).await;
    pair.run(&world.prom, 1020, 1050);
    assert_eq!(counted(&world.due(1051.0, Both).await, ErrorRate).0, 1020.0);
}

#[tokio::test]
async fn a_scrape_of_30_s_polled_every_15_s_gives_an_increment_every_second_poll_and_never_a_zero() {
    let mut world = World::start().await;
    let mut pair = Pair::new();
    let mut increments = Vec::new();
    for poll in 0..40 {
        let now = 900.0 + 15.0 * f64::from(poll);
        if poll % 2 == 0 {
            pair.canary.serve(10, 0, 0);
            pair.primary.serve(100, 0, 0);
            world.prom.scrape(now - 4.0, &[&pair.canary, &pair.primary]);
        }
        increments.extend(world.poll(now, Both).await);
    }
    // The first polls see one sample, and take the interval for 15 s.
    let settled: Vec<_> = increments.iter().filter(|i| i.as_of > at(960.0)).collect();
    assert!(settled.len() >= 16, "{}", settled.len());
    for pair in settled.windows(2) {
        assert_eq!(pair[1].as_of - pair[0].as_of, crate::fake::s(30));
        assert_eq!(counted(pair[1], ErrorRate).2, exact(0, 10));
        assert_eq!(counted(pair[1], ErrorRate).3, exact(0, 100));
    }
}

#[tokio::test]
async fn an_outage_of_four_minutes_loses_nothing() {
    let (mut world, mut pair) = (World::start().await, Pair::new());
    pair.run(&world.prom, 900, 990);
    world.due(991.0, Both).await;
    world.prom.reply(Reply::Text(503, "no"));
    let mut blind = Vec::new();
    for tick in (990..1230).step_by(15) {
        pair.run(&world.prom, tick, tick + 15);
        blind.extend(world.poll(tick as f64 + 16.0, Both).await);
    }
    let down = format!("source {} answered HTTP 503", world.prom.addr);
    let says = |increment: &Increment| missing(increment, ErrorRate).to_string();
    assert!(blind.len() >= 6 && blind.iter().all(|i| says(i).starts_with(&down)), "{blind:?}");
    let rests = |increment: &Increment| says(increment).contains("it is left alone");
    assert!(!rests(&blind[0]) && blind.iter().any(rests), "{blind:?}");
    assert!(blind.windows(2).all(|pair| pair[0].as_of < pair[1].as_of));
    world.prom.reply(Reply::Data);
    // It was left alone for a minute at the longest.
    let mut healed = None;
    for tick in (1230..1290).step_by(15) {
        pair.run(&world.prom, tick, tick + 15);
        let increment = world.poll(tick as f64 + 16.0, Both).await;
        healed = increment.filter(|i| matches!(i.signals[&ErrorRate], Reading::Counted { .. }));
        if healed.is_some() {
            break;
        }
    }
    let healed = healed.expect("it is asked again");
    let (since, until, canary, primary) = counted(&healed, ErrorRate);
    assert!(since == 990.0 && until >= 1230.0, "{since}..{until}");
    let ticks = ((until - since) / 15.0) as u32;
    assert_eq!((canary, primary), (exact(ticks, 10 * ticks), exact(0, 100 * ticks)));
    assert!(healed.as_of > blind.last().unwrap().as_of);
}

#[tokio::test]
async fn a_restart_during_an_outage_hides_only_what_no_scrape_saw() {
    let (mut world, mut pair) = (World::start().await, Pair::new());
    pair.run(&world.prom, 900, 990);
    world.due(991.0, Both).await;
    world.prom.reply(Reply::Text(503, "no"));
    pair.run(&world.prom, 990, 1110);
    world.poll(1111.0, Both).await;
    pair.canary.restart();
    pair.run(&world.prom, 1110, 1230);
    world.poll(1231.0, Both).await;
    world.prom.reply(Reply::Data);
    let healed = world.due(1246.0, Both).await;
    assert_eq!(counted(&healed, ErrorRate), (990.0, 1230.0, exact(16, 160), exact(0, 1600)));
}

#[tokio::test]
async fn an_emptied_store_counts_nothing_twice_and_what_the_counters_kept_once() {
    let (mut world, mut pair) = (World::start().await, Pair::new());
    pair.run(&world.prom, 900, 990);
    world.due(991.0, Both).await;
    world.prom.lock().store.clear();
    let empty = world.due(1051.0, Both).await;
    assert!(matches!(missing(&empty, ErrorRate), Missing::TargetLate { .. }), "{empty:?}");
    let old = world.due(1111.0, Both).await;
    assert!(matches!(missing(&old, ErrorRate), Missing::OldData { .. }), "{old:?}");
    // What the pods counted meanwhile is in their counters.
    pair.run(&world.prom, 1110, 1170);
    let healed = world.due(1171.0, Both).await;
    assert_eq!(counted(&healed, ErrorRate), (990.0, 1170.0, exact(4, 40), exact(0, 400)));
}

#[tokio::test]
async fn other_arms_begin_a_new_interval() {
    let (mut world, mut pair) = (World::start().await, Pair::new());
    pair.run(&world.prom, 900, 990);
    world.due(991.0, PrimaryOnly).await;
    world.not_due(1006.0, Both).await;
    pair.run(&world.prom, 990, 1020);
    let both = world.due(1021.0, Both).await;
    assert_eq!(counted(&both, ErrorRate), (990.0, 1020.0, exact(2, 20), exact(0, 200)));
    pair.run(&world.prom, 1020, 1050);
    let top = world.due(1051.0, CanaryOnly).await;
    assert_eq!(missing(&top, ErrorRate), Missing::FirstReading);
    pair.run(&world.prom, 1050, 1080);
    assert_eq!(counted(&world.due(1081.0, CanaryOnly).await, ErrorRate).2, exact(2, 20));
}

#[tokio::test]
async fn a_canary_without_series_counts_zeros_beside_a_primary_and_a_primary_without_is_absent() {
    let (mut world, mut pair) = (World::start().await, Pair::new());
    for tick in (900..1020).step_by(15) {
        pair.primary.serve(100, 0, 0);
        world.prom.scrape(tick as f64 + 1.0, &[&pair.primary]);
    }
    world.due(991.0, Both).await;
    let quiet = world.due(1021.0, Both).await;
    assert_eq!(counted(&quiet, ErrorRate).2, exact(0, 0));
    assert_eq!((counted(&quiet, P99Latency).2, quiet.canary_targets), (exact(0, 0), 0));
    let absent = |arm, series: &str| Missing::SeriesAbsent { arm, target: None, series: series.into() };
    let alone = world.due(1081.0, CanaryOnly).await;
    assert_eq!(missing(&alone, ErrorRate), absent(Arm::Canary, "http_requests_total"));
    let mut other = World::start().await;
    pair.primary.app = "canary";
    other.prom.scrape(990.0, &[&pair.primary]);
    let no_primary = other.due(991.0, Both).await;
    assert_eq!(missing(&no_primary, ErrorRate), absent(Arm::Primary, "http_requests_total"));
    assert_eq!(
        missing(&no_primary, P99Latency),
        absent(Arm::Primary, "http_request_duration_seconds_bucket")
    );
}

#[tokio::test]
async fn a_source_that_answers_from_the_past_is_missing_with_the_age() {
    let (mut world, mut pair) = (World::start().await, Pair::new());
    pair.run(&world.prom, 700, 790);
    let old = world.due(991.0, Both).await;
    let Missing::OldData { arm: Arm::Canary, age_s } = missing(&old, ErrorRate) else { panic!("{old:?}") };
    assert_eq!(age_s, 213);
}

#[tokio::test]
async fn a_poll_a_backfill_and_a_probe_can_run_on_any_thread_of_a_service() {
    let World { mut region, .. } = World::start().await;
    let ran = tokio::spawn(async move {
        let probed = region.probe(at(991.0)).await;
        let past = region.backfill(at(0.0), at(991.0)).await.0;
        (probed, past, region.poll(at(991.0), Both).await)
    });
    let (probed, past, polled) = ran.await.unwrap();
    assert!(probed.wrong.is_none() && past.is_empty() && polled.is_some());
}
