//! The reader of recorded cases: any bytes as a file. Each case is answered once and in order, by a verdict with finite
//! evidence or by a place and what is wrong there; the line of JSON says the same, and so does judging it again.

use crate::pieces::is_plain;
use haldane::judge::{Cases, FileError, Judged, cases, in_json, in_words, judge_all};
use haldane_core::recorded::{CaseVerdict, Finding, Unusable};
use serde_json::Value;

/// The longest text about a file that has no cases.
const LONGEST: usize = 200;

/// Feeds `data` to `haldane judge` as a file.
pub fn judge(data: &[u8]) {
    // A file that is no text is refused by the reading of the file; here its other bytes are still worth something.
    let text = String::from_utf8_lossy(data);
    match cases(&text) {
        Ok(cases) => {
            assert!(!cases.raw.is_empty() && (cases.listed || cases.raw.len() == 1), "{cases:?}");
            let lines = answered(&cases);
            assert_eq!(lines, answered(&cases), "the same cases are judged the same");
        }
        Err(error) => is_told(&error),
    }
}

/// Every case's line, each checked.
fn answered(cases: &Cases<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let say = |case: usize, judged: Judged| {
        let line = in_json(&judged);
        let read: Value = serde_json::from_str(&line).expect("a line is JSON");
        assert!(!line.contains(['\n', '\r']), "one line: {line:?}");
        match &judged {
            Ok(verdict) => is_sound(verdict, &read),
            Err(wrong) => is_placed(wrong, &read),
        }
        reads_well(&judged, case);
        (case, line)
    };
    judge_all(&cases.raw, &say, &mut |(case, line)| {
        assert_eq!(case, lines.len(), "each case once, in order");
        lines.push(line);
    });
    assert_eq!(lines.len(), cases.raw.len(), "every case is answered");
    lines
}

fn is_sound(verdict: &CaseVerdict, read: &Value) {
    assert!(!verdict.signals.is_empty(), "{verdict:?}");
    assert!(verdict.breached_at.is_none() || verdict.verdict == Finding::Breached, "{verdict:?}");
    let worst = verdict.signals.iter().map(|signal| signal.verdict).max();
    assert!(verdict.verdict != Finding::Healthy || worst == Some(Finding::Healthy), "{verdict:?}");
    assert!(read["error"].is_null() && read["verdict"].is_string(), "{read}");
    for (i, signal) in verdict.signals.iter().enumerate() {
        assert!(signal.evidence.is_finite() && signal.evidence >= 0.0, "{signal:?}");
        assert!(!signal.reason.is_empty(), "{signal:?}");
        let read = &read["signals"][i];
        assert_eq!(read["name"].as_str(), Some(signal.name.as_str()));
        let evidence = read["evidence"].as_f64().map(f64::to_bits);
        assert_eq!(evidence, Some(signal.evidence.to_bits()), "{signal:?}");
    }
}

/// What is wrong with a case ends on a terminal and in a log. Without a place it is the whole case.
fn is_placed(wrong: &Unusable, read: &Value) {
    assert!(!wrong.problem.is_empty(), "{wrong:?}");
    assert!(!wrong.place.chars().chain(wrong.problem.chars()).any(char::is_control), "{wrong:?}");
    assert_eq!(read["error"]["place"].as_str(), Some(wrong.place.as_str()));
    assert_eq!(read["error"]["problem"].as_str(), Some(wrong.problem.as_str()));
}

/// A line for the case and one for each signal, whatever their names.
fn reads_well(judged: &Judged, case: usize) {
    let words = in_words(judged, Some(case));
    assert_eq!(words.is_some(), judged.is_ok());
    let (Some(words), Ok(verdict)) = (words, judged) else { return };
    assert_eq!(words.lines().count(), 1 + verdict.signals.len(), "{words:?}");
    assert!(!words.chars().any(|c| c.is_control() && c != '\n'), "{words:?}");
}

fn is_told(error: &FileError) {
    let told = error.to_string();
    assert!(is_plain(&told, LONGEST), "{told:?}");
    if let FileError::NoJson { problem, .. } = error {
        assert!(!problem.is_empty());
    }
}
