//! What stands now, of a matrix of samples: the newest of each series, none of them old, all of them numbers.
//!
//! A series that has begun to be late is not known, whatever the others say: the one that fell silent may be the one that is
//! worst. A source keeps no word for "gone on purpose", so a series that went for good makes a guard unknown for some
//! minutes, until it leaves the window.

use crate::counting::family::Labels;
use crate::prometheus::Matrix;
use crate::prometheus::hub::MOST_SERIES;
use crate::reason::one_line;
use haldane_core::increment::Missing;
use haldane_core::time::{Span, Timestamp};

/// Older than this, a sample no longer says how the place is.
pub(super) const OLD: Span = Span::from_min(2);

/// Whose answer is read, and as of when in the source's time.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) guard: &'a str,
    /// What reasons call the series.
    pub(super) series: &'a str,
    pub(super) at: Timestamp,
}

/// The newest of one series.
#[derive(Clone, Debug)]
pub(super) struct One {
    pub(super) labels: Labels,
    pub(super) at: Timestamp,
    pub(super) value: f64,
}

impl Subject<'_> {
    /// An answer that is none: what was given instead, in one line.
    pub(super) fn odd(&self, found: &str) -> Missing {
        Missing::NotOneNumber { signal: self.guard.to_owned(), found: one_line(found) }
    }

    /// There is no such series.
    pub(super) fn absent(&self) -> Missing {
        Missing::PlaceAbsent { series: self.series.to_owned() }
    }

    /// `one` is a number.
    pub(super) fn number(&self, one: &One) -> Result<f64, Missing> {
        if one.value.is_finite() {
            return Ok(one.value);
        }
        let at = place(&one.labels).map(|place| format!(" at {place}")).unwrap_or_default();
        Err(self.odd(&format!("{} of {}{at}", one.value, self.series)))
    }

    /// `one` is not old.
    pub(super) fn in_time(&self, one: &One) -> Result<(), Missing> {
        let age = self.at - one.at;
        if age <= OLD {
            return Ok(());
        }
        let age_s = u64::try_from(age.as_us() / 1_000_000).unwrap_or(0);
        Err(Missing::PlaceOld { series: self.series.to_owned(), age_s })
    }
}

/// The newest of every series that has any.
pub(super) fn newest(matrix: Matrix, subject: Subject<'_>) -> Result<Vec<One>, Missing> {
    if matrix.series.len() > MOST_SERIES {
        return Err(subject.odd(&format!("more than {MOST_SERIES} series")));
    }
    let one = |series: crate::prometheus::Series| {
        let (at, value) = series.samples.iter().rev().find(|(at, _)| *at <= subject.at).copied()?;
        Some(One { labels: series.labels, at, value })
    };
    Ok(matrix.series.into_iter().filter_map(one).collect())
}

/// The newest of every series; at least one, none of them old, all of them numbers.
pub(super) fn fresh(matrix: Matrix, subject: Subject<'_>) -> Result<Vec<One>, Missing> {
    let all = fresh_or_none(matrix, subject)?;
    if all.is_empty() { Err(subject.absent()) } else { Ok(all) }
}

/// The same, where none is an answer, too.
pub(super) fn fresh_or_none(matrix: Matrix, subject: Subject<'_>) -> Result<Vec<One>, Missing> {
    let all = newest(matrix, subject)?;
    for one in &all {
        subject.in_time(one)?;
        subject.number(one)?;
    }
    Ok(all)
}

/// The age in seconds of the oldest sample that a whole query rests on, as the source tells it.
pub(super) fn oldest(selector: &str) -> String {
    format!("max(time() - timestamp({selector}))")
}

/// That age is not beyond what says how a place is. Where there is none, the query rests on nothing.
pub(super) fn no_older(age: &Matrix, subject: Subject<'_>) -> Result<(), Missing> {
    let oldest = age.series.iter().filter_map(|series| series.samples.last()).map(|(_, age_s)| *age_s);
    match oldest.max_by(f64::total_cmp) {
        Some(age_s) if age_s > OLD.as_s() => {
            Err(Missing::PlaceOld { series: subject.series.to_owned(), age_s: age_s as u64 })
        }
        Some(_) | None => Ok(()),
    }
}

/// Labels that say where something was seen, the first that is there.
const WHERE: [&str; 7] = ["target", "pod", "exported_pod", "instance", "server", "name", "job"];

/// Where a series was seen: by one of the usual labels. Any other may name a user or a path, and what is said here is told to
/// whoever is notified, outside of the region.
pub(super) fn place(labels: &Labels) -> Option<String> {
    let usual = WHERE.into_iter().find_map(|label| labels.get(label));
    usual.map(|name| one_line(name)).filter(|name| !name.is_empty())
}

/// Who a series is about where it has to be somebody: by one of the usual labels, else by all that it has.
pub(super) fn somebody(labels: &Labels) -> String {
    let others = labels.iter().filter(|(name, _)| *name != "__name__");
    let all = || others.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ");
    let name = place(labels).unwrap_or_else(|| one_line(&all()));
    if name.is_empty() { "(without a name)".to_owned() } else { name }
}
