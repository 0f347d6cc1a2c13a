//! The full report of one rollout: its policy, every fact, every look, every answer given to Flagger.
//!
//! All instants are microseconds since the epoch, all lengths of time microseconds, all evidence natural logarithms.

use haldane_core::fact::{Entry, Fact, Opened};
use haldane_core::headline::{headline, standing};
use haldane_core::increment::Region;
use haldane_core::policy::Policy;
use haldane_core::report::RegionLook;
use haldane_core::time::Timestamp;
use haldane_store::{HookRecord, RolloutRecord, Store, StoreError, StoredFact, StoredLook};
use serde::Serialize;
use thiserror::Error;

/// Answers that a report lists at most; the newest.
const MOST_ANSWERS: u32 = 5_000;

/// The account of one rollout.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RolloutReport {
    /// Its id.
    pub id: String,
    /// `namespace/name`.
    pub service: String,
    /// Where.
    pub region: Region,
    /// Which release, if the hooks named it.
    pub release: Option<String>,
    /// When it opened.
    pub opened: Timestamp,
    /// When it ended, if it has.
    pub closed: Option<Timestamp>,
    /// How it stands, in one word.
    pub standing: &'static str,
    /// What is happening, why, and what comes next.
    pub headline: String,
    /// The policy that judged it.
    pub policy: Policy,
    /// Every look, oldest first.
    pub looks: Vec<RegionLook>,
    /// Every fact of its region while it was under way, oldest first.
    pub facts: Vec<Entry>,
    /// Every answer given to Flagger, oldest first.
    pub answers: Vec<AnswerGiven>,
}

/// One answer given to Flagger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerGiven {
    /// When.
    pub at: Timestamp,
    /// To which hook.
    pub hook: String,
    /// The HTTP status.
    pub status: u16,
    /// The line.
    pub line: String,
}

/// Why a report cannot be told.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The store does not answer.
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    /// There is no such rollout.
    #[error("no rollout {0}; `haldane report` without an id lists those that there are")]
    NoSuchRollout(String),
    /// What is stored is not of this version.
    #[error("rollout {0} cannot be read: use the version of haldane that wrote the store")]
    Unreadable(String, #[source] serde_json::Error),
    /// A rollout without its opening or without any look.
    #[error("rollout {0} is incomplete in the store: its opening or its looks are missing")]
    Incomplete(String),
}

/// What the store holds of one rollout.
pub(super) struct Stored {
    pub(super) record: RolloutRecord,
    pub(super) facts: Vec<StoredFact>,
    pub(super) looks: Vec<StoredLook>,
    pub(super) answers: Vec<HookRecord>,
}

/// Everything stored about rollout `id`.
pub(super) async fn stored(store: &Store, id: &str) -> Result<Stored, ReportError> {
    let record = store.rollout(id).await?.ok_or_else(|| ReportError::NoSuchRollout(id.to_owned()))?;
    let looks = store.looks(id).await?;
    let last = looks.last().map_or(0, |l| l.fact_seq);
    let facts = store.facts_up_to(&record.service, last).await?;
    let mut answers = store.hooks(id, MOST_ANSWERS).await?;
    answers.reverse();
    Ok(Stored { record, facts, looks, answers })
}

/// The report as it was written, look by look.
pub async fn from_store(store: &Store, id: &str) -> Result<RolloutReport, ReportError> {
    let stored = stored(store, id).await?;
    let read = |l: &StoredLook| serde_json::from_str(&l.look.body).map_err(unreadable(id));
    let looks = stored.looks.iter().map(read).collect::<Result<Vec<RegionLook>, _>>()?;
    assemble(stored, looks)
}

pub(super) fn unreadable(id: &str) -> impl Fn(serde_json::Error) -> ReportError + '_ {
    move |source| ReportError::Unreadable(id.to_owned(), source)
}

/// Puts a report together from what is stored and the looks at it, wherever those come from.
pub(super) fn assemble(stored: Stored, looks: Vec<RegionLook>) -> Result<RolloutReport, ReportError> {
    let Stored { record, facts, answers, .. } = stored;
    let id = record.id;
    let mut entries = Vec::new();
    for fact in &facts {
        entries.push(serde_json::from_str::<Entry>(&fact.body).map_err(unreadable(&id))?);
    }
    let incomplete = || ReportError::Incomplete(id.clone());
    let (opened, facts) = of_rollout(entries, &id, &record.region).ok_or_else(incomplete)?;
    let last = looks.last().ok_or_else(incomplete)?;
    Ok(RolloutReport {
        standing: standing(last).name(),
        headline: headline(last, &opened.policy),
        service: record.service,
        region: record.region,
        release: last.release.clone(),
        opened: record.opened,
        closed: last.stage.ended(),
        policy: opened.policy,
        looks,
        facts,
        answers: answers.into_iter().map(given).collect(),
        id,
    })
}

fn given(record: HookRecord) -> AnswerGiven {
    AnswerGiven { at: record.at, hook: record.hook, status: record.status, line: record.line }
}

/// The opening of rollout `id`, and the facts of its region from there to the next opening.
fn of_rollout(entries: Vec<Entry>, id: &str, region: &Region) -> Option<(Opened, Vec<Entry>)> {
    let of_region = entries.into_iter().filter(|e| e.fact.region() == region);
    let mut opened = None;
    let mut facts = Vec::new();
    for entry in of_region {
        match (&entry.fact, &opened) {
            (Fact::Opened(o), None) if o.rollout.0 == id => opened = Some((**o).clone()),
            (Fact::Opened(_), Some(_)) => break,
            (_, None) => continue,
            (_, Some(_)) => {}
        }
        facts.push(entry);
    }
    Some((opened?, facts))
}
