//! Which store answers, and who shares it.

use crate::fake::Fake;
use crate::policy;
use crate::program::{Said, check, live};
use crate::source::with_canary;

const PROMETHEUS: &str =
    r#"{"status":"success","data":{"version":"2.42.0","revision":"x","goVersion":"go1.19.8"}}"#;
const THANOS: &str =
    r#"{"status":"success","data":{"version":"0.38.0","revision":"x","goVersion":"go1.24.0"}}"#;
const VICTORIA: &str = r#"{"status":"success","data":{"version":"2.24.0"}}"#;

async fn said(build: &'static str, dialect: &str) -> Said {
    let fake = Fake::start(with_canary()).await;
    fake.lock().build = Some(build);
    fake.lock().time_is_a_vector = build == VICTORIA;
    live(&policy::with_source(&format!("prometheus: {{url: \"{}\"{dialect}}}", fake.url()))).await
}

#[tokio::test]
async fn a_store_that_is_what_the_policy_says_is_told_with_its_version() {
    for (build, dialect, line) in [
        (PROMETHEUS, "", "it is prometheus 2.42.0, as the policy says"),
        (THANOS, ", dialect: thanos, replicaLabels: [replica]", "it is thanos 0.38.0, as the policy says"),
        (VICTORIA, ", dialect: victoria-metrics", "it is victoria-metrics, as the policy says"),
    ] {
        let said = said(build, dialect).await;
        assert_eq!((said.code, said.count("WRONG")), (Some(0), 0), "{said:?}");
        assert!(said.about("ok", "store")[0].ends_with(line), "{}", said.out);
    }
}

#[tokio::test]
async fn a_store_that_the_policy_takes_for_another_is_told_with_the_word_to_write() {
    for (build, seems) in [(THANOS, "thanos 0.38.0"), (VICTORIA, "victoria-metrics")] {
        let said = said(build, "").await;
        let [says, cure] = said.about("WRONG", "store")[..] else { panic!("{}", said.out) };
        assert!(says.ends_with(&format!("it seems to be {seems}, and is asked as prometheus")), "{says}");
        assert!(cure.contains("write dialect: ") && said.code == Some(1), "{cure}");
    }
    let said = said(PROMETHEUS, ", dialect: mimir, tenant: fnp").await;
    assert!(said.about("note", "store")[0].contains("is asked as mimir"), "{}", said.out);
    assert_eq!(said.code, Some(0));
}

/// The usual policy with a second region, both at one source.
fn two(url: &str, one: &str, other: &str) -> String {
    let source = |more: &str| format!("prometheus: {{url: \"{url}\"{more}}}");
    let first = policy::with_source(&source(one));
    format!("{first}    - {{name: apac, role: active, {}}}\n", source(other))
}

#[tokio::test]
async fn regions_that_share_a_source_are_told_what_its_loss_means() {
    let fake = Fake::start(with_canary()).await;
    let text = two(&fake.url(), ", labels: {region: us}", ", labels: {region: apac}");
    let said = live(&text).await;
    let line =
        format!("apac and us-east share {}: one source whose loss blinds every one of them", fake.url());
    assert!(said.out.contains(&line), "{}", said.out);
    let [says, so] = said.about("note", "shared source")[..] else { panic!("{}", said.out) };
    assert!(says.ends_with("apac is read from the same address"), "{says}");
    assert!(so.contains("blinds all of them at once"), "{so}");
    assert_eq!(said.out.matches("shared source").count(), 2, "{}", said.out);
    let alone = live(&policy::at(&fake.url())).await;
    assert!(!alone.out.contains("shared source"), "{}", alone.out);
}

#[tokio::test]
async fn regions_that_are_not_told_apart_in_their_source_count_each_other() {
    let fake = Fake::start(with_canary()).await;
    let at_rest = check(&[&two(&fake.url(), "", "")], &[]).await;
    assert_eq!(
        (at_rest.code, at_rest.about("WRONG", "shared source").len()),
        (Some(1), 2),
        "{}",
        at_rest.out
    );
    let said = live(&two(&fake.url(), "", "")).await;
    let [says, cure] = said.about("WRONG", "shared source")[..] else { panic!("{}", said.out) };
    assert!(
        says.ends_with("it asks for the very series of apac") && cure.contains("labels: {region: "),
        "{says}"
    );
    let tenants = two(&fake.url(), ", dialect: mimir, tenant: us", ", dialect: mimir, tenant: apac");
    let said = live(&tenants).await;
    assert!(!said.out.contains("very series"), "{}", said.out);
}

#[tokio::test]
async fn a_dialect_and_its_keys_are_refused_where_nobody_would_understand_them() {
    let refused = async |source: &str| {
        let text = policy::with_source(&format!("prometheus: {{url: \"http://store:9090\", {source}}}"));
        let said = check(&[&text], &[]).await;
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
        said.err
    };
    let unknown = refused("dialect: influx").await;
    let list = "unknown dialect \"influx\"; write one of prometheus, thanos, mimir, victoria-metrics";
    assert!(unknown.contains(list), "{unknown}");
    let nobody = refused("tenant: fnp").await;
    assert!(
        nobody.contains("prometheus.tenant: prometheus takes no tenant; write dialect: mimir"),
        "{nobody}"
    );
    let path = refused("dialect: victoria-metrics, tenant: \"7\"").await;
    assert!(path.contains("write it in the url"), "{path}");
    let twice = refused("dialect: mimir, tenant: fnp, headers: {x-scope-orgid: fnp}").await;
    assert!(twice.contains("headers name X-Scope-OrgID, too"), "{twice}");
    let forged = refused("dialect: mimir, tenant: \"a\\r\\nb\"").await;
    assert!(forged.contains("is no header"), "{forged}");
    let empty = refused("dialect: thanos, tenant: \" \"").await;
    assert!(empty.contains("it is empty"), "{empty}");
    let replicas = refused("replicaLabels: [replica]").await;
    assert!(replicas.contains("prometheus merges no replicas in a query"), "{replicas}");
    let label = refused("dialect: thanos, replicaLabels: [\"a b\"]").await;
    assert!(label.contains("\"a b\" is no label"), "{label}");
}
