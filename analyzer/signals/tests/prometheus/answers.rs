//! Answers that are late, endless, partial, refused or not answers at all; and as whom is asked.

use crate::fake::{Prom, Reply, World, at, config, missing};
use crate::store::Pod;
use haldane_clock::Clock;
use haldane_core::increment::Arms::Both;
use haldane_core::increment::{Missing, SourceFault};
use haldane_core::signal::Signal::ErrorRate;
use haldane_core::time::Timestamp;
use haldane_signals::prometheus::{Auth, ConfigError, PrometheusConfig, PrometheusRegion};
use std::time::Duration;

/// What the first poll says.
async fn first_word(reply: Reply, change: impl FnOnce(&mut PrometheusConfig)) -> SourceFault {
    let mut world = World::over(Prom::start().await, change);
    for i in 0..30 {
        world.prom.scrape(980.0, &[&Pod::new("canary", &format!("{i}"))]);
    }
    world.prom.reply(reply);
    let why = missing(&world.due(991.0, Both).await, ErrorRate);
    let Missing::Source { source, fault } = why else { panic!("{why:?}") };
    assert_eq!(source, world.prom.addr.to_string());
    fault
}

#[tokio::test]
async fn every_way_to_give_no_answer_has_its_own_name() {
    assert_eq!(first_word(Reply::Text(503, "no"), |_| ()).await, SourceFault::HttpStatus { status: 503 });
    assert_eq!(first_word(Reply::Text(302, ""), |_| ()).await, SourceFault::HttpStatus { status: 302 });
    let error = r#"{"status":"error","errorType":"bad_data","error":"parse\nerror"}"#;
    let refused = SourceFault::Refused { kind: "bad_data".into(), detail: "parse error".into() };
    assert_eq!(first_word(Reply::Text(400, error), |_| ()).await, refused);
    let partial = SourceFault::Partial { warning: "store-3 unreachable".into() };
    assert_eq!(first_word(Reply::Warns("store-3 unreachable\nat x"), |_| ()).await, partial);
    let html = SourceFault::NotAnAnswer { detail: "HTML or XML, beginning <h1>Sign in</h1>".into() };
    assert_eq!(first_word(Reply::Text(200, "<h1>Sign in</h1>"), |_| ()).await, html);
    let half = first_word(Reply::Text(200, r#"{"status":"success","data":{"res"#), |_| ()).await;
    assert!(matches!(&half, SourceFault::NotAnAnswer { detail } if detail.contains("EOF")), "{half:?}");
    let breaks = first_word(Reply::BreaksOff, |_| ()).await;
    assert!(matches!(breaks, SourceFault::Unreachable { .. }), "{breaks:?}");
    let long = first_word(Reply::Endless, |c| c.max_body_bytes = 100_000).await;
    assert_eq!(long, SourceFault::TooLarge { limit_bytes: 100_000 });
    let many = first_word(Reply::Data, |c| c.max_series = 59).await;
    assert_eq!(many, SourceFault::TooManySeries { limit: 59 });
    let late = first_word(Reply::Hangs, |c| c.deadline = Duration::from_millis(200)).await;
    assert_eq!(late, SourceFault::TimedOut { deadline_ms: 200 });
}

#[tokio::test]
async fn one_failure_within_a_poll_is_asked_again_and_two_are_told() {
    for (failures, is_told) in [(1, false), (2, true)] {
        let mut world = World::start().await;
        world.prom.scrape(985.0, &[&Pod::new("primary", "p"), &Pod::new("canary", "c")]);
        world.prom.lock().failures = failures;
        let why = missing(&world.due(991.0, Both).await, ErrorRate);
        assert_eq!(matches!(why, Missing::Source { .. }), is_told, "{why:?}");
    }
}

#[tokio::test]
async fn credentials_and_tenants_reach_the_source_and_are_read_again_when_they_change() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, " first-s3cret\n").unwrap();
    let (prom, mut shown) = (Prom::start().await, String::new());
    let mut world = World::over(prom, |config| {
        config.auth = Auth::Bearer { token_file: file.clone() };
        config.headers = [("X-Scope-OrgID".to_owned(), "tenant-s3cret".to_owned())].into();
        config.url = format!("{}?dedup=s3cret", config.url);
        shown = format!("{config:?}");
    });
    assert!(!shown.contains("s3cret") && shown.contains("x-scope-orgid") | shown.contains("X-Scope-OrgID"));
    let header = |world: &World, name: &str| {
        world.prom.lock().headers.last().unwrap()[name].to_str().unwrap().to_owned()
    };
    world.due(991.0, Both).await;
    assert_eq!(header(&world, "authorization"), "Bearer first-s3cret");
    assert_eq!(header(&world, "x-scope-orgid"), "tenant-s3cret");
    assert!(!world.prom.lock().headers[0].contains_key("accept-encoding"));
    std::fs::write(&file, "second").unwrap();
    world.poll(1021.0, Both).await;
    assert_eq!(header(&world, "authorization"), "Bearer second");
    for (content, detail) in [
        (Some(" \n"), "is empty"),
        (Some("a\nb"), "has more than one line"),
        (None, "cannot be read: No such file or directory (os error 2)"),
    ] {
        match content {
            Some(content) => std::fs::write(&file, content).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let asked = world.prom.lock().headers.len();
        let mut told = None;
        for _ in 0..3 {
            let now = (world.clock.now() + haldane_core::time::Span::from_s(30)) - Timestamp::from_s(0);
            told = world.poll(now.as_s(), Both).await.or(told);
        }
        let why = missing(&told.unwrap(), ErrorRate);
        assert_eq!(why, Missing::Secret { file: file.display().to_string(), detail: detail.into() });
        assert_eq!(world.prom.lock().headers.len(), asked);
    }
}

#[tokio::test]
async fn a_user_and_a_password_reach_the_source() {
    let dir = tempfile::tempdir().unwrap();
    let password_file = dir.path().join("password");
    std::fs::write(&password_file, "hunter2\n").unwrap();
    let auth = Auth::Basic { username: "haldane".into(), password_file };
    let mut world = World::over(Prom::start().await, |config| config.auth = auth);
    world.due(991.0, Both).await;
    assert_eq!(world.prom.lock().headers[0]["authorization"], "Basic aGFsZGFuZTpodW50ZXIy");
}

#[tokio::test]
async fn a_refused_connection_is_told_at_once() {
    let mut world = World::over(Prom::at("127.0.0.1:1".parse().unwrap()), |_| ());
    let why = missing(&world.due(991.0, Both).await, ErrorRate).to_string();
    assert!(why.starts_with("source 127.0.0.1:1 cannot be reached") && why.contains("refused"), "{why}");
}

#[tokio::test]
async fn an_answer_too_long_for_an_outage_is_asked_for_in_less() {
    let mut world = World::over(Prom::start().await, |config| config.max_body_bytes = 1500);
    let pods = [Pod::new("primary", "p"), Pod::new("canary", "c")];
    for tick in 0..100 {
        world.prom.scrape(f64::from(tick) * 15.0, &pods.each_ref());
    }
    world.due(211.0, Both).await;
    let long = missing(&world.due(1300.0, Both).await, ErrorRate);
    let too_large = matches!(long, Missing::Source { fault: SourceFault::TooLarge { .. }, .. });
    let increment = if too_large { world.due(1331.0, Both).await } else { panic!("{long:?}") };
    assert_eq!(crate::fake::counted(&increment, ErrorRate).0, 210.0);
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_refused_with_what_to_write_instead() {
    let prom = Prom::at("127.0.0.1:1".parse().unwrap());
    let refused = |change: fn(&mut PrometheusConfig)| {
        let mut config = config(&prom);
        change(&mut config);
        PrometheusRegion::new(config, Clock::manual(at(0.0))).err().expect("a refusal")
    };
    let userinfo = refused(|c| c.url = "https://u:hunter2@prom".into());
    assert!(matches!(userinfo, ConfigError::Url { .. }) && !format!("{userinfo:?}").contains("hunter2"));
    assert!(matches!(refused(|c| c.url = "prom:9090/x".into()), ConfigError::Url { .. }));
    assert!(matches!(refused(|c| c.latency_limit_ms = None), ConfigError::LatencyLimit));
    assert!(matches!(refused(|c| c.queries.bad = "5xx".into()), ConfigError::Bad { .. }));
    assert!(matches!(
        refused(|c| {
            c.headers.insert("a b".into(), String::new());
        }),
        ConfigError::Header { .. }
    ));
    let rate = refused(|c| c.queries.canary.requests = "rate(http_requests_total[1m])".into());
    assert_eq!(
        rate.to_string(),
        "canary query requests calls rate(); write the bare selector inside it, differences are taken here"
    );
    let same = refused(|c| c.queries.canary.buckets = c.queries.primary.buckets.clone());
    assert!(matches!(same, ConfigError::SameQuery { query: "buckets" }));
}
