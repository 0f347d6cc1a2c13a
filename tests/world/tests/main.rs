//! The world against its own promises: what it says of itself must be true before anything is concluded from it.

#![cfg(test)]

mod counts;
mod dead_pod;
mod flagger;
mod leaving;
mod load;
mod past;
mod program;
mod prometheus;
mod split;
mod support;

haldane_world::pods_from_this_test_binary!();
