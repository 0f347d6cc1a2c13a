//! The questions of one tick, the same ones put together and those that merge in groups.

use super::super::answer::Matrix;
use super::super::selector::Selector;
use super::question::Question;
use super::terms::Terms;
use super::traffic::Weights;
use super::window::Window;
use haldane_core::increment::{Missing, Region};
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;
use tokio::sync::oneshot;

/// What is said to one question.
pub(super) type Answer = Result<Matrix, Missing>;

/// One member's questions of one poll, and where its answers go.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) region: Region,
    pub(super) questions: Vec<Question>,
    pub(super) at: Timestamp,
    pub(super) reply: oneshot::Sender<Vec<Answer>>,
}

/// One question of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) entry: usize,
    pub(super) question: usize,
    pub(super) window: Window,
}

/// One selector and all who want what it finds.
pub(super) struct Item {
    pub(super) selector: Selector,
    pub(super) wanted: Vec<Wanted>,
}

/// Selectors that may be asked as one; or a single one that merges with nothing.
pub(super) struct Group {
    /// The same from tick to tick.
    pub(super) name: String,
    /// In the order of their texts.
    pub(super) items: Vec<Item>,
}

/// All questions of a tick.
pub(super) struct Batch {
    pub(super) groups: Vec<Group>,
    /// By entry.
    pub(super) regions: Vec<Region>,
}

impl Batch {
    /// Questions about nearly the same time of about the same length merge; a member that needs half an hour must not
    /// make all others read one.
    pub(super) fn new(entries: &[Entry]) -> Self {
        let mut groups: BTreeMap<(String, i64), BTreeMap<&str, Item>> = BTreeMap::new();
        for (number, entry) in entries.iter().enumerate() {
            for (place, question) in entry.questions.iter().enumerate() {
                let window = Window::new(question.range, entry.at);
                let selector = &question.selector;
                let key = (group(selector, window), window.to_ms.div_euclid(1000));
                let items = groups.entry(key).or_default();
                let item = items
                    .entry(selector.text())
                    .or_insert_with(|| Item { selector: selector.clone(), wanted: Vec::new() });
                item.wanted.push(Wanted { entry: number, question: place, window });
            }
        }
        let group = |((name, _), items): ((String, i64), BTreeMap<&str, Item>)| Group {
            name,
            items: items.into_values().collect(),
        };
        Self {
            groups: groups.into_iter().map(group).collect(),
            regions: entries.iter().map(|entry| entry.region.clone()).collect(),
        }
    }

    /// How many questions each region has among these.
    pub(super) fn weights(&self, items: &[Item]) -> Weights {
        let mut weights = Weights::new();
        for region in items.iter().flat_map(|item| &item.wanted).filter_map(|w| self.regions.get(w.entry)) {
            *weights.entry(region.clone()).or_default() += 1;
        }
        weights
    }
}

impl Item {
    /// What of it merges, if it is one of a group of several.
    pub(super) fn terms(&self) -> Option<&Terms> {
        self.selector.terms()
    }
}

fn group(selector: &Selector, window: Window) -> String {
    let class_s = u64::try_from(window.range().as_us() / 1_000_000).unwrap_or(0).next_power_of_two();
    match selector.terms() {
        Some(terms) => format!("{class_s}s {}", terms.family),
        // A brace comes in no family, so this is a group of its own.
        None => format!("{class_s}s {{{}", selector.text()),
    }
}
