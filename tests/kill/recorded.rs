//! What the API says to be recorded, byte for byte, and what it may say about counts.

use crate::service::Service;
use crate::world::World;
use haldane_core::fact::{Entry, Fact};
use haldane_core::increment::{Arm, Counts, Reading};
use haldane_core::report::RegionLook;
use haldane_core::signal::Signal;
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;

/// The lists of a report, as the text between their brackets: equal text is equal to the last byte.
pub(crate) struct Recorded {
    looks: String,
    facts: String,
    pub(crate) answers: String,
}

impl Recorded {
    /// What `service` has acknowledged of rollout `id`.
    pub(crate) async fn of(service: &Service, id: &str) -> Self {
        Self::read(&service.get(&format!("api/v1/rollouts/{id}")).await)
    }

    fn read(report: &str) -> Self {
        let (_, lists) = report.split_once("\"looks\":[").expect("a report has looks");
        let (looks, lists) = lists.split_once("],\"facts\":[").expect("a report has facts");
        let (facts, answers) = lists.split_once("],\"answers\":[").expect("a report has answers");
        let answers = answers.strip_suffix("]}").expect("answers come last");
        let [looks, facts, answers] = [looks, facts, answers].map(str::to_owned);
        Self { looks, facts, answers }
    }

    /// Fails unless this begins with every byte of `before`.
    #[track_caller]
    pub(crate) fn assert_continues(&self, before: &Self) {
        for (list, now, before) in [
            ("looks", &self.looks, &before.looks),
            ("facts", &self.facts, &before.facts),
            ("answers", &self.answers, &before.answers),
        ] {
            assert!(!before.is_empty(), "no {list} were recorded before: nothing is proved");
            let rest = now.strip_prefix(before.as_str());
            let continues = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(','));
            assert!(continues, "{list} were\n{before}\nand are now\n{now}");
        }
    }

    /// The facts.
    pub(crate) fn facts(&self) -> Vec<Entry> {
        serde_json::from_str(&format!("[{}]", self.facts)).unwrap()
    }

    /// The looks.
    pub(crate) fn looks(&self) -> Vec<RegionLook> {
        serde_json::from_str(&format!("[{}]", self.looks)).unwrap()
    }

    /// Fails if a request was counted twice: intervals of a signal overlap, or more was counted than was served.
    #[track_caller]
    pub(crate) fn assert_counted_once(&self, world: &World) {
        let mut ends: BTreeMap<Signal, Timestamp> = BTreeMap::new();
        let mut totals: BTreeMap<(Signal, Arm), (f64, f64)> = BTreeMap::new();
        for entry in self.facts() {
            let Fact::Polled(increment) = entry.fact else {
                continue;
            };
            for (signal, reading) in increment.signals {
                let Reading::Counted { since, canary, primary, .. } = reading else {
                    continue;
                };
                let end = ends.insert(signal, increment.as_of);
                assert!(since < increment.as_of, "{signal}: {since:?} to {:?}", increment.as_of);
                assert!(end.is_none_or(|end| end <= since), "{signal}: {end:?} lies after {since:?}");
                for (arm, counts) in [(Arm::Canary, canary), (Arm::Primary, primary)] {
                    let Counts { bad, total, .. } = counts.unwrap_or_default();
                    let sum = totals.entry((signal, arm)).or_default();
                    *sum = (sum.0 + bad, sum.1 + total);
                }
            }
        }
        for ((signal, arm), (bad, total)) in totals {
            let served = world.pods.total(match arm {
                Arm::Canary => haldane_pods::Arm::Canary,
                Arm::Primary => haldane_pods::Arm::Primary,
            });
            let bad_served =
                if signal == Signal::P99Latency { served.slower_than(200.0).unwrap() } else { served.errors };
            assert!(total > 0.0, "{signal} of {arm:?}: nothing was counted");
            assert!(total <= served.requests as f64, "{signal}: {total} counted of {}", served.requests);
            assert!(bad <= bad_served as f64, "{signal}: {bad} bad counted of {bad_served}");
        }
    }
}
