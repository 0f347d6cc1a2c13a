//! Nothing outlives a world, however it ends.

use crate::support::{PATIENCE, fast};
use haldane_world::{World, until};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// Set in the process that is to be killed with a world in its hands.
const HOLD: &str = "HALDANE_WORLD_HOLD";

/// Whether a process does anything; one that is dead and not yet waited for does not.
fn lives(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, after)| !after.trim_start().starts_with(['Z', 'X']))
}

async fn all_die(pids: &[i32]) {
    let none = async || Ok((!pids.iter().any(|pid| lives(*pid))).then_some(()));
    until(&format!("the end of {pids:?}"), PATIENCE, none).await.unwrap();
}

#[tokio::test]
async fn a_dropped_world_leaves_no_process() {
    let world = World::start(fast(5, 50)).await.unwrap();
    let pids = world.pids();
    assert_eq!(pids.len(), 4, "HAProxy, Prometheus and two pods");
    assert!(pids.iter().all(|pid| lives(*pid)));
    // A hung one, too: it cannot end by itself.
    world.prometheus().pause().await.unwrap();
    drop(world);
    all_die(&pids).await;
}

#[tokio::test]
async fn a_panic_leaves_no_process() {
    let (told, mut pids) = tokio::sync::mpsc::channel(1);
    let panicking = tokio::spawn(async move {
        let world = World::start(fast(6, 50)).await.unwrap();
        told.send(world.pids()).await.unwrap();
        panic!("as a failing assertion does");
    });
    let pids = pids.recv().await.unwrap();
    assert!(panicking.await.unwrap_err().is_panic());
    all_die(&pids).await;
}

#[tokio::test]
async fn a_killed_test_leaves_no_process() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["leaving::holds_a_world_while_it_is_told_to", "--exact", "--nocapture"]);
    // What is killed cannot tidy up: its files go into a directory of ours.
    let files = tempfile::tempdir().unwrap();
    command.env("TMPDIR", files.path());
    let mut holder = command.env(HOLD, "1").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    let pids = lines.find_map(|line| line.unwrap().strip_prefix("holds ").map(str::to_owned)).unwrap();
    let pids: Vec<i32> = pids.split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.len() == 4 && pids.iter().all(|pid| lives(*pid)), "{pids:?}");
    holder.kill().unwrap();
    holder.wait().unwrap();
    all_die(&pids).await;
}

/// The other process of the test above; passes at once when nobody asks for it.
#[tokio::test]
async fn holds_a_world_while_it_is_told_to() {
    if std::env::var_os(HOLD).is_some() {
        let world = World::start(fast(7, 0)).await.unwrap();
        let pids: Vec<String> = world.pids().iter().map(i32::to_string).collect();
        writeln!(std::io::stdout(), "\nholds {}", pids.join(" ")).unwrap();
        std::future::pending::<()>().await;
    }
}
