//! One source that many read: their questions of one tick, asked together.
//!
//! ```text
//! Member ─► gather (a tick's questions) ─► batch (groups that merge) ─► merge ─► Session ─► split ─► Member
//! ```
//!
//! What a source is asked must grow with regions and signals, not with services: a Prometheus that answers a thousand
//! services fifty questions each, every fifteen seconds, has no time left for people. So selectors of one shape become
//! one, and its answer is split here by the very matchers that were merged. Each member is answered exactly what it
//! would have been answered alone. Where this process cannot be certain of that (a regular expression that two engines
//! read differently, a sample just on the beginning of a window), it asks alone.
//!
//! A merged answer is bounded as a single one is. What does not fit, or is refused, is asked in halves, down to single
//! members: so one member's trouble stays its own, and is told as it always was.

mod batch;
mod breaker;
mod charge;
mod class;
mod core;
mod fault;
mod gather;
mod hubs;
mod index;
mod jitter;
mod member;
mod merge;
mod part;
mod pattern;
mod patterns;
mod question;
mod run;
mod seams;
mod slots;
mod split;
mod terms;
mod traffic;
mod whole;
mod window;

pub use hubs::{Hubs, SourceState};
pub use member::{Heard, Member};
pub use question::Question;
pub use traffic::Traffic;

pub(super) use terms::Terms;
pub(super) use traffic::{Books, Tally};
pub(crate) use whole::MOST_SERIES;

use self::core::Core;
use super::client::Source;
use batch::Entry;
use gather::Gather;
use haldane_clock::Clock;
use haldane_core::increment::{Missing, Region};
use haldane_core::time::Span;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::sync::oneshot;
use whole::Whole;

type Clocked = (Region, oneshot::Sender<Result<Heard, Missing>>);

/// One source and all who read it.
#[derive(Debug)]
pub struct Hub {
    core: Arc<Core>,
    rounds: Gather<Entry>,
    times: Gather<Clocked>,
    wholes: Gather<Whole>,
    jitter_us: i64,
}

impl Hub {
    pub(super) fn new(source: Source, clock: Clock) -> Self {
        let jitter = jitter::of(source.name());
        Self {
            jitter_us: i64::try_from(jitter.as_micros()).unwrap_or(0),
            core: Arc::new(Core::new(source, clock)),
            rounds: Gather::new(),
            times: Gather::new(),
            wholes: Gather::new(),
        }
    }

    /// A new reader for `region`, that polls this often.
    pub fn join(self: &Arc<Self>, region: Region, poll: Span) -> Member {
        self.core.joined(poll);
        Member { hub: self.clone(), region }
    }

    fn members(&self) -> usize {
        self.core.members.load(Relaxed)
    }
}
