//! The same entries give the same bits, however they are cut up and wherever they have been stored.

use super::world::{EAST, HEALTHY, RELEASE, WEST, World, policy};
use crate::fact::{Ending, Entry};
use crate::fold::look;
use crate::increment::Missing;
use crate::report::Look;
use crate::state::ServiceState;
use serde_json::Value;

/// A release with a bit of everything: noise, gaps, two regions, a sick one.
fn story() -> World {
    let mut world = World::new(policy(&[EAST, WEST])).seeded(1729);
    world.enter(EAST);
    world.minutes(5);
    world.enter(WEST);
    world.east().missing = Some(Missing::FirstReading);
    world.minutes(1);
    world.east().missing = None;
    world.minutes(6);
    world.weight(EAST, 50);
    world.minutes(6);
    world.weight(EAST, 100);
    world.minutes(5);
    world.promote(EAST);
    world.site(WEST).canary = HEALTHY.errors(0.004);
    world.minutes(10);
    world.end(WEST, Ending::Failed);
    world.minutes(1);
    world
}

fn bytes(state: &ServiceState, look: &Look) -> (String, String) {
    (serde_json::to_string(state).unwrap(), serde_json::to_string(look).unwrap())
}

fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

#[test]
fn one_by_one_all_at_once_and_in_pieces_give_the_same_bytes() {
    let world = story();
    let expected = bytes(&world.state, &world.look);
    let (state, all) = look(ServiceState::default(), &world.entries, world.now);
    assert_eq!(bytes(&state, &all), expected);
    for size in [2, 3, 7, 50] {
        let mut state = ServiceState::default();
        let mut last = None;
        for piece in world.entries.chunks(size) {
            let (next, seen) = look(state, piece, world.now);
            (state, last) = (next, Some(seen));
        }
        assert_eq!(bytes(&state, &last.unwrap()), expected, "pieces of {size}");
    }
}

#[test]
fn a_journey_of_state_and_entries_through_json_changes_no_bit() {
    let world = story();
    let mut state = ServiceState::default();
    let mut seen = None;
    for entry in &world.entries {
        let (next, now) = look(round_trip(&state), &[round_trip::<Entry>(entry)], world.now);
        assert_eq!(round_trip(&now), now);
        (state, seen) = (next, Some(now));
    }
    assert_eq!(bytes(&state, &seen.unwrap()), bytes(&world.state, &world.look));
}

#[test]
fn judging_again_without_news_says_the_same() {
    let world = story();
    let (state, again) = look(world.state.clone(), &[], world.now);
    assert_eq!(bytes(&state, &again), bytes(&world.state, &world.look));
}

/// The number of values in a JSON tree; digits aside, that is its size.
fn values(json: &Value) -> usize {
    1 + match json {
        Value::Array(items) => items.iter().map(values).sum(),
        Value::Object(members) => members.values().map(values).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

#[test]
fn the_state_does_not_grow_with_the_number_of_polls() {
    let mut world = World::with_first_step(policy(&[EAST, WEST])).seeded(4);
    world.minutes(5);
    let early = serde_json::to_value(&world.state).unwrap();
    world.minutes(600);
    let late = serde_json::to_value(&world.state).unwrap();
    assert_eq!(values(&early), values(&late));
    let (early, late) = (early.to_string().len(), late.to_string().len());
    assert!(late < early + early / 10, "{early} bytes became {late}");
    assert!(world.state.pools.contains_key(RELEASE));
}
