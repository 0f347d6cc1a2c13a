//! The proof in short, and the page held against what is stored.

mod page;
mod peers;
mod short;
