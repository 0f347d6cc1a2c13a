//! Looks of a rollout.

use crate::error::StoreError;
use crate::records::{LookRecord, StoredLook};
use crate::store::Store;
use haldane_core::increment::Region;
use haldane_core::time::Timestamp;

type Row = (i64, i64, String, String, String, i64, String, String);

impl Store {
    /// The rollout's looks, the first one first.
    ///
    /// # Errors
    /// Those of the place, as for [`Store::commit`].
    pub async fn looks(&self, rollout: &str) -> Result<Vec<StoredLook>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT seq, fact_seq, rollout, service, region, as_of_us, state_digest, body FROM looks
             WHERE rollout = ?1 ORDER BY seq",
        )
        .bind(rollout)
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.failed_read(error))?;
        Ok(rows.into_iter().map(look).collect())
    }

    /// The rollout's last look, if it has any.
    ///
    /// # Errors
    /// Those of the place, as for [`Store::commit`].
    pub async fn last_look(&self, rollout: &str) -> Result<Option<StoredLook>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT seq, fact_seq, rollout, service, region, as_of_us, state_digest, body FROM looks
             WHERE rollout = ?1 ORDER BY seq DESC LIMIT 1",
        )
        .bind(rollout)
        .fetch_optional(self.readers())
        .await
        .map_err(|error| self.failed_read(error))?;
        Ok(row.map(look))
    }
}

fn look((seq, fact_seq, rollout, service, region, as_of_us, state_digest, body): Row) -> StoredLook {
    let as_of = Timestamp::from_us(as_of_us);
    StoredLook {
        seq,
        fact_seq,
        look: LookRecord { rollout, service, region: Region(region), as_of, state_digest, body },
    }
}
