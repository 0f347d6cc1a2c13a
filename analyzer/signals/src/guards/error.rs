//! Why a guard cannot be asked as the policy says: told when its region is made ready, with what to write instead.

use crate::templates::TemplateError;

/// Why a guard cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// Its own query cannot be asked.
    #[error("guard {guard}: its query {why}")]
    Query {
        /// Its name.
        guard: String,
        /// What is wrong, and what to write instead.
        why: String,
    },
    /// What it asks has no series of its own.
    #[error("guard {guard} has no query; {rule} has no series that every service has: write query: '…'")]
    NoQuery {
        /// Its name.
        guard: String,
        /// What it is.
        rule: &'static str,
    },
    /// It has a query where none can say what it needs.
    #[error("guard {guard} has a query, and {rule} is not asked by one: leave it out")]
    NeedlessQuery {
        /// Its name.
        guard: String,
        /// What it is.
        rule: &'static str,
    },
    /// A shipped selector cannot be filled in.
    #[error(transparent)]
    Template(#[from] TemplateError),
}
