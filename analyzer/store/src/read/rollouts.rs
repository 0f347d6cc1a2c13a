//! Rollouts, by id and newest first.

use crate::error::StoreError;
use crate::records::{RolloutFilter, RolloutRecord};
use crate::store::Store;
use haldane_core::increment::Region;
use haldane_core::time::Timestamp;
use sqlx::{QueryBuilder, Sqlite};

type Row = (String, String, String, Option<String>, i64, Option<i64>, Option<String>, String);

const SELECT: &str =
    "SELECT id, service, region, release, opened_us, closed_us, outcome, body FROM rollouts WHERE TRUE";

impl Store {
    /// The rollout with this id, if there is one.
    ///
    /// # Errors
    /// Those of the place, as for [`Store::commit`].
    pub async fn rollout(&self, id: &str) -> Result<Option<RolloutRecord>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(SELECT);
        query.push(" AND id = ").push_bind(id);
        let row: Option<Row> = query
            .build_query_as()
            .fetch_optional(self.readers())
            .await
            .map_err(|error| self.failed_read(error))?;
        Ok(row.map(rollout))
    }

    /// The rollouts that `filter` admits, the last opened first, `limit` at most.
    ///
    /// # Errors
    /// Those of the place, as for [`Store::commit`].
    pub async fn rollouts(
        &self,
        filter: &RolloutFilter,
        limit: u32,
    ) -> Result<Vec<RolloutRecord>, StoreError> {
        // Only the conditions asked for are in the statement, so that each combination finds its index.
        let mut query = QueryBuilder::<Sqlite>::new(SELECT);
        if let Some(service) = &filter.service {
            query.push(" AND service = ").push_bind(service);
        }
        if let Some(region) = &filter.region {
            query.push(" AND region = ").push_bind(&region.0);
        }
        if filter.open_only {
            query.push(" AND closed_us IS NULL");
        }
        query.push(" ORDER BY opened_us DESC, seq DESC LIMIT ").push_bind(limit);
        let rows: Vec<Row> = query
            .build_query_as()
            .fetch_all(self.readers())
            .await
            .map_err(|error| self.failed_read(error))?;
        Ok(rows.into_iter().map(rollout).collect())
    }
}

fn rollout((id, service, region, release, opened_us, closed_us, outcome, body): Row) -> RolloutRecord {
    RolloutRecord {
        id,
        service,
        region: Region(region),
        release,
        opened: Timestamp::from_us(opened_us),
        closed: closed_us.map(Timestamp::from_us),
        outcome,
        body,
    }
}
