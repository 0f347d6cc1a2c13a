//! Pods that are found by a name, and what is told when they cannot be.

use crate::pod::{IDLE, Pod, config, counted, due, exact, missing, page};
use haldane_core::increment::Arms::{Both, CanaryOnly};
use haldane_core::increment::{Arm, Missing};
use haldane_core::policy::DnsTargets;
use haldane_core::signal::Signal::{ErrorRate, P99Latency};
use haldane_core::time::Timestamp;
use haldane_signals::scrape::{
    Discovery, Found, FoundPod, PageCounter, RegionScraper, ScrapeConfig, Standing,
};

fn named(host: &str, port: u16) -> Discovery {
    Discovery::Dns(DnsTargets { host: host.into(), port, path: "/metrics".into() })
}

#[tokio::test]
async fn the_pods_behind_a_name_are_counted_like_listed_ones() {
    let pod = Pod::start(&page(100, 5, 7)).await;
    let config = ScrapeConfig { canary: named("localhost", pod.addr.port()), ..config(&[], &[]) };
    let mut scraper = RegionScraper::new(config).unwrap();
    assert_eq!(missing(&due(&mut scraper, 0, CanaryOnly).await, ErrorRate), Missing::FirstReading);
    pod.say(&page(110, 6, 9));
    let increment = due(&mut scraper, 30, CanaryOnly).await;
    assert_eq!(counted(&increment, ErrorRate), (0, exact(1, 11), None));
    assert_eq!(counted(&increment, P99Latency), (0, exact(2, 11), None));
    assert_eq!(increment.canary_targets, 1);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_a_missing_arm_and_not_an_empty_one() {
    let config = ScrapeConfig { canary: named("no-such-service.invalid", 80), ..config(&[], &[]) };
    let mut scraper = RegionScraper::new(config).unwrap();
    let why = missing(&due(&mut scraper, 0, CanaryOnly).await, ErrorRate);
    let Missing::NoPodsFound { arm: Arm::Canary, asked, detail } = &why else { panic!("{why:?}") };
    assert!(asked == "DNS name no-such-service.invalid" && !detail.is_empty(), "{why:?}");
    let said = why.to_string();
    assert!(
        said.starts_with("the canary's pods cannot be found by DNS name no-such-service.invalid: "),
        "{said}"
    );
}

#[tokio::test]
async fn one_pod_behind_both_names_is_compared_with_nobody() {
    let pod = Pod::start(&page(10, 0, 0)).await;
    let port = pod.addr.port();
    let (canary, primary) = (named("localhost", port), named("127.0.0.1", port));
    let mut scraper = RegionScraper::new(ScrapeConfig { canary, primary, ..config(&[], &[]) }).unwrap();
    let name = pod.addr.to_string();
    let why = missing(&due(&mut scraper, 0, Both).await, ErrorRate);
    assert_eq!(why, Missing::InBothArms { canary: name.clone(), primary: name });
}

/// A counter that is told of its canary's pods.
fn counter() -> PageCounter {
    PageCounter::new(&ScrapeConfig { canary: named("canary", 80), ..config(&[], &[]) }).unwrap()
}

fn found(id: &str, address: Option<u8>, standing: Standing) -> FoundPod {
    let url = address.map(|at| format!("http://10.0.0.{at}/metrics"));
    FoundPod { id: id.into(), name: id.into(), url, standing, created: None }
}

/// What the first poll of such pods says, each of which answers with a page.
fn first_word(pods: Vec<FoundPod>) -> String {
    let mut counter = counter();
    let at = Timestamp::from_s(0);
    counter.retarget(Arm::Canary, at, Ok(Found { asked: "the test".into(), pods }));
    let pages = counter.asked(Arm::Canary).iter().map(|_| Ok(IDLE.into())).collect();
    let increment = counter.count(at, CanaryOnly, [(Arm::Canary, pages)].into()).unwrap();
    missing(&increment, ErrorRate).to_string()
}

#[test]
fn what_cannot_be_an_arm_is_told_as_what_it_is() {
    use Standing::{MayAnswer, Serves};
    let told = |why: &str| format!("the canary's pods cannot be found by the test: {why}");
    assert_eq!(first_word(vec![]), told("there is none"));
    let coming = vec![found("a", None, MayAnswer), found("b", Some(1), MayAnswer)];
    assert_eq!(first_word(coming), told("none of 2 serves: all start or end"));
    let one_identity = vec![found("a", Some(1), Serves), found("a", Some(2), Serves)];
    assert_eq!(first_word(one_identity), told("two of them have one identity"));
    let twice = first_word(vec![found("a", Some(1), Serves), found("b", Some(1), Serves)]);
    assert!(twice.starts_with("canary process is scraped twice, as b and as a"), "{twice}");
    let successor = vec![found("a", Some(1), MayAnswer), found("b", Some(1), Serves)];
    assert_eq!(first_word(successor), Missing::FirstReading.to_string(), "the one that ends is let go");
}

#[test]
fn nobody_is_asked_before_anybody_is_found() {
    let mut counter = counter();
    assert!(counter.asked(Arm::Canary).is_empty());
    let increment = counter.count(Timestamp::from_s(0), CanaryOnly, [].into()).unwrap();
    assert!(matches!(missing(&increment, ErrorRate), Missing::NoPodsFound { .. }));
}
