//! One answer, split into what each of those who asked would have been answered.

use super::super::answer::{Matrix, Series};
use super::batch::{Item, Wanted};
use super::index::Index;
use super::patterns::Patterns;
use super::terms::Terms;
use super::window::{Cut, Window};
use crate::counting::family::Labels;
use std::collections::BTreeSet;

/// What was found for each, and what only the source can tell.
pub(super) struct Split {
    pub(super) found: Vec<(Wanted, Matrix)>,
    /// These must be asked alone; as the number of the item and of who wants it.
    pub(super) unsure: BTreeSet<(usize, usize)>,
}

/// Splits the answer to the merged question of `items` over `asked`.
pub(super) fn split(matrix: Matrix, items: &[Item], asked: Window, patterns: &Patterns) -> Split {
    let terms: Option<Vec<&Terms>> = items.iter().map(Item::terms).collect();
    // One selector was asked in its own words: all that was found is its.
    let index = terms.filter(|_| items.len() > 1).map(|terms| Index::new(&terms, patterns));
    let mut found: Vec<Vec<Matrix>> =
        items.iter().map(|item| item.wanted.iter().map(|_| Matrix::default()).collect()).collect();
    let mut unsure = BTreeSet::new();
    for series in matrix.series {
        let accepted = index.as_ref().map(|index| index.accept(&series.labels));
        let (sure, doubtful) = accepted.map_or_else(|| (vec![0], Vec::new()), |a| (a.sure, a.unsure));
        for item in doubtful {
            let all = items.get(item).map_or(0, |item| item.wanted.len());
            unsure.extend((0..all).map(|wanted| (item, wanted)));
        }
        let mut takers = Vec::new();
        for item in sure {
            for (place, wanted) in items.get(item).map_or(&[][..], |item| &item.wanted).iter().enumerate() {
                let window = wanted.window;
                match (window.cut(&series.samples, asked), window.cut(&series.histograms, asked)) {
                    (Cut::Unsure, _) | (_, Cut::Unsure) => drop(unsure.insert((item, place))),
                    (Cut::Samples([]), Cut::Samples([])) => {}
                    (Cut::Samples(samples), Cut::Samples(histograms)) => {
                        let (samples, histograms) = (samples.to_vec(), histograms.to_vec());
                        takers.push((item, place, Series { labels: Labels::new(), samples, histograms }));
                    }
                }
            }
        }
        give(&mut found, takers, series.labels);
    }
    let pairs = items.iter().zip(found).enumerate();
    let found = pairs.flat_map(|(item, (asked, found))| {
        let each = asked.wanted.iter().zip(found).enumerate();
        each.map(move |(place, (wanted, matrix))| ((item, place), (*wanted, matrix)))
    });
    let found = found.filter(|(place, _)| !unsure.contains(place)).map(|(_, one)| one).collect();
    Split { found, unsure }
}

/// Labels are copied for all but the last, who mostly is the only one.
fn give(found: &mut [Vec<Matrix>], mut takers: Vec<(usize, usize, Series)>, labels: Labels) {
    let last = takers.pop();
    let mut push = |(item, place, series): (usize, usize, Series), labels: Labels| {
        if let Some(matrix) = found.get_mut(item).and_then(|all| all.get_mut(place)) {
            matrix.series.push(Series { labels, ..series });
        }
    };
    for taker in takers {
        push(taker, labels.clone());
    }
    if let Some(taker) = last {
        push(taker, labels);
    }
}
