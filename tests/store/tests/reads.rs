//! Reads: what they select, in which order, and that writing does not hold them up.

use crate::support::{fact, facts, history, hook, rollout, run, stranger};
use haldane_core::increment::Region;
use haldane_core::time::Timestamp;
use haldane_store::{HistoryOrigin, Pruned, RolloutFilter, Store, Transaction};

#[tokio::test]
async fn facts_are_read_from_and_up_to_a_position() {
    let store = Store::open_temporary().await.unwrap();
    for n in 0..10 {
        let service = if n % 2 == 0 { "fnp/api" } else { "fnp/web" };
        store.commit(facts(vec![fact(service, n)])).await.unwrap();
    }
    let seqs = |facts: Vec<haldane_store::StoredFact>| facts.iter().map(|f| f.seq).collect::<Vec<_>>();
    assert_eq!(seqs(store.facts("fnp/api", 0).await.unwrap()), [1, 3, 5, 7, 9]);
    assert_eq!(seqs(store.facts("fnp/api", 5).await.unwrap()), [7, 9]);
    assert_eq!(seqs(store.facts_up_to("fnp/api", 5).await.unwrap()), [1, 3, 5]);
    assert_eq!(seqs(store.facts("fnp/none", 0).await.unwrap()), [0; 0]);
    assert_eq!(store.services().await.unwrap(), ["fnp/api", "fnp/web"]);
}

#[tokio::test]
async fn no_facts_no_services() {
    let store = Store::open_temporary().await.unwrap();
    assert!(store.services().await.unwrap().is_empty());
}

#[tokio::test]
async fn rollouts_are_listed_newest_first_by_service_region_and_whether_they_are_open() {
    let store = Store::open_temporary().await.unwrap();
    let mut closed = rollout("closed", "fnp/api", "eu", 3);
    closed.closed = Some(Timestamp::from_s(4));
    let rollouts = vec![
        rollout("oldest", "fnp/api", "eu", 1),
        rollout("newest", "fnp/web", "us", 5),
        closed,
        rollout("same-time", "fnp/api", "us", 1),
    ];
    store.commit(Transaction { rollouts, ..Transaction::default() }).await.unwrap();
    let list = async |filter: RolloutFilter, limit| {
        let found = store.rollouts(&filter, limit).await.unwrap();
        found.into_iter().map(|rollout| rollout.id).collect::<Vec<_>>()
    };
    let all = RolloutFilter::default();
    let api = RolloutFilter { service: Some("fnp/api".to_owned()), ..all.clone() };
    let eu = RolloutFilter { region: Some(Region::from("eu")), ..all.clone() };
    assert_eq!(list(all.clone(), 10).await, ["newest", "closed", "same-time", "oldest"]);
    assert_eq!(list(all.clone(), 2).await, ["newest", "closed"]);
    assert_eq!(list(api.clone(), 10).await, ["closed", "same-time", "oldest"]);
    assert_eq!(list(eu.clone(), 10).await, ["closed", "oldest"]);
    assert_eq!(list(RolloutFilter { open_only: true, ..all }, 10).await, ["newest", "same-time", "oldest"]);
    let all_three = RolloutFilter { open_only: true, region: eu.region, ..api };
    assert_eq!(list(all_three, 10).await, ["oldest"]);
}

#[tokio::test]
async fn retention_removes_what_is_older_and_nothing_else() {
    let store = Store::open_temporary().await.unwrap();
    let past = (0..5_000).map(|n| history(n, HistoryOrigin::Scraped, "[]")).collect();
    let hooks = (0..100).map(|n| hook("r1", n)).collect();
    store.commit(Transaction { history: past, hooks, ..facts(vec![fact("fnp/api", 1)]) }).await.unwrap();
    let pruned = store.prune(Timestamp::from_s(4_990), Timestamp::from_s(40)).await.unwrap();
    assert_eq!(pruned, Pruned { history: 4_990, hooks: 40 });
    let left = store.history("fnp/api", &Region::from("eu"), Timestamp::from_s(0)).await.unwrap();
    assert_eq!((left.len(), left[0].as_of), (10, Timestamp::from_s(4_990)));
    assert_eq!(store.hooks("r1", 1_000).await.unwrap().len(), 60);
    assert_eq!(store.facts("fnp/api", 0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn readers_do_not_wait_for_a_writer_and_see_only_what_is_committed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    let store = Store::open(&path).await.unwrap();
    store.commit(facts(vec![fact("fnp/api", 1)])).await.unwrap();
    let mut other = stranger(&path).await;
    run(
        &mut other,
        "BEGIN IMMEDIATE; INSERT INTO facts (service, as_of_us, body) VALUES ('fnp/api', 2, '{}')",
    )
    .await;
    let waiting = store.commit(facts(vec![fact("fnp/api", 3)]));
    assert_eq!(store.facts("fnp/api", 0).await.unwrap().len(), 1);
    run(&mut other, "COMMIT").await;
    assert_eq!(waiting.await.unwrap().last_fact_seq, Some(3), "a lock that ends is waited for");
}

#[tokio::test]
async fn the_size_grows_with_what_is_written() {
    let store = Store::open_temporary().await.unwrap();
    let before = store.size_bytes().unwrap();
    let past = (0..1_000).map(|n| history(n, HistoryOrigin::Scraped, &format!("\"{}\"", "x".repeat(500))));
    store.commit(Transaction { history: past.collect(), ..Transaction::default() }).await.unwrap();
    let grown = store.size_bytes().unwrap() - before;
    assert!(grown > 500_000, "{grown} bytes");
}
