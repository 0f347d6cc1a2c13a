//! Everything that would hold or harm a rollout is found, named once where it is, with what to do; exit code 1.

use crate::fake::{Fake, Reply, Series};
use crate::policy;
use crate::program::{Said, check, live};
use crate::source::{each, healthy, pod, with_canary};

async fn checked(series: Vec<Series>) -> Said {
    let fake = Fake::start(series).await;
    live(&policy::at(&fake.url())).await
}

/// The only thing that is wrong: its line, what to do, and the query if there is one.
#[track_caller]
fn only<'a>(said: &'a Said, what: &str) -> Vec<&'a str> {
    assert_eq!((said.code, said.count("WRONG")), (Some(1), 1), "{}", said.out);
    assert!(said.out.ends_with("1 finding would hold or harm a rollout\n\n"), "{}", said.out);
    said.about("WRONG", what)
}

#[tokio::test]
async fn a_source_that_is_down_is_named_by_host_and_port() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let said = live(&policy::at(&format!("http://127.0.0.1:{port}"))).await;
    let [says, cure] = only(&said, "source")[..] else { panic!("{}", said.out) };
    assert!(says.contains(&format!("source 127.0.0.1:{port} cannot be reached: ")), "{says}");
    assert!(cure.contains("check the url"), "{cure}");
}

#[tokio::test]
async fn a_wrong_password_is_told_by_its_401_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "not-the-pa55word\n").unwrap();
    let fake = Fake::start(with_canary()).await;
    // "haldane:the-pa55word"
    fake.lock().authorization = Some("Basic aGFsZGFuZTp0aGUtcGE1NXdvcmQ=".to_owned());
    let auth = format!("basicAuth: {{username: haldane, passwordFile: \"{}\"}}", file.display());
    let policy = policy::with_source(&format!("prometheus: {{url: \"{}\", {auth}}}", fake.url()));
    let said = live(&policy).await;
    let [says, cure] = only(&said, "source")[..] else { panic!("{}", said.out) };
    assert!(says.contains("answered HTTP 401") && cure.contains("what is in the file"), "{says}\n{cure}");
    for secret in ["pa55word", "bm90LXRoZS1wYTU1d29yZA", "Basic"] {
        assert!(!said.out.contains(secret) && !said.err.contains(secret), "{said:?}");
    }
    std::fs::write(&file, "the-pa55word\n").unwrap();
    let said = check(&[&policy], &["--live", "--json"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(!said.out.contains("pa55word") && !said.out.contains("aGFsZGFuZTp0"), "{said:?}");
    std::fs::remove_file(&file).unwrap();
    let said = live(&policy).await;
    let [says, cure] = only(&said, "source")[..] else { panic!("{}", said.out) };
    assert!(says.contains("password cannot be read") && cure.contains("write the file"), "{says}\n{cure}");
}

#[tokio::test]
async fn a_primary_without_a_series_is_told_once_per_query_with_the_query_to_paste() {
    let said = checked(Vec::new()).await;
    assert_eq!((said.code, said.count("WRONG"), said.count("note")), (Some(1), 2, 3), "{}", said.out);
    let [says, cure, query] = said.about("WRONG", "primary requests")[..] else { panic!("{}", said.out) };
    assert!(says.contains("primary has no series http_requests_total"), "{says}");
    assert!(cure.contains("is the service scraped"), "{cure}");
    assert_eq!(query.split_whitespace().last(), Some("http_requests_total{track=\"stable\"}[300s]"));
    assert!(said.about("note", "history")[0].contains("0 of the primary's last 120"), "{}", said.out);
}

#[tokio::test]
async fn a_limit_that_is_no_bucket_edge_is_told_with_the_edges() {
    let mut series = healthy();
    for edge in series.iter_mut().filter(|s| s.labels.get("le").is_some_and(|le| le == "0.2")) {
        edge.labels.insert("le".to_owned(), "0.25".to_owned());
    }
    let said = checked(series).await;
    let [says, cure, query] = only(&said, "primary buckets")[..] else { panic!("{}", said.out) };
    assert!(says.contains("none of the bucket edges (100, 250 ms)"), "{says}");
    assert!(cure.contains("choose a limit that is an edge") && query.contains("_bucket{"), "{cure}\n{query}");
    // One in nine and more may be slow: that is what not knowing the edge costs.
    assert!(said.about("ok", "primary buckets")[0].contains(" to "), "{}", said.out);
}

#[tokio::test]
async fn a_scrape_interval_other_than_the_policys_is_told_with_what_to_write() {
    let said = checked(each(healthy(), |s| s.interval_s = 60)).await;
    assert_eq!((said.code, said.count("WRONG")), (Some(1), 2), "{}", said.out);
    let [says, cure, _] = said.about("WRONG", "primary requests")[..] else { panic!("{}", said.out) };
    assert!(says.contains("scraped every 1m, the policy says 15s"), "{says}");
    assert!(cure.contains("write scrapeInterval: 1m;"), "{cure}");
    let said = checked(each(healthy(), |s| s.interval_s = 20)).await;
    assert_eq!((said.code, said.count("WRONG")), (Some(0), 0), "{}", said.out);
    assert!(said.about("note", "primary buckets")[0].contains("scraped every 20s"), "{}", said.out);
}

#[tokio::test]
async fn a_process_that_is_scraped_twice_is_told_with_both_names() {
    let mut series = with_canary();
    let again = each(pod("stable", "10.0.0.1:8080", "api-primary-1"), |s| {
        s.labels.insert("job".to_owned(), "again".to_owned());
    });
    series.extend(again);
    let said = checked(series).await;
    assert_eq!((said.code, said.count("WRONG")), (Some(1), 2), "{}", said.out);
    let [says, cure, _] = said.about("WRONG", "primary requests")[..] else { panic!("{}", said.out) };
    assert!(says.contains("scraped twice") && says.contains("(job again)"), "{says}");
    assert!(cure.contains("leave one scrape job"), "{cure}");
    assert!(said.about("ok", "canary requests")[0].contains("not counted while the other arm cannot be"));
}

#[tokio::test]
async fn a_process_in_both_arms_is_told() {
    let mut series = with_canary();
    series.extend(pod("canary", "10.0.0.1:8080", "api-primary-1"));
    let said = checked(series).await;
    assert_eq!((said.code, said.count("WRONG")), (Some(1), 2), "{}", said.out);
    let says = said.about("WRONG", "canary requests");
    assert!(says[0].contains("one process is in both arms"), "{says:?}");
    assert!(says[1].contains("each selects its own pods"), "{says:?}");
}

#[tokio::test]
async fn a_histogram_that_is_missing_is_told_although_requests_are_there() {
    let mut series = with_canary();
    series.retain(|s| !(s.labels["track"] == "canary" && s.labels.contains_key("le")));
    let said = checked(series).await;
    let says = only(&said, "canary buckets");
    assert!(says[0].contains("has no series http_request_duration_seconds_bucket"), "{says:?}");
    assert!(said.about("ok", "canary requests")[0].contains(" requests in "), "{}", said.out);
}

#[tokio::test]
async fn targets_that_are_no_longer_scraped_are_told_by_their_age() {
    let said = checked(each(healthy(), |s| s.to_min = Some(3.0))).await;
    assert_eq!((said.code, said.count("WRONG")), (Some(1), 2), "{}", said.out);
    let says = said.about("WRONG", "primary buckets");
    assert!(says[0].contains("its newest sample is 1") && says[1].contains("Status > Targets"), "{says:?}");
}

#[tokio::test]
async fn a_source_that_does_not_answer_is_waited_for_aloud_and_given_up_in_time() {
    let fake = Fake::start(with_canary()).await;
    fake.lock().reply = Reply::Hangs;
    let said = check(&[&policy::at(&fake.url())], &["--live", "--deadline-ms", "2500"]).await;
    assert!(said.err.starts_with("still asking the source of us-east\n"), "{said:?}");
    let [says, cure] = only(&said, "source")[..] else { panic!("{}", said.out) };
    assert!(
        says.contains("did not answer within 2500 ms") && cure.contains("--deadline-ms"),
        "{says}\n{cure}"
    );
}

#[tokio::test]
async fn what_is_no_prometheus_is_told_by_what_it_is() {
    let fake = Fake::start(with_canary()).await;
    for (reply, fact, what_to_do) in [
        (Reply::Text(200, "<html>Sign in</html>"), "HTML", "no login page"),
        (Reply::Text(404, "not here"), "HTTP 404", "where /api/v1 begins"),
        (Reply::Text(502, "bad gateway"), "HTTP 502", "in front of it"),
        (
            Reply::Text(422, r#"{"status":"error","errorType":"execution","error":"no org id"}"#),
            "no org id",
            "X-Scope-OrgID",
        ),
    ] {
        fake.lock().reply = reply;
        let said = live(&policy::at(&fake.url())).await;
        let [says, cure] = only(&said, "source")[..] else { panic!("{}", said.out) };
        assert!(says.contains(fact) && cure.contains(what_to_do), "{says}\n{cure}");
    }
}

#[tokio::test]
async fn one_region_in_trouble_hides_nothing_of_another() {
    let (well, ill) = (Fake::start(with_canary()).await, Fake::start(Vec::new()).await);
    let policy = policy::at(&well.url())
        + &format!("    - {{name: eu, role: active, prometheus: {{url: \"{}\"}}}}\n", ill.url());
    let said = live(&policy).await;
    assert_eq!((said.code, said.count("WRONG"), said.count("ok")), (Some(1), 2, 7), "{}", said.out);
    assert!(said.out.ends_with("2 findings would hold or harm a rollout\n\n"), "{}", said.out);
}
