//! Guards hold: where they stand or everywhere, from when they have stood long enough, and where nobody knows.

use super::world::{APAC, EAST, RELEASE, WEST, World, policy};
use crate::answer::{Hook, answer};
use crate::fact::{Fact, Frozen, HeardBy};
use crate::guard::{Carry, Finding, Guard, Pods, Reach, Rule, Seen, Watch, Watched, is_news};
use crate::increment::{Missing, Region};
use crate::order::{Line, Order};
use crate::policy::{Freeze, FreezeWhen, Policy};
use crate::reason::Reason;
use crate::report::Decision;
use crate::time::Span;

fn guard(rule: Rule, reach: Reach) -> Guard {
    Guard { name: "g".into(), rule, wait: Span::ZERO, regions: Vec::new(), reach }
}

const LAG: Rule = Rule::ReplicationLag { most: 5.0, bytes: false };

fn guarded(regions: &[&str], guard: Guard) -> Policy {
    let mut policy = policy(regions);
    policy.across.guards = vec![guard];
    policy
}

fn level(level: f64) -> Seen {
    Seen::Level { level, what: Some("db-2".into()) }
}

fn names(names: &[&str]) -> Seen {
    Seen::Names { names: names.iter().map(|n| (*n).to_owned()).collect() }
}

/// A second later a poll of a region's guards sees this.
fn see(world: &mut World, region: &str, seen: Seen) {
    world.now = world.now + Span::from_s(1);
    let region = Region::from(region);
    let guards = world.policy.guards_in(&region);
    let guards = guards.into_iter().map(|guard| Watched { guard, seen: seen.clone() }).collect();
    let watch = Watch { region, as_of: world.now, guards };
    world.tell(Fact::Guarded(watch));
}

/// Every region has a rollout that has been polled for three minutes, and waits.
fn waiting(policy: Policy) -> World {
    let mut world = World::new(policy);
    for region in world.policy.regions.clone() {
        world.open(&region.name.0, Some(RELEASE), HeardBy::ConfirmRollout);
    }
    world.minutes(3);
    world
}

fn guards_of(world: &World, region: &str) -> Vec<Finding> {
    let guard = |reason: &Reason| {
        let Reason::Guard(hold) = reason else { return None };
        Some(hold.finding.clone())
    };
    world.reasons(region).iter().filter_map(guard).collect()
}

#[test]
fn what_was_never_seen_and_what_was_seen_too_long_ago_hold() {
    let mut world = waiting(guarded(&[EAST], guard(LAG, Reach::Here)));
    assert_eq!(guards_of(&world, EAST), [Finding::Unknown { why: None }]);
    see(&mut world, EAST, level(0.2));
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
    let age = world.policy.max_age() + Span::from_s(1);
    world.look_at(world.now + age);
    assert_eq!(guards_of(&world, EAST), [Finding::Old { age }]);
    see(&mut world, EAST, Seen::Unknown { why: Missing::FirstReading });
    assert!(matches!(guards_of(&world, EAST)[..], [Finding::Unknown { why: Some(_) }]));
}

#[test]
fn a_guard_says_what_it_saw_since_when_and_what_clears_it() {
    let mut world = waiting(guarded(&[EAST], guard(LAG, Reach::Here)));
    see(&mut world, EAST, level(12.0));
    world.now = world.now + Span::from_s(59);
    see(&mut world, EAST, level(14.0));
    let Decision::Hold(reasons) = world.decision(EAST) else { panic!() };
    assert_eq!(
        reasons[0].to_string(),
        "guard g in us-east: the copy is 14.0 s behind, over 5.0 s (db-2), for 1m now; it clears when it is 5.0 s or less"
    );
    see(&mut world, EAST, level(5.0));
    assert!(world.advances(EAST));
}

#[test]
fn a_guard_that_has_to_stand_for_a_while_holds_only_then_and_a_break_begins_it_anew() {
    let wait = Span::from_min(5);
    let mut world = waiting(guarded(&[EAST], Guard { wait, ..guard(LAG, Reach::Here) }));
    for minute in 0..5 {
        see(&mut world, EAST, level(30.0));
        assert!(world.advances(EAST), "minute {minute}");
        world.now = world.now + Span::from_s(59);
    }
    see(&mut world, EAST, level(30.0));
    assert!(!world.advances(EAST));
    see(&mut world, EAST, level(1.0));
    see(&mut world, EAST, level(30.0));
    assert!(world.advances(EAST), "the lag had been within its limit in between");
}

#[test]
fn a_lost_region_holds_all_where_its_guard_reaches_everywhere_and_itself_alone_otherwise() {
    for reach in [Reach::Everywhere, Reach::Here] {
        let mut world = waiting(guarded(&[EAST, WEST], guard(Rule::RegionUp, reach)));
        see(&mut world, WEST, level(0.0));
        see(&mut world, EAST, level(1.0));
        assert!(!world.advances(EAST));
        assert_eq!(world.advances(WEST), reach == Reach::Here);
    }
}

#[test]
fn a_guard_holds_a_run_that_has_traffic_and_never_rolls_it_back() {
    let mut world = World::with_first_step(guarded(&[EAST], guard(Rule::RegionUp, Reach::Here)));
    for _ in 0..60 {
        see(&mut world, EAST, level(1.0));
        world.tick();
        assert!(matches!(world.decision(EAST), Decision::Hold(_)));
    }
    see(&mut world, EAST, level(0.0));
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_writer_that_moves_holds_until_it_has_settled_even_if_the_source_was_away_meanwhile() {
    let rule = Rule::Failover { settle: Span::from_min(10), writers: None };
    let mut world = waiting(guarded(&[EAST], guard(rule, Reach::Everywhere)));
    see(&mut world, EAST, names(&["db-1"]));
    assert!(world.advances(EAST));
    see(&mut world, EAST, Seen::Unknown { why: Missing::FirstReading });
    assert!(!world.advances(EAST));
    see(&mut world, EAST, names(&["db-2"]));
    let [Finding::WriterMoved { from, to, left }] = &guards_of(&world, EAST)[..] else { panic!() };
    assert!(from.contains("db-1") && to.contains("db-2") && *left == Span::from_min(10));
    world.now = world.now + Span::from_min(10);
    see(&mut world, EAST, names(&["db-2"]));
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_service_with_two_writers_where_there_must_be_one_holds_everywhere() {
    let rule = Rule::Failover { settle: Span::ZERO, writers: Some(1) };
    let mut world = waiting(guarded(&[EAST, WEST], guard(rule, Reach::Everywhere)));
    see(&mut world, EAST, names(&["db-1"]));
    see(&mut world, WEST, names(&[]));
    assert!(world.advances(EAST) && world.advances(WEST));
    see(&mut world, WEST, names(&["db-9"]));
    for region in [EAST, WEST] {
        assert!(guards_of(&world, region).iter().any(|f| matches!(f, Finding::Writers { expected: 1, .. })));
    }
    see(&mut world, WEST, names(&["db-1"]));
    let two = Finding::Writers {
        names: ["db-1 in us-east", "db-1 in us-west"].map(str::to_owned).into(),
        expected: 1,
    };
    assert!(guards_of(&world, EAST).contains(&two), "{:?}", guards_of(&world, EAST));
}

#[test]
fn a_region_without_pods_for_another_region_s_load_holds_where_the_policy_asks_for_it() {
    let rule = |carry| Rule::Capacity { target: 0.6, carry: vec![carry] };
    let pods = |most| Seen::Pods(Pods { current: 4.0, primary: Some(4.0), utilisation: 0.6, most });
    for (carry, waits) in [(Carry::Own, false), (Carry::Failover, true)] {
        let mut world = waiting(guarded(&[EAST, WEST], guard(rule(carry), Reach::Here)));
        see(&mut world, WEST, pods(10.0));
        see(&mut world, EAST, pods(6.0));
        assert!(world.advances(WEST));
        assert_eq!(!world.advances(EAST), waits, "{carry}: {:?}", world.decision(EAST));
    }
}

#[test]
fn an_alert_that_fires_is_named_and_no_alert_is_clear() {
    let mut world = waiting(guarded(&[EAST], guard(Rule::Alerts, Reach::Here)));
    see(&mut world, EAST, names(&[]));
    assert!(world.advances(EAST));
    see(&mut world, EAST, names(&["DiskFull"]));
    assert!(world.reasons(EAST)[0].to_string().contains("DiskFull fires"));
}

#[test]
fn a_lag_s_limit_is_the_region_s_own_recovery_point() {
    let mut policy = guarded(&[EAST, APAC], guard(LAG, Reach::Here));
    policy.regions[1].aims.rpo = Some(Span::from_s(15));
    let most = |region: &str| policy.guards_in(&region.into())[0].rule.clone();
    assert_eq!(most(EAST), LAG);
    assert_eq!(most(APAC), Rule::ReplicationLag { most: 15.0, bytes: false });
}

#[test]
fn only_what_changes_how_a_guard_stands_is_news() {
    let mut world = waiting(guarded(&[EAST], guard(LAG, Reach::Here)));
    let watch = |world: &World, seen| {
        let guard = world.policy.guards_in(&EAST.into()).remove(0);
        Watch { region: EAST.into(), as_of: world.now, guards: vec![Watched { guard, seen }] }
    };
    assert!(is_news(&world.state.guards, &watch(&world, level(0.1))));
    see(&mut world, EAST, level(0.1));
    assert!(!is_news(&world.state.guards, &watch(&world, level(4.9))));
    assert!(is_news(&world.state.guards, &watch(&world, level(5.1))));
    assert!(is_news(&world.state.guards, &watch(&world, Seen::Unknown { why: Missing::FirstReading })));
}

#[test]
fn a_person_s_freeze_holds_whatever_runs_there_until_it_is_ended() {
    let mut world = waiting(policy(&[EAST, WEST]));
    let frozen = |on| {
        let (by, reason) = (Line::name("ann").unwrap(), Line::reason("audit").unwrap());
        Fact::Frozen(Frozen { region: EAST.into(), on, by, reason })
    };
    world.tell(frozen(true));
    world.open(EAST, Some("v9"), HeardBy::ConfirmRollout);
    assert!(world.reasons(EAST).iter().any(|r| r.to_string() == "frozen by ann: audit"));
    assert!(!world.holds_for(WEST, |r| matches!(r, Reason::FrozenBy { .. })));
    world.tell(frozen(false));
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_window_of_the_policy_holds_until_the_last_that_is_open_ends() {
    let mut policy = policy(&[EAST]);
    let begun = World::new(policy.clone()).now;
    let window = |min, reason: &str| Freeze {
        reason: reason.into(),
        zone: "UTC".into(),
        when: FreezeWhen::Once { since: begun, until: begun + Span::from_min(min) },
        regions: Vec::new(),
    };
    policy.across.freezes = vec![window(20, "holidays"), window(10, "audit")];
    let mut world = waiting(policy);
    assert_eq!(world.reasons(EAST)[0].to_string(), "frozen for 17m more: holidays");
    world.look_at(begun + Span::from_min(20));
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn what_was_seen_at_an_instant_that_is_still_to_come_is_not_fresh() {
    let mut world = waiting(guarded(&[EAST], guard(LAG, Reach::Here)));
    see(&mut world, EAST, level(0.2));
    let age = world.policy.max_age() + Span::from_s(1);
    // The clock is set back; what is seen from here on is older than what is known, and so not learned.
    world.look_at(world.now - age);
    assert!(matches!(guards_of(&world, EAST)[..], [Finding::Old { .. }]), "{:?}", world.decision(EAST));
    let ask =
        |now| answer(Hook::ConfirmTrafficIncrease, Some(world.rollout(EAST)), Some(world.seen(EAST)), now);
    assert!(ask(world.now).line.contains("clock"), "{}", ask(world.now).line);
}

#[test]
fn a_failover_under_way_outlives_a_change_of_its_guard() {
    let failover = |settle| Rule::Failover { settle, writers: None };
    let mut world = waiting(guarded(&[EAST], guard(failover(Span::from_min(10)), Reach::Here)));
    see(&mut world, EAST, names(&["db-1"]));
    see(&mut world, EAST, names(&["db-2"]));
    assert!(!world.advances(EAST));
    world.policy.across.guards = vec![guard(failover(Span::from_min(5)), Reach::Here)];
    see(&mut world, EAST, names(&["db-2"]));
    assert!(
        matches!(guards_of(&world, EAST)[..], [Finding::WriterMoved { .. }]),
        "{:?}",
        world.decision(EAST)
    );
    // A source that is away while the guard changes makes nobody forget who wrote.
    let mut world = waiting(guarded(&[EAST], guard(failover(Span::from_min(10)), Reach::Here)));
    see(&mut world, EAST, names(&["db-1"]));
    world.policy.across.guards = vec![guard(failover(Span::from_min(5)), Reach::Here)];
    see(&mut world, EAST, Seen::Unknown { why: Missing::FirstReading });
    see(&mut world, EAST, names(&["db-2"]));
    assert!(
        matches!(guards_of(&world, EAST)[..], [Finding::WriterMoved { .. }]),
        "{:?}",
        world.decision(EAST)
    );
}

#[test]
fn the_writer_of_a_region_that_the_policy_no_longer_has_is_none_too_many() {
    let rule = Rule::Failover { settle: Span::ZERO, writers: Some(1) };
    let mut world = waiting(guarded(&[EAST, WEST], guard(rule, Reach::Everywhere)));
    see(&mut world, WEST, names(&["db-1"]));
    see(&mut world, EAST, names(&[]));
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
    // West is taken out, and what it had writes in the east.
    world.policy.regions.truncate(1);
    world.open(EAST, Some("v3"), HeardBy::ConfirmRollout);
    see(&mut world, EAST, names(&["db-1"]));
    see(&mut world, EAST, names(&["db-1"]));
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
    assert!(world.look.guards.iter().filter(|g| g.region == EAST.into()).all(|g| g.holds.is_none()));
}

#[test]
fn another_region_s_load_that_is_not_known_is_no_load_of_zero() {
    let rule = Rule::Capacity { target: 0.6, carry: vec![Carry::Failover] };
    let mut world = waiting(guarded(&[EAST, WEST], guard(rule, Reach::Here)));
    let pods = |most| Seen::Pods(Pods { current: 4.0, primary: Some(4.0), utilisation: 0.6, most });
    see(&mut world, WEST, pods(10.0));
    see(&mut world, EAST, pods(6.0));
    assert!(!world.advances(EAST), "west's load would not fit");
    see(&mut world, WEST, Seen::Unknown { why: Missing::FirstReading });
    assert_eq!(guards_of(&world, EAST), [Finding::LoadUnknown { of: WEST.into() }]);
    let max_age = world.policy.max_age();
    see(&mut world, WEST, pods(10.0));
    world.now = world.now + max_age;
    see(&mut world, EAST, pods(10.0));
    assert_eq!(guards_of(&world, EAST), [Finding::LoadUnknown { of: WEST.into() }]);
    see(&mut world, WEST, pods(10.0));
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_freeze_takes_back_what_was_approved_before_and_not_what_is_approved_after() {
    let mut world = waiting(guarded(&[EAST], guard(LAG, Reach::Here)));
    world.order(EAST, Order::Approve { weight: 0 });
    assert!(world.advances(EAST));
    let (by, reason) = (Line::name("bob").unwrap(), Line::reason("audit").unwrap());
    world.tell(Fact::Frozen(Frozen { region: EAST.into(), on: true, by, reason }));
    assert!(world.holds_for(EAST, |r| matches!(r, Reason::FrozenBy { .. })), "{:?}", world.decision(EAST));
    world.order(EAST, Order::Approve { weight: 0 });
    assert!(world.advances(EAST), "whoever approves now has seen the freeze");
}
