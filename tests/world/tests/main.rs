//! The world against its own promises.

#![cfg(test)]

haldane_world::pods_from_this_test_binary!();
