//! How often targets are scraped, found from the samples themselves.

use super::sighting::Sighting;
use haldane_core::time::Span;

/// Distances from which a target's median says something.
const ENOUGH: usize = 3;

/// The longest scrape interval that is believed: beyond it nothing could be judged in time anyway.
const LONGEST: Span = Span::from_min(5);

/// The median distance of samples per target, the largest over the targets, jitter rounded away.
///
/// The median, because scrapes are missed; the largest, because a cut has to wait for the slowest target.
pub(crate) fn found<'a>(sightings: impl Iterator<Item = &'a Sighting>) -> Option<Span> {
    let of_targets: Vec<Vec<Span>> =
        sightings.flat_map(|s| s.targets.values()).map(|seen| seen.distances()).collect();
    let largest =
        |least: usize| of_targets.iter().filter(|d| d.len() >= least).filter_map(|d| median(d)).max();
    largest(ENOUGH).or_else(|| largest(1)).map(rounded)
}

/// The usual one of distances: their median, because scrapes are missed.
pub(crate) fn median(distances: &[Span]) -> Option<Span> {
    let mut sorted = distances.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// To whole seconds where that changes at most a twentieth, else to tenths.
fn rounded(raw: Span) -> Span {
    let to = |unit: i64| (raw.as_us() + unit / 2).div_euclid(unit) * unit;
    let seconds = to(1_000_000);
    let us = if (seconds - raw.as_us()).abs() * 20 <= raw.as_us() { seconds } else { to(100_000) };
    Span::from_us(us.clamp(100_000, LONGEST.as_us()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_rounded_away_and_real_fractions_are_not() {
        let ms = |ms: i64| Span::from_us(ms * 1000);
        assert_eq!(rounded(ms(14_983)), Span::from_s(15));
        assert_eq!(rounded(ms(30_400)), Span::from_s(30));
        assert_eq!(rounded(ms(2_520)), ms(2_500));
        assert_eq!(rounded(ms(510)), ms(500));
        assert_eq!(rounded(ms(3)), ms(100));
        assert_eq!(rounded(Span::from_min(90)), LONGEST);
    }

    #[test]
    fn missed_scrapes_do_not_move_the_median() {
        let s = Span::from_s;
        assert_eq!(median(&[s(15), s(15), s(45), s(15), s(30)]), Some(s(15)));
        assert_eq!(median(&[]), None);
    }
}
