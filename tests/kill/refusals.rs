//! What `haldane serve` refuses to start with: one sentence, the place, the cure, exit code 2.

use crate::service::{Place, Service, refused};
use crate::world::policy;
use std::net::TcpListener;

fn usual() -> String {
    let [canary, primary] = [9, 10].map(|port| [format!("http://127.0.0.1:{port}/metrics")]);
    policy(&canary, &primary)
}

/// What a start with this policy says, after the file's name.
async fn refusal(policy: &str) -> String {
    let place = Place::new(policy);
    let (code, said) = refused(&mut place.command()).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(!place.db().exists(), "a store was made for a policy that nobody can use");
    let file = place.directory.path().join("policy.yaml");
    let place_and_rest = said.strip_prefix(&format!("haldane: {}:", file.display()));
    place_and_rest.unwrap_or_else(|| panic!("no place: {said}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_policy_is_refused_with_its_line_its_key_and_the_cure() {
    for (good, bad, line, key, cure) in [
        ("observe: 5m, ", "observe: soon, ", 14, "spec.steps[1].observe", "write it like 10m, 90s or 1h30m"),
        ("extendUpTo: 30m", "extendUpto: 30m", 13, "extendUpto", "extendUpTo"),
        ("mode: enforce", "mode: strict", 8, "spec.mode", "shadow, guard or enforce"),
        ("role: active", "role: hot", 23, "spec.regions[0].role", "write active, warm or cold"),
        ("[\"http://127.0.0.1:9/metrics\"]", "[]", 25, "spec.regions[0].scrape.canary", "list the pods"),
    ] {
        let usual = usual();
        assert!(usual.contains(good), "{good} is not in the policy");
        let said = refusal(&usual.replacen(good, bad, 1)).await;
        assert!(said.starts_with(&format!("{line}:")), "{bad}, line {line}: {said}");
        assert!(said.contains(key) && said.contains(cure), "{bad}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_mistakes_are_refused_together_each_at_its_line() {
    let twice = usual().replacen("observe: 5m, ", "observe: soon, ", 1);
    let said = refusal(&twice.replacen("role: active", "role: hot", 1)).await;
    assert!(said.starts_with("14: spec.steps[1].observe:"), "{said}");
    assert!(said.contains("policy.yaml:23: spec.regions[0].role:"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_is_not_there_and_one_given_twice_are_refused() {
    let place = Place::new(&usual());
    let (code, said) = refused(place.command().args(["--policy", "no-such-policy.yaml"])).await;
    assert_eq!(code, Some(2));
    assert!(said.starts_with("haldane: no-such-policy.yaml: cannot be read; check the path"), "{said}");
    let again = place.directory.path().join("policy.yaml");
    let (code, said) = refused(place.command().arg("--policy").arg(again)).await;
    assert_eq!(code, Some(2));
    assert!(said.ends_with("haldane: two policies judge fnp/api; keep one\n"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_service_on_the_same_store_is_refused_and_the_first_goes_on() {
    let place = Place::new(&usual());
    let first = place.serve().await;
    let (code, said) = refused(&mut place.command_at("127.0.0.1:0")).await;
    assert_eq!(code, Some(2), "{said}");
    let cure = "is in use by another process: stop that one, or give this one a file of its own";
    assert!(said.contains("haldane.db") && said.contains(cure), "{said}");
    assert_eq!(first.get("healthz").await, "OK");
    first.stop().await;
    Service::stop(place.serve().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_port_is_refused_by_its_address_with_the_cure() {
    let place = Place::new(&usual());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, said) = refused(&mut place.command_at(&address)).await;
    assert_eq!(code, Some(2), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.starts_with(&format!("haldane: cannot listen at {address}")), "{said}");
    assert!(last.contains("--listen"), "no cure: {last}");
    Service::stop(place.serve().await).await;
}
