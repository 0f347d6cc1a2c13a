//! What every guard sees today, for a person who checks a policy before it is used.

use super::ask::Ask;
use super::plan::{Answer, Plan};
use super::reader::{GuardReader, Heard};
use haldane_core::guard::Watched;
use haldane_core::time::{Span, Timestamp};
use serde::Serialize;

/// One guard: what it asks, and what it sees.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GuardProbe {
    /// The guard, and what it sees.
    pub watched: Watched,
    /// Its questions.
    pub asks: Vec<AskProbe>,
}

/// One question of a guard.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AskProbe {
    /// The whole query, to be pasted into the source's own page.
    pub text: String,
    /// How many series it finds; absent where it was not answered.
    pub series: Option<usize>,
    /// The age of the newest sample in seconds, in the source's time.
    pub newest_age_s: Option<f64>,
}

impl GuardReader {
    /// Asks everything once, as a poll would.
    pub async fn probe(&self, as_of: Timestamp) -> Vec<GuardProbe> {
        let (watched, asks) = match self.heard(as_of).await {
            Ok(Heard { at, answers }) => return self.plan().probe(answers, at),
            Err(why) => (self.plan().unknown(&why), self.plan().asks().map(untold).collect()),
        };
        self.plan().probes(watched, asks)
    }
}

impl Plan {
    /// What each guard sees in the answers, with what was asked for it.
    pub(crate) fn probe(&self, answers: Vec<Answer>, at: Timestamp) -> Vec<GuardProbe> {
        let asks = self.asks().zip(&answers).map(|(ask, answer)| told(ask, answer, at)).collect();
        self.probes(self.read(answers, at), asks)
    }

    fn probes(&self, watched: Vec<Watched>, asks: Vec<AskProbe>) -> Vec<GuardProbe> {
        let mut asks = asks.into_iter();
        let each = self.guards.iter().zip(watched);
        let mut own = |planned: &super::plan::Planned| asks.by_ref().take(planned.asks.len()).collect();
        each.map(|(planned, watched)| GuardProbe { watched, asks: own(planned) }).collect()
    }
}

fn untold(ask: &Ask) -> AskProbe {
    AskProbe { text: ask.text(), series: None, newest_age_s: None }
}

fn told(ask: &Ask, answer: &Answer, at: Timestamp) -> AskProbe {
    let Ok(matrix) = answer else { return untold(ask) };
    let newest = matrix.series.iter().filter_map(|series| series.samples.last()).map(|(at, _)| *at).max();
    let age = newest.map(|newest| (at - newest).max(Span::ZERO).as_s());
    AskProbe { series: Some(matrix.series.len()), newest_age_s: age, ..untold(ask) }
}
