//! What was acknowledged is there: after a drop, after a kill.

use crate::child;
use crate::support::{fact, facts, stranger};
use haldane_store::Store;
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn dropped_without_a_close_the_store_still_has_every_commit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("haldane.db");
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let first = runtime();
    first.block_on(async {
        let store = Store::open(&path).await.unwrap();
        for n in 0..50 {
            store.commit(facts(vec![fact("fnp/api", n)])).await.unwrap();
        }
    });
    drop(first);
    runtime().block_on(async {
        let store = Store::open(&path).await.unwrap();
        assert_eq!(store.facts("fnp/api", 0).await.unwrap().len(), 50);
    });
}

/// Kills a child after `acks` acknowledgements; gives the last one of each stream (`n`, last fact's position).
fn killed_after(acks: usize, path: &Path) -> BTreeMap<String, (i64, i64)> {
    let (mut child, mut lines) = child::start("commit-until-killed", path);
    let mut last = BTreeMap::new();
    let mut note = |line: &str| {
        let Some((_, ack)) = line.split_once("ack ") else {
            return false;
        };
        let words: Vec<&str> = ack.split(' ').collect();
        // The kill may cut the last line short; what was not said in full was not acknowledged.
        let [stream, n, seq] = words[..] else { return false };
        last.insert(stream.to_owned(), (n.parse().unwrap(), seq.parse().unwrap()));
        true
    };
    let mut heard = 0;
    while heard < acks {
        let line = lines.next().expect("the child ended by itself").unwrap();
        heard += usize::from(note(&line));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said before it died is acknowledged too. A number cut short by the kill would only demand less.
    lines.map_while(Result::ok).for_each(|line| {
        note(&line);
    });
    last
}

#[tokio::test]
async fn killed_amid_its_commits_the_store_has_lost_nothing_that_it_acknowledged() {
    for acks in [1, 40, 333] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("haldane.db");
        let last = killed_after(acks, &path);
        let store = Store::open(&path).await.unwrap();
        for (stream, (n, seq)) in last {
            let (facts, looks) = (
                store.facts(&format!("fnp/s{stream}"), 0).await.unwrap(),
                store.looks(&format!("r{stream}")).await.unwrap(),
            );
            assert!(
                looks.len() > usize::try_from(n).unwrap(),
                "stream {stream}: look {n} of {}",
                looks.len()
            );
            assert!(facts.iter().any(|fact| fact.seq == seq), "stream {stream}: fact {seq} was acknowledged");
            // What was not acknowledged is there entirely or not at all, and nothing is out of order.
            assert_eq!(facts.len(), 2 * looks.len());
            for (n, fact) in facts.iter().enumerate() {
                assert_eq!(fact.body, format!("{{\"n\":{n}}}"));
            }
            for (pair, look) in facts.chunks(2).zip(&looks) {
                assert_eq!(pair[1].seq, look.fact_seq);
            }
        }
        store.close().await.unwrap();
        let mut connection = stranger(&path).await;
        let (sound,): (String,) =
            sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
        assert_eq!(sound, "ok");
    }
}
