//! What the released Flagger really does, on a real cluster: `make e2e`.
#![cfg(test)]

mod obeys;
mod promoted;

haldane_world::pods_from_this_test_binary!();
