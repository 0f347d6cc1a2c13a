//! Losses that are made up, through everything that a recorded one goes through.

use super::*;
use crate::reference;
use haldane_core::guard::{Carry, Guard, Reach, Rule};
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, Role};
use haldane_core::time::{Span, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const EAST: &str = "us-east";
const CENTRAL: &str = "eu-central";
const APAC: &str = "apac";
const T0: Timestamp = Timestamp::from_s(1_767_268_800);

fn guard(name: &str, rule: Rule, reach: Reach) -> Guard {
    Guard { name: name.to_owned(), rule, wait: Span::ZERO, regions: Vec::new(), reach }
}

/// The reference system: an active, a warm and a cold region, in this order.
fn policy() -> Policy {
    let mut policy = reference::policy(3, Span::from_s(30));
    let aims = [
        (EAST, Role::Active, None, None),
        (CENTRAL, Role::Warm, Some(5), Some(30)),
        (APAC, Role::Cold, Some(15), Some(120)),
    ];
    let names: Vec<Region> = aims.iter().map(|a| Region::from(a.0)).collect();
    for ((region, (name, role, rpo, rto)), index) in policy.regions.iter_mut().zip(aims).zip(0_usize..) {
        (region.name, region.role) = (name.into(), role);
        region.after = index.checked_sub(1).map(|i| names[i].clone()).into_iter().collect();
        (region.aims.rpo, region.aims.rto) = (rpo.map(Span::from_s), rto.map(Span::from_s));
    }
    policy.across.guards = vec![
        guard("region-up", Rule::RegionUp, Reach::Everywhere),
        guard("replication-lag", Rule::ReplicationLag { most: 5.0, bytes: false }, Reach::Here),
        guard("failover", Rule::Failover { settle: Span::from_min(10), writers: Some(1) }, Reach::Everywhere),
        guard("capacity", Rule::Capacity { target: 0.6, carry: vec![Carry::Own] }, Reach::Here),
    ];
    policy
}

fn loss_of_east() -> MadeUp {
    MadeUp {
        lost: EAST.into(),
        taker: CENTRAL.into(),
        lag_s: 3.0,
        detect: Span::from_s(5),
        takes: Span::from_s(10),
        back: Some(Span::from_min(15)),
        every: Span::from_s(1),
        lasts: Span::from_min(30),
        seed: 1,
    }
}

struct Drilled {
    loss: Between,
    takeover: Takeover,
    replayed: Replayed,
}

fn drill(loss_of: &MadeUp, under_way: Option<(&str, u32)>) -> Drilled {
    let policy = policy();
    let (samples, lost_at) = made_up(&policy, loss_of, T0);
    let recording = Recording::new(samples);
    let seen = loss(&recording, &loss_of.lost).unwrap();
    assert!(seen.after < lost_at && lost_at <= seen.at, "{seen:?} {lost_at:?}");
    let takeover = takeover((&recording, &policy), (&loss_of.lost, &loss_of.taker), seen);
    let under_way = under_way.map(|(region, weight)| UnderWay { region: region.into(), weight });
    let (told, left_out) = recorded_guards(&policy, &recording);
    assert_eq!(left_out.keys().collect::<Vec<_>>(), ["capacity"]);
    let replayed =
        replay(&Replay { policy: &told, recording: &recording, under_way: under_way.as_ref(), seed: 1 });
    Drilled { loss: seen, takeover, replayed }
}

fn kept(loss_of: &MadeUp) -> Vec<(String, Kind, Kept)> {
    let drilled = drill(loss_of, None);
    let found = objectives(&policy(), (&loss_of.lost, &loss_of.taker), &drilled.takeover);
    found.into_iter().map(|o| (o.region.0, o.kind, o.kept)).collect()
}

impl Drilled {
    fn lines(&self) -> Vec<String> {
        let line = |t: &Turn| format!("{:.0} {} {}", (t.at - self.loss.at).as_s(), t.region, t.told);
        self.replayed.turns.iter().map(line).collect()
    }

    /// The turns of `region` from `from_s` seconds after the loss on.
    fn after(&self, region: &str, from_s: i64) -> Vec<&Turn> {
        let from = self.loss.at + Span::from_s(from_s);
        self.replayed.turns.iter().filter(|t| t.region.0 == region && t.at >= from).collect()
    }
}

#[test]
fn a_takeover_within_its_objectives_is_measured_as_it_was_made() {
    let drilled = drill(&loss_of_east(), None);
    let rto = drilled.takeover.rto.clone().unwrap();
    assert!((rto.measured.as_s() - 15.0).abs() <= 1.0, "{rto:?}");
    assert!(rto.least <= rto.measured && rto.measured <= rto.most, "{rto:?}");
    assert!((rto.most - rto.least).as_s() <= 2.0, "{rto:?}");
    let rpo = drilled.takeover.rpo.unwrap();
    assert_eq!((rpo.seconds, rpo.lost_transactions), (3.0, None));
    let kept = kept(&loss_of_east());
    let of = |region: &str, kind, kept| (region.to_owned(), kind, kept);
    assert_eq!(
        kept,
        [
            of(CENTRAL, Kind::Rto, Kept::Met),
            of(CENTRAL, Kind::Rpo, Kept::Met),
            of(APAC, Kind::Rto, Kept::NotTested),
            of(APAC, Kind::Rpo, Kept::NotTested),
        ]
    );
}

#[test]
fn a_late_takeover_and_a_copy_that_is_behind_miss_their_objectives() {
    let slow = MadeUp { takes: Span::from_s(60), lag_s: 9.0, ..loss_of_east() };
    let kept = kept(&slow);
    assert_eq!(kept[0].2, Kept::Missed, "{kept:?}");
    assert_eq!(kept[1].2, Kept::Missed, "{kept:?}");
}

#[test]
fn samples_too_far_apart_cannot_tell_an_objective_that_lies_between_them() {
    let coarse = MadeUp { every: Span::from_s(20), ..loss_of_east() };
    let kept = kept(&coarse);
    assert!(matches!(kept[0].2, Kept::CannotBeTold(Untold::Coarse { .. })), "{kept:?}");
}

#[test]
fn a_release_in_the_standby_is_held_by_the_loss_and_by_the_failover_and_goes_on_when_that_has_settled() {
    let drilled = drill(&loss_of_east(), Some((CENTRAL, 50)));
    let lines = drilled.lines();
    let central = drilled.after(CENTRAL, 0);
    assert!(central.iter().any(|t| t.told.contains("guard region-up in us-east")), "{lines:#?}");
    assert!(central.iter().any(|t| t.told.contains("guard failover")), "{lines:#?}");
    assert!(lines.iter().all(|line| !line.contains("rollback")), "{lines:#?}");
    let before = drilled.replayed.open.iter().find(|o| o.region.0 == CENTRAL).unwrap();
    assert!(before.from < drilled.loss.at, "it might have gone on before: {lines:#?}");
    let held = before.to.unwrap() - drilled.loss.at;
    assert!(held <= Span::from_s(5 + 15 + 1), "held {held} after the loss: {lines:#?}");
    let again = drilled.replayed.open.iter().rfind(|o| o.region.0 == CENTRAL).unwrap();
    assert!(again.from > before.from && again.to.is_none(), "it goes on in the end: {lines:#?}");
    assert!(again.from - drilled.loss.at > Span::from_min(15), "not while it settles: {lines:#?}");
}

#[test]
fn the_same_seed_gives_the_same_turns() {
    let (a, b) = (drill(&loss_of_east(), None), drill(&loss_of_east(), None));
    assert_eq!(a.replayed, b.replayed);
}

#[test]
fn the_region_that_is_lost_and_the_one_that_takes_over_are_found() {
    let (policy, loss_of) = (policy(), loss_of_east());
    let recording = Recording::new(made_up(&policy, &loss_of, T0).0);
    assert_eq!(lost(&recording), [Region::from(EAST)]);
    let seen = loss(&recording, &EAST.into()).unwrap();
    assert_eq!(taker(&policy, &recording, &EAST.into(), seen), Some(CENTRAL.into()));
    let by_apac = Recording::new(made_up(&policy, &MadeUp { taker: APAC.into(), ..loss_of }, T0).0);
    assert_eq!(taker(&policy, &by_apac, &EAST.into(), seen), Some(APAC.into()));
}

#[test]
fn a_loss_that_nobody_recorded_is_named() {
    let policy = policy();
    let samples = made_up(&policy, &loss_of_east(), T0).0;
    let only = |keep: &dyn Fn(&Sample) -> bool| {
        Recording::new(samples.iter().filter(|sample| keep(sample)).cloned().collect())
    };
    let east = Region::from(EAST);
    assert!(matches!(loss(&only(&|s| s.region.0 != EAST), &east), Err(Untold::NotRecorded { .. })));
    assert!(matches!(loss(&only(&|s| s.at > T0 + Span::from_min(1)), &east), Err(Untold::LostBefore { .. })));
    assert!(matches!(loss(&only(&|s| s.at < T0), &east), Err(Untold::NeverLost { .. })));
    let short = only(&|s| s.at < T0 + Span::from_s(40));
    let seen = loss(&short, &east).unwrap();
    let found = takeover((&short, &policy), (&east, &CENTRAL.into()), seen);
    assert!(matches!(found.rto, Err(Untold::EndsTooSoon { .. })), "{found:?}");
}

#[test]
fn what_a_policy_could_never_keep_is_said() {
    let mut policy = policy();
    policy.scrape_interval = Span::from_s(5);
    assert_eq!(reserves(&policy), []);
    policy.across.guards[0].wait = Span::from_min(2);
    let found = reserves(&policy);
    let late = |region: &str, rto| Reserve::SeenLate {
        region: region.into(),
        rto: Span::from_s(rto),
        guard: "region-up".to_owned(),
        takes: Span::from_s(130),
    };
    assert_eq!(found, [late(CENTRAL, 30), late(APAC, 120)]);
    policy.across.guards.clear();
    assert!(reserves(&policy).iter().any(|r| matches!(r, Reserve::NothingSeesTheLag { .. })));
}

/// Samples that are lost, unknown, doubled, moved or of another kind: whatever a monitoring brings.
fn battered(samples: &[Sample], rng: &mut ChaCha8Rng) -> Vec<Sample> {
    let kept = rng.random_range(0..=samples.len());
    let mut battered = Vec::new();
    for sample in &samples[..kept] {
        let mut sample = sample.clone();
        match rng.random_range(0..12) {
            0 => continue,
            1 => sample.value = Value::Unknown,
            2 => sample.value = Value::Number([0.0, 1.0, 1e300][rng.random_range(0..3)]),
            3 => sample.value = Value::Names([format!("db-{}", rng.random_range(0..3))].into()),
            4 => sample.at = sample.at + Span::from_s(rng.random_range(-900..900)),
            5 => battered.push(sample.clone()),
            _ => {}
        }
        battered.push(sample);
    }
    battered
}

#[test]
fn whatever_is_recorded_is_answered_the_same_way_twice_and_an_objective_is_never_met_by_silence() {
    let policy = policy();
    let whole = made_up(&policy, &MadeUp { every: Span::from_s(5), ..loss_of_east() }, T0).0;
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for _ in 0..40 {
        let samples = battered(&whole, &mut rng);
        let recording = Recording::new(samples.clone());
        let (told, _) = recorded_guards(&policy, &recording);
        let under_way = UnderWay { region: CENTRAL.into(), weight: 5 };
        let setting = Replay { policy: &told, recording: &recording, under_way: Some(&under_way), seed: 1 };
        assert_eq!(replay(&setting), replay(&setting));
        for region in lost(&recording) {
            let seen = loss(&recording, &region).unwrap();
            assert!(seen.after < seen.at);
            let Some(by) = taker(&policy, &recording, &region, seen) else { continue };
            let found = takeover((&recording, &policy), (&region, &by), seen);
            if let Ok(rto) = &found.rto {
                assert!(rto.least <= rto.measured && rto.measured <= rto.most, "{rto:?}");
            }
            for objective in objectives(&policy, (&region, &by), &found) {
                let told = match objective.kind {
                    Kind::Rto => found.rto.is_ok(),
                    Kind::Rpo => found.rpo.is_ok(),
                };
                assert!(objective.kept != Kept::Met || told, "{objective:?}");
            }
        }
    }
}
