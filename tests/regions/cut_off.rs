//! Regions cut off one by one and all together, at every stage of a rollout: nothing moves there, nothing goes back, and
//! all goes on once the ways are mended.

use crate::line::How;
use crate::place::{Stage, Way};
use crate::policy::{Layout, REGIONS};
use crate::world::World;
use futures_util::future::join_all;
use haldane_core::time::Span;
use std::collections::BTreeMap;

/// Between two polls of regions that are cut off: much time in few timeouts.
const CUT_POLL: Span = Span::from_min(6);
/// Twelve minutes: longer than any step is observed, and than a bake.
const CUT_ROUNDS: usize = 2;

/// What is cut in which region.
type Cuts = BTreeMap<&'static str, Vec<Way>>;

/// One region or several, all of whose ways are cut.
fn whole(regions: &[&'static str]) -> Cuts {
    regions.iter().map(|region| (*region, Way::ALL.to_vec())).collect()
}

/// None, each, each two, and all three.
fn subsets() -> impl Iterator<Item = Vec<&'static str>> {
    let is_in = |set: usize, index: usize| set >> index & 1 == 1;
    (0..1 << REGIONS.len()).map(move |set| {
        REGIONS.into_iter().enumerate().filter(|(i, _)| is_in(set, *i)).map(|(_, r)| r).collect()
    })
}

/// When to cut: whenever `leader` comes to a stage. Side by side those that are cut stay together; in order each comes to
/// every stage when it is its turn.
fn occasions(layout: Layout, cuts: &Cuts) -> Vec<(&'static str, Stage)> {
    let mut leaders: Vec<&'static str> = REGIONS.into_iter().filter(|r| cuts.contains_key(r)).collect();
    if layout == Layout::SideBySide {
        leaders.truncate(1);
    }
    leaders.into_iter().flat_map(|leader| Stage::ALL.map(|stage| (leader, stage))).collect()
}

/// A whole release in which `cuts` are made at every occasion, each time in another way, beginning with the `first`.
async fn release(layout: Layout, cuts: Cuts, first: usize) {
    let mut world = World::start(layout).await;
    for (turn, (leader, stage)) in occasions(layout, &cuts).into_iter().enumerate() {
        world.until(&format!("{stage:?} in {leader}"), |w| w.stage(leader) >= stage).await;
        assert_eq!(world.stage(leader), stage, "{leader} skipped a stage: {}", world.tells());
        cut_off(&mut world, layout, &cuts, How::ALL[(first + turn) % How::ALL.len()]).await;
    }
    goes_through(world).await;
}

async fn cut_off(world: &mut World, layout: Layout, cuts: &Cuts, how: How) {
    for (region, ways) in cuts {
        world.cut(region, ways, how).await;
    }
    for (region, ways) in cuts {
        world.notices(region, ways).await;
    }
    let before = REGIONS.map(|region| world.stage(region));
    for _ in 0..CUT_ROUNDS {
        world.round(CUT_POLL).await;
        for (index, region) in REGIONS.into_iter().enumerate() {
            let why = || format!("{region}, {cuts:?} {how:?}: {}", world.tells());
            assert_eq!(world.places[region].failed_checks(), 0, "{}", why());
            assert_ne!(world.decision(region).map(|d| d.name()), Some("rollback"), "{}", why());
            let waits_for_one = layout == Layout::InOrder
                && before[index] == Stage::Waiting
                && index.checked_sub(1).is_some_and(|i| cuts.contains_key(REGIONS[i]));
            let stays = match cuts.get(region) {
                Some(ways) => most(before[index], ways),
                None if waits_for_one => Stage::Waiting,
                None => Stage::Baking,
            };
            assert!(world.stage(region) <= stays, "{} moved: {}", region, why());
        }
    }
    for (index, region) in REGIONS.into_iter().enumerate() {
        let goes_on = layout == Layout::SideBySide && !cuts.contains_key(region);
        // A promotion is Flagger's own, and takes some ticks.
        let moved = world.stage(region) > before[index] || before[index] >= Stage::Promoting;
        assert!(moved || !goes_on, "{region} is held by others' lines: {}", world.tells());
    }
    for (region, ways) in cuts {
        world.mend(region, ways).await;
    }
}

/// How far a region that is cut off may come. A promotion that was allowed is Flagger's own to finish. Pods without
/// traffic are no advance: whoever can ask gets them, whether or not Haldane sees the region.
fn most(before: Stage, ways: &[Way]) -> Stage {
    match before {
        Stage::Waiting if !ways.contains(&Way::Hooks) => Stage::Admitted,
        Stage::Promoting => Stage::Baking,
        Stage::Waiting | Stage::Admitted | Stage::At(_) | Stage::Baking => before,
    }
}

/// Once every way is whole the release goes through by itself, and no step was skipped on the way.
async fn goes_through(mut world: World) {
    let is_promoted = |w: &World, region: &str| {
        w.stage(region) == Stage::Baking && w.rollout(region).is_some_and(|r| r.stage.ended().is_some())
    };
    world.until("its end", |w| REGIONS.iter().all(|region| is_promoted(w, region))).await;
    for region in REGIONS {
        assert_eq!(world.places[region].routed, [0, 5, 50, 100, 0], "{region}");
    }
    let mut promoted = REGIONS.map(|region| (region.to_owned(), Some("promoted".to_owned())));
    promoted.sort();
    assert_eq!(world.outcomes().await, promoted, "{}", world.tells());
    world.stop().await;
}

/// All releases at once: they wait much and compute little.
async fn all(releases: impl Iterator<Item = (Layout, Cuts)>) {
    join_all(releases.enumerate().map(|(first, (layout, cuts))| release(layout, cuts, first))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn side_by_side_those_cut_off_stay_where_they_are_and_the_others_go_on() {
    all(subsets().map(|regions| (Layout::SideBySide, whole(&regions)))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_order_nobody_begins_behind_a_region_that_is_cut_off() {
    all(subsets().map(|regions| (Layout::InOrder, whole(&regions)))).await;
}

/// Each region loses another one of its ways, so that each is seen to hold by itself.
#[tokio::test(flavor = "multi_thread")]
async fn each_way_that_is_cut_by_itself_holds_its_region() {
    let shifted = (0..Way::ALL.len()).map(|shift| {
        let ways =
            REGIONS.into_iter().enumerate().map(|(i, r)| (r, vec![Way::ALL[(i + shift) % Way::ALL.len()]]));
        (Layout::SideBySide, ways.collect::<Cuts>())
    });
    all(shifted).await;
}
