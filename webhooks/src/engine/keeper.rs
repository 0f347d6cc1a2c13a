//! The keeper of one service: the only place where its state changes.
//!
//! One task, one message at a time: fold, record, publish, reply. What could not be recorded is not adopted; facts
//! that the world will not repeat (polls, events) are kept and recorded with the next message, everything else is
//! asked again by Flagger anyway.

use super::freezes::{FreezeOrder, Freezes, NotFrozen};
use super::handle::Published;
use super::intent::{Intent, intents};
use super::notify::Teller;
use super::opening::About;
use super::orders::{NotOrdered, Stands};
use super::past::Past;
use super::record;
use super::respond::{self, Answered};
use super::sighted;
use crate::flagger::payload::HookCall;
use haldane_core::answer::answer;
use haldane_core::cluster::{Seen, Sighting};
use haldane_core::fact::{Ending, Entry, Fact};
use haldane_core::fold::look;
use haldane_core::guard::Watch;
use haldane_core::history::PastIncrement;
use haldane_core::increment::{Increment, Region};
use haldane_core::order::Ordered;
use haldane_core::policy::Policy;
use haldane_core::report::Look;
use haldane_core::state::ServiceState;
use haldane_core::time::Timestamp;
use haldane_store::{HistoryOrigin, HistoryRecord, HookRecord, Store, Transaction};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// Facts kept for a store that is away; more than a day of polls of three regions.
const MOST_UNRECORDED: usize = 10_000;

/// What a keeper is told.
pub(super) enum Message {
    /// A poll brought this.
    Polled(Box<Increment>),
    /// The guards of a region were looked at.
    Guarded(Box<Watch>),
    /// What a source remembers of the primary from before it was polled, oldest first.
    Remembered(Vec<Increment>),
    /// The cluster shows something new.
    Sighted {
        /// Where.
        region: Region,
        /// What.
        seen: Seen,
        /// When.
        at: Timestamp,
    },
    /// A hook asks, and tells or would be given something.
    Asked {
        /// The call.
        call: Box<HookCall>,
        /// Where the answer goes.
        reply: oneshot::Sender<Answered>,
    },
    /// A person orders something.
    Ordered {
        /// What, of which run.
        ordered: Box<Ordered>,
        /// When.
        at: Timestamp,
        /// Where it is told what stands now.
        reply: oneshot::Sender<Result<Stands, NotOrdered>>,
    },
    /// A person freezes regions, or ends it.
    Frozen {
        /// What, where.
        order: Box<FreezeOrder>,
        /// When.
        at: Timestamp,
        /// Where it is told what is frozen now.
        reply: oneshot::Sender<Result<Freezes, NotFrozen>>,
    },
    /// Somebody wants to know when everything before this is done.
    Settle {
        /// Told when it is.
        reply: oneshot::Sender<()>,
    },
}

/// One service's keeper.
pub(super) struct Keeper {
    pub(super) policy: Arc<Policy>,
    pub(super) state: ServiceState,
    pub(super) look: Look,
    pub(super) past: Past,
    pub(super) unrecorded: Vec<Entry>,
    /// The newest look at each region's guards that was not worth a record.
    pub(super) unkept: BTreeMap<Region, Watch>,
    /// See [`Published`].
    pub(super) decided: BTreeMap<(Region, &'static str), u64>,
    pub(super) store: Store,
    /// Who has to know is told, if the policy says whom.
    pub(super) notify: Option<Teller>,
    pub(super) publish: watch::Sender<Arc<Published>>,
}

impl Keeper {
    /// Serves messages until every sender is gone.
    pub(super) async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        while let Some(message) = messages.recv().await {
            match message {
                Message::Polled(increment) => self.polled(*increment).await,
                Message::Guarded(watch) => self.guarded(*watch).await,
                Message::Remembered(past) => self.remembered(&past).await,
                Message::Sighted { region, seen, at } => self.sighted(region, seen, at).await,
                Message::Asked { call, reply } => {
                    let answered = self.asked(&call).await;
                    // Whoever asked may have given up waiting; the record stands.
                    let _ = reply.send(answered);
                }
                Message::Ordered { ordered, at, reply } => {
                    let stands = self.ordered(*ordered, at).await;
                    // As above: given is given.
                    let _ = reply.send(stands);
                }
                Message::Frozen { order, at, reply } => {
                    let stands = self.freeze(&order, at).await;
                    // As above.
                    let _ = reply.send(stands);
                }
                Message::Settle { reply } => {
                    let _ = reply.send(());
                }
            }
        }
    }

    async fn polled(&mut self, increment: Increment) {
        let history = self.remember(&increment);
        // It can change a verdict while there is a run or a bake anywhere: regions are each other's controls, and a verdict
        // may rest on all of them.
        let judged = self.is_under_way();
        if !judged && !self.in_trouble() {
            return self.keep_history(history).await;
        }
        let at = increment.as_of;
        let fact = judged.then_some(Fact::Polled(increment));
        let entries = fact.into_iter().map(|fact| Entry { at, fact }).collect();
        self.adopt(entries, Vec::new(), history, at).await;
    }

    /// A past is never judged: it only says how noisy the primary is.
    async fn remembered(&mut self, past: &[Increment]) {
        let history = past.iter().flat_map(|increment| self.remember(increment)).collect();
        self.keep_history(history).await;
    }

    async fn keep_history(&self, history: Vec<HistoryRecord>) {
        let transaction = Transaction { history, ..Transaction::default() };
        if let Err(error) = self.store.commit(transaction).await {
            tracing::error!(service = self.policy.service, %error, "history cannot be recorded");
        }
    }

    /// Whether the last attempt to record something failed. Then every poll tries again, also one that changes no
    /// verdict: a service that says it is not ready may get no hook call that could find out otherwise.
    fn in_trouble(&self) -> bool {
        self.publish.borrow().store_trouble.is_some()
    }

    /// Keeps what belongs to the past; returns what the store keeps of it.
    fn remember(&mut self, increment: &Increment) -> Vec<HistoryRecord> {
        if !Past::takes(increment) {
            return Vec::new();
        }
        let past = PastIncrement { increment: increment.clone(), synthetic: false };
        let body = serde_json::to_string(&past);
        self.past.push(past);
        body.ok()
            .map(|body| HistoryRecord {
                service: self.policy.service.clone(),
                region: increment.region.clone(),
                as_of: increment.as_of,
                origin: HistoryOrigin::Scraped,
                body,
            })
            .into_iter()
            .collect()
    }

    async fn sighted(&mut self, region: Region, seen: Seen, at: Timestamp) {
        let about = About { region: &region, at, release: None, checksum: None };
        let intents = sighted::intents(self.state.rollouts.get(&region), &seen);
        let intents = self.closed(intents, &about).await;
        let told = Fact::Sighted(Sighting { region: region.clone(), seen });
        let mut entries = self.entries(&intents, &about);
        entries.push(Entry { at, fact: told });
        self.adopt(entries, Vec::new(), Vec::new(), at).await;
    }

    /// A run that another one replaces is closed by a look of its own, so that its report says how it ended. What is left
    /// to do.
    async fn closed(&mut self, intents: Vec<Intent>, about: &About<'_>) -> Vec<Intent> {
        match intents.as_slice() {
            [Intent::Close(ending), rest @ ..] if !rest.is_empty() => {
                let ended = Fact::Ended { region: about.region.clone(), ending: *ending };
                self.adopt(vec![Entry { at: about.at, fact: ended }], Vec::new(), Vec::new(), about.at).await;
                rest.to_vec()
            }
            [] | [..] => intents,
        }
    }

    async fn asked(&mut self, call: &HookCall) -> Answered {
        let about = About::call(call);
        let intents = intents(self.state.rollouts.get(&call.region), call);
        let intents = self.closed(intents, &about).await;
        let entries = self.entries(&intents, &about);
        let (state, looked) = self.tried(&entries, call.at);
        let rollout = state.rollouts.get(&call.region);
        let mode = rollout.map_or(self.policy.mode, |r| r.policy.mode);
        let answer = answer(call.hook, rollout, looked.region(&call.region), call.at);
        let answered = Answered { rollout: rollout.map(|r| r.id.clone()), answer };
        let given = answered.answer.yes.then(|| respond::given(call.hook, rollout)).flatten();
        let entries: Vec<Entry> =
            entries.into_iter().chain(given.map(|fact| Entry { at: call.at, fact })).collect();
        let hook = answered.record(call);
        // With facts that are not on record yet, the answer may rest on them.
        if entries.is_empty() && self.unrecorded.is_empty() {
            // A full queue loses this record, not the answer; the loss is counted by the store.
            let _ = self.store.record(hook);
            return answered;
        }
        if self.adopt(entries, vec![hook], Vec::new(), call.at).await {
            answered
        } else {
            respond::unrecorded(call.hook, mode, "the answer cannot be recorded")
        }
    }

    /// The state and look that unrecorded and new entries would lead to.
    pub(super) fn tried(&self, entries: &[Entry], as_of: Timestamp) -> (ServiceState, Look) {
        let all: Vec<Entry> = self.unrecorded.iter().chain(entries).cloned().collect();
        look(self.state.clone(), &all, as_of)
    }

    /// Folds, records, and only then adopts and publishes. False if it could not be recorded.
    pub(super) async fn adopt(
        &mut self,
        entries: Vec<Entry>,
        hooks: Vec<HookRecord>,
        history: Vec<HistoryRecord>,
        as_of: Timestamp,
    ) -> bool {
        let (state, looked) = self.tried(&entries, as_of);
        let mut all = std::mem::take(&mut self.unrecorded);
        all.extend(entries);
        let recorded = match record::transaction(&self.policy.service, &all, &state, &looked, &self.look) {
            Ok(transaction) => {
                let transaction = Transaction { hooks, history, ..transaction };
                self.store.commit(transaction).await.map(|_| ()).map_err(|e| e.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        match recorded {
            Ok(()) => self.published(state, looked),
            Err(trouble) => self.unpublished(all, trouble),
        }
    }

    fn published(&mut self, state: ServiceState, look: Look) -> bool {
        for region in &look.regions {
            let was = self.look.region(&region.region).map(|r| r.decision.name());
            if was != Some(region.decision.name()) {
                let reason = region.decision.reasons().first().map(ToString::to_string).unwrap_or_default();
                tracing::info!(
                    service = self.policy.service,
                    region = %region.region,
                    rollout = %region.rollout,
                    weight = region.weight,
                    decision = region.decision.name(),
                    reason,
                    "decision changed"
                );
                *self.decided.entry((region.region.clone(), region.decision.name())).or_default() += 1;
            }
        }
        (self.state, self.look) = (state, look);
        self.send(None);
        true
    }

    fn unpublished(&mut self, entries: Vec<Entry>, trouble: String) -> bool {
        tracing::error!(service = self.policy.service, error = trouble, "nothing can be recorded: holding");
        self.unrecorded = entries.into_iter().filter(|e| is_not_repeated(&e.fact)).collect();
        let excess = self.unrecorded.len().saturating_sub(MOST_UNRECORDED);
        self.unrecorded.drain(..excess);
        self.send(Some(trouble));
        false
    }

    fn send(&mut self, store_trouble: Option<String>) {
        let (state, look, decided) = (self.state.clone(), self.look.clone(), self.decided.clone());
        let published = Published { state, look, store_trouble, decided };
        if let Some(notify) = &mut self.notify {
            notify.published(&self.publish.borrow(), &published);
        }
        self.publish.send_replace(Arc::new(published));
    }
}

/// Facts that nobody will tell a second time. Openings and permissions are asked for again; whoever ordered something
/// was told that it did not happen.
fn is_not_repeated(fact: &Fact) -> bool {
    match fact {
        Fact::Polled(_)
        | Fact::Sighted(_)
        | Fact::Guarded(_)
        | Fact::Heard { .. }
        | Fact::WeightSeen { .. }
        | Fact::PromotionBegan { .. } => true,
        Fact::Ended { ending, .. } => matches!(ending, Ending::Succeeded | Ending::Skipped | Ending::Failed),
        Fact::Opened(_)
        | Fact::Identified { .. }
        | Fact::Admitted { .. }
        | Fact::Permitted { .. }
        | Fact::Ordered(_)
        | Fact::Frozen(_) => false,
    }
}
