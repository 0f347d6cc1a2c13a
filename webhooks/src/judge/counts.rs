//! Counts, brought into the core's form and handed to it.
//!
//! The core sees one form of arm for every kind; where it refuses one, its words for the place are put back into the
//! file's (`slow`, `value`).

use super::case::CountsFile;
use super::latency;
use super::signal::{
    CountArm, GaugeArm, GaugeSignal, LatencyArm, LatencySignal, RateArm, RateSignal, RatioSignal, Signal,
};
use super::unusable::{typed, unusable};
use haldane_core::recorded::counts::{self, ArmCounts, CountsCase, CountsSignal};
use haldane_core::recorded::gauge::{self, Gauge};
use haldane_core::recorded::{CaseVerdict, SignalVerdict, Unusable};
use haldane_core::signal::Kind;
use haldane_core::time::Span;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The quantile that a latency limit is for, unless it says so.
const QUANTILE: f64 = 0.99;

/// Longer polls than a year are a mistake of units.
const LONGEST_S: f64 = 31_536_000.0;

pub(super) fn judge(file: CountsFile<&RawValue>) -> Result<CaseVerdict, Unusable> {
    let interval_s = file.interval_seconds;
    if !(interval_s > 0.0 && interval_s <= LONGEST_S) {
        let problem = format!("{interval_s} is no length of a poll; write seconds above 0");
        return Err(unusable("intervalSeconds", &problem));
    }
    let interval = Span::from_us((interval_s * 1e6) as i64);
    let false_rollback = file.false_rollback;
    let mut case = CountsCase { interval, false_rollback, signals: Vec::new(), gauges: Vec::new() };
    let (mut words, mut gauged) = (Vec::new(), Vec::new());
    for (i, raw) in file.signals.iter().enumerate() {
        let place = format!("signals[{i}]");
        let (signal, bad) = match read(raw, i)? {
            Signal::Ratio(signal) => (ratio(signal), "bad"),
            Signal::Rate(signal) => (rate(signal, interval_s, &place)?, "bad"),
            Signal::Latency(signal) => (latency(signal, &place)?, "slow"),
            Signal::Gauge(signal) => {
                let below = |wrong: Unusable| Unusable { place: format!("{place}.{}", wrong.place), ..wrong };
                case.gauges.push(gauge::track(&gauge(signal), interval).map_err(below)?);
                gauged.push(i);
                continue;
            }
        };
        case.signals.push(signal);
        words.push((i, bad));
    }
    let mut verdict = counts::judge(&case).map_err(|wrong| reworded(wrong, &words))?;
    // The core answers counts first; the file's order is the reader's.
    let order = words.iter().map(|(i, _)| *i).chain(gauged);
    let mut said: Vec<(usize, SignalVerdict)> = order.zip(std::mem::take(&mut verdict.signals)).collect();
    said.sort_by_key(|(i, _)| *i);
    verdict.signals = said.into_iter().map(|(_, said)| said).collect();
    Ok(verdict)
}

/// The core counts its signals without the gauges, and calls every bad event bad; back into the file's words.
fn reworded(wrong: Unusable, words: &[(usize, &str)]) -> Unusable {
    let told = wrong.place.strip_prefix("signals[").and_then(|rest| {
        let (index, rest) = rest.split_once(']')?;
        let (i, bad) = words.get(index.parse::<usize>().ok()?)?;
        Some(format!("signals[{i}]{}", rest.replace(".bad", &format!(".{bad}"))))
    });
    Unusable { place: told.unwrap_or(wrong.place.clone()), ..wrong }
}

/// One signal, typed by its kind.
fn read(raw: &RawValue, i: usize) -> Result<Signal, Unusable> {
    #[derive(Deserialize)]
    struct Peek<'a> {
        #[serde(borrow)]
        kind: Option<&'a RawValue>,
    }
    let place = format!("signals[{i}]");
    let kind = typed::<Peek<'_>>(raw, &place)?.kind.map_or("", RawValue::get);
    match kind {
        r#""ratio""# => typed(raw, &place).map(Signal::Ratio),
        r#""rate""# => typed(raw, &place).map(Signal::Rate),
        r#""latency""# => typed(raw, &place).map(Signal::Latency),
        r#""gauge""# => typed(raw, &place).map(Signal::Gauge),
        _ => {
            let known = "write \"ratio\", \"rate\", \"latency\" or \"gauge\"";
            let problem = if kind.is_empty() {
                known.to_owned()
            } else {
                format!("this is no kind of signal; {known}")
            };
            Err(unusable(&format!("{place}.kind"), &problem))
        }
    }
}

fn ratio(signal: RatioSignal) -> CountsSignal {
    let arm = |arm: CountArm| ArmCounts { bad_at_most: arm.bad.clone(), bad: arm.bad, exposure: arm.total };
    CountsSignal {
        name: signal.name,
        kind: Kind::Ratio,
        limit: signal.limit,
        tolerate: signal.tolerate,
        minutes: Vec::new(),
        canary: arm(signal.canary),
        baseline: signal.baseline.map(arm),
        history: signal.history.map(arm),
    }
}

fn rate(signal: RateSignal, interval_s: f64, place: &str) -> Result<CountsSignal, Unusable> {
    let minutes = minutes_of(&signal.canary, interval_s, &format!("{place}.canary"))?;
    let counted = signal.canary.total.is_some();
    let arm = |arm: RateArm, name: &str| {
        let place = format!("{place}.{name}");
        if arm.total.is_some() != counted {
            let problem = "write the requests of every arm, or of none: by them versions are compared";
            return Err(unusable(&format!("{place}.total"), problem));
        }
        let by_time = minutes_of(&arm, interval_s, &place)?;
        let exposure = arm.total.unwrap_or(by_time);
        Ok(ArmCounts { bad_at_most: arm.bad.clone(), bad: arm.bad, exposure })
    };
    Ok(CountsSignal {
        name: signal.name,
        kind: Kind::Rate,
        limit: signal.limit,
        tolerate: signal.tolerate,
        minutes,
        canary: arm(signal.canary, "canary")?,
        baseline: signal.baseline.map(|a| arm(a, "baseline")).transpose()?,
        history: signal.history.map(|a| arm(a, "history")).transpose()?,
    })
}

fn minutes_of(arm: &RateArm, interval_s: f64, place: &str) -> Result<Vec<f64>, Unusable> {
    let Some(seconds) = &arm.seconds else {
        return Ok(vec![interval_s / 60.0; arm.bad.len()]);
    };
    let place = format!("{place}.seconds");
    if seconds.len() != arm.bad.len() {
        let problem =
            format!("{} values where there are {} polls; write one for each", seconds.len(), arm.bad.len());
        return Err(unusable(&place, &problem));
    }
    let wrong = seconds.iter().position(|s| !(0.0..=LONGEST_S).contains(s));
    wrong.map_or(Ok(()), |i| {
        Err(unusable(
            &format!("{place}[{i}]"),
            &format!("{} is no length of a poll; write seconds", seconds[i]),
        ))
    })?;
    Ok(seconds.iter().map(|s| s / 60.0).collect())
}

fn latency(signal: LatencySignal, place: &str) -> Result<CountsSignal, Unusable> {
    if let Some(ms) = signal.limit_ms.filter(|ms| *ms <= 0.0) {
        return Err(unusable(
            &format!("{place}.limitMs"),
            &format!("{ms} is no limit; write milliseconds above 0"),
        ));
    }
    let quantile = signal.quantile.unwrap_or(QUANTILE);
    if !(quantile > 0.0 && quantile < 1.0) {
        let problem = format!("{quantile} is no quantile; write a number between 0 and 1, such as 0.99");
        return Err(unusable(&format!("{place}.quantile"), &problem));
    }
    let limited = signal.limit_ms.is_some() || signal.quantile.is_some() || signal.baseline.is_none();
    let arm = |arm: LatencyArm, name: &str| latency::arm(arm, signal.limit_ms, &format!("{place}.{name}"));
    let canary = arm(signal.canary, "canary")?;
    Ok(CountsSignal {
        // 1 − 0.99 is not 0.01 in binary; what is meant is.
        limit: limited.then(|| ((1.0 - quantile) * 1e12).round() / 1e12),
        name: signal.name,
        kind: Kind::Latency,
        tolerate: signal.tolerate,
        minutes: Vec::new(),
        canary,
        baseline: signal.baseline.map(|a| arm(a, "baseline")).transpose()?,
        history: signal.history.map(|a| arm(a, "history")).transpose()?,
    })
}

fn gauge(signal: GaugeSignal) -> Gauge {
    let value = |arm: GaugeArm| arm.value;
    Gauge {
        name: signal.name,
        worse: signal.direction.into(),
        limit: signal.limit,
        canary: value(signal.canary),
        baseline: signal.baseline.map(value),
        history: signal.history.map(value).unwrap_or_default(),
    }
}
