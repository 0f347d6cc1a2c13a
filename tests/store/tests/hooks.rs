//! Hook records: queued, bounded, never in the way of an answer.

use crate::support::{fact, facts, hook};
use haldane_store::{HOOKS_MAX, Store, StoreError};

#[tokio::test]
async fn recorded_hooks_are_there_after_a_flush_the_last_one_first() {
    let store = Store::open_temporary().await.unwrap();
    for n in 0..10 {
        store.record(hook("r1", n)).unwrap();
    }
    store.record(hook("r2", 99)).unwrap();
    store.flush().await.unwrap();
    assert_eq!(store.hooks("r1", 2).await.unwrap(), [hook("r1", 9), hook("r1", 8)]);
    assert_eq!(store.stats().hooks_queued, 0);
}

// One thread: while this test does not wait, the writer does not run, and the queue can only grow.
#[tokio::test(flavor = "current_thread")]
async fn a_full_queue_refuses_at_once_counts_it_and_costs_no_commit() {
    let store = Store::open_temporary().await.unwrap();
    for n in 0..i64::try_from(HOOKS_MAX).unwrap() {
        store.record(hook("r1", n)).unwrap();
    }
    let refused = store.record(hook("r1", -1));
    assert!(matches!(refused, Err(StoreError::Overloaded { queued: HOOKS_MAX, .. })), "{refused:?}");
    let stats = store.stats();
    assert_eq!((stats.hooks_queued, stats.hooks_dropped), (HOOKS_MAX, 1));
    store.commit(facts(vec![fact("fnp/api", 1)])).await.unwrap();
    store.flush().await.unwrap();
    assert_eq!(store.stats().hooks_queued, 0);
    assert_eq!(store.hooks("r1", u32::MAX).await.unwrap().len(), HOOKS_MAX);
    store.record(hook("r1", 0)).unwrap();
}

#[tokio::test]
async fn a_close_writes_what_is_queued_and_refuses_what_comes_after() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    let store = Store::open(&path).await.unwrap();
    let other_handle = store.clone();
    for n in 0..3_000 {
        store.record(hook("r1", n)).unwrap();
    }
    let commit = store.commit(facts(vec![fact("fnp/api", 1)]));
    store.close().await.unwrap();
    commit.await.unwrap();
    assert!(matches!(other_handle.record(hook("r1", 0)), Err(StoreError::Closed)));
    assert_eq!(other_handle.stats().hooks_dropped, 1);
    let late = other_handle.commit(facts(vec![fact("fnp/api", 2)])).await;
    assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
    assert!(matches!(other_handle.facts("fnp/api", 0).await, Err(StoreError::Closed)));
    assert!(matches!(other_handle.flush().await, Err(StoreError::Closed)));
    other_handle.close().await.unwrap();
    assert!(!directory.path().join("haldane.db-wal").exists(), "the WAL is in the file");
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.hooks("r1", u32::MAX).await.unwrap().len(), 3_000);
    assert_eq!(store.facts("fnp/api", 0).await.unwrap().len(), 1);
}
