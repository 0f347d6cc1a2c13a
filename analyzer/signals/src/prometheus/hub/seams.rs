//! Where groups came apart: so that what was too much once is asked in parts from then on.
//!
//! A seam is the text of the first selector of a part, so it holds while members come and go. It is forgotten after a
//! while: the source, or the member that caused it, may have changed.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// For how many ticks a seam is kept: an hour of polls every 15 s.
const TICKS: u32 = 240;

/// Seams by group and text, with how long they still hold.
#[derive(Debug, Default)]
pub(super) struct Seams(Mutex<BTreeMap<(String, String), u32>>);

impl Seams {
    /// Another tick has begun.
    pub(super) fn age(&self) {
        let mut seams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seams.retain(|_, left| {
            *left -= 1;
            *left > 0
        });
    }

    /// `group` is asked in two parts from now on, of which the second begins with `text`.
    pub(super) fn add(&self, group: &str, text: &str) {
        let mut seams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seams.insert((group.to_owned(), text.to_owned()), TICKS);
    }

    /// The parts of a group, as beginnings and ends among its `texts`, which ascend.
    pub(super) fn parts(&self, group: &str, texts: &[&str]) -> Vec<(usize, usize)> {
        let seams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = (group.to_owned(), String::new());
        let own = seams.range(from..).take_while(|((name, _), _)| name == group);
        let mut ends: Vec<usize> =
            own.map(|((_, at), _)| texts.partition_point(|text| *text < at.as_str())).collect();
        ends.push(texts.len());
        let mut begin = 0;
        let part = |end| {
            let part = (begin, end);
            begin = end;
            part
        };
        ends.into_iter().map(part).filter(|(begin, end)| begin < end).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_comes_apart_at_its_seams_until_they_are_forgotten() {
        let seams = Seams::default();
        let texts = ["a", "c", "e", "g"];
        assert_eq!(seams.parts("x", &texts), [(0, 4)]);
        seams.add("x", "e");
        seams.add("x", "b");
        seams.add("x", "z");
        seams.add("y", "c");
        assert_eq!(seams.parts("x", &texts), [(0, 1), (1, 2), (2, 4)]);
        (0..TICKS).for_each(|_| seams.age());
        assert_eq!(seams.parts("x", &texts), [(0, 4)]);
    }
}
