//! Whose file is opened, and whose is left alone.

use crate::child;
use crate::support::{fact, facts, tamper};
use haldane_store::{Store, StoreError};
use std::path::Path;

async fn refusal(path: &Path) -> StoreError {
    Store::open(path).await.expect_err("this file is to be refused")
}

#[tokio::test]
async fn a_second_store_of_one_file_is_refused_under_any_name_until_the_first_is_closed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    let first = Store::open(&path).await.unwrap();
    let error = refusal(&path).await;
    assert!(matches!(error, StoreError::InUse { .. }), "{error:?}");
    assert!(error.to_string().contains("in use by another process"), "{error}");
    #[cfg(unix)]
    {
        let alias = directory.path().join("alias.db");
        std::os::unix::fs::symlink(&path, &alias).unwrap();
        assert!(matches!(refusal(&alias).await, StoreError::InUse { .. }));
    }
    first.close().await.unwrap();
    Store::open(&path).await.unwrap();
}

#[tokio::test]
async fn another_process_keeps_the_file_until_it_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    let (mut child, mut lines) = child::start("hold-the-lock-until-killed", &path);
    let opened = lines.by_ref().map_while(Result::ok).any(|line| line.ends_with("open"));
    assert!(opened, "the child could not open the file");
    assert!(matches!(refusal(&path).await, StoreError::InUse { .. }));
    child.kill().unwrap();
    child.wait().unwrap();
    Store::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    Store::open(&path).await.unwrap().close().await.unwrap();
    tamper(
        &path,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'the future', TRUE, x'00', 1)",
    )
    .await;
    let error = refusal(&path).await;
    assert!(matches!(error, StoreError::Newer { found: 9999, .. }), "{error:?}");
    assert!(error.to_string().contains("run that version or a later one"), "{error}");
}

#[tokio::test]
async fn a_file_of_other_migrations_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    Store::open(&path).await.unwrap().close().await.unwrap();
    tamper(&path, "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1").await;
    assert!(matches!(refusal(&path).await, StoreError::Altered { version: 1, .. }));
}

#[tokio::test]
async fn a_database_of_something_else_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("theirs.db");
    // Not in WAL mode, as most programs' are not: looking at it must not change even that.
    std::fs::write(&path, "").unwrap();
    tamper(&path, "CREATE TABLE theirs (id INTEGER)").await;
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(refusal(&path).await, StoreError::Foreign { .. }));
    assert_eq!(std::fs::read(&path).unwrap(), before, "a file that is not ours is left as it was");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_with_what_to_do_and_left_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    let text = "services:\n  - this is somebody's YAML\n".repeat(500);
    std::fs::write(&path, &text).unwrap();
    let error = refusal(&path).await;
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert!(error.to_string().contains("restore a backup"), "{error}");
    assert!(std::fs::read_to_string(&path).unwrap() == text, "it was changed");
}

#[tokio::test]
async fn a_file_damaged_in_the_middle_is_told_as_such_by_the_read_that_finds_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    let store = Store::open(&path).await.unwrap();
    store.commit(facts((0..5_000).map(|n| fact("fnp/api", n)).collect())).await.unwrap();
    store.close().await.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[length / 2..].fill(0xA5);
    std::fs::write(&path, bytes).unwrap();
    let found = match Store::open(&path).await {
        Ok(store) => store.facts("fnp/api", 0).await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert!(matches!(found, Err(StoreError::Damaged { .. })), "{found:?}");
}

#[tokio::test]
async fn a_directory_that_does_not_exist_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let error = refusal(&directory.path().join("missing").join("haldane.db")).await;
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error:?}");
    assert!(error.to_string().contains("missing/haldane.db"), "{error}");
    assert!(matches!(refusal(directory.path()).await, StoreError::NotWritable { .. }));
}

#[tokio::test]
async fn a_temporary_store_is_gone_when_it_is_closed() {
    let store = Store::open_temporary().await.unwrap();
    store.commit(facts(vec![fact("fnp/api", 1)])).await.unwrap();
    assert!(store.size_bytes().unwrap() > 0);
    store.close().await.unwrap();
    assert!(store.size_bytes().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_file_can_be_opened_again_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    for round in 0..50 {
        let store = Store::open(&path).await.unwrap();
        store.commit(facts(vec![fact("fnp/api", round)])).await.unwrap();
        store.close().await.unwrap();
    }
}
