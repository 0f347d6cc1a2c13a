//! What a case of counts must be before anything is said of it. The first thing that is wrong is named with its place.

use super::{ArmCounts, CountsCase, CountsSignal};
use crate::recorded::Unusable;
use crate::signal::Kind;
use crate::time::Span;

pub(super) fn case(case: &CountsCase) -> Result<(), Unusable> {
    if case.interval <= Span::ZERO {
        return refuse("intervalSeconds", "an interval has a length; write seconds above 0");
    }
    if !(case.false_rollback > 0.0 && case.false_rollback < 1.0) {
        return refuse("falseRollback", "write a share between 0 and 1, such as 0.01");
    }
    if case.signals.is_empty() && case.gauges.is_empty() {
        return refuse("signals", "there is nothing to judge; write at least one signal");
    }
    case.signals.iter().enumerate().try_for_each(|(i, s)| signal(&format!("signals[{i}]"), s))
}

fn signal(place: &str, signal: &CountsSignal) -> Result<(), Unusable> {
    if signal.limit.is_none() && signal.baseline.is_none() {
        return refuse(
            place,
            "there is nothing to hold the canary against; write a limit, a baseline, or both",
        );
    }
    if signal.limit.is_some_and(|l| !(l > 0.0 && l.is_finite())) {
        return refuse(&format!("{place}.limit"), "a limit is a number above 0");
    }
    if signal.kind != Kind::Rate && signal.limit.is_some_and(|l| l >= 1.0) {
        return refuse(&format!("{place}.limit"), "a share of all events is below 1; 0.1 % is 0.001");
    }
    if signal.tolerate.is_some_and(|t| !(1.0..=100.0).contains(&t)) {
        return refuse(
            &format!("{place}.tolerate"),
            "write how many times the baseline is tolerated, 1 to 100",
        );
    }
    let polls = signal.canary.bad.len();
    if polls == 0 {
        return refuse(&format!("{place}.canary.bad"), "there is no poll; a verdict needs at least one");
    }
    arm(&format!("{place}.canary"), &signal.canary, polls, signal.kind)?;
    if let Some(baseline) = &signal.baseline {
        arm(&format!("{place}.baseline"), baseline, polls, signal.kind)?;
    }
    if let Some(history) = &signal.history {
        arm(&format!("{place}.history"), history, history.bad.len(), signal.kind)?;
    }
    if signal.kind == Kind::Rate {
        values(&format!("{place}.canary.seconds"), &signal.minutes, polls)?;
    }
    Ok(())
}

fn arm(place: &str, arm: &ArmCounts, polls: usize, kind: Kind) -> Result<(), Unusable> {
    values(&format!("{place}.bad"), &arm.bad, polls)?;
    values(&format!("{place}.bad"), &arm.bad_at_most, polls)?;
    values(&format!("{place}.total"), &arm.exposure, polls)?;
    let above = |i: &usize| arm.bad_at_most[*i] > arm.exposure[*i] || arm.bad[*i] > arm.bad_at_most[*i];
    let wrong = (0..polls).find(above).filter(|_| kind != Kind::Rate);
    wrong.map_or(Ok(()), |i| {
        let (bad, total) = (arm.bad_at_most[i], arm.exposure[i]);
        refuse(&format!("{place}.bad[{i}]"), &format!("{bad} bad events of {total} in all cannot be"))
    })
}

fn values(place: &str, values: &[f64], polls: usize) -> Result<(), Unusable> {
    if values.len() != polls {
        let problem = format!("{} values where there are {polls} polls; write one for each", values.len());
        return refuse(place, &problem);
    }
    let wrong = values.iter().position(|v| !(v.is_finite() && (0.0..=MOST).contains(v)));
    wrong.map_or(Ok(()), |i| {
        refuse(&format!("{place}[{i}]"), &format!("{} is no count; write a number from 0 to 1e15", values[i]))
    })
}

/// Counts are exact below this, and nobody serves as many requests between two polls.
const MOST: f64 = 1e15;

fn refuse(place: &str, problem: &str) -> Result<(), Unusable> {
    Err(Unusable { place: place.to_owned(), problem: problem.to_owned() })
}
