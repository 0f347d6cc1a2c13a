//! What a Prometheus said, held against the policy.

use super::findings::{Finding, Level, RegionFindings};
use super::further;
use haldane_core::history;
use haldane_core::increment::{Arm, Missing, Region};
use haldane_core::policy::{Dialect, Policy};
use haldane_core::time::Span;
use haldane_signals::prometheus::{Counted, PastProbe, ProbeReport, QueryProbe, StoreProbe};

/// The findings about one region.
pub(super) fn findings(region: &Region, policy: &Policy, probe: &ProbeReport) -> RegionFindings {
    let findings = match &probe.wrong {
        Some(why) => vec![Finding::missing("source", why)],
        None => {
            let of_arms = probe.arms.iter().flat_map(|arm| arm.queries.iter().map(|q| (arm.arm, q)));
            let is_wrong = |name: &str| of_arms.clone().any(|(_, q)| q.query == name && q.wrong.is_some());
            let queries = of_arms.clone().flat_map(|(arm, q)| query(policy, arm, q, is_wrong(q.query)));
            probe
                .store
                .as_ref()
                .and_then(store)
                .into_iter()
                .chain([clock(probe.clock_ahead_s), past(&probe.past)])
                .chain(queries)
                .chain(probe.further.iter().map(further::finding))
                .collect()
        }
    };
    RegionFindings { region: region.clone(), findings }
}

/// A store that does not tell what it is, is believed to be what the policy says.
fn store(probe: &StoreProbe) -> Option<Finding> {
    let StoreProbe { asked_as, seems, version } = probe;
    let seems = (*seems)?;
    let version = version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    if seems == *asked_as {
        return Some(Finding::ok("store", format!("it is {seems}{version}, as the policy says")));
    }
    let says = format!("it seems to be {seems}{version}, and is asked as {asked_as}");
    // Prometheus' own answers are understood in every dialect; only the waiting for late series is needless.
    Some(if seems == Dialect::Prometheus.name() {
        Finding::note(
            "store",
            says,
            "leave dialect out, unless a proxy answers here for what stands behind it",
        )
    } else {
        let cure = format!("write dialect: {seems}; else it is not told what makes its answers whole");
        Finding::wrong("store", says, &cure)
    })
}

fn clock(ahead_s: f64) -> Finding {
    if ahead_s == 0.0 {
        return Finding::ok("clock", "the source's agrees with ours to two seconds");
    }
    let side = if ahead_s > 0.0 { "ahead of" } else { "behind" };
    let says = format!("the source's is {:.0} s {side} ours", ahead_s.abs());
    Finding::note("clock", says, "counts allow for it; set the clock that is wrong all the same")
}

fn past(past: &PastProbe) -> Finding {
    let PastProbe { counted_min, asked_min, ends_early } = past;
    let least_min = history::LEAST.as_us() / 60_000_000;
    let mut says = format!("{counted_min} of the primary's last {asked_min} minutes can be counted");
    if *counted_min >= least_min {
        return Finding::ok("history", says);
    }
    if let Some(why) = ends_early {
        says = format!("{says}; then {why}");
    }
    let cure = format!(
        "with less than {least_min} a release is judged by the bettors that need no noise model, and proof takes longer"
    );
    Finding::note("history", says, &cure)
}

/// `is_blocked`: one arm's query cannot be counted, so neither is the other's.
fn query(policy: &Policy, arm: Arm, probe: &QueryProbe, is_blocked: bool) -> Vec<Finding> {
    let what = format!("{arm} {}", probe.query);
    let found: Vec<Finding> = match (&probe.wrong, arm) {
        (Some(why), _) => vec![Finding::missing(&what, why)],
        (None, _) if probe.series == 0 => vec![nothing(&what, arm, probe)],
        (None, Arm::Canary) if probe.is_gone => {
            let age_s = probe.newest_age_s.unwrap_or_default();
            let says = format!("{}, the newest sample {age_s:.0} s old", seen(probe));
            vec![Finding::note(&what, says, "fine between two rollouts: the last canary's pods are gone")]
        }
        (None, _) => vec![Finding::ok(&what, numbers(probe, is_blocked))],
    };
    let judged =
        if probe.series > 0 { vec![pace(policy, &what, probe), edge(&what, probe)] } else { Vec::new() };
    let found = found.into_iter().chain(judged.into_iter().flatten());
    found
        .map(|finding| if finding.level == Level::Ok { finding } else { finding.with_query(&probe.text) })
        .collect()
}

fn nothing(what: &str, arm: Arm, probe: &QueryProbe) -> Finding {
    match arm {
        Arm::Canary => Finding::note(
            what,
            "no series",
            "fine before a rollout; if a canary runs and has had requests, these are not its labels",
        ),
        Arm::Primary => {
            Finding::missing(what, &Missing::SeriesAbsent { arm, target: None, series: probe.text.clone() })
        }
    }
}

/// A source that scrapes more rarely than the policy polls is read less often than the policy's ages allow.
fn pace(policy: &Policy, what: &str, probe: &QueryProbe) -> Option<Finding> {
    let (found_s, polled_s) = (probe.scrape_interval_s?, policy.scrape_interval.as_s());
    let says = format!("scraped every {}, the policy says {}", span(found_s), policy.scrape_interval);
    let cure = format!("write scrapeInterval: {}; else looks are often too old to rest on", span(found_s));
    if found_s > polled_s * 2.0 {
        Some(Finding::wrong(what, says, &cure))
    } else {
        (found_s > polled_s * 1.1).then(|| Finding::note(what, says, &cure))
    }
}

fn edge(what: &str, probe: &QueryProbe) -> Option<Finding> {
    match probe.limit_is_edge {
        Some(false) if probe.is_native => {
            let edges: Vec<String> = probe.edges_ms.iter().map(|ms| format!("{ms:.1}")).collect();
            let says = format!(
                "a native histogram; the latency limit lies in its bucket of {} ms, so slow requests are not counted exactly",
                edges.join(" to ")
            );
            let cure = "what lies in that bucket counts neither for the canary nor against it; a limit that is a power of two (0.125, 0.25, 0.5 s) is an edge at every schema from 0 on";
            Some(Finding::note(what, says, cure))
        }
        Some(false) => Some(not_an_edge(what, &probe.edges_ms)),
        Some(true) | None => None,
    }
}

/// The limit lies between two edges: slow requests are only known to lie between two counts.
pub(super) fn not_an_edge(what: &str, edges_ms: &[f64]) -> Finding {
    let edges: Vec<String> = edges_ms.iter().map(ToString::to_string).collect();
    let says = format!(
        "the latency limit is none of the bucket edges ({} ms), so slow requests are not counted exactly",
        edges.join(", ")
    );
    Finding::wrong(what, says, "choose a limit that is an edge, or add the edge to the histogram")
}

fn numbers(probe: &QueryProbe, is_blocked: bool) -> String {
    let mut parts = vec![seen(probe)];
    parts.extend(probe.scrape_interval_s.map(|s| format!("scraped every {}", span(s))));
    parts.extend(probe.newest_age_s.map(|age| format!("newest {age:.0} s old")));
    match &probe.counted {
        Some(counted) => parts.push(counts(probe, counted)),
        None if is_blocked => parts.push("not counted while the other arm cannot be".to_owned()),
        None => parts.push("nothing counted yet: that takes two increments".to_owned()),
    }
    if probe.limit_is_edge == Some(true) {
        let of = if probe.is_native { "a native histogram, and " } else { "" };
        parts.push(format!("{of}the limit is a bucket edge"));
    }
    parts.join("; ")
}

fn seen(probe: &QueryProbe) -> String {
    let s = |n: usize| if n == 1 { "" } else { "s" };
    format!("{} series of {} target{}", probe.series, probe.targets, s(probe.targets))
}

fn counts(probe: &QueryProbe, counted: &Counted) -> String {
    let Counted { over_s, requests, bad, bad_at_most } = counted;
    let share = if probe.query == "buckets" { "slower than the limit" } else { "failed" };
    let bad = if bad == bad_at_most { format!("{bad:.0}") } else { format!("{bad:.0} to {bad_at_most:.0}") };
    format!("{requests:.0} requests in {}, {bad} {share}", span(*over_s))
}

fn span(s: f64) -> Span {
    Span::from_us((s * 1e6).round() as i64)
}
