//! What a signal's evidence comes to, in a word and in a sentence with its numbers.

use super::gate::Gate;
use crate::budget::QUIET;
use crate::evidence::margin::{MARGINS, Provability, exposure_needed};
use crate::evidence::noninferior;
use crate::evidence::proof::PROVED;
use crate::math::{exp, ln};
use crate::recorded::Finding;
use crate::signal::Kind;

/// The verdict on one signal; `carries` says that it carries a breach of the case.
pub(super) fn verdict(gate: &Gate<'_>, carries: bool, threshold: f64) -> (Finding, String) {
    let seen = seen(gate);
    if carries {
        return (
            Finding::Breached,
            format!("{seen}; evidence {} {}", odds(gate.ln_e()), carried(gate, threshold)),
        );
    }
    match open_question(gate, threshold) {
        Some(question) => (Finding::Inconclusive, format!("{seen}; {question}")),
        None => (Finding::Healthy, format!("{seen}; {}", shown(gate))),
    }
}

fn carried(gate: &Gate<'_>, threshold: f64) -> String {
    let ln_of =
        |capital: &Option<crate::evidence::capital::Capital>| capital.as_ref().map_or(0.0, |c| c.ln_e());
    let against = if ln_of(&gate.limit) >= ln_of(&gate.ratio) && gate.limit.is_some() {
        "that it breaks its limit".to_owned()
    } else {
        format!("that it is more than {} times the baseline", short(gate.tolerate()))
    };
    format!("{against}, over the case's threshold of {}", short(threshold))
}

/// What keeps a signal from being called healthy.
fn open_question(gate: &Gate<'_>, threshold: f64) -> Option<String> {
    if gate.seen.exposure <= 0.0 {
        return Some("the canary was never exposed, and silence is not health".to_owned());
    }
    let ln_e =
        gate.limit.as_ref().map_or(0.0, |l| l.ln_e()).max(gate.ratio.as_ref().map_or(0.0, |r| r.ln_e()));
    if gate.broken.ln_e() >= ln(PROVED) && ln_e < ln(QUIET) && gate.limit.is_some() {
        return Some(
            "the limit is broken, but by the baseline too: the environment, not the release".to_owned(),
        );
    }
    if ln_e >= ln(QUIET) {
        let (against, threshold) = (odds(gate.ln_e()), short(threshold));
        return Some(format!(
            "evidence {against} speaks against it, short of the case's threshold of {threshold}"
        ));
    }
    let between = gate.seen.bad <= gate.seen.allowed && gate.seen.bad_at_most > gate.seen.allowed;
    if gate.limit.is_some() && gate.seen.bad_at_most > gate.seen.bad && between {
        return Some("the limit lies between two bucket edges, so which events break it is not told; add an edge at the limit".to_owned());
    }
    match gate.noise.provability {
        Some(Provability::BaselineOverLimit { times_limit }) => {
            let times = short(times_limit);
            Some(format!("the old version itself is at {times} times the limit, so no canary can be proved within it"))
        }
        Some(Provability::TooLittleTraffic { .. }) => Some(format!("too little to prove anything{}", needed(gate))),
        Some(Provability::Below { margin }) => (!gate.proof.is_proved()).then(|| {
            let times = margin_text(margin);
            format!("not proved below {times} (evidence {} of {PROVED}){}", odds(gate.proof.ln_e()), needed(gate))
        }),
        None => (!gate.proof.is_proved()).then(|| {
            let multiple = short(noninferior::MARGIN * gate.tolerate());
            let proof = odds(gate.proof.ln_e());
            format!("not shown to be below {multiple} times the baseline (evidence {proof} of {PROVED}); more bad events of either version, or a limit, would tell")
        }),
    }
    .or_else(|| over_limit(gate))
}

/// A proof below a multiple of the limit is no licence for a canary that was seen above the limit itself.
fn over_limit(gate: &Gate<'_>) -> Option<String> {
    let over = gate.limit.is_some() && gate.seen.bad_at_most > gate.seen.allowed;
    over.then(|| {
        format!(
            "seen above its limit, {} where {} are allowed, without proof of either",
            short(gate.seen.bad_at_most),
            short(gate.seen.allowed)
        )
    })
}

fn shown(gate: &Gate<'_>) -> String {
    let proof = odds(gate.proof.ln_e());
    match gate.noise.provability {
        Some(Provability::Below { margin }) => {
            format!(
                "proved below {} (evidence {})",
                margin_text(gate.tightest(margin)),
                odds(gate.tightest_ln_e(margin))
            )
        }
        Some(Provability::TooLittleTraffic { .. } | Provability::BaselineOverLimit { .. }) | None => {
            let multiple = short(noninferior::MARGIN * gate.tolerate());
            format!("shown to be below {multiple} times the baseline (evidence {proof})")
        }
    }
}

fn margin_text(margin: u8) -> String {
    if margin == 1 { "the limit".to_owned() } else { format!("{margin} times the limit") }
}

/// About how much exposure a canary at half of its limit would need.
fn needed(gate: &Gate<'_>) -> String {
    let Some(limit) = gate.signal.limit else { return String::new() };
    let margin = match gate.noise.provability {
        Some(Provability::Below { margin }) => margin,
        Some(Provability::TooLittleTraffic { .. } | Provability::BaselineOverLimit { .. }) | None => {
            MARGINS[MARGINS.len() - 1]
        }
    };
    let phi = gate.noise.phi.unwrap_or(1.25);
    let needed = exposure_needed(limit / 2.0, limit, phi, margin);
    let unit = if gate.signal.kind == Kind::Rate { "minutes" } else { "requests" };
    if needed.is_finite() { format!("; takes about {} {unit}", short(needed)) } else { String::new() }
}

/// What was counted: `12 of 30,000 bad (0.04 %, limit 0.1 %; baseline 0.05 %)`.
fn seen(gate: &Gate<'_>) -> String {
    let (signal, seen) = (gate.signal, &gate.seen);
    let least = if seen.bad_at_most > seen.bad { format!("{} to ", short(seen.bad)) } else { String::new() };
    let counted = format!("{least}{}", short(seen.bad_at_most));
    let limit = signal.limit.map(|_| format!("{} allowed", short(seen.allowed)));
    let share = |bad: f64, of: f64| format!("{} %", short(100.0 * bad / of));
    let baseline = (seen.baseline_exposure > 0.0 && signal.kind != Kind::Rate)
        .then(|| format!("baseline {}", share(seen.baseline_bad, seen.baseline_exposure)));
    let beside: Vec<String> = limit.into_iter().chain(baseline).collect();
    let beside = if beside.is_empty() { String::new() } else { format!(" ({})", beside.join(", ")) };
    if signal.kind == Kind::Rate {
        return format!("{counted} bad events{beside}");
    }
    let rate = if seen.exposure > 0.0 {
        format!(", {}", share(seen.bad_at_most, seen.exposure))
    } else {
        String::new()
    };
    format!("{counted} of {} bad{rate}{beside}", short(seen.exposure))
}

/// Odds as people read them: `3.2` or `4.1e12`.
fn odds(ln_e: f64) -> String {
    short(exp(ln_e))
}

/// Three significant digits, without a tail of zeros.
fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e6).contains(&value.abs()) {
        return format!("{value:.2e}");
    }
    let decimals = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else if value >= 1.0 {
        2
    } else {
        5
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
