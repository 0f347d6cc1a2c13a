//! Records to write, and a way past the store into its file.

use haldane_core::increment::Region;
use haldane_core::time::Timestamp;
use haldane_store::{
    FactRecord, HistoryOrigin, HistoryRecord, HookRecord, LookRecord, RolloutRecord, Transaction,
};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};
use std::path::Path;

pub(crate) fn fact(service: &str, n: i64) -> FactRecord {
    FactRecord { service: service.to_owned(), as_of: Timestamp::from_s(n), body: format!("{{\"n\":{n}}}") }
}

pub(crate) fn facts(facts: Vec<FactRecord>) -> Transaction {
    Transaction { facts, ..Transaction::default() }
}

pub(crate) fn look(rollout: &str, service: &str, n: i64) -> LookRecord {
    LookRecord {
        rollout: rollout.to_owned(),
        service: service.to_owned(),
        region: Region::from("eu"),
        as_of: Timestamp::from_s(n),
        state_digest: format!("digest-{n}"),
        body: format!("{{\"look\":{n}}}"),
    }
}

pub(crate) fn rollout(id: &str, service: &str, region: &str, opened_s: i64) -> RolloutRecord {
    RolloutRecord {
        id: id.to_owned(),
        service: service.to_owned(),
        region: Region::from(region),
        release: None,
        opened: Timestamp::from_s(opened_s),
        closed: None,
        outcome: None,
        body: "{}".to_owned(),
    }
}

pub(crate) fn hook(rollout: &str, n: i64) -> HookRecord {
    HookRecord {
        at: Timestamp::from_s(n),
        service: "fnp/api".to_owned(),
        region: Region::from("eu"),
        hook: "rollback".to_owned(),
        rollout: Some(rollout.to_owned()),
        payload: "not JSON {".to_owned(),
        status: 403,
        line: format!("no, for the {n}th time"),
    }
}

pub(crate) fn history(n: i64, origin: HistoryOrigin, body: &str) -> HistoryRecord {
    HistoryRecord {
        service: "fnp/api".to_owned(),
        region: Region::from("eu"),
        as_of: Timestamp::from_s(n),
        origin,
        body: body.to_owned(),
    }
}

/// A connection of a stranger: another program that has the file open.
pub(crate) async fn stranger(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}

/// Runs statements as a stranger would.
pub(crate) async fn tamper(path: &Path, sql: &str) {
    let mut connection = stranger(path).await;
    run(&mut connection, sql).await;
    sqlx::Connection::close(connection).await.unwrap();
}

pub(crate) async fn run(connection: &mut SqliteConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}
