//! All or nothing, in order, together.

use crate::support::{fact, facts, history, hook, look, rollout};
use haldane_core::increment::Region;
use haldane_core::time::Timestamp;
use haldane_store::{HistoryOrigin, Store, StoreError, Transaction};

#[tokio::test]
async fn everything_committed_is_read_back_as_it_was_given() {
    let store = Store::open_temporary().await.unwrap();
    let mut opened = rollout("r1", "fnp/api", "eu", 1);
    opened.release = Some("v2 \u{1F426} 'quoted'".to_owned());
    let transaction = Transaction {
        facts: vec![fact("fnp/api", 1), fact("fnp/api", 2)],
        looks: vec![look("r1", "fnp/api", 2)],
        rollouts: vec![opened.clone()],
        hooks: vec![hook("r1", 2)],
        history: vec![history(3, HistoryOrigin::Synthetic, "[1.5]")],
    };
    let committed = store.commit(transaction).await.unwrap();
    assert_eq!((committed.first_fact_seq, committed.last_fact_seq), (Some(1), Some(2)));
    let facts = store.facts("fnp/api", 0).await.unwrap();
    assert_eq!(
        facts.iter().map(|fact| (fact.seq, fact.as_of)).collect::<Vec<_>>(),
        [(1, Timestamp::from_s(1)), (2, Timestamp::from_s(2))]
    );
    assert_eq!(facts[1].body, fact("fnp/api", 2).body);
    let looks = store.looks("r1").await.unwrap();
    assert_eq!((looks.len(), looks[0].fact_seq, &looks[0].look), (1, 2, &look("r1", "fnp/api", 2)));
    assert_eq!(store.rollout("r1").await.unwrap(), Some(opened));
    assert_eq!(store.hooks("r1", 10).await.unwrap(), [hook("r1", 2)]);
    let past = store.history("fnp/api", &Region::from("eu"), Timestamp::from_s(0)).await.unwrap();
    assert_eq!(past, [history(3, HistoryOrigin::Synthetic, "[1.5]")]);
}

#[tokio::test]
async fn a_bad_record_leaves_nothing_of_its_transaction_and_the_others_of_its_group_intact() {
    let store = Store::open_temporary().await.unwrap();
    let before = store.stats().groups;
    let mut bad_look = look("r-bad", "fnp/api", 2);
    bad_look.body = "{not JSON".to_owned();
    // Queued without a pause, so that the writer finds all three at once.
    let first = store.commit(facts(vec![fact("fnp/api", 1)]));
    let bad = store.commit(Transaction {
        facts: vec![fact("fnp/api", 2), fact("fnp/new", 2)],
        rollouts: vec![rollout("r-bad", "fnp/api", "eu", 1)],
        hooks: vec![hook("r-bad", 1)],
        looks: vec![bad_look],
        history: Vec::new(),
    });
    let last = store.commit(facts(vec![fact("fnp/api", 3)]));
    let (first, bad, last) = (first.await, bad.await, last.await);
    assert!(matches!(bad, Err(StoreError::Refused { .. })), "{bad:?}");
    assert_eq!((first.unwrap().last_fact_seq, last.unwrap().first_fact_seq), (Some(1), Some(2)));
    assert_eq!(store.stats().groups, before + 1, "they shared a transaction, or this test tests nothing");
    let bodies: Vec<String> =
        store.facts("fnp/api", 0).await.unwrap().into_iter().map(|fact| fact.body).collect();
    assert_eq!(bodies, ["{\"n\":1}", "{\"n\":3}"]);
    assert_eq!(store.services().await.unwrap(), ["fnp/api"]);
    assert_eq!(store.rollout("r-bad").await.unwrap(), None);
    assert!(store.hooks("r-bad", 10).await.unwrap().is_empty());
    assert!(store.stats().last_error.is_none(), "a caller's error is no trouble of the place");
}

#[tokio::test]
async fn facts_keep_the_order_of_the_calls_whoever_waits_first() {
    let store = Store::open_temporary().await.unwrap();
    let mut waiting: Vec<_> = (0..200).map(|n| store.commit(facts(vec![fact("fnp/api", n)]))).collect();
    while let Some(last) = waiting.pop() {
        last.await.unwrap();
    }
    let stored = store.facts("fnp/api", 0).await.unwrap();
    let order: Vec<Timestamp> = stored.iter().map(|fact| fact.as_of).collect();
    assert_eq!(order, (0..200).map(Timestamp::from_s).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_commit_is_done_although_its_caller_went_away() {
    let store = Store::open_temporary().await.unwrap();
    drop(store.commit(facts(vec![fact("fnp/api", 1)])));
    store.flush().await.unwrap();
    assert_eq!(store.facts("fnp/api", 0).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_callers_share_a_few_transactions() {
    let store = Store::open_temporary().await.unwrap();
    let before = store.stats().groups;
    let callers: Vec<_> = (0..500)
        .map(|n| {
            let store = store.clone();
            let service = format!("fnp/s{}", n % 50);
            tokio::spawn(async move { store.commit(facts(vec![fact(&service, n)])).await })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let stats = store.stats();
    let groups = stats.groups - before;
    assert!(groups <= 100, "{groups} transactions for 500 callers");
    assert_eq!((stats.commits, stats.commits_queued), (500, 0));
    assert_eq!(store.services().await.unwrap().len(), 50);
}

#[tokio::test]
async fn a_rollout_written_again_is_replaced() {
    let store = Store::open_temporary().await.unwrap();
    let open = rollout("r1", "fnp/api", "eu", 1);
    let mut closed = open.clone();
    closed.closed = Some(Timestamp::from_s(9));
    closed.outcome = Some("rolled back".to_owned());
    closed.body = "{\"end\":true}".to_owned();
    for record in [open, closed.clone()] {
        store.commit(Transaction { rollouts: vec![record], ..Transaction::default() }).await.unwrap();
    }
    assert_eq!(store.rollouts(&haldane_store::RolloutFilter::default(), 10).await.unwrap(), [closed]);
}

#[tokio::test]
async fn a_look_is_tied_to_the_last_fact_of_its_own_service() {
    let store = Store::open_temporary().await.unwrap();
    let none_yet = Transaction { looks: vec![look("r0", "fnp/api", 0)], ..Transaction::default() };
    store.commit(none_yet).await.unwrap();
    store.commit(facts(vec![fact("fnp/api", 1)])).await.unwrap();
    let with_a_stranger = Transaction {
        looks: vec![look("r1", "fnp/api", 2)],
        ..facts(vec![fact("fnp/api", 2), fact("fnp/web", 2)])
    };
    store.commit(with_a_stranger).await.unwrap();
    let by_time_alone = Transaction { looks: vec![look("r1", "fnp/api", 3)], ..Transaction::default() };
    assert_eq!(store.commit(by_time_alone).await.unwrap().last_fact_seq, None);
    let seqs = |looks: Vec<haldane_store::StoredLook>| looks.iter().map(|l| l.fact_seq).collect::<Vec<_>>();
    assert_eq!(seqs(store.looks("r0").await.unwrap()), [0]);
    assert_eq!(seqs(store.looks("r1").await.unwrap()), [2, 2]);
    assert_eq!(store.last_look("r1").await.unwrap().unwrap().look.as_of, Timestamp::from_s(3));
    assert_eq!(store.last_look("r2").await.unwrap(), None);
}

#[tokio::test]
async fn history_read_twice_counts_once() {
    let store = Store::open_temporary().await.unwrap();
    for body in ["[1]", "[2]"] {
        let both = vec![
            history(1, HistoryOrigin::Scraped, body),
            history(1, HistoryOrigin::Synthetic, body),
            history(2, HistoryOrigin::Scraped, body),
        ];
        store.commit(Transaction { history: both, ..Transaction::default() }).await.unwrap();
    }
    let past = store.history("fnp/api", &Region::from("eu"), Timestamp::from_s(2)).await.unwrap();
    assert_eq!(past, [history(2, HistoryOrigin::Scraped, "[2]")]);
    let all = store.history("fnp/api", &Region::from("eu"), Timestamp::from_s(0)).await.unwrap();
    assert_eq!(all.len(), 3);
}
