//! Whole queries, in PromQL: those that nothing here can merge, each asked once for all who put the same words.
//!
//! A thousand policies that guard the same database ask one question about it, not a thousand. What is answered is what
//! stands now, so no window is cut and nothing is split.

use super::super::answer::Matrix;
use super::super::client::Session;
use super::core::Core;
use super::fault::is_down;
use super::traffic::{Tally, Weights};
use super::{Hub, Member};
use futures_util::future::join_all;
use haldane_core::increment::{Missing, Region};
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The most series of one answer. What needs more of them to say how a place is says nothing that a person can act on.
pub(crate) const MOST_SERIES: usize = 1000;

type Answer = Result<Matrix, Missing>;

/// One member's queries of one poll, and where the answers go.
#[derive(Debug)]
pub(super) struct Whole {
    region: Region,
    queries: Vec<String>,
    at: Timestamp,
    reply: oneshot::Sender<Vec<Answer>>,
}

/// A question: its words and its instant in milliseconds, as the source reads it.
type Key<'a> = (&'a str, i64);

impl Member {
    /// What each query gives at `at` in the source's time, in the order of the queries.
    pub(crate) async fn vectors(&self, queries: &[String], at: Timestamp) -> Vec<Answer> {
        if queries.is_empty() {
            return Vec::new();
        }
        let (reply, answer) = oneshot::channel();
        let whole = Whole { region: self.region.clone(), queries: queries.to_vec(), at, reply };
        let hub = &self.hub;
        if let Some(is_full) = hub.wholes.add(whole, hub.members()) {
            let (hub, window) = (hub.clone(), self.window());
            tokio::spawn(async move {
                let asked = hub.wholes.close(&is_full, window).await;
                hub.answer(asked).await;
            });
        }
        let lost = |_| queries.iter().map(|_| Err(self.source().timed_out())).collect();
        answer.await.unwrap_or_else(lost)
    }
}

impl Hub {
    async fn answer(&self, asked: Vec<Whole>) {
        let core = &self.core;
        let questions = questions(&asked);
        let answers: BTreeMap<Key<'_>, Answer> = match core.source.session() {
            Ok(session) => {
                let each = questions
                    .into_iter()
                    .map(async |(key, regions)| (key, ask(core, &session, key, regions).await));
                join_all(each).await.into_iter().collect()
            }
            Err(why) => questions.into_keys().map(|key| (key, Err(why.clone()))).collect(),
        };
        learn(core, &answers);
        let given = |whole: &Whole| -> Vec<Answer> {
            let one = |query: &String| answers.get(&(query.as_str(), ms(whole.at))).cloned();
            whole.queries.iter().map(|q| one(q).unwrap_or_else(|| Err(core.source.timed_out()))).collect()
        };
        let given: Vec<_> = asked.iter().map(given).collect();
        // Whoever asked may have given up.
        asked.into_iter().zip(given).for_each(|(whole, answers)| drop(whole.reply.send(answers)));
    }
}

/// Every question once, with the regions that put it.
fn questions(asked: &[Whole]) -> BTreeMap<Key<'_>, Weights> {
    let mut questions: BTreeMap<Key<'_>, Weights> = BTreeMap::new();
    for whole in asked.iter().filter(|whole| !whole.reply.is_closed()) {
        for query in &whole.queries {
            let regions = questions.entry((query.as_str(), ms(whole.at))).or_default();
            *regions.entry(whole.region.clone()).or_default() += 1;
        }
    }
    questions
}

/// Asks one, for as long as members can still use an answer: they give up at the deadline, which began earlier.
async fn ask(core: &Core, session: &Session<'_>, (query, ms): Key<'_>, regions: Weights) -> Answer {
    let tally = Arc::new(Tally::default());
    let asked = async {
        let Ok(_place) = core.places.acquire().await else { return Err(core.source.timed_out()) };
        session.counting(tally.clone()).vector(query, Timestamp::from_us(ms * 1000), MOST_SERIES).await
    };
    let answer = tokio::time::timeout(core.source.deadline() * 4 / 5, asked).await;
    core.books.charge(&regions, tally.take());
    answer.unwrap_or_else(|_| Err(core.source.timed_out()))
}

/// A source that refuses one query is there; one that answers none is not.
fn learn(core: &Core, answers: &BTreeMap<Key<'_>, Answer>) {
    let down = |answer: &Answer| answer.as_ref().err().filter(|why| is_down(why)).cloned();
    match answers.values().map(down).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().next()) {
        Some(why) => core.failed(&why),
        None if answers.is_empty() => {}
        None => core.breaker.succeeded(),
    }
}

fn ms(at: Timestamp) -> i64 {
    (at.as_us() + 500).div_euclid(1000)
}
