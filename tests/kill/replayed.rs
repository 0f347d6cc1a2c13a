//! A store whose service is gone: its state is the fold of its facts, and `haldane replay` proves it.

use crate::service::{Place, ended, haldane};
use haldane_core::fact::{Entry, Fact};
use haldane_core::fold;
use haldane_core::increment::Reading;
use haldane_core::state::ServiceState;
use haldane_store::Store;
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::path::{Path, PathBuf};
use std::process::Output;

/// Fails unless the state after the last look is, bit for bit, what the stored facts fold to.
pub(crate) async fn assert_derived(place: &Place, id: &str) {
    let store = Store::open(&place.db()).await.unwrap();
    let stored = store.facts("fnp/api", 0).await.unwrap();
    let entries: Vec<Entry> = stored.iter().map(|f| serde_json::from_str(&f.body).unwrap()).collect();
    let last = store.last_look(id).await.unwrap().unwrap();
    assert_eq!(stored.last().map(|f| f.seq), Some(last.fact_seq), "a fact without its look");
    let (state, look) = fold::look(ServiceState::default(), &entries, last.look.as_of);
    let bytes = serde_json::to_vec(&state).unwrap();
    let digest: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(digest, last.look.state_digest);
    let of_region = look.region(&last.look.region).map(|l| serde_json::to_string(l).unwrap());
    assert_eq!(of_region, Some(last.look.body));
    store.close().await.unwrap();
}

/// Fails unless replay agrees, and tells the same report as `haldane report`, byte for byte.
pub(crate) async fn assert_replayed(place: &Place, id: &str) {
    let sentence = run("replay", id, &place.db(), &[]).await;
    assert_eq!(sentence.status.code(), Some(0), "{sentence:?}");
    let sentence = String::from_utf8(sentence.stdout).unwrap();
    assert!(sentence.ends_with("looks and the report agree, bit for bit\n"), "{sentence}");
    let [replayed, written] = [
        run("replay", id, &place.db(), &["--json"]).await,
        run("report", id, &place.db(), &["--json"]).await,
    ];
    assert_eq!((replayed.status.code(), written.status.code()), (Some(0), Some(0)));
    assert!(written.stdout.len() > 10_000, "that is no report: {written:?}");
    assert!(replayed.stdout == written.stdout, "the replayed report is another one");
}

/// The report for people.
pub(crate) async fn told(place: &Place, id: &str) -> String {
    let report = run("report", id, &place.db(), &[]).await;
    assert_eq!(report.status.code(), Some(0), "{report:?}");
    String::from_utf8(report.stdout).unwrap()
}

/// Fails unless replay finds one changed number: in a fact, in a look.
pub(crate) async fn assert_tampering_is_found(place: &Place, id: &str) {
    let fact = tampered(place, "facts", one_request_more).await;
    let look = tampered(place, "looks", |look| look.replacen("\"ln_e\":0.", "\"ln_e\":0.1", 1)).await;
    for db in [fact, look] {
        for json in [&[][..], &["--json"]] {
            let replay = run("replay", id, &db, json).await;
            assert_eq!(replay.status.code(), Some(1), "{}: {replay:?}", db.display());
        }
    }
}

async fn run(command: &str, id: &str, db: &Path, more: &[&str]) -> Output {
    ended(haldane().args([command, id, "--db"]).arg(db).args(more)).await
}

/// A copy of the store, in which `change` has changed the first body of `table` that it changes at all.
async fn tampered(place: &Place, table: &'static str, change: impl Fn(&str) -> String) -> PathBuf {
    let copy = place.directory.path().join(format!("tampered-{table}.db"));
    std::fs::copy(place.db(), &copy).unwrap();
    let mut connection = SqliteConnectOptions::new().filename(&copy).connect().await.unwrap();
    let (select, update) = match table {
        "facts" => ("SELECT seq, body FROM facts ORDER BY seq", "UPDATE facts SET body = ?2 WHERE seq = ?1"),
        _ => ("SELECT seq, body FROM looks ORDER BY seq", "UPDATE looks SET body = ?2 WHERE seq = ?1"),
    };
    let rows: Vec<(i64, String)> = sqlx::query_as(select).fetch_all(&mut connection).await.unwrap();
    let changed = rows.into_iter().map(|(seq, body)| (seq, change(&body), body));
    let (seq, changed, _) = changed.into_iter().find(|(_, now, was)| now != was).expect("nothing to change");
    sqlx::query(update).bind(seq).bind(changed).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    copy
}

/// One request more than the canary had, if this fact is a count of its requests.
fn one_request_more(body: &str) -> String {
    let mut entry: Entry = serde_json::from_str(body).unwrap();
    let Fact::Polled(increment) = &mut entry.fact else {
        return body.to_owned();
    };
    let counted = increment.signals.values_mut().find_map(|reading| match reading {
        Reading::Counted { canary: Some(counts), .. } if counts.total > 0.0 => Some(counts),
        Reading::Counted { .. } | Reading::Gauged { .. } | Reading::Placed { .. } | Reading::Missing(_) => {
            None
        }
    });
    let Some(counts) = counted else {
        return body.to_owned();
    };
    counts.total += 1.0;
    serde_json::to_string(&entry).unwrap()
}
