//! Replay: fold the stored facts again and compare every look with what was written, bit for bit.
//!
//! This is the proof that a decision rested on what is recorded and on nothing else.

use super::full::{ReportError, RolloutReport, assemble, stored, unreadable};
use crate::engine::digest;
use haldane_core::fact::Entry;
use haldane_core::fold::look;
use haldane_core::state::ServiceState;
use haldane_store::Store;
use serde::Serialize;

/// What a replay found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replay {
    /// Which rollout.
    pub rollout: String,
    /// How many facts were folded.
    pub facts: usize,
    /// How many looks were compared.
    pub looks: usize,
    /// Looks that came out differently, by position from 0; none if the replay agrees.
    pub differing: Vec<usize>,
    /// The report as folded again.
    #[serde(skip)]
    pub report: RolloutReport,
}

impl Replay {
    /// Whether every bit agrees.
    pub fn agrees(&self) -> bool {
        self.differing.is_empty()
    }
}

/// Replays rollout `id`.
pub async fn replay(store: &Store, id: &str) -> Result<Replay, ReportError> {
    let stored = stored(store, id).await?;
    let mut state = ServiceState::default();
    let mut facts = stored.facts.iter().peekable();
    let (mut looks, mut differing) = (Vec::new(), Vec::new());
    for (i, written) in stored.looks.iter().enumerate() {
        let mut entries: Vec<Entry> = Vec::new();
        while let Some(fact) = facts.next_if(|f| f.seq <= written.fact_seq) {
            entries.push(serde_json::from_str(&fact.body).map_err(unreadable(id))?);
        }
        let (folded, found) = look(state, &entries, written.look.as_of);
        state = folded;
        let region = found.regions.into_iter().find(|r| r.rollout.0 == id);
        let text = region.as_ref().map(serde_json::to_string).transpose().map_err(unreadable(id))?;
        let same_look = text.as_ref() == Some(&written.look.body);
        let same_state = digest(&state).map_err(unreadable(id))? == written.look.state_digest;
        if !(same_look && same_state) {
            differing.push(i);
        }
        looks.extend(region);
    }
    let (facts, compared) = (stored.facts.len(), stored.looks.len());
    let report = assemble(stored, looks)?;
    Ok(Replay { rollout: id.to_owned(), facts, looks: compared, differing, report })
}
