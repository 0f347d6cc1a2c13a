//! The store against real files: what it promises to callers, and what it does in trouble.

mod child;
mod commit;
mod durability;
mod hooks;
mod opening;
mod permissions;
mod reads;
mod support;
mod trouble;
