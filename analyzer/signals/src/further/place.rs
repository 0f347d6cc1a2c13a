//! A level of the place (replication lag, whether the region is up): the worst of all that is seen now.
//!
//! It has no interval: what it was a minute ago says nothing about whether a release may go on. Old is not known, and not known
//! is not zero.

use super::Asked;
use crate::prometheus::{ConfigError, Matrix, Selector, Series};
use crate::reason::one_line;
use crate::templates::PlaceOf;
use haldane_core::increment::{Arm, Missing, Reading};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};

/// Older than this, a sample no longer says how the place is.
const OLD: Span = Span::from_min(2);

/// A series without a sample for this long is gone, and no part of the place any more.
const GONE: Span = Span::from_min(4);

/// Labels that say where something was seen, the first that is there.
const WHERE: [&str; 5] = ["pod", "exported_pod", "instance", "name", "job"];

/// One level of the place.
pub(crate) struct Place {
    pub(crate) signal: Signal,
    pub(crate) selector: Selector,
    of: PlaceOf,
}

impl Place {
    pub(crate) fn new(signal: Signal, text: &str, of: PlaceOf) -> Result<Self, ConfigError> {
        Ok(Self { signal, selector: super::selector(signal, Arm::Primary, text)?, of })
    }

    /// The worst that is seen at the cut.
    pub(crate) fn read(&self, shown: Result<Matrix, Missing>, asked: Asked) -> Reading {
        match shown.and_then(|matrix| self.worst(matrix, asked)) {
            Ok((level, what)) => Reading::Placed { level, what },
            Err(why) => Reading::Missing(why),
        }
    }

    fn worst(&self, matrix: Matrix, asked: Asked) -> Result<(f64, Option<String>), Missing> {
        let series = || self.selector.metric.clone();
        let newest = |s: &Series| s.samples.iter().rev().find(|(at, _)| *at <= asked.cut).copied();
        let seen: Vec<(Timestamp, f64, Option<String>)> = matrix
            .series
            .iter()
            .filter_map(|s| newest(s).map(|(at, value)| (at, self.level(value, asked), place(s))))
            .filter(|(at, ..)| asked.cut - *at <= GONE)
            .collect();
        let Some(last) = seen.iter().map(|(at, ..)| *at).max() else {
            return Err(Missing::PlaceAbsent { series: series() });
        };
        let age = asked.cut - last;
        if age > OLD {
            let age_s = u64::try_from(age.as_us() / 1_000_000).unwrap_or(0);
            return Err(Missing::PlaceOld { series: series(), age_s });
        }
        if seen.iter().any(|(_, level, _)| !level.is_finite()) {
            return Err(Missing::NotANumber { arm: Arm::Primary, target: None, series: series() });
        }
        let worst = seen.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        worst.map(|(_, level, what)| (level, what)).ok_or_else(|| Missing::PlaceAbsent { series: series() })
    }

    fn level(&self, value: f64, asked: Asked) -> f64 {
        match self.of {
            PlaceOf::Level => value,
            PlaceOf::Age => asked.cut.as_us() as f64 / 1e6 - value,
            PlaceOf::Down => 1.0 - value,
        }
    }
}

fn place(series: &Series) -> Option<String> {
    WHERE.into_iter().find_map(|label| series.labels.get(label)).map(|name| one_line(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use haldane_core::increment::Arms;

    fn read(of: PlaceOf, samples: &[(&str, i64, f64)], cut_s: i64) -> Reading {
        let place = Place::new(Signal::ReplicationLag, "lag_seconds", of).unwrap();
        let series = samples.iter().map(|(pod, s, value)| Series {
            labels: [("pod".to_owned(), (*pod).to_owned())].into(),
            samples: vec![(Timestamp::from_s(*s), *value)],
            histograms: Vec::new(),
        });
        let cut = Timestamp::from_s(cut_s);
        let (bin, interval) = (Span::from_s(30), Span::from_s(15));
        let asked = Asked { arms: Arms::Both, cut, now: cut, ahead: Span::ZERO, bin, interval };
        place.read(Ok(Matrix { series: series.collect() }), asked)
    }

    #[test]
    fn the_worst_of_all_is_told_with_its_place() {
        let reading = read(PlaceOf::Level, &[("db-1", 90, 0.2), ("db-2", 95, 7.0)], 100);
        assert_eq!(reading, Reading::Placed { level: 7.0, what: Some("db-2".to_owned()) });
    }

    #[test]
    fn an_age_is_counted_from_now_and_down_is_what_is_not_up() {
        let Reading::Placed { level, .. } = read(PlaceOf::Age, &[("sync", 95, 40.0)], 100) else { panic!() };
        assert_eq!(level, 60.0);
        let Reading::Placed { level, .. } = read(PlaceOf::Down, &[("a", 95, 1.0), ("b", 95, 0.0)], 100)
        else {
            panic!()
        };
        assert_eq!(level, 1.0);
    }

    #[test]
    fn what_is_not_there_or_old_or_no_number_is_not_zero() {
        assert!(matches!(read(PlaceOf::Level, &[], 100), Reading::Missing(Missing::PlaceAbsent { .. })));
        assert!(matches!(
            read(PlaceOf::Level, &[("a", 0, 1.0)], 150),
            Reading::Missing(Missing::PlaceOld { age_s: 150, .. })
        ));
        assert!(matches!(
            read(PlaceOf::Level, &[("a", 99, f64::NAN)], 100),
            Reading::Missing(Missing::NotANumber { .. })
        ));
    }
}
