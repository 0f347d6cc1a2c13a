//! What cannot be proved or found at this traffic, in plain sentences, each with what would help.

use crate::report::{GateOutlook, RegionOutlook, StepOutlook};
use crate::words;
use haldane_core::evidence::margin::Provability;
use haldane_core::policy::limit_text;
use haldane_core::signal::{Kind, P99_ALLOWED};

/// A gate that finds only what is beyond this many times its limit is as good as blind.
const BLIND_LIMITS: f64 = 4.0;

/// The same for a gate that only compares: times the healthy rate.
const BLIND_TIMES: f64 = 10.0;

/// A policy takes no longer time than thirty days.
const LONGEST_MIN: f64 = 30.0 * 24.0 * 60.0;

/// Every sentence, in the order of steps and gates; regions of which the same is true are named together.
pub(crate) fn advice(regions: &[RegionOutlook]) -> Vec<String> {
    let mut said: Vec<(Vec<String>, String)> = Vec::new();
    for region in regions {
        for step in &region.steps {
            for gate in step.gates.iter().filter(|g| !g.report_only) {
                for sentence in [proof(region, step, gate), findings(step, gate)].into_iter().flatten() {
                    let sentence = format!("{} at {} %: {sentence}", gate.signal, step.weight);
                    match said.iter_mut().find(|(_, before)| *before == sentence) {
                        Some((names, _)) => names.push(region.region.to_string()),
                        None => said.push((vec![region.region.to_string()], sentence)),
                    }
                }
            }
        }
    }
    let all = |names: &[String]| regions.len() > 1 && names.len() == regions.len();
    let whose = |names: &[String]| if all(names) { "every region".to_owned() } else { names.join(", ") };
    said.into_iter().map(|(names, sentence)| format!("{}: {sentence}", whose(&names))).collect()
}

fn proof(region: &RegionOutlook, step: &StepOutlook, gate: &GateOutlook) -> Option<String> {
    let (proof, limit) = (gate.proof?, gate.limit?);
    let window = words::minutes(step.extend_up_to_min);
    match proof.provability {
        Provability::TooLittleTraffic { .. } => {
            let cannot = format!(
                "cannot be proved within {window}, not even below 8x the limit; it only has to stay quiet"
            );
            let factor = proof.of_extension.unwrap_or(f64::INFINITY);
            Some(format!("{cannot}{}", ways_out(region, step, gate, limit, factor)))
        }
        Provability::Below { margin } => {
            let factor = proof.of_extension.filter(|of| *of > 1.0)?;
            let minutes = words::minutes(proof.minutes?);
            let late = format!(
                "a proof below {margin}x the limit is asked for and takes about {minutes}, but the step ends after {window}: expect a hold"
            );
            Some(format!("{late}{}", ways_out(region, step, gate, limit, factor)))
        }
        Provability::BaselineOverLimit { times_limit } => {
            let (healthy, limit) = (words::rate(gate.signal, gate.healthy), limit_text(gate.signal, limit));
            let cure = match gate.signal.kind() {
                Kind::Rate => {
                    "write a higher limit, or gate a share of the requests (error-rate), which does not grow with the traffic"
                }
                Kind::Ratio | Kind::Latency | Kind::Gauge | Kind::Place => "write a higher limit",
            };
            let times = words::digits(times_limit);
            Some(format!(
                "the healthy service itself has {healthy}, {times} times the limit of {limit}: every rollout would hold here; {cure}"
            ))
        }
    }
}

/// About what would make up for a window that is too short by `factor`: what a policy can say, as a policy says it.
fn ways_out(
    region: &RegionOutlook,
    step: &StepOutlook,
    gate: &GateOutlook,
    limit: f64,
    factor: f64,
) -> String {
    // A little more than just enough.
    let factor = factor * 1.1;
    let minutes = (step.extend_up_to_min * factor).ceil();
    let longer = (minutes <= LONGEST_MIN).then(|| format!("extendUpTo: {}", words::minutes(minutes)));
    let enough = (region.requests_per_s * factor).ceil();
    let traffic = || enough.is_finite().then(|| format!("about {} requests/s", words::digits(enough)));
    let higher = |most: f64| {
        let higher = limit * factor;
        (higher < most).then(|| format!("a limit of {}", words::rate(gate.signal, higher).replace(' ', "")))
    };
    let ways = match gate.signal.kind() {
        Kind::Ratio => [traffic(), longer, higher(1.0)],
        // More traffic brings more bad events a minute, and the same minutes.
        Kind::Rate => [None, longer, higher(f64::INFINITY)],
        // A higher limit makes fewer requests slow, but still allows one in a hundred to be: it needs as many.
        Kind::Latency | Kind::Gauge | Kind::Place => [traffic(), longer, None],
    };
    let ways: Vec<String> = ways.into_iter().flatten().collect();
    if ways.is_empty() { String::new() } else { format!(". It would take {}", ways.join(", or ")) }
}

fn findings(step: &StepOutlook, gate: &GateOutlook) -> Option<String> {
    let window = words::minutes(step.extend_up_to_min);
    let help = "more traffic at this step, a longer extendUpTo or a lower limit finds more";
    let Some(smallest) = gate.finds.as_ref()?.by_extend_up_to.p80 else {
        return Some(format!(
            "finds nothing within {window}, not even a canary whose every request is bad; {help}"
        ));
    };
    let blind = match (gate.limit, gate.signal.kind()) {
        (Some(_), Kind::Latency | Kind::Gauge | Kind::Place) => smallest.rate > BLIND_LIMITS * P99_ALLOWED,
        (Some(limit), Kind::Ratio | Kind::Rate) => smallest.rate > BLIND_LIMITS * limit,
        (None, _) => smallest.times > BLIND_TIMES,
    };
    blind.then(|| {
        let (times, rate) = (words::digits(smallest.times), words::rate(gate.signal, smallest.rate));
        format!(
            "less than {times} times the healthy rate ({rate}) is usually not found within {window}; {help}"
        )
    })
}
