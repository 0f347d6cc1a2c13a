//! Who has to know is told: over real HTTP, once, with everything needed to act on it, and never at a hook's expense.

use crate::orders::taking_orders_of;
use crate::policy::{AWAY, HOME, guarded, in_order, one_region};
use crate::traffic::Traffic;
use crate::world::{World, status_of};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use haldane_core::guard::Seen;
use haldane_core::policy::{NotifySource, Policy, Sources};
use haldane_core::time::Span;
use haldane_flagger_model::HookKind::ConfirmTrafficIncrease;
use haldane_flagger_model::Phase::Succeeded;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// A pager: keeps what it was told, and answers as it is set to.
#[derive(Clone)]
struct Pager {
    url: String,
    status: Arc<Mutex<u16>>,
    calls: watch::Sender<Vec<(HeaderMap, Value)>>,
    /// Taken by every call before it is answered.
    answers: Arc<Semaphore>,
}

impl Pager {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pager = Self {
            url: format!("http://{}/services/s3cret?key=1", listener.local_addr().unwrap()),
            status: Arc::new(Mutex::new(200)),
            calls: watch::Sender::new(Vec::new()),
            answers: Arc::new(Semaphore::new(1_000)),
        };
        let app = Router::new().fallback(call).with_state(pager.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        pager
    }

    fn answers(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    /// Waits until it has been called this often.
    async fn called(&self, times: usize) -> Vec<(HeaderMap, Value)> {
        let mut calls = self.calls.subscribe();
        let enough = calls.wait_for(|calls| calls.len() >= times);
        let calls = tokio::time::timeout(Duration::from_secs(20), enough).await;
        calls.expect("it is called in time").unwrap().clone()
    }

    /// The events of this kind that it was told so far.
    fn told(&self, event: &str) -> Vec<Value> {
        let calls = self.calls.borrow();
        calls.iter().map(|(_, body)| body.clone()).filter(|body| body["event"] == event).collect()
    }

    /// `policy`, whose news go here.
    fn of(&self, (policy, mut sources): (Policy, Sources)) -> (Policy, Sources) {
        sources.notify = Some(NotifySource { url: self.url.clone(), token_file: None, ca_file: None });
        (policy, sources)
    }
}

async fn call(State(pager): State<Pager>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body = serde_json::from_slice(&body).unwrap();
    pager.calls.send_modify(|calls| calls.push((headers, body)));
    pager.answers.acquire().await.unwrap().forget();
    StatusCode::from_u16(*pager.status.lock().unwrap()).unwrap()
}

impl World {
    /// Waits until everything that was told is on no way any more.
    async fn all_told(&self, times: u64) {
        while self.service().notified().expect("somebody is told").told() < times {
            tokio::task::yield_now().await;
        }
    }

    /// Time passes, retry by retry, until so much was told.
    async fn retried_until_told(&self, times: u64) {
        while self.service().notified().unwrap().told() < times {
            self.advance(Span::from_s(60));
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_late_breach_is_told_once_with_everything_needed_to_act_on_it() {
    let pager = Pager::start().await;
    let tokens = tempfile::tempdir().unwrap();
    let token_file = tokens.path().join("token");
    std::fs::write(&token_file, "pager-token-1\n").unwrap();
    let mut policy = pager.of(in_order());
    policy.1.notify.as_mut().unwrap().token_file = Some(token_file.display().to_string());
    let mut world = World::start(policy).await;
    world.until_phase(HOME, Succeeded).await;
    assert!(pager.calls.borrow().is_empty(), "what goes as planned is no news");
    world.home().traffic = Traffic::Sick;
    for _ in 0..12 {
        world.poll().await;
    }
    let calls = pager.called(1).await;
    let (headers, body) = &calls[0];
    assert_eq!(headers["authorization"], "Bearer pager-token-1");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(
        (&body["event"], &body["service"], &body["region"], &body["release"]),
        (&"late-breach".into(), &"fnp/api".into(), &HOME.into(), &"2.0.0".into())
    );
    let rollout = world.rollout().id.0;
    assert_eq!(body["rollout"], rollout.as_str());
    assert_eq!(body["report"], format!("https://haldane.example/rollouts/{rollout}"));
    assert!(
        body["at"].as_str().unwrap().starts_with("2027-01-15T")
            && body["at"].as_str().unwrap().ends_with('Z')
    );
    assert!(body["text"].as_str().unwrap().contains(HOME), "{body}");
    world.all_told(1).await;

    // The process before told it.
    world.stop_haldane().await;
    std::fs::write(&token_file, "pager-token-2\n").unwrap();
    world.start_haldane().await;
    for _ in 0..3 {
        world.poll().await;
    }
    world.lose_store();
    world.poll().await;
    let calls = pager.called(2).await;
    assert_eq!(calls[1].1["event"], "store-failing", "{:?}", calls[1].1);
    assert_eq!(calls[1].0["authorization"], "Bearer pager-token-2", "the file is read anew");
    world.restore_store();
    world.poll().await;
    assert_eq!(pager.called(3).await[2].1["event"], "store-restored");
    assert_eq!(pager.told("late-breach").len(), 1);
}

#[tokio::test]
async fn a_target_that_is_away_is_told_in_order_when_it_is_back() {
    let pager = Pager::start().await;
    pager.answers(503);
    let mut world = World::start(pager.of(guarded(one_region()))).await;
    world.climb_to(5).await;
    let set = |world: &mut World, level| {
        world.guards.insert((HOME.to_owned(), "lag".to_owned()), Seen::Level { level, what: None })
    };
    set(&mut world, 9.0);
    world.poll().await;
    set(&mut world, 0.0);
    world.poll().await;
    pager.called(1).await;
    let counts = world.service().notified().unwrap().clone();
    assert_eq!((counts.told(), counts.lost()), (0, 0));
    pager.answers(200);
    world.retried_until_told(2).await;
    let calls: Vec<Value> = pager.calls.borrow().iter().map(|(_, body)| body["event"].clone()).collect();
    assert_eq!(calls.last().unwrap(), "guard-clears");
    assert!(calls[..calls.len() - 1].iter().all(|event| event == "guard-holds"), "{calls:?}");
    assert_eq!((counts.told(), counts.waiting(), counts.lost()), (2, 0, 0));
    assert!(counts.failed() >= 1);
    let metrics = world.get("/metrics").await.body;
    assert!(metrics.contains("haldane_notify_told_total{service=\"fnp/api\"} 2"), "{metrics}");
}

#[tokio::test]
async fn what_is_refused_for_what_it_says_is_counted_as_lost_and_nothing_waits_behind_it() {
    let pager = Pager::start().await;
    pager.answers(400);
    let (world, _tokens) = taking_orders_of(pager.of(one_region())).await;
    let service = world.service();
    let order = |on| haldane::engine::FreezeOrder {
        region: None,
        on,
        by: haldane_core::order::Line::name("ann").unwrap(),
        reason: haldane_core::order::Line::reason("because").unwrap(),
    };
    service.freeze(order(true), world.clock.now()).await.unwrap();
    pager.called(1).await;
    while service.notified().unwrap().lost() == 0 {
        tokio::task::yield_now().await;
    }
    pager.answers(200);
    service.freeze(order(false), world.clock.now()).await.unwrap();
    world.all_told(1).await;
    let events: Vec<Value> = pager.calls.borrow().iter().map(|(_, body)| body["event"].clone()).collect();
    assert_eq!(events, ["frozen", "thawed"]);
}

#[tokio::test]
async fn a_target_that_hangs_slows_no_hook() {
    let pager = Pager::start().await;
    pager.answers.forget_permits(1_000);
    let mut world = World::start(pager.of(guarded(one_region()))).await;
    world.climb_to(5).await;
    let lags = Seen::Level { level: 9.0, what: None };
    world.guards.insert((HOME.to_owned(), "lag".to_owned()), lags);
    world.poll().await;
    pager.called(1).await;
    // It is being told, and does not answer. Everything goes on meanwhile: polls, hooks, the guard that clears.
    world.guards.clear();
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
    world.until_phase(HOME, Succeeded).await;
    assert_eq!(world.service().notified().unwrap().told(), 0);
    pager.answers.add_permits(1_000);
}

#[tokio::test]
async fn a_run_that_is_held_for_longer_than_it_may_is_told_once_a_step() {
    let pager = Pager::start().await;
    let (mut policy, sources) = pager.of(guarded(in_order()));
    policy.across.max_hold = Some(Span::from_min(10));
    let mut world = World::start((policy, sources)).await;
    world.climb_to(5).await;
    let down = Seen::Level { level: 1.0, what: Some("db-1".to_owned()) };
    world.guards.insert((AWAY.to_owned(), "region-up".to_owned()), down);
    for _ in 0..60 {
        world.round().await;
    }
    assert_eq!(world.effect().weight, 5);
    let metrics = world.get("/metrics").await.body;
    assert!(
        metrics.contains("haldane_held_too_long{service=\"fnp/api\",region=\"us-east\"} 1.0"),
        "{metrics}"
    );
    pager.called(2).await;
    world.all_told(2).await;
    let held = pager.told("held-too-long");
    assert_eq!((held.len(), &held[0]["region"]), (1, &HOME.into()));
    let guard = pager.told("guard-holds");
    assert_eq!((guard.len(), &guard[0]["region"]), (1, &AWAY.into()));
    assert!(guard[0]["text"].as_str().unwrap().contains("it clears when all of it answers"), "{guard:?}");
}
