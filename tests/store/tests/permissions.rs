//! Files and directories that this user may not write.
//!
//! Run as root, nothing is forbidden; so the store is opened by a child that is nobody.

#![cfg(unix)]

use crate::child;
use haldane_store::Store;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const NOBODY: u32 = 65_534;

/// What a process without privileges is told when it opens the database at `path`.
fn told(directory: &Path, path: &Path) -> String {
    let root = directory.metadata().unwrap().uid() == 0;
    let program = if root { copied_to(directory) } else { PathBuf::from(child::PROGRAM) };
    let mut command = child::command(&program, "tell-why-it-cannot-open", path);
    if root {
        command.uid(NOBODY).gid(NOBODY).current_dir("/");
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let (_, answer) = said.split_once("answer: ").unwrap_or_else(|| panic!("no answer: {said}"));
    answer.lines().next().unwrap().to_owned()
}

/// Nobody may not be allowed to look where the tests are built.
fn copied_to(directory: &Path) -> PathBuf {
    let copy = directory.join("tests");
    // By another process: a child of a test next door could inherit our descriptor, and a file open for writing
    // cannot be run.
    let copied = Command::new("cp").arg(child::PROGRAM).arg(&copy).status().unwrap();
    assert!(copied.success());
    mode(&copy, 0o755);
    copy
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_directory_that_may_not_be_written_is_told_as_such() {
    let directory = tempfile::tempdir().unwrap();
    mode(directory.path(), 0o755);
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    mode(&data, 0o555);
    let answer = told(directory.path(), &data.join("haldane.db"));
    assert!(answer.contains("cannot be opened for writing"), "{answer}");
    mode(&data, 0o777);
    assert_eq!(told(directory.path(), &data.join("haldane.db")), "opened");
}

#[tokio::test]
async fn a_file_that_may_not_be_written_is_told_as_such() {
    let directory = tempfile::tempdir().unwrap();
    mode(directory.path(), 0o777);
    let path = directory.path().join("haldane.db");
    Store::open(&path).await.unwrap().close().await.unwrap();
    mode(&directory.path().join("haldane.db.lock"), 0o666);
    mode(&path, 0o444);
    let answer = told(directory.path(), &path);
    assert!(answer.contains("cannot be opened for writing"), "{answer}");
}
