//! Other processes: this same test binary, told by an environment variable what to do.

use crate::support::{fact, facts, look};
use haldane_store::{Store, Transaction};
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

const PATH: &str = "HALDANE_STORE_CHILD_PATH";

/// The command that runs the ignored test `name` of this module on the database at `path`.
pub(crate) fn command(program: &Path, name: &str, path: &Path) -> Command {
    let mut command = Command::new(program);
    let test = format!("child::{name}");
    command.args(["--ignored", "--exact", &test, "--nocapture", "--test-threads=1"]);
    command
        .env(PATH, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .stdin(Stdio::null());
    command
}

/// Starts the child `name`, to be killed by the caller.
pub(crate) fn start(name: &str, path: &Path) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = command(&std::env::current_exe().unwrap(), name, path)
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

async fn store() -> Option<Store> {
    let path = std::env::var_os(PATH)?; // absent: somebody ran all ignored tests
    Some(Store::open(Path::new(&path)).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the child of another test"]
async fn commits_until_killed() {
    let Some(store) = store().await else { return };
    let mut streams = Vec::new();
    for stream in 0..4 {
        let store = store.clone();
        streams.push(tokio::spawn(async move {
            let (service, rollout) = (format!("fnp/s{stream}"), format!("r{stream}"));
            for n in 0.. {
                let two = facts(vec![fact(&service, 2 * n), fact(&service, 2 * n + 1)]);
                let transaction = Transaction {
                    looks: vec![look(&rollout, &service, n)],
                    ..two
                };
                let committed = store.commit(transaction).await.unwrap();
                say(&format!("ack {stream} {n} {}", committed.last_fact_seq.unwrap()));
            }
        }));
    }
    for stream in streams {
        stream.await.unwrap();
    }
}

#[tokio::test]
#[ignore = "the child of another test"]
async fn holds_the_lock_until_killed() {
    let Some(_store) = store().await else { return };
    say("open");
    std::future::pending::<()>().await;
}

#[tokio::test]
#[ignore = "the child of another test"]
async fn tells_why_it_cannot_open() {
    let Some(path) = std::env::var_os(PATH) else {
        return;
    };
    match Store::open(Path::new(&path)).await {
        Ok(_) => say("answer: opened"),
        Err(error) => say(&format!("answer: {error}")),
    }
}
