//! What the guards of a region show: gathered at every poll, and recorded where it can matter.
//!
//! A guard is asked whether or not a rollout is open, because since when something stands is known only to who was there.
//! What nobody could tell is told as unknown: a guard that is left out of a watch would be forgotten, and unknown is not
//! clear.

use super::handle::Service;
use super::health::Probed;
use super::keeper::{Keeper, Message};
use haldane_core::fact::{Entry, Fact};
use haldane_core::guard::{Guard, Rule, Seen, Watch, Watched, is_news};
use haldane_core::increment::Missing;
use haldane_core::state::{Rollout, Stage};
use haldane_core::time::Timestamp;

/// Every guard of `asked` once, in its order: as the source `read` it, `health` as the probes found it.
pub(super) fn gathered(asked: &[Guard], read: &[Watched], probed: Option<&Probed>) -> Vec<Watched> {
    let of = |guard: &Guard| match (&guard.rule, probed) {
        (Rule::Health, Some(probed)) => probed.seen(),
        (_, _) => {
            let read = read.iter().find(|watched| watched.guard.name == guard.name);
            read.map_or(Seen::Unknown { why: Missing::FirstReading }, |watched| watched.seen.clone())
        }
    };
    asked.iter().map(|guard| Watched { guard: guard.clone(), seen: of(guard) }).collect()
}

impl Service {
    /// Hands over what a look at the guards of a region showed.
    pub async fn guarded(&self, watch: Watch) {
        // A keeper that is gone is shutting down; the next process looks anew.
        let _ = self.keeper.send(Message::Guarded(Box::new(watch))).await;
    }
}

impl Keeper {
    pub(super) async fn guarded(&mut self, watch: Watch) {
        let at = watch.as_of;
        // Against what is known with what could not be recorded yet: what clears while the store is away is news, too.
        let unrecorded = (!self.unrecorded.is_empty()).then(|| self.tried(&[], at).0);
        let guards = unrecorded.as_ref().map_or(&self.state.guards, |state| &state.guards);
        let known = guards.get(&watch.region).is_some_and(|known| !known.is_empty());
        let nothing = watch.guards.is_empty() && !known;
        if nothing {
            return;
        }
        if self.is_under_way() || is_news(guards, &watch) {
            self.unkept.remove(&watch.region);
            self.adopt(vec![Entry { at, fact: Fact::Guarded(watch) }], Vec::new(), Vec::new(), at).await;
        } else {
            self.unkept.insert(watch.region.clone(), watch);
        }
    }

    /// What was seen of guards and changed nothing then. A rollout that opens is judged by it, or it would be told that
    /// nobody has looked for hours.
    pub(super) fn seen_lately(&self, at: Timestamp) -> impl Iterator<Item = Entry> {
        self.unkept.values().map(move |watch| Entry { at, fact: Fact::Guarded(watch.clone()) })
    }

    /// Whether anything of the service is under way or bakes: then what any region shows may matter to any other.
    pub(super) fn is_under_way(&self) -> bool {
        self.state.rollouts.values().any(may_change)
    }
}

fn may_change(rollout: &Rollout) -> bool {
    matches!(rollout.stage, Stage::Promoted { .. }) || rollout.stage.ended().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use haldane_core::guard::Reach;

    fn guard(name: &str, rule: Rule) -> Guard {
        let wait = haldane_core::time::Span::ZERO;
        Guard { name: name.to_owned(), rule, wait, regions: Vec::new(), reach: Reach::Here }
    }

    #[test]
    fn a_guard_that_nobody_read_is_unknown_and_none_is_left_out() {
        let asked = [guard("region-up", Rule::RegionUp), guard("health", Rule::Health)];
        let up = Seen::Level { level: 0.0, what: None };
        let read = [Watched { guard: asked[0].clone(), seen: up.clone() }];
        let seen: Vec<Seen> = gathered(&asked, &read, None).into_iter().map(|w| w.seen).collect();
        assert_eq!(seen, [up, Seen::Unknown { why: Missing::FirstReading }]);
        assert_eq!(gathered(&asked, &[], None).len(), 2);
    }
}
