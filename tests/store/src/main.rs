//! Another process that has the store open, for tests that kill it or take its rights away.
//!
//! `store-child VERB PATH`. A program of its own, because a thread cannot be killed with its page cache half written.

use haldane_core::increment::Region;
use haldane_core::time::Timestamp;
use haldane_store::{FactRecord, LookRecord, Store, StoreError, Transaction};
use std::io::Write;
use std::path::Path;

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    let words: Vec<String> = std::env::args().collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "commit-until-killed", path] => commit_until_killed(Path::new(path)).await,
        [_, "hold-the-lock-until-killed", path] => {
            let _store = Store::open(Path::new(path)).await?;
            say("open");
            std::future::pending().await
        }
        [_, "tell-why-it-cannot-open", path] => {
            match Store::open(Path::new(path)).await {
                Ok(_) => say("answer: opened"),
                Err(error) => say(&format!("answer: {error}")),
            }
            Ok(())
        }
        _ => {
            say(
                "usage: store-child commit-until-killed|hold-the-lock-until-killed|tell-why-it-cannot-open PATH",
            );
            Ok(())
        }
    }
}

/// Four streams of commits, each acknowledged on standard output as `ack STREAM N LAST_FACT`.
async fn commit_until_killed(path: &Path) -> Result<(), StoreError> {
    let store = Store::open(path).await?;
    let mut streams = tokio::task::JoinSet::new();
    for stream in 0..4 {
        streams.spawn(commits(store.clone(), stream));
    }
    while let Some(ended) = streams.join_next().await {
        if let Ok(Err(error)) = ended {
            return Err(error);
        }
    }
    Ok(())
}

async fn commits(store: Store, stream: i64) -> Result<(), StoreError> {
    let (service, rollout) = (format!("fnp/s{stream}"), format!("r{stream}"));
    let fact = |n: i64| FactRecord {
        service: service.clone(),
        as_of: Timestamp::from_s(n),
        body: format!("{{\"n\":{n}}}"),
    };
    for n in 0.. {
        let look = LookRecord {
            rollout: rollout.clone(),
            service: service.clone(),
            region: Region::from("eu"),
            as_of: Timestamp::from_s(n),
            state_digest: format!("digest-{n}"),
            body: format!("{{\"look\":{n}}}"),
        };
        let facts = vec![fact(2 * n), fact(2 * n + 1)];
        let committed =
            store.commit(Transaction { facts, looks: vec![look], ..Transaction::default() }).await?;
        say(&format!("ack {stream} {n} {}", committed.last_fact_seq.unwrap_or(0)));
    }
    Ok(())
}

/// One line, at once: the parent acts on it. A parent that is gone ends us by the failing write.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        std::process::exit(1);
    }
}
