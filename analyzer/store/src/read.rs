//! The reads, one file per table. Each sees one committed state; two calls may see two.

mod facts;
mod history;
mod hooks;
mod looks;
mod rollouts;

/// A row that the schema cannot have let in: the file was changed by something else.
fn impossible(what: String) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}
