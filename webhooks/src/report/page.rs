//! The report as a page: server-rendered, plain HTML, works without JavaScript and on a phone.

use super::full::RolloutReport;
use super::grouped::grouped;
use super::release::href;
use super::summary::RolloutSummary;
use super::text;
use askama::Template;
use haldane_core::reason::{Stratum, evidence_text};
use haldane_core::report::RegionLook;
use haldane_core::state::Stage;

/// The list of rollouts.
#[derive(Template)]
#[template(path = "index.html")]
pub struct IndexPage {
    /// Newest first.
    pub rollouts: Vec<RolloutSummary>,
    /// Each service with its regions: what an empty list would have to show.
    pub judged: Vec<String>,
    /// What stands in the regions, a sentence each.
    pub place: Vec<String>,
}

/// One rollout.
#[derive(Template)]
#[template(path = "rollout.html")]
pub struct RolloutPage {
    headline: String,
    standing: &'static str,
    id: String,
    service: String,
    region: String,
    release: String,
    release_href: Option<String>,
    opened: String,
    place: Vec<String>,
    taken_back: Option<String>,
    reasons: Vec<String>,
    overruled: Vec<String>,
    strata: Vec<StratumRow>,
    gates: Vec<GateRow>,
    course: Vec<String>,
    answers: Vec<AnswerRow>,
    chart: Option<Chart>,
    counts: String,
}

struct StratumRow {
    who: String,
    evidence: String,
    threshold: String,
}

struct GateRow {
    signal: String,
    bound: String,
    verdict: &'static str,
    details: String,
}

struct AnswerRow {
    at: String,
    hook: String,
    status: u16,
    line: String,
}

/// Evidence over time as an inline SVG: x is time, y the share of the way to the threshold.
struct Chart {
    evidence: String,
    steps: Vec<(f64, String)>,
}

const WIDTH: f64 = 640.0;
/// Where "no evidence either way" (E = 1) lies; the threshold lies at the top.
const GROUND: f64 = 130.0;

/// Answers that the page shows.
const MOST_ANSWERS: usize = 100;

/// The page of a report.
///
/// `place` is what stands in its region now: freezes, and guards that hold.
pub fn page(report: &RolloutReport, place: Vec<String>) -> RolloutPage {
    let last = report.looks.last();
    RolloutPage {
        headline: report.headline.clone(),
        standing: report.standing,
        id: report.id.clone(),
        service: report.service.clone(),
        region: report.region.to_string(),
        release: report.release.clone().unwrap_or_else(|| "(unnamed)".to_owned()),
        release_href: report.release.as_deref().map(href),
        opened: text::instant(report.opened),
        place,
        taken_back: last.and_then(text::taken_back),
        reasons: last
            .map(|l| grouped(l.decision.reasons().iter().map(ToString::to_string)))
            .unwrap_or_default(),
        overruled: last.map(text::overruled).unwrap_or_default(),
        strata: last.map(strata).unwrap_or_default(),
        gates: last.map(gates).unwrap_or_default(),
        course: text::course(report),
        answers: answers(report),
        chart: chart(&report.looks),
        counts: format!(
            "{} facts, {} looks, {} answers",
            report.facts.len(),
            report.looks.len(),
            report.answers.len()
        ),
    }
}

fn strata(look: &RegionLook) -> Vec<StratumRow> {
    let row = |s: &haldane_core::report::StratumLook| StratumRow {
        who: s.stratum.to_string(),
        evidence: evidence_text(s.ln_e),
        threshold: evidence_text(s.ln_threshold),
    };
    look.strata.iter().map(row).collect()
}

fn gates(look: &RegionLook) -> Vec<GateRow> {
    let row = |g: &haldane_core::report::GateLook| GateRow {
        signal: g.signal.to_string(),
        bound: text::bound(g),
        verdict: text::verdict(g),
        details: text::details(g),
    };
    look.gates.iter().map(row).collect()
}

fn answers(report: &RolloutReport) -> Vec<AnswerRow> {
    // Events are not answers; they are in the JSON.
    let newest = report.answers.iter().rev().filter(|a| a.hook != "event").take(MOST_ANSWERS);
    let row = |a: &super::full::AnswerGiven| AnswerRow {
        at: text::instant(a.at),
        hook: a.hook.clone(),
        status: a.status,
        line: a.line.clone(),
    };
    newest.map(row).collect()
}

fn chart(looks: &[RegionLook]) -> Option<Chart> {
    let exposed: Vec<&RegionLook> = looks.iter().filter(|l| l.weight.is_some_and(|w| w > 0)).collect();
    let (first, last) = (exposed.first()?.as_of, exposed.last()?.as_of);
    let length = (last - first).as_s();
    if length <= 0.0 {
        return None;
    }
    let x = |look: &RegionLook| (look.as_of - first).as_s() / length * WIDTH;
    let point = |look: &&RegionLook| {
        let region = look.strata.iter().find(|s| s.stratum == Stratum::Region)?;
        let share = (region.ln_e / region.ln_threshold).clamp(-0.2, 1.0);
        Some(format!("{:.1},{:.1}", x(look), GROUND - share * (GROUND - 10.0)))
    };
    let evidence = exposed.iter().filter_map(point).collect::<Vec<_>>().join(" ");
    let mut steps = Vec::new();
    let mut index = None;
    for look in exposed {
        if let Stage::Step { index: at, .. } = look.stage
            && index != Some(at)
        {
            index = Some(at);
            steps.push((x(look), format!("{} %", look.weight.unwrap_or(0))));
        }
    }
    Some(Chart { evidence, steps })
}
