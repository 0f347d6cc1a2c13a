//! `haldane judge` as its users run it: the binary itself, files and standard input, and what a script reads of it: lines,
//! places and exit codes. What a verdict rests on is tested in the core; here is only what happens around it.

#![cfg(test)]

mod cases;
mod files;
mod kinds;
mod program;
mod recorded;
mod schema;
mod unusable;
