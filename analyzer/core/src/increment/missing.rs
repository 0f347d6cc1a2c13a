//! Why a signal could not be counted: one variant with its data and one sentence for people per reason.

use super::Arm;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a signal could not be counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Missing {
    /// The source has been asked for the first time: a count needs two readings.
    FirstReading,
    /// The connection was refused, reset or could not be made.
    Unreachable {
        /// Which arm.
        arm: Arm,
        /// Host and port asked; never credentials.
        target: String,
        /// The error, in one line.
        detail: String,
    },
    /// No complete answer before the deadline.
    TimedOut {
        /// Which arm.
        arm: Arm,
        /// Host and port asked.
        target: String,
        /// The deadline in milliseconds of real time.
        deadline_ms: u64,
    },
    /// The source answered, but not with 200.
    HttpStatus {
        /// Which arm.
        arm: Arm,
        /// Host and port asked.
        target: String,
        /// The status code.
        status: u16,
    },
    /// The answer is longer than what is read.
    TooLarge {
        /// Which arm.
        arm: Arm,
        /// Host and port asked.
        target: String,
        /// The bound in bytes.
        limit_bytes: u64,
    },
    /// The answer is not in the Prometheus text format (HTML, half a line, no line at all).
    NotMetrics {
        /// Which arm.
        arm: Arm,
        /// Host and port asked.
        target: String,
        /// What was found instead, in one line.
        detail: String,
    },
    /// The source answers but lacks the series.
    SeriesAbsent {
        /// Which arm.
        arm: Arm,
        /// Host and port asked, or the target as the source names it; absent where the whole arm is meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// The metric's name.
        series: String,
    },
    /// A counter is NaN, infinite or negative.
    NotANumber {
        /// Which arm.
        arm: Arm,
        /// Host and port asked, or the target as the source names it; absent where the whole arm is meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// The metric's name.
        series: String,
    },
    /// A histogram without +Inf, with falling buckets, or with other edges than the other arm.
    BadHistogram {
        /// Which arm.
        arm: Arm,
        /// Host and port asked, or the target as the source names it; absent where the whole arm is meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// The metric's name.
        series: String,
        /// What is wrong, in one line.
        detail: String,
    },
    /// The source of a region's samples (a Prometheus) did not answer as it must, whomever it was asked about.
    Source {
        /// Host and port asked; never credentials.
        source: String,
        /// What went wrong.
        fault: SourceFault,
    },
    /// A file with a secret or a certificate cannot be used.
    Secret {
        /// The file's path.
        file: String,
        /// What is wrong with it, in one line; never its content.
        detail: String,
    },
    /// The newest sample of one target is too old to count up to the instant that is due.
    TargetLate {
        /// Which arm.
        arm: Arm,
        /// The target, as the source names it.
        target: String,
        /// How much older than that instant it is, in seconds.
        age_s: u64,
        /// The time between two scrapes, in seconds.
        interval_s: u64,
    },
    /// Every sample of a whole arm is old: the source answers, but from the past.
    OldData {
        /// Which arm.
        arm: Arm,
        /// The age of the newest sample in seconds.
        age_s: u64,
    },
    /// No series of a level of the place.
    PlaceAbsent {
        /// The metric's name.
        series: String,
    },
    /// The newest sample of a level of the place is old: what it is now is not known.
    PlaceOld {
        /// The metric's name.
        series: String,
        /// Its age in seconds.
        age_s: u64,
    },
    /// A query that has to give one number gave something else.
    NotOneNumber {
        /// The signal whose query it is.
        signal: String,
        /// What it gave, in one line.
        found: String,
    },
    /// One process is scraped under two names, so each of its events would count twice.
    ScrapedTwice {
        /// Which arm.
        arm: Arm,
        /// The one name.
        target: String,
        /// The other.
        other: String,
    },
    /// One process is in both arms, so it would be compared with itself.
    InBothArms {
        /// As the canary's query finds it.
        canary: String,
        /// As the primary's query finds it.
        primary: String,
    },
    /// It cannot be told which pods an arm has: who knows them did not answer, or knows none.
    NoPodsFound {
        /// Which arm.
        arm: Arm,
        /// Who was asked for what, such as `DNS name api.fnp.svc`; never credentials.
        asked: String,
        /// What went wrong, in one line.
        detail: String,
    },
}

/// How a source failed to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum SourceFault {
    /// The connection was refused, reset or could not be made.
    Unreachable {
        /// The error, in one line.
        detail: String,
    },
    /// No complete answer before the deadline.
    TimedOut {
        /// The deadline of the whole poll in milliseconds of real time.
        deadline_ms: u64,
    },
    /// It answered, but not with 200.
    HttpStatus {
        /// The status code.
        status: u16,
    },
    /// It refused or failed the query.
    Refused {
        /// Its own word for the kind of error.
        kind: String,
        /// Its explanation, in one line.
        detail: String,
    },
    /// The answer is longer than what is read.
    TooLarge {
        /// The bound in bytes.
        limit_bytes: u64,
    },
    /// The answer has more series than are read.
    TooManySeries {
        /// The bound.
        limit: u64,
    },
    /// The answer is not what the API gives: HTML, half an answer, another type of result, samples out of order.
    NotAnAnswer {
        /// What was found, in one line.
        detail: String,
    },
    /// The answer warns that it is not whole.
    Partial {
        /// The first warning, in one line.
        warning: String,
    },
    /// It was not asked: it had failed so often in a row that it is left alone for a while.
    Resting {
        /// How it failed last, in one line.
        last: String,
        /// How often.
        failures: u32,
        /// After how many seconds it is asked again, at the soonest.
        again_s: u64,
    },
}

impl Missing {
    /// The arm that it is about, where it is about one.
    pub const fn arm(&self) -> Option<Arm> {
        match self {
            Self::FirstReading
            | Self::Source { .. }
            | Self::Secret { .. }
            | Self::PlaceAbsent { .. }
            | Self::PlaceOld { .. }
            | Self::NotOneNumber { .. }
            | Self::InBothArms { .. } => None,
            Self::Unreachable { arm, .. }
            | Self::TimedOut { arm, .. }
            | Self::HttpStatus { arm, .. }
            | Self::TooLarge { arm, .. }
            | Self::NotMetrics { arm, .. }
            | Self::SeriesAbsent { arm, .. }
            | Self::NotANumber { arm, .. }
            | Self::BadHistogram { arm, .. }
            | Self::TargetLate { arm, .. }
            | Self::OldData { arm, .. }
            | Self::ScrapedTwice { arm, .. }
            | Self::NoPodsFound { arm, .. } => Some(*arm),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstReading => write!(f, "first reading; a count needs two"),
            Self::Unreachable { arm, target, detail } => {
                write!(f, "{arm} {target} cannot be reached: {detail}")
            }
            Self::TimedOut { arm, target, deadline_ms } => {
                write!(f, "{arm} {target} did not answer within {deadline_ms} ms")
            }
            Self::HttpStatus { arm, target, status } => write!(f, "{arm} {target} answered HTTP {status}"),
            Self::TooLarge { arm, target, limit_bytes } => {
                write!(f, "{arm} {target} answered more than {limit_bytes} bytes")
            }
            Self::NotMetrics { arm, target, detail } => {
                write!(f, "{arm} {target} does not answer in the Prometheus text format: {detail}")
            }
            Self::SeriesAbsent { arm, target, series } => {
                write!(f, "{} has no series {series}", Whose(*arm, target))?;
                let all_of_it = target.is_none();
                f.write_str(if all_of_it {
                    ": no request has come yet, or it has another name or labels"
                } else {
                    ""
                })
            }
            Self::NotANumber { arm, target, series } => {
                write!(f, "{}'s {series} is not a finite count", Whose(*arm, target))
            }
            Self::BadHistogram { arm, target, series, detail } => {
                write!(f, "{}'s histogram {series}: {detail}", Whose(*arm, target))
            }
            Self::Source { source, fault } => write!(f, "source {source} {fault}"),
            Self::Secret { file, detail } => write!(f, "secret file {file} {detail}"),
            Self::TargetLate { arm, target, age_s, interval_s } => write!(
                f,
                "{arm} {target} has no sample in the last {age_s} s before this interval's end; it is scraped every {interval_s} s"
            ),
            Self::PlaceAbsent { series } => write!(f, "the source has no series {series} of this place"),
            Self::PlaceOld { series, age_s } => {
                write!(f, "the newest sample of {series} is {age_s} s old: what it is now is not known")
            }
            Self::NotOneNumber { signal, found } => {
                write!(f, "the query of {signal} must give one number and gave {found}")
            }
            Self::OldData { arm, age_s } => {
                write!(f, "the source has nothing new of the {arm}: its newest sample is {age_s} s old")
            }
            Self::ScrapedTwice { arm, target, other } => write!(
                f,
                "{arm} process is scraped twice, as {target} and as {other}; narrow the {arm}'s selector to one"
            ),
            Self::InBothArms { canary, primary } => write!(
                f,
                "one process is in both arms, as canary {canary} and as primary {primary}; narrow the selectors"
            ),
            Self::NoPodsFound { arm, asked, detail } => {
                write!(f, "the {arm}'s pods cannot be found by {asked}: {detail}")
            }
        }
    }
}

/// An arm, or one target of it.
struct Whose<'a>(Arm, &'a Option<String>);

impl fmt::Display for Whose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(target) => write!(f, "{} {target}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Display for SourceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { detail } => write!(f, "cannot be reached: {detail}"),
            Self::TimedOut { deadline_ms } => write!(f, "did not answer within {deadline_ms} ms"),
            Self::HttpStatus { status } => write!(f, "answered HTTP {status}"),
            Self::Refused { kind, detail } => write!(f, "refused the query: {kind}: {detail}"),
            Self::TooLarge { limit_bytes } => write!(f, "answered more than {limit_bytes} bytes"),
            Self::TooManySeries { limit } => {
                write!(f, "answered more than {limit} series; narrow the selector")
            }
            Self::NotAnAnswer { detail } => write!(f, "gave no answer of the Prometheus API: {detail}"),
            Self::Resting { last, failures, again_s } => {
                write!(
                    f,
                    "{last}, {failures} times in a row; it is left alone and asked again in {again_s} s"
                )
            }
            Self::Partial { warning } => write!(f, "warns that its answer is not whole: {warning}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_a_source_reads_as_one_sentence() {
        let source = |fault| Missing::Source { source: "prom:9090".into(), fault }.to_string();
        let said = [
            source(SourceFault::Unreachable { detail: "refused".into() }),
            source(SourceFault::TimedOut { deadline_ms: 5000 }),
            source(SourceFault::HttpStatus { status: 503 }),
            source(SourceFault::Refused { kind: "bad_data".into(), detail: "parse error".into() }),
            source(SourceFault::TooLarge { limit_bytes: 8 }),
            source(SourceFault::TooManySeries { limit: 20_000 }),
            source(SourceFault::NotAnAnswer { detail: "HTML".into() }),
            source(SourceFault::Partial { warning: "store gone".into() }),
            source(SourceFault::Resting { last: "answered HTTP 503".into(), failures: 5, again_s: 30 }),
        ];
        let expected = [
            "source prom:9090 cannot be reached: refused",
            "source prom:9090 did not answer within 5000 ms",
            "source prom:9090 answered HTTP 503",
            "source prom:9090 refused the query: bad_data: parse error",
            "source prom:9090 answered more than 8 bytes",
            "source prom:9090 answered more than 20000 series; narrow the selector",
            "source prom:9090 gave no answer of the Prometheus API: HTML",
            "source prom:9090 warns that its answer is not whole: store gone",
            "source prom:9090 answered HTTP 503, 5 times in a row; it is left alone and asked again in 30 s",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn every_reason_about_samples_names_the_target_and_the_numbers() {
        let (arm, a, b) =
            (Arm::Canary, "api at 10.0.0.7:8080".to_owned(), "api2 at 10.0.0.7:8080".to_owned());
        let late = Missing::TargetLate { arm, target: a.clone(), age_s: 31, interval_s: 15 };
        let said = [
            late.to_string(),
            Missing::OldData { arm, age_s: 900 }.to_string(),
            Missing::ScrapedTwice { arm, target: a.clone(), other: b.clone() }.to_string(),
            Missing::InBothArms { canary: a, primary: b }.to_string(),
            Missing::Secret { file: "/etc/token".into(), detail: "is empty".into() }.to_string(),
        ];
        let expected = [
            "canary api at 10.0.0.7:8080 has no sample in the last 31 s before this interval's end; it is scraped every 15 s",
            "the source has nothing new of the canary: its newest sample is 900 s old",
            "canary process is scraped twice, as api at 10.0.0.7:8080 and as api2 at 10.0.0.7:8080; narrow the canary's selector to one",
            "one process is in both arms, as canary api at 10.0.0.7:8080 and as primary api2 at 10.0.0.7:8080; narrow the selectors",
            "secret file /etc/token is empty",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_series_reason_names_its_target_where_there_is_one() {
        let absent = |target| Missing::SeriesAbsent { arm: Arm::Primary, target, series: "x_total".into() };
        let none = "primary has no series x_total: no request has come yet, or it has another name or labels";
        assert_eq!(absent(None).to_string(), none);
        assert_eq!(absent(Some("pod:80".into())).to_string(), "primary pod:80 has no series x_total");
    }
}
