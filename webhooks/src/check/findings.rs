//! What was found about one region, judged against the policy: well, worth knowing, or to be mended.

use haldane_core::history;
use haldane_core::increment::{Increment, Missing, Reading, Region};
use haldane_core::policy::Policy;
use haldane_core::signal::Signal;
use haldane_signals::prometheus::{ProbeReport, QueryProbe};
use serde::Serialize;

/// One region's source, as found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionFindings {
    /// Which.
    pub region: Region,
    /// What was found, in the order of the questions.
    pub findings: Vec<Finding>,
    /// The numbers behind it, where the source is a Prometheus.
    pub probe: Option<ProbeReport>,
}

/// One line of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "kebab-case")]
pub enum Finding {
    /// As it should be.
    Well {
        /// What about.
        what: String,
        /// The numbers.
        says: String,
    },
    /// Haldane can work with it, and the user should know.
    Note {
        /// What about.
        what: String,
        /// What it means.
        says: String,
    },
    /// A rollout would be held.
    Wrong {
        /// What about.
        what: String,
        /// What is wrong, and what to do.
        says: String,
        /// The query to paste into the source's own page.
        query: Option<String>,
    },
}

impl RegionFindings {
    /// Whether nothing would hold a rollout.
    pub fn is_well(&self) -> bool {
        !self.findings.iter().any(|f| matches!(f, Finding::Wrong { .. }))
    }

    /// From what a Prometheus said.
    pub fn of_prometheus(region: &Region, policy: &Policy, probe: ProbeReport) -> Self {
        let findings = match &probe.wrong {
            Some(wrong) => vec![Finding::wrong("source", wrong, None)],
            None => {
                let queries = probe.arms.iter().flat_map(|arm| {
                    arm.queries
                        .iter()
                        .flat_map(move |q| query(policy, &format!("{} {}", arm.arm, q.query), arm.arm, q))
                });
                std::iter::once(clock(&probe)).chain([past(&probe)]).chain(queries).collect()
            }
        };
        Self { region: region.clone(), findings, probe: Some(probe) }
    }

    /// From one look at the pods' own pages: `first`, the increment that the first poll gave.
    pub fn of_pages(region: &Region, first: Option<&Increment>) -> Self {
        let finding = |(signal, reading): (&Signal, &Reading)| match reading {
            Reading::Counted { .. } | Reading::Missing(Missing::FirstReading) => {
                Finding::well(signal.name(), "every pod answered with what is counted")
            }
            Reading::Missing(missing) => Finding::wrong(signal.name(), &missing.to_string(), None),
        };
        let findings = first.map(|i| i.signals.iter().map(finding).collect()).unwrap_or_default();
        Self { region: region.clone(), findings, probe: None }
    }
}

impl Finding {
    fn well(what: &str, says: impl Into<String>) -> Self {
        Self::Well { what: what.to_owned(), says: says.into() }
    }

    fn note(what: &str, says: impl Into<String>) -> Self {
        Self::Note { what: what.to_owned(), says: says.into() }
    }

    fn wrong(what: &str, says: &str, query: Option<&str>) -> Self {
        Self::Wrong { what: what.to_owned(), says: says.to_owned(), query: query.map(str::to_owned) }
    }
}

fn clock(probe: &ProbeReport) -> Finding {
    let ahead = probe.clock_ahead_s;
    if ahead == 0.0 {
        return Finding::well("clock", "the source's agrees with ours to two seconds");
    }
    let side = if ahead > 0.0 { "ahead of" } else { "behind" };
    let says = format!("the source's is {:.0} s {side} ours; that is allowed for, but mend it", ahead.abs());
    Finding::note("clock", says)
}

fn past(probe: &ProbeReport) -> Finding {
    let least_min = history::LEAST.as_us() / 60_000_000;
    if probe.history_min >= least_min {
        return Finding::well(
            "history",
            format!("the primary's last {} minutes are there", probe.history_min),
        );
    }
    let says = format!(
        "{} of {least_min} minutes of the primary's past are there; until they are, only the bettors that need no \
         noise model judge, and proof takes longer",
        probe.history_min
    );
    Finding::note("history", says)
}

fn query(policy: &Policy, what: &str, arm: haldane_core::increment::Arm, probe: &QueryProbe) -> Vec<Finding> {
    let wrong = |says: &str| vec![Finding::wrong(what, says, Some(&probe.text))];
    if let Some(says) = &probe.wrong {
        return wrong(says);
    }
    if probe.series == 0 {
        return match arm {
            haldane_core::increment::Arm::Primary => {
                wrong("finds no series: is the service scraped, and are these its labels?")
            }
            haldane_core::increment::Arm::Canary => {
                vec![Finding::note(what, "finds no series, as before a canary's first request")]
            }
        };
    }
    let mut findings = vec![Finding::well(what, numbers(probe))];
    findings.extend(pace(policy, what, probe));
    if probe.limit_is_edge == Some(false) {
        let says = "the limit is no bucket edge, so slow requests are only known between two edges: add the edge to \
                    the histogram, or choose a limit that is one";
        let edges: Vec<String> = probe.edges_ms.iter().map(ToString::to_string).collect();
        findings.push(Finding::wrong(what, &format!("{says} ({} ms)", edges.join(", ")), Some(&probe.text)));
    }
    findings
}

/// A source that scrapes more rarely than the policy polls is read less often than the policy's ages allow.
fn pace(policy: &Policy, what: &str, probe: &QueryProbe) -> Option<Finding> {
    let found_s = probe.scrape_interval_s?;
    let polled_s = policy.scrape_interval.as_s();
    if found_s <= polled_s * 1.1 {
        return None;
    }
    let says = format!(
        "is scraped every {found_s:.0} s, the policy says {polled_s:.0} s: write scrapeInterval: {found_s:.0}s, or \
         looks will often be too old to rest on"
    );
    if found_s > polled_s * 2.0 {
        Some(Finding::wrong(what, &says, None))
    } else {
        Some(Finding::note(what, says))
    }
}

fn numbers(probe: &QueryProbe) -> String {
    let mut parts = vec![format!("{} series of {} targets", probe.series, probe.targets)];
    parts.extend(probe.newest_age_s.map(|age| format!("newest {age:.0} s old")));
    parts.extend(probe.scrape_interval_s.map(|interval| format!("scraped every {interval:.0} s")));
    if let Some(current) = probe.current {
        parts.push(format!("{:.1} requests/s", current.requests_per_s));
        let share = if probe.query == "buckets" { "slower than the limit" } else { "failed" };
        parts.extend(current.bad_share.map(|bad| format!("{:.3} % {share}", 100.0 * bad)));
    }
    parts.join(", ")
}
