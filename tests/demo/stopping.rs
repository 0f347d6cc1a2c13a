//! Ctrl-C in the middle of a demo.

use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

#[tokio::test]
async fn an_interrupted_demo_says_so_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
    command.args(["demo", "--headless"]).env("TMPDIR", temporary.path()).kill_on_drop(true);
    let mut demo = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let opening = lines.next_line().await.unwrap().unwrap();
    assert!(opening.starts_with("Release"), "{opening}");
    assert_eq!(files(&temporary), 1, "the store of a demo that runs");
    let pid = demo.id().unwrap().to_string();
    assert!(Command::new("sh").args(["-c", "kill -INT \"$0\"", &pid]).status().await.unwrap().success());
    let ended = demo.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(said.contains("stopped before"), "{said}");
    assert_eq!(files(&temporary), 0);
}

fn files(folder: &tempfile::TempDir) -> usize {
    std::fs::read_dir(folder.path()).unwrap().count()
}
