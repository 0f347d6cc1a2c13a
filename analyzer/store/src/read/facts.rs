//! Facts, from which every state is folded.

use crate::error::StoreError;
use crate::records::StoredFact;
use crate::store::Store;
use haldane_core::time::Timestamp;

impl Store {
    /// The service's facts after position `after_seq` (0: from the first), in the order of their commits.
    ///
    /// # Errors
    /// Those of the place, as for [`Store::commit`].
    pub async fn facts(&self, service: &str, after_seq: i64) -> Result<Vec<StoredFact>, StoreError> {
        self.facts_between(service, after_seq, i64::MAX).await
    }

    /// The service's facts up to and including position `seq`: what a look with this `fact_seq` knew.
    ///
    /// # Errors
    /// Those of the place, as for [`Store::commit`].
    pub async fn facts_up_to(&self, service: &str, seq: i64) -> Result<Vec<StoredFact>, StoreError> {
        self.facts_between(service, 0, seq).await
    }

    /// Every service that has facts, in the order of their names.
    ///
    /// # Errors
    /// Those of the place, as for [`Store::commit`].
    pub async fn services(&self) -> Result<Vec<String>, StoreError> {
        // From name to next name through the index: DISTINCT would walk through every fact.
        let rows: Vec<(String,)> = sqlx::query_as(
            "WITH RECURSIVE names (name) AS (
               SELECT min(service) FROM facts
               UNION ALL
               SELECT (SELECT min(service) FROM facts WHERE service > name) FROM names WHERE name IS NOT NULL)
             SELECT name FROM names WHERE name IS NOT NULL",
        )
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.failed_read(error))?;
        Ok(rows.into_iter().map(|(name,)| name).collect())
    }

    async fn facts_between(
        &self,
        service: &str,
        after_seq: i64,
        to_seq: i64,
    ) -> Result<Vec<StoredFact>, StoreError> {
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(
            "SELECT seq, as_of_us, body FROM facts WHERE service = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq",
        )
        .bind(service)
        .bind(after_seq)
        .bind(to_seq)
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.failed_read(error))?;
        let fact = |(seq, as_of_us, body)| StoredFact { seq, as_of: Timestamp::from_us(as_of_us), body };
        Ok(rows.into_iter().map(fact).collect())
    }
}
