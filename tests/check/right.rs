//! What is well comes out clean, with its numbers; what is only unusual is a note, and exit code 0.

use crate::fake::Fake;
use crate::policy;
use crate::program::{Said, check, live};
use crate::source::{each, healthy, with_canary};

async fn checked(series: Vec<crate::fake::Series>) -> Said {
    let fake = Fake::start(series).await;
    live(&policy::at(&fake.url())).await
}

#[tokio::test]
async fn a_healthy_source_comes_out_clean_with_its_numbers() {
    let said = checked(with_canary()).await;
    assert_eq!(
        (said.code, said.count("WRONG"), said.count("note"), said.err.as_str()),
        (Some(0), 0, 0, ""),
        "{said:?}"
    );
    for (what, facts) in [
        ("clock", "agrees"),
        ("history", "of the primary's last 120 minutes can be counted"),
        ("canary requests", "2 series of 1 target; scraped every 15s; newest"),
        ("primary requests", "4 series of 2 targets; scraped every 15s; newest"),
        ("canary buckets", "the limit is a bucket edge"),
        ("primary buckets", "slower than the limit"),
    ] {
        assert!(said.about("ok", what)[0].contains(facts), "{what}: {}", said.out);
    }
    // Whole increments of 30 s, in each two scrapes of two pods.
    let line = said.about("ok", "primary requests")[0].to_owned();
    let requests: u32 = number_before(&line, " requests in ");
    assert!(requests >= 8 * 404 && requests.is_multiple_of(404), "{line}");
    assert_eq!(number_before(&line, " failed"), requests / 101, "{line}");
    assert_eq!(number_before(said.about("ok", "primary buckets")[0], " slower"), 2 * requests / 101);
    assert!(said.out.ends_with("nothing found would hold or harm a rollout\n\n"), "{}", said.out);
}

fn number_before(line: &str, word: &str) -> u32 {
    let before = line.split(word).next().unwrap();
    before.rsplit(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{word} in {line}"))
}

#[tokio::test]
async fn a_canary_without_a_series_is_fine_before_a_rollout() {
    let said = checked(healthy()).await;
    assert_eq!((said.code, said.count("WRONG"), said.count("note")), (Some(0), 0, 2), "{said:?}");
    let [says, cure, query] = said.about("note", "canary requests")[..] else { panic!("{}", said.out) };
    assert!(says.ends_with("no series") && cure.contains("fine before a rollout"), "{says}\n{cure}");
    assert!(query.ends_with("http_requests_total{track=\"canary\"}[300s]"), "{query}");
}

#[tokio::test]
async fn the_pods_of_the_last_canary_say_nothing_against_the_primary() {
    let mut series = with_canary();
    for old in series.iter_mut().filter(|s| s.labels["track"] == "canary") {
        old.to_min = Some(2.0);
    }
    let said = checked(series).await;
    assert_eq!((said.code, said.count("WRONG")), (Some(0), 0), "{}", said.out);
    assert!(said.about("note", "canary buckets")[1].contains("between two rollouts"), "{}", said.out);
    assert!(said.about("ok", "primary buckets")[0].contains(" requests in "), "{}", said.out);
}

#[tokio::test]
async fn a_short_past_is_a_note_with_what_follows_from_it() {
    let said = checked(each(with_canary(), |s| s.from_min = 20.0)).await;
    assert_eq!((said.code, said.count("WRONG"), said.count("note")), (Some(0), 0, 1), "{}", said.out);
    let [says, cure] = said.about("note", "history")[..] else { panic!("{}", said.out) };
    let minutes = number_before(says, " of the primary's last 120");
    assert!((18..=20).contains(&minutes) && cure.contains("proof takes longer"), "{says}\n{cure}");
}

#[tokio::test]
async fn a_clock_that_differs_is_a_note() {
    let fake = Fake::start(with_canary()).await;
    fake.lock().ahead_s = -40.0;
    let said = live(&policy::at(&fake.url())).await;
    assert_eq!((said.code, said.count("WRONG")), (Some(0), 0), "{}", said.out);
    assert!(said.about("note", "clock")[0].ends_with("the source's is 40 s behind ours"), "{}", said.out);
}

#[tokio::test]
async fn the_same_is_told_as_one_line_of_json() {
    let fake = Fake::start(healthy()).await;
    let policy = policy::at(&fake.url());
    let said = check(&[&policy], &["--live", "--json"]).await;
    assert_eq!((said.code, said.out.lines().count(), said.err.as_str()), (Some(0), 1, ""), "{said:?}");
    let json = said.json();
    assert_eq!((json[0]["service"].as_str(), json[0]["file"].as_str()), (Some("fnp/api"), Some("0.yaml")));
    let findings = json[0]["regions"][0]["findings"].as_array().unwrap();
    let levels: Vec<&str> = findings.iter().map(|f| f["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["ok", "ok", "note", "note", "ok", "ok"], "{json:#}");
    assert!(findings[2]["next"].is_string() && findings[2]["query"].is_string(), "{json:#}");
    let said = check(&[&policy], &["--json"]).await;
    assert!(said.code == Some(0) && said.json()[0].get("regions").is_none(), "{said:?}");
}
