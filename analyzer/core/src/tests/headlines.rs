//! The first sentence of a report, as a person would write it.

use super::world::{EAST, HEALTHY, RELEASE, WEST, World, policy};
use crate::fact::{Ending, Fact, HeardBy};
use crate::headline::{Standing, headline, standing};
use crate::increment::{Arm, Missing};
use crate::order::Order;
use crate::policy::Mode;
use crate::time::Span;

fn says(world: &World, region: &str, expected: &str, stands: Standing) {
    let look = world.seen(region);
    assert_eq!(headline(look, &world.policy), expected);
    assert_eq!(standing(look), stands);
}

fn opened(by: HeardBy) -> World {
    let mut world = World::new(policy(&[EAST]));
    world.open(EAST, Some(RELEASE), by);
    world
}

#[test]
fn a_region_that_waits_says_for_whom() {
    let mut policy = policy(&[EAST, WEST]);
    policy.regions[1].after = vec![EAST.into()];
    let mut world = World::new(policy);
    world.open(WEST, Some(RELEASE), HeardBy::ConfirmRollout);
    says(
        &world,
        WEST,
        "us-west waits for its turn: us-east has not promoted this release.",
        Standing::Waiting,
    );
    let may = "us-east may begin, and does when Flagger asks next.";
    says(&opened(HeardBy::ConfirmRollout), EAST, may, Standing::Waiting);
}

#[test]
fn an_admitted_region_says_what_it_lacks_and_then_what_comes() {
    let mut world = opened(HeardBy::Restart);
    let lacks = "us-east is admitted but has no traffic yet: p99-latency is not counted yet.";
    says(&world, EAST, lacks, Standing::Progressing);
    world.tell(Fact::Heard { region: EAST.into(), said: None });
    world.tick();
    says(&world, EAST, "us-east is ready for its first traffic; 5 % comes next.", Standing::Progressing);
}

#[test]
fn an_unknown_weight_and_a_foreign_one_are_held_by_name() {
    let mut world = opened(HeardBy::MidRun);
    let unknown = "us-east holds: nobody has said which step this run is in; \
                   configure the event hook, or start the rollout anew.";
    says(&world, EAST, unknown, Standing::Progressing);
    world.weight(EAST, 20);
    says(&world, EAST, "us-east holds: weight 20 % is no step of the policy.", Standing::Progressing);
}

#[test]
fn a_step_under_observation_says_how_long_and_what_is_worst() {
    let mut world = World::at_five_percent();
    world.minutes(1);
    let settles = "us-east is observed at 5 % for 9m more; p99-latency is not proved below 2x its limit \
                   (evidence 1.00 of 20): 0 requests of about 642 requests.";
    says(&world, EAST, settles, Standing::Progressing);
    world.minutes(8);
    says(
        &world,
        EAST,
        "us-east is observed at 5 % for 1m more; all its gates pass so far.",
        Standing::Progressing,
    );
    world.east().missing =
        Some(Missing::TimedOut { arm: Arm::Primary, target: "pod:1".into(), deadline_ms: 500 });
    world.tick();
    let missing = "us-east is observed at 5 % for 30s more; \
                   p99-latency is not counted: primary pod:1 did not answer within 500 ms.";
    says(&world, EAST, missing, Standing::Progressing);
}

#[test]
fn trouble_elsewhere_is_the_news_of_an_observed_step() {
    let mut world = World::new(policy(&[EAST, WEST]));
    world.enter(EAST);
    world.minutes(9);
    world.end(EAST, Ending::Failed);
    world.enter(WEST);
    world.minutes(1);
    let news = "us-west is observed at 5 % for 9m more; us-east was rolled back with this release.";
    says(&world, WEST, news, Standing::Progressing);
}

#[test]
fn a_passed_step_says_what_comes_next() {
    let mut world = World::at_five_percent();
    world.minutes(10);
    says(&world, EAST, "us-east passed every gate at 5 %; 50 % comes next.", Standing::Progressing);
    world.go_on(EAST);
    world.minutes(5);
    world.go_on(EAST);
    world.minutes(5);
    says(&world, EAST, "us-east passed every gate at 100 %; promotion comes next.", Standing::Progressing);
}

#[test]
fn an_extended_step_and_an_overdue_one_say_why() {
    let mut world = World::at_five_percent();
    world.east().missing = Some(Missing::FirstReading);
    world.minutes(12);
    let why = "p99-latency is not counted: first reading; a count needs two";
    says(
        &world,
        EAST,
        &format!("us-east is extended at 5 % for up to 18m more: {why}."),
        Standing::Progressing,
    );
    world.minutes(20);
    says(&world, EAST, &format!("us-east is held at 5 % and waits for a person: {why}."), Standing::Held);
}

#[test]
fn a_breach_and_the_rollback_name_gate_and_counts() {
    let mut world = World::at_five_percent();
    world.east().canary = HEALTHY.errors(0.05);
    assert_eq!(world.until_decided(EAST, 10), Some(2));
    let breach = headline(world.seen(EAST), &world.policy);
    let begins = "us-east must go back from 5 %: evidence against the canary in this region is ";
    let ends = ", over the budget's 100, carried by error-rate against the limit: 150 bad of 3000 requests.";
    assert!(breach.starts_with(begins) && breach.ends_with(ends), "{breach}");
    assert_eq!(standing(world.seen(EAST)), Standing::RollingBack);
    world.end(EAST, Ending::Failed);
    let over =
        "us-east was rolled back: error-rate against the limit breached with 150 bad of 3000 requests.";
    says(&world, EAST, over, Standing::RolledBack);
}

#[test]
fn every_other_ending_has_its_own_sentence() {
    let ended = |promoting: bool, ending: Ending| {
        let mut world = World::at_five_percent();
        if promoting {
            world.tell(Fact::PromotionBegan { region: EAST.into() });
        }
        world.end(EAST, ending);
        world
    };
    let by_flagger = "us-east was rolled back by Flagger itself, not by this analysis.";
    says(&ended(false, Ending::Failed), EAST, by_flagger, Standing::RolledBack);
    let failed =
        "us-east failed its promotion and serves the NEW version with all traffic; a person must look.";
    says(&ended(true, Ending::Failed), EAST, failed, Standing::FailedPromotion);
    let superseded = "us-east began another run before this one was over.";
    says(&ended(false, Ending::Superseded), EAST, superseded, Standing::Superseded);
    let unknown = "us-east has no run under way; how this one ended was not seen.";
    says(&ended(true, Ending::Unknown), EAST, unknown, Standing::Unknown);
}

#[test]
fn a_promotion_says_that_it_runs_then_how_long_it_has_and_what_spoke_up() {
    let mut skipped = World::at_five_percent();
    skipped.tell(Fact::PromotionBegan { region: EAST.into() });
    let past = "us-east is being promoted past the gates, as skipAnalysis does.";
    says(&skipped, EAST, past, Standing::Progressing);
    skipped.end(EAST, Ending::Succeeded);
    let unjudged =
        "us-east runs the release, but nobody judged it to the end: it was promoted past the gates.";
    says(&skipped, EAST, unjudged, Standing::PromotedUnjudged);
    let mut world = World::at_five_percent();
    world.weight(EAST, 100);
    world.tell(Fact::Permitted { region: EAST.into(), weight: 100 });
    world.tell(Fact::PromotionBegan { region: EAST.into() });
    let promoting = "us-east is being promoted: all gates of the last step passed.";
    says(&world, EAST, promoting, Standing::Progressing);
    world.end(EAST, Ending::Succeeded);
    world.minutes(4);
    let runs = "us-east runs the release, for 4m now, and nothing speaks against it.";
    says(&world, EAST, runs, Standing::Promoted);
    world.look_at(world.now + Span::from_s(30));
    world.east().primary = HEALTHY.errors(0.05);
    world.minutes(3);
    let late = headline(world.seen(EAST), &world.policy);
    assert!(
        late.starts_with("us-east runs the release and breached after its promotion: evidence against"),
        "{late}"
    );
    assert_eq!(standing(world.seen(EAST)), Standing::Promoted);
}

#[test]
fn where_the_mode_lets_a_decision_do_nothing_the_headline_says_so() {
    let seen = |mode: Mode, errors: f64, ordered: bool| {
        let mut policy = policy(&[EAST]);
        policy.mode = mode;
        let mut world = World::with_first_step(policy);
        world.east().canary = HEALTHY.errors(errors);
        world.minutes(3);
        if ordered {
            world.order(EAST, Order::Rollback);
        }
        headline(world.seen(EAST), &world.policy)
    };
    let (shadow, guard) = ("In mode shadow this stops nothing", "In mode guard it only waits");
    for (mode, errors, ordered, says) in [
        (Mode::Shadow, 0.0001, false, Some(shadow)),
        (Mode::Shadow, 0.05, false, Some(shadow)),
        (Mode::Guard, 0.0001, false, None),
        (Mode::Guard, 0.05, false, Some(guard)),
        (Mode::Guard, 0.05, true, None),
        (Mode::Enforce, 0.05, false, None),
    ] {
        let said = seen(mode, errors, ordered);
        let ends = [shadow, guard].into_iter().find(|why| said.contains(why));
        assert_eq!(ends, says, "{mode:?}: {said}");
    }
}
