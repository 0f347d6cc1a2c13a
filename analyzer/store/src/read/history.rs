//! A service's own past in a region.

use super::impossible;
use crate::error::StoreError;
use crate::records::{HistoryOrigin, HistoryRecord};
use crate::store::Store;
use haldane_core::increment::Region;
use haldane_core::time::Timestamp;

impl Store {
    /// What the service counted in the region at `since` and later, the earliest first.
    ///
    /// # Errors
    /// Those of the place, as for [`Store::commit`].
    pub async fn history(
        &self,
        service: &str,
        region: &Region,
        since: Timestamp,
    ) -> Result<Vec<HistoryRecord>, StoreError> {
        let rows: Vec<(i64, String, String)> = sqlx::query_as(
            "SELECT as_of_us, origin, body FROM history
             WHERE service = ?1 AND region = ?2 AND as_of_us >= ?3 ORDER BY as_of_us, origin",
        )
        .bind(service)
        .bind(&region.0)
        .bind(since.as_us())
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.failed_read(error))?;
        let record = |(as_of_us, origin, body): (i64, String, String)| {
            let known = HistoryOrigin::from_name(&origin);
            let origin = known.ok_or_else(|| impossible(format!("history of origin {origin:?}")))?;
            let (service, region) = (service.to_owned(), region.clone());
            Ok(HistoryRecord { service, region, as_of: Timestamp::from_us(as_of_us), origin, body })
        };
        let records: Result<Vec<HistoryRecord>, sqlx::Error> = rows.into_iter().map(record).collect();
        records.map_err(|error| self.failed_read(error))
    }
}
