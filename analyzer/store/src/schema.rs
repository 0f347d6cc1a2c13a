//! Brings a file to this version's schema, or says why it is not ours to touch.

use crate::error::StoreError;
use sqlx::migrate::Migrator;
use sqlx::{Connection, SqliteConnection};
use std::path::Path;

/// The migrations, embedded in the binary: there is no file to forget when it is installed.
static MIGRATIONS: Migrator = sqlx::migrate!();

/// What the first migration writes into the file's header: "HALD".
const APPLICATION_ID: i64 = 1_212_238_916;

/// Refuses other programs' files and newer versions', before anything in them has changed.
pub(crate) async fn inspect(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let tables = tables(connection).await.map_err(|error| StoreError::of(path, error))?;
    if tables.ours {
        refuse_newer(connection, path).await
    } else if tables.others {
        Err(StoreError::Foreign { path: path.to_owned() })
    } else {
        Ok(())
    }
}

/// Applies what is missing.
pub(crate) async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    MIGRATIONS.run(&mut *connection).await.map_err(|error| StoreError::of_migration(path, error))?;
    // Opening also proves that the file can be written: a read-only one is found out now, not by the first hook.
    beat(connection).await.map_err(|error| StoreError::of(path, error))
}

/// Whose tables are in a file. Both are false in a new one, and in one whose first migration was cut short.
struct Tables {
    ours: bool,
    others: bool,
}

async fn tables(connection: &mut SqliteConnection) -> Result<Tables, sqlx::Error> {
    let (id,): (i64,) = sqlx::query_as("PRAGMA application_id").fetch_one(&mut *connection).await?;
    let (other_tables,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM sqlite_schema WHERE tbl_name <> '_sqlx_migrations'")
            .fetch_one(connection)
            .await?;
    Ok(Tables { ours: id == APPLICATION_ID, others: other_tables > 0 })
}

async fn refuse_newer(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let (found,): (i64,) = sqlx::query_as("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await
        .map_err(|error| StoreError::of(path, error))?;
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    if found > known { Err(StoreError::Newer { path: path.to_owned(), found, known }) } else { Ok(()) }
}

/// Writes the heartbeat: a real write, because only that tells that writing works.
pub(crate) async fn beat(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE heartbeat SET beats = beats + 1").execute(connection).await?;
    Ok(())
}

/// Moves what is in the WAL into the file, and closes.
pub(crate) async fn fold_and_close(mut connection: SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
    connection.close().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::AssertSqlSafe;

    /// For each migration, rows for every table that it made: the migrations after it are applied on top of these.
    const SAMPLES: &[(i64, &str)] = &[(
        1,
        "INSERT INTO facts (service, as_of_us, body) VALUES ('fnp/api', 15000000, '{}'), ('fnp/web', 15000000, '{}');
         INSERT INTO looks (rollout, service, region, as_of_us, fact_seq, state_digest, body)
           VALUES ('r1', 'fnp/api', 'eu', 15000000, 1, 'd1', '{}');
         INSERT INTO rollouts (id, service, region, release, opened_us, closed_us, outcome, body)
           VALUES ('r1', 'fnp/api', 'eu', 'v2', 1, 2, 'promoted', '{}'),
                  ('r2', 'fnp/api', 'eu', NULL, 3, NULL, NULL, '{}');
         INSERT INTO hooks (at_us, service, region, hook, rollout, payload, status, line)
           VALUES (1, 'fnp/api', 'eu', 'rollback', 'r1', '{', 403, 'no'),
                  (2, 'fnp/api', 'eu', 'event', NULL, '', 200, '');
         INSERT INTO history (service, region, as_of_us, origin, body)
           VALUES ('fnp/api', 'eu', 1, 'scraped', '{}'), ('fnp/api', 'eu', 1, 'synthetic', '{}');",
    )];

    async fn table_rows(connection: &mut SqliteConnection) -> Vec<(String, i64)> {
        let tables: Vec<(String,)> = sqlx::query_as(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
               AND name <> '_sqlx_migrations' ORDER BY name",
        )
        .fetch_all(&mut *connection)
        .await
        .unwrap();
        let mut counted = Vec::new();
        for (table,) in tables {
            let count = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
            let (rows,): (i64,) = sqlx::query_as(count).fetch_one(&mut *connection).await.unwrap();
            counted.push((table, rows));
        }
        counted
    }

    #[tokio::test]
    async fn every_migration_applies_on_top_of_the_rows_of_those_before_it() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let mut before: Vec<(String, i64)> = Vec::new();
        for migration in MIGRATIONS.iter() {
            MIGRATIONS.run_to(migration.version, &mut connection).await.unwrap();
            let after = table_rows(&mut connection).await;
            assert!(
                before.iter().all(|table| after.contains(table)),
                "{migration:?} lost rows: {before:?} {after:?}"
            );
            let sample = SAMPLES.iter().find(|(version, _)| *version == migration.version);
            let (_, rows) = sample.unwrap_or_else(|| panic!("migration {} has no sample", migration.version));
            sqlx::raw_sql(AssertSqlSafe(*rows)).execute(&mut connection).await.unwrap();
            before = table_rows(&mut connection).await;
            assert!(before.iter().all(|(_, rows)| *rows > 0), "a table without a sample: {before:?}");
        }
        let broken: Vec<(String,)> =
            sqlx::query_as("PRAGMA integrity_check").fetch_all(&mut connection).await.unwrap();
        assert_eq!(broken, [("ok".to_owned(),)]);
    }

    #[tokio::test]
    async fn every_table_is_strict_and_every_column_says_what_it_holds() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        MIGRATIONS.run(&mut connection).await.unwrap();
        let tables: Vec<(String, String)> = sqlx::query_as(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
               AND name <> '_sqlx_migrations'",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert!(tables.len() >= 6, "{tables:?}");
        for (table, sql) in tables {
            assert!(sql.ends_with("STRICT"), "{table} is not STRICT");
            let columns: Vec<&str> = sql.lines().skip(1).filter(|line| line.starts_with("    ")).collect();
            assert!(!columns.is_empty(), "{table}");
            for column in columns {
                assert!(column.contains(" -- "), "{table}: no comment on {column:?}");
                let instant = column.contains("_us ");
                assert_eq!(instant, column.contains("microseconds"), "{table}: the unit of {column:?}");
            }
        }
    }

    #[tokio::test]
    async fn the_first_migration_marks_the_file_as_ours() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        MIGRATIONS.run(&mut connection).await.unwrap();
        let (id,): (i64,) = sqlx::query_as("PRAGMA application_id").fetch_one(&mut connection).await.unwrap();
        assert_eq!(id, APPLICATION_ID);
    }
}
