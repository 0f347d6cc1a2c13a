//! Answers that are late, endless, elsewhere or not metrics at all.

use crate::pod::{IDLE, Pod, Reply, config, due, missing, page};
use haldane_core::increment::Arms::CanaryOnly;
use haldane_core::increment::{Arm, Missing};
use haldane_core::signal::Signal::ErrorRate;
use haldane_signals::scrape::{ConfigError, RegionScraper, ScrapeConfig};
use std::time::Duration;

/// What the first poll of one canary pod says, with a short deadline and a small bound.
async fn first_word(pod: &Pod, change: impl FnOnce(&mut ScrapeConfig)) -> Missing {
    let mut config = config(&[pod], &[]);
    config.max_body_bytes = 100_000;
    change(&mut config);
    let mut scraper = RegionScraper::new(config).unwrap();
    missing(&due(&mut scraper, 0, CanaryOnly).await, ErrorRate)
}

fn not_metrics(why: Missing) -> String {
    let Missing::NotMetrics { arm: Arm::Canary, detail, .. } = why else { panic!("{why:?}") };
    detail
}

#[tokio::test]
async fn an_endless_or_announced_too_long_answer_is_not_read_past_the_bound() {
    let pod = Pod::start(IDLE).await;
    let why = Missing::TooLarge { arm: Arm::Canary, target: pod.addr.to_string(), limit_bytes: 100_000 };
    pod.reply(Reply::Endless);
    assert_eq!(first_word(&pod, |_| ()).await, why);
    pod.say(&"a 1\n".repeat(25_001));
    assert_eq!(first_word(&pod, |_| ()).await, why);
    pod.say(&"a 1\n".repeat(25_000));
    assert_eq!(first_word(&pod, |_| ()).await, Missing::FirstReading);
}

#[tokio::test]
async fn an_answer_whose_end_does_not_come_is_given_up_at_the_deadline() {
    let pod = Pod::start(IDLE).await;
    pod.reply(Reply::Stalls);
    let why = Missing::TimedOut { arm: Arm::Canary, target: pod.addr.to_string(), deadline_ms: 100 };
    assert_eq!(first_word(&pod, |c| c.deadline = Duration::from_millis(100)).await, why);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let pod = Pod::start(IDLE).await;
    pod.reply(Reply::BreaksOff);
    let why = first_word(&pod, |_| ()).await;
    assert!(matches!(&why, Missing::Unreachable { detail, .. } if !detail.is_empty()), "{why:?}");
}

#[tokio::test]
async fn what_is_not_metrics_is_told_by_what_it_is() {
    let pod = Pod::start("<!DOCTYPE html>\n<h1>Sign in</h1>").await;
    assert_eq!(
        not_metrics(first_word(&pod, |_| ()).await),
        "HTML or XML, beginning <!DOCTYPE html> <h1>Sign in</h1>"
    );
    let half = page(10, 0, 0);
    pod.say(&half[..half.len() - 2]);
    assert!(not_metrics(first_word(&pod, |_| ()).await).starts_with("it ends in the middle of line 8"));
    pod.say("{\"status\":\u{1b}[31m\"UP\"}\n");
    assert_eq!(not_metrics(first_word(&pod, |_| ()).await), "line 1 is no sample: {\"status\": [31m\"UP\"}");
    pod.say("");
    assert_eq!(not_metrics(first_word(&pod, |_| ()).await), "an empty answer");
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let (pod, elsewhere) = (Pod::start(IDLE).await, Pod::start(IDLE).await);
    pod.reply(Reply::RedirectTo(elsewhere.url()));
    let why = Missing::HttpStatus { arm: Arm::Canary, target: pod.addr.to_string(), status: 302 };
    assert_eq!(first_word(&pod, |_| ()).await, why);
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn credentials_reach_the_pod_and_nobody_else() {
    let pod = Pod::start(IDLE).await;
    pod.reply(Reply::Status(401));
    let url = format!("http://scraper:hunter2@{}/metrics?token=s3cret", pod.addr);
    let mut shown = String::new();
    let why = first_word(&pod, |config| {
        config.canary = vec![url].into();
        shown = format!("{config:?}");
    })
    .await;
    let asked = pod.asked();
    assert!(asked[0].contains_key("authorization") && !asked[0].contains_key("accept-encoding"));
    let told = format!("{shown} {why} {why:?}");
    assert!(told.contains(&pod.addr.to_string()), "{told}");
    for secret in ["scraper", "hunter2", "s3cret", "token"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn a_connection_error_names_no_credentials_either() {
    let pod = Pod::start(IDLE).await;
    let why = first_word(&pod, |config| {
        config.canary = vec!["http://scraper:hunter2@127.0.0.1:1/metrics?token=s3cret".into()].into();
    })
    .await;
    let told = format!("{why:?}");
    assert!(told.contains("127.0.0.1:1") && !told.contains("hunter2") && !told.contains("s3cret"), "{told}");
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_refused() {
    let pod = Pod::start(IDLE).await;
    let refused = |change: fn(&mut ScrapeConfig)| {
        let mut config = config(&[&pod], &[]);
        change(&mut config);
        RegionScraper::new(config).err().expect("a refusal")
    };
    let https = refused(|c| c.primary = vec!["https://u:hunter2@pod/metrics".into()].into());
    assert!(matches!(https, ConfigError::Target { arm: Arm::Primary, index: 0, .. }));
    assert!(!format!("{https} {https:?}").contains("hunter2"));
    assert!(matches!(refused(|c| c.latency_limit_ms = None), ConfigError::LatencyLimit));
    assert!(matches!(refused(|c| c.latency_limit_ms = Some(f64::NAN)), ConfigError::LatencyLimit));
}
