//! What came of a case: one line of JSON, or a few lines for people.

use super::run::Judged;
use crate::printable::printable;
use haldane_core::recorded::Finding;
use serde::Serialize;
use std::fmt::Write as _;

/// One line of JSON; of a case that cannot be judged, where and why, so that lines stay beside their cases.
pub fn in_json(judged: &Judged) -> String {
    #[derive(Serialize)]
    struct Wrong<'a> {
        place: &'a str,
        problem: &'a str,
    }
    #[derive(Serialize)]
    struct Failed<'a> {
        error: Wrong<'a>,
    }
    let line = match judged {
        Ok(verdict) => serde_json::to_string(verdict),
        Err(wrong) => {
            serde_json::to_string(&Failed { error: Wrong { place: &wrong.place, problem: &wrong.problem } })
        }
    };
    // Text and finite numbers are all there is in it; should that ever change, the line must stay one.
    line.unwrap_or_else(|e| format!("{{\"error\":{{\"place\":\"\",\"problem\":{:?}}}}}", e.to_string()))
}

/// A few lines for people; `case` is its place in a list. Nothing of a case that cannot be judged: that is told elsewhere.
pub fn in_words(judged: &Judged, case: Option<usize>) -> Option<String> {
    let verdict = judged.as_ref().ok()?;
    let which = case.map(|i| format!("case {i}: ")).unwrap_or_default();
    let when = verdict.breached_at.map(|poll| format!(" after poll {poll}")).unwrap_or_default();
    let mut text = format!("{which}{}{when}", word(verdict.verdict));
    let name = |name: &str| printable(name);
    let width = verdict.signals.iter().map(|s| name(&s.name).chars().count()).max().unwrap_or(0);
    for signal in &verdict.signals {
        let (name, finding) = (name(&signal.name), word(signal.verdict));
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {name:<width$}  {finding:<12}  {}", printable(&signal.reason));
    }
    Some(text)
}

const fn word(finding: Finding) -> &'static str {
    match finding {
        Finding::Healthy => "healthy",
        Finding::Inconclusive => "inconclusive",
        Finding::Breached => "breached",
    }
}
