//! No secret in the log, the metrics, a report, an answer, or the store. One test: it listens to the whole process.

use crate::keys::{AWAY_SECRET, HOME_SECRET, Keyed, NEXT_SECRET, TOKEN, With, write};
use crate::log::Log;
use crate::policy::HOME;

/// What was presented, as it was and as Basic carries it.
fn presented(secret: &str) -> [String; 2] {
    let base64 = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("flagger:{secret}"));
    [secret.to_owned(), base64]
}

#[tokio::test]
async fn a_secret_is_in_no_log_metric_report_answer_or_store() {
    const WRONG: &str = "wrong-8f14e45fceea167a5a36dedd4bea2543";
    let log = Log::listen();
    let mut keyed = Keyed::start().await;
    keyed.world.climb_to(5).await;
    keyed.present(HOME, With::Metadata(HOME_SECRET));
    keyed.world.climb_to(50).await;
    for with in [With::UserInfo(WRONG), With::Metadata(WRONG), With::UserInfo(AWAY_SECRET)] {
        keyed.present(HOME, with);
        keyed.world.tick().await;
    }
    write(keyed.secrets.path(), "us-east.next", NEXT_SECRET);
    write(keyed.secrets.path(), "eu-central", "short");
    write(keyed.secrets.path(), "mars", HOME_SECRET);
    keyed.secrets_are_read_again();
    let mut said = String::new();
    for call in [
        keyed.call("/gate/open", r#"{"name":"api","namespace":"fnp"}"#).bearer_auth(TOKEN),
        keyed.call("/hooks/us-east/rollback", "{").basic_auth("flagger", Some(NEXT_SECRET)),
        keyed.call("/hooks/us-east/rollback", format!("{{\"metadata\":{{\"token\":\"{WRONG}\"")),
    ] {
        said += &call.send().await.unwrap().text().await.unwrap();
    }
    let id = keyed.world.rollout().id;
    keyed.world.store().flush().await.unwrap();
    for path in ["/", "/metrics", "/readyz", &format!("/rollouts/{id}"), &format!("/api/v1/rollouts/{id}")] {
        said += &keyed.world.get(path).await.body;
    }
    let folder = keyed.world.db().parent().unwrap().to_owned();
    for file in std::fs::read_dir(folder).unwrap() {
        said += &String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap());
    }
    let logged = log.text();
    for heard in
        ["refused a call without a valid credential", "a secret cannot be used", "have the same secret"]
    {
        assert!(logged.contains(heard), "the log is heard: {heard}");
    }
    assert!(said.contains("haldane_hook_unauthorised_total") && said.contains("SQLite format 3"));
    for secret in [HOME_SECRET, AWAY_SECRET, NEXT_SECRET, TOKEN, WRONG].iter().flat_map(|s| presented(s)) {
        // The model of Flagger and this test's client live in this process, but log nothing of what they send.
        assert!(!said.contains(&secret) && !logged.contains(&secret), "{secret}");
    }
    let refusals = logged.matches("refused a call without").count();
    assert!(refusals <= 12, "the log is not the caller's to fill: {refusals}");
}
