//! What goes into the store at each look: the facts, the looks, and where each rollout stands.

use haldane_core::fact::Entry;
use haldane_core::headline::{headline, standing};
use haldane_core::increment::Region;
use haldane_core::report::{Decision, Look, RegionLook};
use haldane_core::state::{Rollout, ServiceState};
use haldane_store::{FactRecord, LookRecord, RolloutRecord, Transaction};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::mem::discriminant;

/// What is kept of a rollout beside its columns.
#[derive(Serialize)]
struct Standing<'a> {
    standing: &'a str,
    headline: &'a str,
    weight: Option<u32>,
}

/// The digest of a state: equal digests mean equal states, bit for bit.
pub(crate) fn digest(state: &ServiceState) -> Result<String, serde_json::Error> {
    let bytes = serde_json::to_vec(state)?;
    Ok(Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect())
}

/// The transaction that records `entries` and what they led to. Looks are kept for the regions that the entries
/// concern, and for those whose decision they changed, or why it is what it is: a region that waits is told of what happens
/// elsewhere.
pub(super) fn transaction(
    service: &str,
    entries: &[Entry],
    state: &ServiceState,
    look: &Look,
    before: &Look,
) -> Result<Transaction, serde_json::Error> {
    let touched: BTreeSet<&Region> = entries.iter().map(|e| e.fact.region()).collect();
    let changed = |r: &RegionLook| before.region(&r.region).is_none_or(|b| differs(&b.decision, &r.decision));
    let kept: Vec<&RegionLook> =
        look.regions.iter().filter(|r| touched.contains(&r.region) || changed(r)).collect();
    let state_digest = digest(state)?;
    let mut transaction = Transaction::default();
    for entry in entries {
        let body = serde_json::to_string(entry)?;
        transaction.facts.push(FactRecord { service: service.to_owned(), as_of: entry.at, body });
    }
    for region_look in kept {
        transaction.looks.push(LookRecord {
            rollout: region_look.rollout.0.clone(),
            service: service.to_owned(),
            region: region_look.region.clone(),
            as_of: region_look.as_of,
            state_digest: state_digest.clone(),
            body: serde_json::to_string(region_look)?,
        });
        if let Some(rollout) = state.rollouts.get(&region_look.region) {
            transaction.rollouts.push(rollout_record(service, rollout, region_look)?);
        }
    }
    Ok(transaction)
}

/// Whether two decisions differ in more than the numbers of their reasons.
fn differs(a: &Decision, b: &Decision) -> bool {
    let kinds = |decision: &Decision| decision.reasons().iter().map(discriminant).collect::<Vec<_>>();
    a.name() != b.name() || kinds(a) != kinds(b)
}

fn rollout_record(
    service: &str,
    rollout: &Rollout,
    look: &RegionLook,
) -> Result<RolloutRecord, serde_json::Error> {
    let (standing, headline) = (standing(look).name(), headline(look, &rollout.policy));
    let ended = rollout.stage.ended();
    let body = Standing { standing, headline: &headline, weight: look.weight };
    Ok(RolloutRecord {
        id: rollout.id.0.clone(),
        service: service.to_owned(),
        region: rollout.region.clone(),
        release: rollout.release.clone(),
        opened: rollout.opened,
        closed: ended,
        outcome: ended.map(|_| standing.to_owned()),
        body: serde_json::to_string(&body)?,
    })
}
