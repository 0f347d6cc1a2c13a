//! One statement per kind of record.

use crate::queue::Prune;
use crate::records::{
    Committed, FactRecord, HistoryRecord, HookRecord, LookRecord, Pruned, RolloutRecord, Transaction,
};
use sqlx::SqliteConnection;

/// Writes all of `transaction`. Facts come before looks, which are tied to the last of them.
pub(crate) async fn transaction(
    connection: &mut SqliteConnection,
    transaction: &Transaction,
) -> Result<Committed, sqlx::Error> {
    let mut committed = Committed::default();
    for record in &transaction.facts {
        let seq = fact(connection, record).await?;
        committed.first_fact_seq.get_or_insert(seq);
        committed.last_fact_seq = Some(seq);
    }
    for record in &transaction.rollouts {
        rollout(connection, record).await?;
    }
    for record in &transaction.looks {
        look(connection, record).await?;
    }
    for record in &transaction.hooks {
        hook(connection, record).await?;
    }
    for record in &transaction.history {
        history(connection, record).await?;
    }
    Ok(committed)
}

async fn fact(connection: &mut SqliteConnection, record: &FactRecord) -> Result<i64, sqlx::Error> {
    let done = sqlx::query("INSERT INTO facts (service, as_of_us, body) VALUES (?1, ?2, ?3)")
        .bind(&record.service)
        .bind(record.as_of.as_us())
        .bind(&record.body)
        .execute(connection)
        .await?;
    Ok(done.last_insert_rowid())
}

async fn look(connection: &mut SqliteConnection, record: &LookRecord) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO looks (rollout, service, region, as_of_us, fact_seq, state_digest, body)
         VALUES (?1, ?2, ?3, ?4, (SELECT coalesce(max(seq), 0) FROM facts WHERE service = ?2), ?5, ?6)",
    )
    .bind(&record.rollout)
    .bind(&record.service)
    .bind(&record.region.0)
    .bind(record.as_of.as_us())
    .bind(&record.state_digest)
    .bind(&record.body)
    .execute(connection)
    .await?;
    Ok(())
}

async fn rollout(connection: &mut SqliteConnection, record: &RolloutRecord) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO rollouts (id, service, region, release, opened_us, closed_us, outcome, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (id) DO UPDATE SET service = excluded.service, region = excluded.region,
           release = excluded.release, opened_us = excluded.opened_us, closed_us = excluded.closed_us,
           outcome = excluded.outcome, body = excluded.body",
    )
    .bind(&record.id)
    .bind(&record.service)
    .bind(&record.region.0)
    .bind(&record.release)
    .bind(record.opened.as_us())
    .bind(record.closed.map(|closed| closed.as_us()))
    .bind(&record.outcome)
    .bind(&record.body)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes one hook record.
pub(crate) async fn hook(connection: &mut SqliteConnection, record: &HookRecord) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO hooks (at_us, service, region, hook, rollout, payload, status, line)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(record.at.as_us())
    .bind(&record.service)
    .bind(&record.region.0)
    .bind(&record.hook)
    .bind(&record.rollout)
    .bind(&record.payload)
    .bind(i64::from(record.status))
    .bind(&record.line)
    .execute(connection)
    .await?;
    Ok(())
}

async fn history(connection: &mut SqliteConnection, record: &HistoryRecord) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO history (service, region, as_of_us, origin, body) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (service, region, as_of_us, origin) DO UPDATE SET body = excluded.body",
    )
    .bind(&record.service)
    .bind(&record.region.0)
    .bind(record.as_of.as_us())
    .bind(record.origin.name())
    .bind(&record.body)
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes a slice of what is older than retention keeps.
pub(crate) async fn prune(connection: &mut SqliteConnection, prune: &Prune) -> Result<Pruned, sqlx::Error> {
    let history = sqlx::query(
        "DELETE FROM history WHERE seq IN (SELECT seq FROM history WHERE as_of_us < ?1 LIMIT ?2)",
    )
    .bind(prune.history_before.as_us())
    .bind(prune.rows_max)
    .execute(&mut *connection)
    .await?;
    let hooks =
        sqlx::query("DELETE FROM hooks WHERE seq IN (SELECT seq FROM hooks WHERE at_us < ?1 LIMIT ?2)")
            .bind(prune.hooks_before.as_us())
            .bind(prune.rows_max)
            .execute(connection)
            .await?;
    Ok(Pruned { history: history.rows_affected(), hooks: hooks.rows_affected() })
}
