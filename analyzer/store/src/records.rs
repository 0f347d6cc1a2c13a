//! What goes in and what comes out.
//!
//! Columns exist for what is searched, ordered or retained by; the rest is in the body, so that what a look or a
//! fact says can grow without a migration.

use haldane_core::increment::Region;
use haldane_core::time::Timestamp;

/// Something learned about a service: an increment, an event, a person's order. Its state is the fold of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactRecord {
    /// The service; not empty.
    pub service: String,
    /// The instant that the fact speaks of.
    pub as_of: Timestamp,
    /// The fact, JSON.
    pub body: String,
}

/// One evaluation, as the caller gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookRecord {
    /// The rollout's id; not empty.
    pub rollout: String,
    /// The service; not empty.
    pub service: String,
    /// The region; not empty.
    pub region: Region,
    /// The instant looked at.
    pub as_of: Timestamp,
    /// Digest of the state after the look; replay must reach the same.
    pub state_digest: String,
    /// The look, JSON.
    pub body: String,
}

/// One release in one region. Written again under the same id, it replaces what was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutRecord {
    /// The id minted when it opened; not empty.
    pub id: String,
    /// The service; not empty.
    pub service: String,
    /// The region; not empty.
    pub region: Region,
    /// The release, where it is known.
    pub release: Option<String>,
    /// When it opened.
    pub opened: Timestamp,
    /// When it closed; none while it is open.
    pub closed: Option<Timestamp>,
    /// How it ended, once that is known.
    pub outcome: Option<String>,
    /// The rest, JSON.
    pub body: String,
}

/// One answer given to Flagger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookRecord {
    /// When it was answered.
    pub at: Timestamp,
    /// The service, as the payload names it.
    pub service: String,
    /// The region, as the address names it.
    pub region: Region,
    /// The hook's name.
    pub hook: String,
    /// The rollout it was answered for, if there was one.
    pub rollout: Option<String>,
    /// The body of the request as it came; it need not be JSON.
    pub payload: String,
    /// The HTTP status answered.
    pub status: u16,
    /// The line answered, plain text.
    pub line: String,
}

/// What a service counted in a region while no rollout was under way.
///
/// One service, region, instant and origin is one record: written again, it replaces what was there, because an
/// interval counts once however often it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRecord {
    /// The service; not empty.
    pub service: String,
    /// The region; not empty.
    pub region: Region,
    /// The end of the interval counted.
    pub as_of: Timestamp,
    /// Where the counts come from.
    pub origin: HistoryOrigin,
    /// The counts, JSON.
    pub body: String,
}

/// Where a record of history comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryOrigin {
    /// Measured in the region.
    Scraped,
    /// Made up, for a demonstration or a trial.
    Synthetic,
}

impl HistoryOrigin {
    /// The word in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scraped => "scraped",
            Self::Synthetic => "synthetic",
        }
    }

    /// The origin that the database's word names; the schema admits no other word.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Scraped, Self::Synthetic].into_iter().find(|origin| origin.name() == name)
    }
}

/// Everything that one commit writes: all of it or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    /// Facts, in order; each gets the next position.
    pub facts: Vec<FactRecord>,
    /// Looks; each is tied to its service's last fact, those of this transaction included.
    pub looks: Vec<LookRecord>,
    /// Rollouts, new or changed.
    pub rollouts: Vec<RolloutRecord>,
    /// Answers that must not be lost, such as a permission.
    pub hooks: Vec<HookRecord>,
    /// History.
    pub history: Vec<HistoryRecord>,
}

/// What a commit gave: the positions of its facts, which are consecutive. None when it had no facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The position of its first fact.
    pub first_fact_seq: Option<i64>,
    /// The position of its last fact.
    pub last_fact_seq: Option<i64>,
}

/// A fact that is in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFact {
    /// Its position among the facts of all services, from 1; increasing, not consecutive per service.
    pub seq: i64,
    /// The instant that it speaks of.
    pub as_of: Timestamp,
    /// The fact, JSON.
    pub body: String,
}

/// A look that is in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLook {
    /// Its position among all looks, from 1.
    pub seq: i64,
    /// The service's last fact that it knew; 0 when there was none. Replaying up to this fact gives its state.
    pub fact_seq: i64,
    /// The look.
    pub look: LookRecord,
}

/// Which rollouts to list; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RolloutFilter {
    /// Only those of this service.
    pub service: Option<String>,
    /// Only those in this region.
    pub region: Option<Region>,
    /// Only those that have not closed.
    pub open_only: bool,
}

/// What retention removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Records of history.
    pub history: u64,
    /// Records of hooks.
    pub hooks: u64,
}
