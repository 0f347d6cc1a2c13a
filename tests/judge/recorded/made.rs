//! The recorded cases, made anew: every kind of counts, and series; healthy, sick, too little to say, and unusable.
//!
//! Whole numbers only, and decimals written digit by digit from them: no float is formatted or parsed on the way to the
//! file, so what is compared is the judging alone.

use super::Dice;
use std::fmt::Write as _;

/// How a case is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Healthy,
    Sick,
    /// Too little to tell.
    Little,
    Unusable,
}

use State::{Healthy, Little, Sick, Unusable};

const STATES: [State; 7] = [Healthy, Sick, Healthy, Sick, Healthy, Little, Unusable];

/// The file: a list of cases, a line each.
pub(super) fn cases() -> String {
    let kinds: [fn(State, &mut Dice) -> String; 5] = [ratio, rate, buckets, slow, gauge];
    let mut dice = Dice(1936);
    let mut cases = Vec::new();
    for (nth, state) in STATES.into_iter().enumerate() {
        for kind in kinds {
            cases.push(counted(&[kind(state, &mut dice)]));
        }
        cases.push(series(state, nth, &mut dice));
    }
    cases.push(counted(&kinds.map(|kind| kind(Healthy, &mut dice))));
    cases.push(counted(&kinds.map(|kind| kind(Sick, &mut dice))));
    cases.push(r#"{"signals": [], "metrics": []}"#.to_owned());
    format!("[\n{}\n]\n", cases.join(",\n"))
}

fn counted(signals: &[String]) -> String {
    format!(r#"{{"intervalSeconds": 15, "signals": [{}]}}"#, signals.join(", "))
}

fn polls(state: State) -> usize {
    if state == Little { 2 } else { 40 }
}

/// Requests of the canary in a poll.
fn requests(state: State) -> u64 {
    if state == Little { 10 } else { 700 }
}

/// Events per million that go wrong: a third of a limit of 0.1 %, or six times the limit.
fn wrong(state: State) -> u64 {
    if state == Sick { 6000 } else { 300 }
}

fn list(numbers: impl IntoIterator<Item = u64>) -> String {
    let mut text = String::from("[");
    for number in numbers {
        let comma = if text.len() > 1 { "," } else { "" };
        let _ = write!(text, "{comma}{number}");
    }
    text + "]"
}

/// `bad` and `total` of an arm with about `requests` a poll.
fn arm(bad: &str, polls: usize, requests: u64, ppm: u64, dice: &mut Dice) -> String {
    let totals: Vec<u64> = (0..polls).map(|_| requests + dice.below(requests / 10 + 1)).collect();
    let wrong: Vec<u64> = totals.iter().map(|total| dice.hits(*total, ppm)).collect();
    format!(r#"{{"{bad}": {}, "total": {}}}"#, list(wrong), list(totals))
}

fn ratio(state: State, dice: &mut Dice) -> String {
    let polls = polls(state);
    let canary = match state {
        Unusable => r#"{"bad": [1, 9], "total": [750, 8]}"#.to_owned(),
        Healthy | Sick | Little => arm("bad", polls, requests(state), wrong(state), dice),
    };
    let baseline = arm("bad", if state == Unusable { 2 } else { polls }, 13_300, 400, dice);
    let history = arm("bad", 260, 14_000, 400, dice);
    format!(
        r#"{{"name": "error-rate", "kind": "ratio", "limit": 0.001, "canary": {canary}, "baseline": {baseline}, "history": {history}}}"#
    )
}

fn rate(state: State, dice: &mut Dice) -> String {
    let polls = polls(state);
    let bad = list((0..polls).map(|_| dice.hits(requests(state), wrong(state))));
    let seconds =
        list((0..polls).map(|poll| if state == Unusable && poll == 7 { 99_999_999_999 } else { 15 }));
    format!(
        r#"{{"name": "http-5xx", "kind": "rate", "limit": 5, "canary": {{"bad": {bad}, "seconds": {seconds}}}}}"#
    )
}

/// A histogram; each bucket counts those below it, too.
fn buckets(state: State, dice: &mut Dice) -> String {
    let polls = polls(state);
    let requests = requests(state);
    let over: Vec<u64> = (0..polls).map(|_| dice.hits(requests, 8 * wrong(state))).collect();
    let below = |of: &dyn Fn(&u64) -> u64| list(over.iter().map(of));
    let (half, edge) = (below(&|over| (requests - over) * 9 / 10), below(&|over| requests - over));
    let most = if state == Unusable { requests - 50 } else { requests };
    let all = list((0..polls).map(|_| most));
    format!(
        r#"{{"name": "p99", "kind": "latency", "limitMs": 200, "canary": {{"buckets": [{{"le": 0.1, "count": {half}}}, {{"le": "0.2", "count": {edge}}}, {{"le": "+Inf", "count": {all}}}]}}}}"#
    )
}

fn slow(state: State, dice: &mut Dice) -> String {
    let polls = polls(state);
    let canary = arm("slow", polls, requests(state), 8 * wrong(state), dice);
    let baseline = arm("slow", polls + usize::from(state == Unusable), 13_300, 3000, dice);
    format!(
        r#"{{"name": "p95", "kind": "latency", "quantile": 0.95, "tolerate": 2, "canary": {canary}, "baseline": {baseline}}}"#
    )
}

fn gauge(state: State, dice: &mut Dice) -> String {
    let level = if state == Sick { 6400 } else { 5000 };
    let points = match state {
        Unusable => 0,
        Little => 3,
        Healthy | Sick => polls(state) * 2,
    };
    let canary = decimals(points, level, 300, dice);
    let history = decimals(960, 5000, 300, dice);
    format!(
        r#"{{"name": "memory", "kind": "gauge", "canary": {{"value": {canary}}}, "history": {{"value": {history}}}}}"#
    )
}

/// Measurements around `level` hundredths, scattered by about `scatter` of them.
fn decimals(points: usize, level: u64, scatter: u64, dice: &mut Dice) -> String {
    let mut one = || {
        let sum: u64 = (0..4).map(|_| dice.below(2 * scatter + 1)).sum();
        let hundredths = (level + sum).saturating_sub(4 * scatter);
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    };
    format!("[{}]", (0..points).map(|_| one()).collect::<Vec<_>>().join(","))
}

/// One to three metrics; a sick one is worse by a third, in its own direction.
fn series(state: State, nth: usize, dice: &mut Dice) -> String {
    let direction = ["increase", "decrease", "either"];
    let points = if state == Little { 3 } else { 31 };
    let metrics = (0..1 + nth % 3).map(|metric| {
        let sick = state == Sick && metric == 0;
        let direction = direction[(nth + metric) % 3];
        let level = match (sick, direction) {
            (true, "decrease") => 6600,
            (true, _) => 13_300,
            (false, _) => 10_000,
        };
        let control = decimals(points, 10_000, 500, dice);
        let experiment = decimals(points, level, 500, dice);
        let experiment = if state == Unusable { experiment.replacen(",", ",null,", 1) } else { experiment };
        let history = decimals(if nth.is_multiple_of(2) { 60 } else { 0 }, 10_000, 500, dice);
        format!(
            r#"{{"name": "metric-{metric}", "direction": "{direction}", "control": {control}, "experiment": {experiment}, "history": {history}}}"#
        )
    });
    format!(r#"{{"metrics": [{}]}}"#, metrics.collect::<Vec<_>>().join(", "))
}
