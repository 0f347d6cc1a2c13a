//! Who belongs to an arm, poll by poll: pods come, go, restart and move, and no event may be counted twice by that.
//!
//! What is remembered of a pod hangs on its identity, not on its address. A pod that is gone is forgotten with what it
//! counted after its last look: that is lost. A pod that is new here is a beginning, and counts from its second look
//! on; only one that cannot have been there at the last listing counts from nothing, because then all that it shows has
//! happened since. That takes three things: the last listing (which names all pods, also those without an address) did
//! not have it, it was created after that (a pod may also be given its labels later), and nobody else was just asked at
//! its address (else its page may already have been read under the other's name).

use super::discovery::{Found, FoundPod, Standing};
use super::memory::Memory;
use super::target::Target;
use haldane_core::increment::{Arm, Missing};
use haldane_core::time::{Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// How much a cluster's clock may be behind ours. A pod that seems older than that is a beginning, which is safe.
const CLOCKS_DIFFER: Span = Span::from_s(60);

/// The pods of one arm.
#[derive(Default)]
pub(super) struct Roll {
    pub(super) pods: Vec<Pod>,
    /// Why it cannot be told who they are. Then nobody is asked.
    pub(super) lost: Option<Missing>,
    last: Option<Listing>,
}

/// One pod that is asked.
pub(super) struct Pod {
    pub(super) target: Target,
    pub(super) requests: Memory,
    pub(super) durations: Memory,
    pub(super) must_answer: bool,
    id: String,
}

struct Listing {
    at: Timestamp,
    ids: BTreeSet<String>,
}

impl Roll {
    /// Pods that are listed for good.
    pub(super) fn listed(targets: Vec<Target>) -> Self {
        let pod = |target: Target| Pod::begins(target.url.to_string(), target, true, Memory::default);
        Self { pods: targets.into_iter().map(pod).collect(), ..Self::default() }
    }

    /// Pods of which nobody has been told yet.
    pub(super) fn unknown(arm: Arm) -> Self {
        Self { lost: Some(nobody(arm, "a discovery", "it has not been asked yet")), ..Self::default() }
    }

    /// How many pods have to answer.
    pub(super) fn serving(&self) -> u32 {
        u32::try_from(self.pods.iter().filter(|pod| pod.must_answer).count()).unwrap_or(u32::MAX)
    }

    /// Takes in what a discovery says as of `at`. Who was known stays known while nobody can say.
    pub(super) fn retarget(&mut self, arm: Arm, at: Timestamp, found: Result<Found, Missing>) {
        let Found { asked, pods } = match found {
            Ok(found) => found,
            Err(why) => return self.lost = Some(why),
        };
        let ids: BTreeSet<String> = pods.iter().map(|pod| pod.id.clone()).collect();
        let (all, named) = (pods.len(), ids.len());
        let (asked_now, mut trouble) = asked_once(arm, pods);
        let mut known: BTreeMap<String, Pod> =
            std::mem::take(&mut self.pods).into_iter().map(|pod| (pod.id.clone(), pod)).collect();
        let taken: BTreeMap<String, String> =
            known.values().map(|pod| (pod.target.url.to_string(), pod.id.clone())).collect();
        for (pod, target) in asked_now {
            let must_answer = pod.standing == Standing::Serves;
            let next = match known.remove(&pod.id) {
                Some(pod) => Pod { target, must_answer, ..pod },
                None => {
                    let free = !taken.contains_key(target.url.as_str());
                    let is_new = free && self.last.as_ref().is_some_and(|last| last.lacks(&pod));
                    let memory = if is_new { Memory::of_a_new_process } else { Memory::default };
                    Pod::begins(pod.id, target, must_answer, memory)
                }
            };
            self.pods.push(next);
        }
        if all > named {
            trouble.get_or_insert(nobody(arm, &asked, "two of them have one identity"));
        }
        if self.serving() == 0 {
            let detail = match all {
                0 => "there is none".to_owned(),
                _ => format!("none of {all} serves: all start or end"),
            };
            trouble.get_or_insert(nobody(arm, &asked, &detail));
        }
        self.lost = trouble;
        self.last = Some(Listing { at, ids });
    }
}

impl Pod {
    fn begins(id: String, target: Target, must_answer: bool, memory: fn() -> Memory) -> Self {
        Self { target, requests: memory(), durations: memory(), must_answer, id }
    }
}

impl Listing {
    /// Whether `pod` cannot have been there yet.
    fn lacks(&self, pod: &FoundPod) -> bool {
        !self.ids.contains(&pod.id) && pod.created.is_some_and(|created| created >= self.at - CLOCKS_DIFFER)
    }
}

/// The pods that have an address, each address once: where a pod that ends still has the address of one that serves, it
/// is the latter's.
fn asked_once(arm: Arm, mut pods: Vec<FoundPod>) -> (Vec<(FoundPod, Target)>, Option<Missing>) {
    pods.sort_by_key(|pod| (pod.standing != Standing::Serves, pod.id.clone()));
    let (mut asked, mut trouble): (Vec<(FoundPod, Target)>, _) = (Vec::new(), None);
    for pod in pods {
        let Some(url) = &pod.url else { continue };
        let target = match Target::parse(url) {
            Ok(target) => Target { name: crate::reason::one_line(&pod.name), ..target },
            Err(why) => {
                trouble.get_or_insert(nobody(arm, &crate::reason::one_line(&pod.name), why));
                continue;
            }
        };
        match asked.iter().find(|(_, other)| other.url == target.url) {
            None => asked.push((pod, target)),
            Some((_, other)) if pod.standing == Standing::Serves => {
                let (target, other) = (target.name, other.name.clone());
                trouble.get_or_insert(Missing::ScrapedTwice { arm, target, other });
            }
            Some(_) => {}
        }
    }
    (asked, trouble)
}

fn nobody(arm: Arm, asked: &str, detail: &str) -> Missing {
    Missing::NoPodsFound { arm, asked: asked.to_owned(), detail: detail.to_owned() }
}
