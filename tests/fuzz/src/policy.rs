//! The policy parser: what it accepts keeps every promise of the schema, survives being recorded, and can be judged by;
//! what it refuses is refused with a place, in words that fit a log.

use haldane::policy_file::{PolicyFileError, parse};
use haldane::sources::ScrapeSettings;
use haldane::sources::{OwnTemplates, RegionSource};
use haldane_clock::Clock;
use haldane_core::evidence::margin::MARGINS;
use haldane_core::fact::{Entry, Fact, HeardBy, Opened, RolloutId};
use haldane_core::fold::look;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, Sources, limit_text};
use haldane_core::state::ServiceState;
use haldane_core::time::{Span, Timestamp};
use haldane_signals::prometheus::hub::Hubs;
use std::collections::{BTreeMap, BTreeSet};

/// Feeds `data` to the policy parser.
pub fn policy(data: &[u8]) {
    // A file that is no text is refused by the reading of the file.
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse("policy.yaml", text) {
        Ok((policy, sources)) => {
            is_sound(&policy);
            is_the_same_when_recorded(&policy);
            has_its_sources(&policy, &sources);
            can_be_judged_by(&policy);
        }
        Err(error) => is_told(&error),
    }
}

fn is_sound(policy: &Policy) {
    assert!(policy.false_rollback > 0.0 && policy.false_rollback <= 0.2, "{policy:?}");
    assert!(policy.scrape_interval >= Span::from_s(1) && policy.max_age() > policy.bin(), "{policy:?}");
    assert!(!policy.steps.is_empty() && !policy.regions.is_empty());
    let mut below = 0;
    for step in &policy.steps {
        assert!(step.weight > below && step.weight <= 100, "{step:?}");
        assert!(step.settle >= Span::ZERO && step.settle < step.observe, "{step:?}");
        assert!(step.observe <= step.extend_up_to && step.observe >= policy.bin(), "{step:?}");
        assert!(MARGINS.contains(&step.prove), "{step:?}");
        below = step.weight;
    }
    let signals: BTreeSet<_> = policy.gates.iter().map(|g| g.signal).collect();
    assert_eq!(signals.len(), policy.gates.len(), "a signal is gated twice: {policy:?}");
    assert!(policy.gates.iter().any(|g| g.limit.is_some() && !g.report_only), "nothing has to be proved");
    for gate in &policy.gates {
        let limits = policy.regions.iter().filter_map(|r| policy.limit_in(&r.name, gate));
        for limit in gate.limit.into_iter().chain(limits) {
            assert!(limit.is_finite() && limit > 0.0, "{gate:?}");
            assert!(!limit_text(gate.signal, limit).is_empty());
        }
        assert!(gate.tolerate.is_none_or(|t| (1.0..=100.0).contains(&t)), "{gate:?}");
        assert!(gate.limit.is_some() || gate.tolerate.is_some(), "{gate:?}");
    }
    is_ordered(policy);
}

/// Every region can start some day: those it comes after exist, and none waits for itself.
fn is_ordered(policy: &Policy) {
    let mut started: BTreeSet<&Region> = BTreeSet::new();
    while started.len() < policy.regions.len() {
        let next = policy
            .regions
            .iter()
            .find(|r| !started.contains(&r.name) && r.after.iter().all(|a| started.contains(a)));
        let Some(next) = next else {
            assert!(started.len() == policy.regions.len(), "some region can never start: {policy:?}");
            return;
        };
        started.insert(&next.name);
    }
}

/// A rollout keeps its policy as JSON; what is read back at a restart must judge the same, bit for bit.
fn is_the_same_when_recorded(policy: &Policy) {
    let written = serde_json::to_string(policy).expect("a policy has no key that JSON cannot hold");
    let read: Policy = serde_json::from_str(&written).expect("what was recorded is read again");
    assert_eq!(&read, policy, "{written}");
}

/// Each region has one source, and making it ready is done or refused in words.
fn has_its_sources(policy: &Policy, sources: &Sources) {
    let regions: BTreeSet<&Region> = policy.regions.iter().map(|r| &r.name).collect();
    assert_eq!(regions, sources.metrics.keys().collect(), "{policy:?}");
    let clock = Clock::manual(Timestamp::from_s(0));
    // What is in authors' files and clusters is not this target's.
    let (hubs, own) = (Hubs::new(clock.clone()), OwnTemplates::new());
    for (region, source) in &sources.metrics {
        let made = RegionSource::new(policy, region, source, ScrapeSettings::default(), &clock, &hubs, &own);
        if let Err(problem) = made {
            assert!(!problem.is_empty() && !problem.contains('\n'), "{problem:?}");
        }
    }
}

/// A rollout can open under it in every region, and is then held: nothing has been counted.
fn can_be_judged_by(policy: &Policy) {
    let at = Timestamp::from_s(1_800_000_000);
    let opened = |region: &Region| Entry {
        at,
        fact: Fact::Opened(Box::new(Opened {
            rollout: RolloutId::mint(&policy.service, region, at),
            region: region.clone(),
            release: None,
            checksum: None,
            by: HeardBy::MidRun,
            policy: policy.clone(),
            history: BTreeMap::new(),
            pooled_fano: BTreeMap::new(),
        })),
    };
    let facts: Vec<Entry> = policy.regions.iter().map(|r| opened(&r.name)).collect();
    let (state, looked) = look(ServiceState::default(), &facts, at);
    assert_eq!(state.rollouts.len(), policy.regions.len());
    for region in &looked.regions {
        assert_eq!(region.decision.name(), "hold", "{region:?}");
    }
}

/// A refusal names the file, and one line holds one refusal: nothing in it comes from the file unescaped.
fn is_told(error: &PolicyFileError) {
    let text = error.to_string();
    assert!(!text.is_empty());
    for line in text.lines() {
        assert!(line.starts_with("policy.yaml:"), "{line:?}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}
