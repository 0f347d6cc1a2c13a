//! A part of a group: what is asked for it, and its halves.

use super::batch::{Group, Item};
use super::merge;
use super::terms::Terms;
use super::window::Window;
use std::ops::Range;

/// The selector for all of these, and the window around all of theirs; a single one stays as it was written.
pub(super) fn merged(group: &Group, items: &[Item]) -> Option<(String, Window)> {
    let window = Window::around(items.iter().flat_map(|item| &item.wanted).map(|wanted| wanted.window))?;
    let text = match items {
        [one] => one.selector.text().to_owned(),
        several => {
            let terms: Vec<&Terms> = several.iter().filter_map(Item::terms).collect();
            debug_assert!(
                terms.len() == several.len(),
                "{} has a selector that merges with nothing",
                group.name
            );
            merge::selector(&terms)
        }
    };
    Some((text, window))
}

/// The first half, which is the smaller one, and the other.
pub(super) fn halves(part: &Range<usize>) -> (Range<usize>, Range<usize>) {
    let middle = part.start + part.len() / 2;
    (part.start..middle, middle..part.end)
}
