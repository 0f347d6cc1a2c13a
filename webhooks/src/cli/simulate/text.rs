//! A simulation for people: what was simulated, in words; the lab's own summary; the promise beside what was measured.

use crate::plan;
use haldane_core::math::exp;
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use haldane_lab::fault::{Fault, Kind};
use haldane_lab::noise::Noise;
use haldane_lab::{Simulation, Summary};
use haldane_outlook::Healthy;
use haldane_outlook::words::{digits, rate};
use std::fmt::Write as _;

/// The simulation as lines of text. Writing to a String cannot fail, so its results are dropped.
pub(super) fn render(of: &Simulation<'_>, healthy: &Healthy, summary: &Summary) -> String {
    let regions: Vec<&str> = of.policy.regions.iter().map(|r| r.name.0.as_str()).collect();
    let mut text = String::new();
    let _ = writeln!(
        text,
        "simulated  each release goes through {}, step by step, judged by what judges rollouts",
        regions.join(", ")
    );
    let _ = writeln!(text, "traffic    {}", traffic(of, healthy));
    let _ = writeln!(text, "noise      {}", noise(&of.noise));
    let _ = writeln!(text, "fault      {}", fault(of));
    if let Some(gates) = plan::beyond_the_core(of.policy) {
        let _ = writeln!(text, "quiet      {gates}: what these gates read is simulated without a bad event");
    }
    let _ = write!(text, "\n{summary}");
    if of.fault.kind == Kind::None {
        let _ = writeln!(text, "\n{}", promise(of.policy.false_rollback, summary));
    }
    if let Some(mode) = plan::mode(of.policy.mode) {
        let _ = writeln!(text, "\n{mode}");
    }
    text
}

fn traffic(of: &Simulation<'_>, healthy: &Healthy) -> String {
    let latency = healthy.p99_ms.map(|p99| format!("P99 {p99:.0}ms, ")).unwrap_or_default();
    format!(
        "{} requests/s in every region; healthy: errors {} %, {latency}5xx {}/min",
        digits(of.traffic.rps),
        digits(healthy.error_rate * 100.0),
        digits(healthy.http_5xx_per_min)
    )
}

fn noise(noise: &Noise) -> String {
    let Noise { fano, shared_sd, everywhere, arm_sd, tau_min, blip, blip_every_min } = *noise;
    let mut words = vec![if fano > 1.0 {
        format!("bad events come in clusters, with {} times the variance of single ones", digits(fano))
    } else {
        "bad events come one by one".to_owned()
    }];
    // One standard deviation of the logarithm.
    let wander = |sd: f64| {
        format!("wanders by a factor of {} either way, within {} min", digits(exp(sd)), digits(tau_min))
    };
    if shared_sd > 0.0 {
        let whose =
            if everywhere { "both versions' rate, in all regions at once," } else { "both versions' rate" };
        words.push(format!("{whose} {}", wander(shared_sd)));
    }
    if arm_sd > 0.0 {
        words.push(format!("each version's own rate {}", wander(arm_sd)));
    }
    if blip > 1.0 {
        words.push(format!(
            "now and then (every {} min) a version has {} times as many for one poll",
            digits(blip_every_min),
            digits(blip)
        ));
    }
    format!("{noise}: {}", words.join(";\n           "))
}

fn fault(of: &Simulation<'_>) -> String {
    let Fault { kind, onset, above_weight } = of.fault;
    let (what, signal) = match kind {
        Kind::None => return "none: the new version is as healthy as the old one".to_owned(),
        Kind::Errors(share) => {
            (format!("{} of its requests fail", rate(Signal::ErrorRate, share)), Signal::ErrorRate)
        }
        Kind::P99Ms(ms) => (format!("its P99 is {}ms", digits(ms)), Signal::P99Latency),
        Kind::Http5xxPerMin(n) => {
            (format!("it answers 5xx {} times a minute, whatever its traffic", digits(n)), Signal::Http5xx)
        }
    };
    let since = if onset > Span::ZERO {
        format!("from {onset} after its first traffic in a region on")
    } else {
        "from its first request on".to_owned()
    };
    let weights =
        if above_weight > 0 { format!(", at weights above {above_weight} % only") } else { String::new() };
    let gated = of.policy.gates.iter().any(|g| g.signal == signal && !g.report_only);
    let unseen = if gated { String::new() } else { format!("; no gate of this policy acts on {signal}") };
    format!("{}: {what}, {since}{weights}{unseen}", of.fault)
}

/// What was promised beside what was measured. An interval that holds the promise neither shows nor refutes it.
fn promise(promised: f64, summary: &Summary) -> String {
    let share = &summary.rolled_back;
    let verdict = if share.high <= promised {
        "kept".to_owned()
    } else if share.low > promised {
        "NOT kept under this noise; docs/STATISTICS.md says what the promise rests on".to_owned()
    } else {
        "neither shown nor refuted by so few; more --runs say more".to_owned()
    };
    format!("false rollback: promised at most {} %, measured {share}: {verdict}", digits(promised * 100.0))
}
