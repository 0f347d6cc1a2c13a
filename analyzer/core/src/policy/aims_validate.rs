//! Checks what a region has to keep beyond its limits: objectives of recovery, shares of traffic, a Canary of its own.
//!
//! Whether its verdict may rest on what it says needs the guards, too: `rests_validate`.

use super::aims::{Aims, RestsOn};
use super::draft::RegionDraft;
use super::names::is_kubernetes_name;
use super::refusal::Refusals;
use super::{RegionPolicy, units};
use crate::time::Span;

/// What the region at `path` has to keep.
pub(super) fn aims(path: &str, draft: &RegionDraft, refusals: &mut Refusals) -> Aims {
    let mut span = |key: &str, text: &Option<String>| -> Option<Span> {
        refusals.take(&format!("{path}.{key}"), units::span(text.as_deref()?))
    };
    let (rpo, rto) = (span("rpo", &draft.rpo), span("rto", &draft.rto));
    let traffic = draft.traffic.as_ref().and_then(|share| {
        refusals.take(
            &format!("{path}.traffic"),
            units::whole_share(&share.0, "a share of all traffic such as 50%"),
        )
    });
    let service = draft.service.clone().inspect(|service| self::service(path, service, refusals));
    let rests_on = rests_on(path, &draft.rests_on, refusals);
    Aims { service, rpo, rto, traffic, rests_on }
}

fn service(path: &str, service: &str, refusals: &mut Refusals) {
    let named = service.split_once('/');
    if !named.is_some_and(|(ns, name)| is_kubernetes_name(ns) && is_kubernetes_name(name)) {
        let cure = "write namespace/name of the Canary there, or leave it out where it is the policy's";
        refusals.add(format!("{path}.service"), format!("{service:?} names no Canary"), cure);
    }
}

fn rests_on(path: &str, words: &[String], refusals: &mut Refusals) -> Vec<RestsOn> {
    let mut all: Vec<RestsOn> = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let path = format!("{path}.restsOn[{i}]");
        match RestsOn::ALL.into_iter().find(|one| one.to_string() == *word) {
            Some(one) if all.contains(&one) => {
                refusals.add(path, format!("{one} is there twice"), "write it once")
            }
            Some(one) => all.push(one),
            None => {
                let names = RestsOn::ALL.map(|one| one.to_string()).join(", ");
                let problem = format!("no verdict can rest on {word:?}");
                refusals.add(path, problem, format!("write {names}"));
            }
        }
    }
    all
}

/// Together the regions cannot have more than all of the traffic.
pub(super) fn shares(regions: &[RegionPolicy], refusals: &mut Refusals) {
    let told: f64 = regions.iter().filter_map(|region| region.aims.traffic).sum();
    // Shares such as 33.3 % three times and 0.1 % are all of it, rounding apart.
    if told > 1.0 + 1e-9 {
        let last = regions.iter().rposition(|region| region.aims.traffic.is_some()).unwrap_or_default();
        let problem = format!("with it the regions have {} % of the traffic", units::short(told * 100.0));
        refusals.add(
            format!("spec.regions[{last}].traffic"),
            problem,
            "write shares that sum to 100% or less",
        );
    }
}
