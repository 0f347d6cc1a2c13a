//! What must hold for any bytes at all, at each place where strangers' bytes come in.
//!
//! | function | what it feeds | who can send it |
//! |---|---|---|
//! | [`policy()`] | the policy parser, and the fold with what it accepts | whoever may propose a policy |
//! | [`exposition()`] | the reader of pods' pages, up to increments and the fold | every pod |
//! | [`response()`] | the reader of a Prometheus' answers | every Prometheus, and whatever stands before it |
//! | [`judge()`] | the reader of recorded cases, up to the printed lines | whoever has a file judged |
//! | [`hook()`] | every address of the listener, with a real engine and store behind it | whoever reaches the port |
//!
//! Not to panic is the least of it: each function asserts what its reader promises. The same functions are called by
//! `tests/short.rs` in every `make test`, with the corpus and a few thousand fixed mutations of it, and by libFuzzer for
//! as long as somebody lets it run (`scripts/fuzz`). So the rules are written once, and a finding is a file in the corpus.

mod exposition;
mod hook;
mod judge;
mod pieces;
mod policy;
mod response;

pub use exposition::exposition;
pub use hook::hook;
pub use judge::judge;
pub use policy::policy;
pub use response::response;
