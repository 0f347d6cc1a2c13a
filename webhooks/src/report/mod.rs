//! Reports: the account of a rollout, for machines and for people, from the store or folded again.

pub mod full;
mod grouped;
pub mod page;
pub mod place;
pub mod release;
pub mod release_page;
pub mod release_store;
pub mod release_text;
pub mod replay;
pub mod summary;
pub mod text;
pub mod under;
