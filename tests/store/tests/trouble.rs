//! Trouble while running: what fails says so, what was there stays, and the next commit works when it is over.

use crate::support::{fact, facts, hook, tamper};
use haldane_store::{Store, StoreError};

#[tokio::test]
async fn after_an_error_the_next_commit_works_and_waiting_hook_records_are_not_lost() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    let store = Store::open(&path).await.unwrap();
    store.commit(facts(vec![fact("fnp/api", 1)])).await.unwrap();
    tamper(&path, "ALTER TABLE hooks RENAME TO hidden; ALTER TABLE heartbeat RENAME TO hidden_too").await;

    store.record(hook("r1", 1)).unwrap();
    let failed = store.flush().await;
    assert!(matches!(failed, Err(StoreError::Failed { .. })), "{failed:?}");
    assert!(store.check_writable().await.is_err());
    let stats = store.stats();
    assert!(stats.last_error.is_some() && stats.groups_failed >= 2, "{stats:?}");
    assert_eq!((stats.hooks_queued, stats.commits_queued), (1, 0));
    assert_eq!(store.facts("fnp/api", 0).await.unwrap().len(), 1, "reading goes on");
    // The table of facts is there: a backlog of hook records that fails does not take a commit with it.
    store.commit(facts(vec![fact("fnp/api", 2)])).await.unwrap();

    tamper(&path, "ALTER TABLE hidden RENAME TO hooks; ALTER TABLE hidden_too RENAME TO heartbeat").await;
    store.check_writable().await.unwrap();
    store.flush().await.unwrap();
    assert_eq!(store.hooks("r1", 10).await.unwrap(), [hook("r1", 1)]);
    let stats = store.stats();
    assert!(stats.last_error.is_none() && stats.hooks_dropped == 0 && stats.hooks_queued == 0, "{stats:?}");
}

#[tokio::test]
async fn an_error_of_the_place_fails_the_whole_group_and_leaves_nothing_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    let store = Store::open(&path).await.unwrap();
    tamper(&path, "ALTER TABLE looks RENAME TO hidden").await;
    let innocent = store.commit(facts(vec![fact("fnp/api", 1)]));
    let hit = store.commit(haldane_store::Transaction {
        looks: vec![crate::support::look("r1", "fnp/api", 1)],
        ..facts(vec![fact("fnp/api", 2)])
    });
    assert!(innocent.await.is_err() && hit.await.is_err());
    assert!(store.facts("fnp/api", 0).await.unwrap().is_empty());
    tamper(&path, "ALTER TABLE hidden RENAME TO looks").await;
    let committed = store.commit(facts(vec![fact("fnp/api", 3)])).await.unwrap();
    assert_eq!(committed.first_fact_seq, Some(1));
}

#[tokio::test]
async fn a_file_removed_or_replaced_while_in_use_gets_no_acknowledgement_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    let store = Store::open(&path).await.unwrap();
    store.commit(facts(vec![fact("fnp/api", 1)])).await.unwrap();
    let aside = directory.path().join("aside.db");
    std::fs::rename(&path, &aside).unwrap();
    let removed = store.commit(facts(vec![fact("fnp/api", 2)])).await;
    assert!(matches!(removed, Err(StoreError::Gone { .. })), "{removed:?}");
    std::fs::copy(&aside, &path).unwrap();
    let replaced = store.check_writable().await;
    assert!(matches!(replaced, Err(StoreError::Gone { .. })), "{replaced:?}");
    std::fs::rename(&aside, &path).unwrap();
    store.commit(facts(vec![fact("fnp/api", 3)])).await.unwrap();
    assert_eq!(store.facts("fnp/api", 0).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_file_cut_short_while_in_use_gets_no_acknowledgement_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    // Closed once, so that the records are in the file and not beside it.
    let store = Store::open(&path).await.unwrap();
    store.commit(facts(vec![fact("fnp/api", 1)])).await.unwrap();
    store.close().await.unwrap();
    let store = Store::open(&path).await.unwrap();
    store.commit(facts(vec![fact("fnp/api", 2)])).await.unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(8_192).unwrap();
    let cut = store.commit(facts(vec![fact("fnp/api", 3)])).await;
    assert!(matches!(cut, Err(StoreError::Gone { .. })), "{cut:?}");
}

#[tokio::test]
async fn hook_records_that_could_not_be_written_to_the_end_are_counted_as_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    let store = Store::open(&path).await.unwrap();
    tamper(&path, "DROP TABLE hooks").await;
    store.record(hook("r1", 1)).unwrap();
    store.record(hook("r1", 2)).unwrap();
    assert!(store.close().await.is_err(), "a close that lost records must say so");
    let stats = store.stats();
    assert_eq!((stats.hooks_dropped, stats.hooks_queued), (2, 0));
}
