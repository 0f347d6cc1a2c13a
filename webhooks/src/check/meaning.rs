//! What a policy means, in words: for whoever wrote it, before anything runs.

use super::{across, asked, query_text, shared};
use crate::canary::{of_policy, top_only};
use haldane_core::policy::{
    Dialect, Gate, Mode, OnInconclusive, Policy, ProbeSource, ProbeWhat, PrometheusSource, Source,
    SourceAuth, Sources, Step, Targets, limit_text,
};
use haldane_core::signal::Signal;
use haldane_core::time::Timestamp;
use haldane_signals::templates;
use std::fmt::Write as _;

/// The policy as lines of text; freezes are told from `now` on. Writing to a String cannot fail, so its results are dropped.
pub fn meaning(policy: &Policy, sources: &Sources, now: Timestamp) -> String {
    let mut text = format!("{}, {}\n", policy.service, mode(policy.mode));
    let share = limit_text(Signal::ErrorRate, policy.false_rollback);
    let _ = writeln!(text, "at most {share} of the releases within their limits are rolled back");
    let _ = writeln!(text, "undecided when a step is over: {}", inconclusive(policy.on_inconclusive));
    let _ = writeln!(
        text,
        "counted every {}, in increments of {}\n\nsteps",
        policy.scrape_interval,
        policy.bin()
    );
    for step in &policy.steps {
        let _ = writeln!(text, "  {}", step_text(step));
    }
    let _ = writeln!(text, "\ngates");
    let longest = policy.gates.iter().map(|gate| gate.signal.name().len()).max().unwrap_or_default();
    for gate in &policy.gates {
        let (name, width) = (gate.signal.name(), longest.max(12));
        let _ = writeln!(text, "  {name:<width$} {}", gate_text(policy, gate));
    }
    let _ = writeln!(text, "\nregions");
    for region in &policy.regions {
        let _ = writeln!(text, "  {:<12} {}", region.name.to_string(), across::region(region));
        for line in across::aims(region) {
            let _ = writeln!(text, "    {line}");
        }
        if let Some(source) = sources.metrics.get(&region.name) {
            source_text(&mut text, source);
            if let Source::Prometheus(source) = source {
                asked::further(&mut text, policy, sources, source);
            }
        }
        for probe in sources.probes.get(&region.name).into_iter().flatten() {
            let _ = writeln!(text, "    probes {}", probe_text(probe));
        }
    }
    for line in shared::lines(sources) {
        let _ = writeln!(text, "  {line}");
    }
    text.push_str(&across::together(policy, sources, now));
    text
}

const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Shadow => "shadow mode: lets everything pass, and reports what it would have done",
        Mode::Guard => "guard mode: may hold, never rolls back",
        Mode::Enforce => "enforce mode: holds and rolls back",
    }
}

const fn inconclusive(answer: OnInconclusive) -> &'static str {
    match answer {
        OnInconclusive::Hold => "wait for a person",
        OnInconclusive::PromoteIfQuiet => {
            "go on if only proof is missing and nothing speaks against the canary"
        }
    }
}

fn step_text(step: &Step) -> String {
    let Step { weight, settle, observe, extend_up_to, prove } = step;
    format!(
        "{weight:>3} %  observed for {observe} to {extend_up_to}; latency settles for {settle}; proved below {prove}x the limits, or wider where traffic is less"
    )
}

fn gate_text(policy: &Policy, gate: &Gate) -> String {
    let mut parts = Vec::new();
    if let Some(limit) = gate.limit {
        let mut part = bound_text(gate.signal, limit);
        let own = policy.regions.iter().filter_map(|r| Some((&r.name, r.limits.get(&gate.signal)?)));
        let own: Vec<String> =
            own.map(|(name, l)| format!("{name}: {}", limit_text(gate.signal, *l))).collect();
        if !own.is_empty() {
            let _ = write!(part, " ({})", own.join(", "));
        }
        parts.push(part);
    }
    match gate.tolerate {
        Some(_) if top_only(of_policy(policy)) => {
            parts.push("not compared with the primary, which has no traffic beside it".to_owned());
        }
        Some(times) => parts.push(format!("not above {times}x the primary")),
        None => {}
    }
    if gate.report_only {
        parts.push("report only: it decides nothing".to_owned());
    }
    parts.join(", ")
}

/// What a limit asks. Nothing is below 0: there it says what has to be.
fn bound_text(signal: Signal, limit: f64) -> String {
    if limit > 0.0 {
        format!("below {}", limit_text(signal, limit))
    } else if signal == Signal::RegionUp {
        "must be up".to_owned()
    } else if signal == Signal::Health {
        "every probe must find it healthy".to_owned()
    } else {
        format!("at {}", limit_text(signal, limit))
    }
}

fn source_text(text: &mut String, source: &Source) {
    match source {
        Source::Scrape(targets) => {
            let (canary, primary) = (pods_text(&targets.canary), pods_text(&targets.primary));
            let _ = writeln!(text, "    reads the pages of {canary} canary and {primary} primary pods");
        }
        Source::Prometheus(source) => {
            let _ =
                writeln!(text, "    asks {}{}, metrics {}", source.url, auth(source), source.family.name());
            if source.dialect != Dialect::Prometheus {
                let _ = writeln!(text, "      {:<8} {}", "dialect", source.dialect);
            }
            match templates::queries(source) {
                Ok(queries) => {
                    for (arm, asked) in [("canary", &queries.canary), ("primary", &queries.primary)] {
                        let head = |of: &str| format!("      {of:<8} ");
                        let _ = writeln!(text, "{}", query_text::lines(&head(arm), &asked.requests));
                        let _ = writeln!(text, "{}", query_text::lines(&head(""), &asked.buckets));
                    }
                    let _ = writeln!(text, "      {:<8} {{{}}}", "failed", queries.bad);
                }
                Err(error) => {
                    let _ = writeln!(text, "      {error}");
                }
            }
        }
    }
}

fn pods_text(targets: &Targets) -> String {
    match targets {
        Targets::Listed(urls) => urls.len().to_string(),
        Targets::Dns(name) => format!("all (at {}:{})", name.host, name.port),
        Targets::Pods(pods) => format!("all ({} in {})", pods.selector, pods.namespace),
    }
}

fn probe_text(probe: &ProbeSource) -> String {
    let ProbeSource { name, what, timeout } = probe;
    match what {
        ProbeWhat::Http { expect, .. } if !expect.is_empty() => {
            let fields: Vec<String> =
                expect.iter().map(|(field, value)| format!("{field}: {value}")).collect();
            format!("{name} within {timeout}, expecting {}", fields.join(", "))
        }
        ProbeWhat::Http { .. } => format!("{name} within {timeout}"),
        ProbeWhat::Tcp { .. } => format!("{name} within {timeout}, accepting a connection"),
    }
}

fn auth(source: &PrometheusSource) -> String {
    match &source.auth {
        SourceAuth::None => String::new(),
        SourceAuth::Basic { username, password_file } => {
            format!(" as {username} (password in {password_file})")
        }
        SourceAuth::Bearer { token_file } => format!(" with the token in {token_file}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(signal: Signal, limit: f64) -> String {
        let policy = crate::demo::fnp().unwrap().0;
        gate_text(&policy, &Gate { signal, limit: Some(limit), tolerate: None, report_only: false })
    }

    #[test]
    fn a_place_that_must_be_up_is_told_so_and_not_as_a_share() {
        assert_eq!(said(Signal::RegionUp, 0.0), "must be up");
        assert_eq!(said(Signal::Health, 0.0), "every probe must find it healthy");
        assert_eq!(said(Signal::RegionUp, 0.5), "below 50%");
        assert_eq!(said(Signal::CpuThrottling, 0.0), "at 0%");
    }

    #[test]
    fn long_times_are_told_in_minutes_and_hours() {
        assert_eq!(said(Signal::Freshness, 1800.0), "below 30m");
        assert_eq!(said(Signal::Freshness, 86_400.0), "below 24h");
        assert_eq!(said(Signal::ReplicationLag, 5.0), "below 5s");
        assert_eq!(said(Signal::ReplicationLag, 90.0), "below 90s");
    }
}
