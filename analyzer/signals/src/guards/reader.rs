//! One region's guards, read from its Prometheus at every poll.
//!
//! It is a member of the hub of its own: it asks beside the region's requests and waits neither for them nor makes them wait,
//! because a place has to be watched also where no request can be counted.

use super::ask::Words;
use super::plan::{Answer, Plan};
use crate::prometheus::hub::{Hub, Member, Question};
use crate::prometheus::offset::Offset;
use futures_util::future::join;
use haldane_core::guard::Watched;
use haldane_core::increment::{Missing, Region};
use haldane_core::time::{Span, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// Reads one region's guards.
pub struct GuardReader {
    plan: Plan,
    /// Absent where nothing is asked: whoever never asks would make all others wait.
    member: Option<Member>,
    offset: Mutex<Offset>,
}

/// What was answered, and for which instant of the source's time.
pub(super) struct Heard {
    pub(super) at: Timestamp,
    pub(super) answers: Vec<Answer>,
}

impl GuardReader {
    /// One that asks `hub`'s source what `plan` says, this often.
    pub fn new(plan: Plan, hub: &Arc<Hub>, region: Region, poll: Span) -> Self {
        let asks = plan.asks().next().is_some();
        Self { member: asks.then(|| hub.join(region, poll)), plan, offset: Mutex::default() }
    }

    /// What each guard sees as of `as_of`, in the policy's order, in no longer than the source's deadline. What does not
    /// answer is unknown.
    pub async fn poll(&self, as_of: Timestamp) -> Vec<Watched> {
        match self.heard(as_of).await {
            Ok(Heard { at, answers }) => self.plan.read(answers, at),
            Err(why) => self.plan.unknown(&why),
        }
    }

    pub(super) const fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) async fn heard(&self, as_of: Timestamp) -> Result<Heard, Missing> {
        let Some(member) = &self.member else { return Ok(Heard { at: as_of, answers: Vec::new() }) };
        let asked = tokio::time::timeout(member.source().deadline(), self.ask(member, as_of)).await;
        asked.unwrap_or_else(|_| Err(member.source().timed_out()))
    }

    async fn ask(&self, member: &Member, as_of: Timestamp) -> Result<Heard, Missing> {
        let heard = member.time().await?;
        let ahead = {
            let mut offset = self.offset.lock().unwrap_or_else(PoisonError::into_inner);
            offset.measure(heard.sent, heard.received, heard.source);
            offset.get()
        };
        let at = (as_of + ahead) - member.source().settles();
        let (mut questions, mut queries) = (Vec::new(), Vec::new());
        for ask in self.plan.asks() {
            match &ask.words {
                Words::Samples(selector, range) => {
                    questions.push(Question { selector: selector.clone(), range: *range });
                }
                Words::Query(text) => queries.push(text.clone()),
            }
        }
        let (samples, vectors) = join(member.samples(&questions, at), member.vectors(&queries, at)).await;
        let (mut samples, mut vectors) = (samples.into_iter(), vectors.into_iter());
        let lost = || Err(member.source().timed_out());
        let answer = |ask: &super::ask::Ask| {
            let answer = if ask.is_query() { vectors.next() } else { samples.next() };
            answer.unwrap_or_else(lost)
        };
        Ok(Heard { at, answers: self.plan.asks().map(answer).collect() })
    }
}
