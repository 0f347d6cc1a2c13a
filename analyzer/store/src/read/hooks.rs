//! Answers given to Flagger for a rollout.

use super::impossible;
use crate::error::StoreError;
use crate::records::HookRecord;
use crate::store::Store;
use haldane_core::increment::Region;
use haldane_core::time::Timestamp;

type Row = (i64, String, String, String, Option<String>, String, i64, String);

impl Store {
    /// The answers given for the rollout, the last written first, `limit` at most. Queued ones are not among them.
    ///
    /// # Errors
    /// Those of the place, as for [`Store::commit`].
    pub async fn hooks(&self, rollout: &str, limit: u32) -> Result<Vec<HookRecord>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT at_us, service, region, hook, rollout, payload, status, line FROM hooks
             WHERE rollout = ?1 ORDER BY seq DESC LIMIT ?2",
        )
        .bind(rollout)
        .bind(limit)
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.failed_read(error))?;
        let hooks: Result<Vec<HookRecord>, sqlx::Error> = rows.into_iter().map(hook).collect();
        hooks.map_err(|error| self.failed_read(error))
    }
}

fn hook(
    (at_us, service, region, hook, rollout, payload, status, line): Row,
) -> Result<HookRecord, sqlx::Error> {
    let status = u16::try_from(status).map_err(|_| impossible(format!("a hook's status {status}")))?;
    let (at, region) = (Timestamp::from_us(at_us), Region(region));
    Ok(HookRecord { at, service, region, hook, rollout, payload, status, line })
}
