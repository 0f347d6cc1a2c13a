//! Pods that come, go, restart, move and take each other's addresses, under a discovery that may fail: whatever happens,
//! each interval holds no more events than there were in it, and where nothing was lost it holds all of them.
//!
//! The discovery here is data, not a mock: what a counter is told of pods and of pages is all that a network could tell it.

use crate::pod::{IDLE, page};
use haldane_core::increment::{Arm, Arms, Counts, Increment, Missing, Reading, Region};
use haldane_core::policy::DnsTargets;
use haldane_core::signal::Signal::{ErrorRate, P99Latency};
use haldane_core::time::Timestamp;
use haldane_signals::scrape::{Bodies, Discovery, Found, FoundPod, PageCounter, ScrapeConfig, Standing};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::RngSeed;

/// Seconds between two polls.
const POLL_S: i64 = 15;
/// Addresses that there are; few, so that they are taken over.
const ADDRESSES: usize = 5;

/// What happens before one poll.
#[derive(Clone, Debug)]
enum Event {
    /// A pod begins at the first free address; an adopted one is old and gets its labels only now.
    Begins { ready: bool, adopted: bool },
    /// One pod is gone at once.
    Vanishes(usize),
    /// One pod's process begins anew.
    Restarts(usize),
    /// One pod is moved, which starts it anew.
    Moves(usize),
    /// One pod becomes ready, or ceases to be.
    Turns(usize),
    /// One pod is told to end: it may answer for a while.
    Ends(usize),
    /// One pod is replaced at its address after the discovery answered and before its page was read.
    Overtaken(usize),
}

#[derive(Clone, Debug)]
struct Tick {
    events: Vec<Event>,
    /// Requests of each pod: good, failed, and how many of them slow, by place.
    requests: Vec<(u32, u32, u32)>,
    /// Whose page is not answered.
    silent: Option<usize>,
    discovery_fails: bool,
}

fn event(calm: bool) -> BoxedStrategy<Event> {
    let which = 0..8_usize;
    if calm {
        return Just(Event::Begins { ready: true, adopted: false }).boxed();
    }
    prop_oneof![
        3 => (any::<bool>(), proptest::bool::weighted(0.3)).prop_map(|(ready, adopted)| Event::Begins { ready, adopted }),
        1 => which.clone().prop_map(Event::Vanishes),
        1 => which.clone().prop_map(Event::Restarts),
        1 => which.clone().prop_map(Event::Moves),
        2 => which.clone().prop_map(Event::Turns),
        1 => which.clone().prop_map(Event::Ends),
        1 => which.prop_map(Event::Overtaken),
    ]
    .boxed()
}

fn tick(calm: bool) -> impl Strategy<Value = Tick> {
    let requests =
        (0..30_u32, 0..4_u32).prop_flat_map(|(ok, failed)| (Just(ok), Just(failed), 0..=ok + failed));
    let chance = move |of: f64| proptest::bool::weighted(if calm { 0.0 } else { of });
    (
        prop::collection::vec(event(calm), 0..2),
        prop::collection::vec(requests, 8),
        (chance(0.15), 0..8_usize).prop_map(|(is, which)| is.then_some(which)),
        chance(0.1),
    )
        .prop_map(|(events, requests, silent, discovery_fails)| Tick {
            events,
            requests,
            silent,
            discovery_fails,
        })
}

#[derive(Clone)]
struct Process {
    uid: String,
    address: usize,
    created: i64,
    ready: bool,
    ends: bool,
    /// What its counters show: good, failed, slow.
    shown: [u32; 3],
}

/// How pods are found.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    /// By UID, with everything that a cluster tells.
    Cluster,
    /// By address alone; only those that are ready.
    Name,
}

struct World {
    how: How,
    pods: Vec<Process>,
    born: usize,
    counter: PageCounter,
    /// What really happened since the beginning: bad, slow, all.
    truth: [f64; 3],
}

fn counter() -> PageCounter {
    let found =
        |name: &str| Discovery::Dns(DnsTargets { host: name.into(), port: 80, path: "/metrics".into() });
    let config = ScrapeConfig {
        canary: found("canary"),
        primary: found("primary"),
        latency_limit_ms: Some(200.0),
        signals: vec![ErrorRate, P99Latency],
        ..ScrapeConfig::new(Region::from("us-east"))
    };
    PageCounter::new(&config).unwrap()
}

fn url(address: usize) -> String {
    format!("http://10.0.0.{address}/metrics")
}

impl World {
    fn new(how: How) -> Self {
        Self { how, pods: Vec::new(), born: 0, counter: counter(), truth: [0.0; 3] }
    }

    fn begin(&mut self, now: i64, ready: bool, adopted: bool) {
        let Some(address) = (0..ADDRESSES).find(|at| self.pods.iter().all(|p| p.address != *at)) else {
            return;
        };
        self.born += 1;
        let (created, shown) = if adopted { (now - 7200, [500, 70, 90]) } else { (now, [0; 3]) };
        let uid = format!("uid-{}", self.born);
        self.pods.push(Process { uid, address, created, ready, ends: false, shown });
    }

    fn happens(&mut self, now: i64, event: &Event) {
        let of = |which: usize| which % self.pods.len().max(1);
        match *event {
            Event::Begins { ready, adopted } => self.begin(now, ready, adopted),
            Event::Vanishes(which) if !self.pods.is_empty() => drop(self.pods.remove(of(which))),
            Event::Restarts(which) => {
                let at = of(which);
                self.pods.get_mut(at).into_iter().for_each(|pod| pod.shown = [0; 3]);
            }
            Event::Moves(which) => {
                let at = of(which);
                let free = (0..ADDRESSES).find(|at| self.pods.iter().all(|p| p.address != *at));
                if let (Some(pod), Some(address)) = (self.pods.get_mut(at), free) {
                    (pod.address, pod.shown) = (address, [0; 3]);
                }
            }
            Event::Turns(which) => {
                let at = of(which);
                self.pods.get_mut(at).into_iter().for_each(|pod| pod.ready = !pod.ready);
            }
            Event::Ends(which) => {
                let at = of(which);
                self.pods.get_mut(at).into_iter().for_each(|pod| pod.ends = true);
            }
            Event::Vanishes(_) | Event::Overtaken(_) => {}
        }
    }

    fn serve(&mut self, requests: &[(u32, u32, u32)]) {
        for (pod, (ok, failed, slow)) in self.pods.iter_mut().zip(requests.iter().cycle()) {
            for (shown, new) in pod.shown.iter_mut().zip([ok, failed, slow]) {
                *shown += new;
            }
            for (truth, new) in self.truth.iter_mut().zip([*failed, *slow, ok + failed]) {
                *truth += f64::from(new);
            }
        }
    }

    fn found(&self) -> Found {
        let serves = |pod: &&Process| pod.ready && !pod.ends;
        let by_uid = |pod: &Process| FoundPod {
            id: pod.uid.clone(),
            name: pod.uid.clone(),
            url: Some(url(pod.address)),
            standing: if serves(&pod) { Standing::Serves } else { Standing::MayAnswer },
            created: Some(Timestamp::from_s(pod.created)),
        };
        let by_address = |pod: &Process| FoundPod {
            id: pod.address.to_string(),
            standing: Standing::Serves,
            created: None,
            ..by_uid(pod)
        };
        let pods = match self.how {
            How::Cluster => self.pods.iter().map(by_uid).collect(),
            How::Name => self.pods.iter().filter(serves).map(by_address).collect(),
        };
        Found { asked: "the test".into(), pods }
    }

    fn pages(&self, silent: Option<usize>) -> Bodies {
        let page_at = |asked: String| {
            let pod = self.pods.iter().find(|pod| url(pod.address) == asked && Some(pod.address) != silent);
            let [ok, failed, slow] = pod.ok_or(Missing::FirstReading)?.shown;
            Ok(if ok + failed == 0 { IDLE.to_owned() } else { page(ok, failed, slow) }.into_bytes())
        };
        [(Arm::Canary, self.counter.asked(Arm::Canary).into_iter().map(page_at).collect())].into()
    }

    /// One poll; what was counted, and what had happened by then.
    fn poll(&mut self, now: i64, tick: &Tick) -> Option<Increment> {
        for event in &tick.events {
            self.happens(now - 7, event);
        }
        self.serve(&tick.requests);
        let at = Timestamp::from_s(now);
        let failed = || Missing::NoPodsFound { arm: Arm::Canary, asked: "x".into(), detail: "down".into() };
        let found = if tick.discovery_fails { Err(failed()) } else { Ok(self.found()) };
        self.counter.retarget(Arm::Canary, at, found);
        for event in &tick.events {
            if let (Event::Overtaken(which), false) = (event, self.pods.is_empty()) {
                let which = which % self.pods.len();
                let overtaken = self.pods.remove(which);
                self.begin(now, true, false);
                self.pods.last_mut().into_iter().for_each(|pod| pod.address = overtaken.address);
                self.serve(&tick.requests);
            }
        }
        let bodies = self.pages(tick.silent);
        self.counter.count(at, Arms::CanaryOnly, bodies)
    }
}

fn counts(reading: &Reading) -> Option<(Timestamp, Counts)> {
    match reading {
        Reading::Counted { since, canary: Some(counts), .. } => Some((*since, *counts)),
        Reading::Counted { canary: None, .. } | Reading::Missing(_) => None,
    }
}

/// Plays `ticks`; every interval with what was counted in it and what happened in it: bad, all.
fn intervals(how: How, ticks: &[Tick]) -> Vec<(Counts, [f64; 2])> {
    let mut world = World::new(how);
    world.begin(0, true, false);
    let (mut truths, mut intervals) = (std::collections::BTreeMap::new(), Vec::new());
    for (tick, now) in ticks.iter().zip((1..).map(|n| n * POLL_S)) {
        let increment = world.poll(now, tick);
        truths.insert(Timestamp::from_s(now), world.truth);
        let Some(increment) = increment else { continue };
        for (signal, bad) in [(ErrorRate, 0), (P99Latency, 1)] {
            let Some((since, counted)) = counts(&increment.signals[&signal]) else { continue };
            let (then, now) = (truths[&since], world.truth);
            intervals.push((counted, [now[bad] - then[bad], now[2] - then[2]]));
        }
    }
    intervals
}

fn ticks(calm: bool) -> impl Strategy<Value = Vec<Tick>> {
    prop::collection::vec(tick(calm), 3..40)
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![Just(How::Cluster), Just(How::Name)]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_interval_holds_more_events_than_there_were_in_it(how in how(), ticks in ticks(false)) {
        for (counted, [bad, all]) in intervals(how, &ticks) {
            prop_assert!(counted.bad <= bad && counted.total <= all, "{counted:?} of {bad} and {all}, {how:?}");
        }
    }

    #[test]
    fn new_pods_of_a_cluster_are_counted_from_their_first_request_on(ticks in ticks(true)) {
        for (counted, [bad, all]) in intervals(How::Cluster, &ticks) {
            prop_assert_eq!((counted.bad, counted.total), (bad, all));
        }
    }
}

#[test]
fn most_intervals_are_counted_although_pods_come_and_go() {
    // Else the properties above would hold of nothing.
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    });
    let (mut counted, mut of, mut polls) = (0.0, 0.0, 0);
    for how in [How::Cluster, How::Name] {
        for _ in 0..200 {
            let ticks = ticks(false).new_tree(&mut runner).unwrap().current();
            polls += ticks.len();
            for (counts, [_, all]) in intervals(how, &ticks) {
                (counted, of) = (counted + counts.total, of + all);
            }
        }
    }
    assert!(polls > 3000 && counted > 0.6 * of, "{counted} of {of} in {polls} polls");
}
