//! Ticks on a clock that the test sets.

use crate::receiver::{Answer, Receiver};
use crate::setup::{START, STEPS, hook};
use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::HookKind::ConfirmTrafficIncrease;
use haldane_flagger_model::{CanarySpec, Cluster, Flagger, TickReport};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Real time: a tick that never comes fails its test instead of hanging it.
const HANGS_AFTER: Duration = Duration::from_secs(20);

/// A Flagger that runs on its own, and the ends of what it can be watched and steered by.
struct Running {
    clock: Clock,
    cluster: Cluster,
    stop: watch::Sender<bool>,
    reports: mpsc::UnboundedReceiver<TickReport>,
    task: JoinHandle<Flagger>,
}

impl Running {
    fn start(receiver: &Receiver, interval: Span) -> Self {
        let clock = Clock::manual(START);
        let mut spec = CanarySpec::new("fnp", "api", &STEPS, vec![hook(receiver, ConfirmTrafficIncrease)]);
        spec.interval = interval;
        spec.ready_after_ticks = 0;
        let flagger = Flagger::new(spec, "v1", clock.clone());
        flagger.deploy("v2");
        let cluster = flagger.cluster();
        let (stop, stopped) = watch::channel(false);
        let (seen, reports) = mpsc::unbounded_channel();
        let observe = move |report: &TickReport| drop(seen.send(report.clone()));
        Self { clock, cluster, stop, reports, task: tokio::spawn(flagger.run(stopped, observe)) }
    }

    fn set(&self, s_after_start: i64) {
        self.clock.set(at(s_after_start));
    }

    async fn next(&mut self) -> TickReport {
        timeout(HANGS_AFTER, self.reports.recv()).await.unwrap().unwrap()
    }

    /// Stops it and returns what it did beyond the reports already read.
    async fn stop(mut self) -> Vec<TickReport> {
        self.stop.send(true).unwrap();
        self.task.await.unwrap();
        let mut left = Vec::new();
        while let Ok(report) = self.reports.try_recv() {
            left.push(report);
        }
        left
    }
}

fn at(s_after_start: i64) -> Timestamp {
    START + Span::from_s(s_after_start)
}

#[tokio::test]
async fn the_first_tick_comes_at_once_and_the_others_on_the_interval() {
    let receiver = Receiver::start().await;
    let mut running = Running::start(&receiver, Span::from_s(30));
    assert_eq!(running.next().await.at, at(0));
    running.set(29);
    running.set(30);
    let second = running.next().await;
    assert_eq!((second.at, second.weight_after), (at(30), 5));
    running.set(60);
    assert_eq!(running.next().await.weight_after, 50);
    assert!(running.stop().await.is_empty());
}

#[tokio::test]
async fn an_interval_below_ten_seconds_is_raised() {
    let receiver = Receiver::start().await;
    let mut running = Running::start(&receiver, Span::from_s(1));
    running.next().await;
    running.set(9);
    running.set(10);
    assert_eq!(running.next().await.at, at(10));
    running.stop().await;
}

#[tokio::test]
async fn ticks_missed_during_a_slow_hook_are_made_up_by_one_and_the_grid_stays() {
    let receiver = Receiver::start().await;
    let permits = Arc::new(Semaphore::new(0));
    receiver.next(ConfirmTrafficIncrease, Answer::status(200).held_by(&permits));
    let mut running = Running::start(&receiver, Span::from_s(30));
    running.next().await;
    running.set(30);
    receiver.first(ConfirmTrafficIncrease).await;
    running.set(135);
    permits.add_permits(1);
    let (slow, late) = (running.next().await, running.next().await);
    assert_eq!((slow.at, slow.weight_after), (at(30), 5));
    assert_eq!((late.at, late.weight_after), (at(135), 50), "one tick, at once");
    running.set(150);
    let on_grid = running.next().await;
    assert_eq!((on_grid.at, on_grid.weight_after), (at(150), 100), "not one more in between");
    assert!(running.stop().await.is_empty());
}

#[tokio::test]
async fn a_changed_interval_starts_a_new_grid_at_once() {
    let receiver = Receiver::start().await;
    let mut running = Running::start(&receiver, Span::from_s(60));
    running.next().await;
    running.set(5);
    running.cluster.edit(|spec| spec.interval = Span::from_s(15));
    assert_eq!(running.next().await.at, at(5));
    running.set(20);
    assert_eq!(running.next().await.at, at(20));
    running.stop().await;
}

#[tokio::test]
async fn it_stops_between_ticks_also_when_its_steerer_is_gone() {
    let receiver = Receiver::start().await;
    let Running { stop, mut reports, task, .. } = Running::start(&receiver, Span::from_s(30));
    reports.recv().await.unwrap();
    drop(stop);
    let flagger = task.await.unwrap();
    assert!(flagger.live().borrow().canary_up);
}
