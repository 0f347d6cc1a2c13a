//! What the released Flagger really does, on a real cluster: `make e2e`.
//!
//! Each test is a namespace of one plane, most with a receiver of hooks in Haldane's place. What came of it, tick by tick, is
//! compared with `tests/flagger-model/recorded`, against which the model of Flagger is held in `make test`. In `obeys` the
//! real Haldane is asked.
#![cfg(test)]

mod act;
mod changes;
mod failures;
mod gates;
mod obeys;
mod regions;
mod strategies;

haldane_world::pods_from_this_test_binary!();
