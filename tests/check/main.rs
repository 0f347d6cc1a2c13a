//! `haldane check` as its users run it: the binary itself, against sources of real HTTP that answer as they are told.
//! `haldane render` and `haldane init` belong to it: what the one prints and the other drafts has to come out clean here.
//!
//! What is asserted is what a person reads, and the exit code that a script gets. That `haldane serve` reads the same
//! sources' past at its start stands here too, because it needs the same fake.

#![cfg(test)]

mod canary;
mod cluster;
mod contract;
mod fake;
mod further;
mod init;
mod past;
mod pods;
mod policy;
mod program;
mod refused;
mod render;
mod right;
mod source;
mod stores;
mod wrong;
