//! Reports: the account of a rollout, for machines and for people, from the store or folded again.

pub mod full;
pub mod page;
pub mod replay;
pub mod summary;
pub mod text;
pub mod under;
