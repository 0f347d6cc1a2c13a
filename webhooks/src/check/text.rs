//! Findings as lines of text: a column of verdicts to run down with the eye, and under what is wrong what to do.

use super::findings::{Finding, Level, RegionFindings};
use std::fmt::Write as _;

/// The findings of one policy. Writing to a String cannot fail, so its results are dropped.
pub fn text(regions: &[RegionFindings]) -> String {
    let mut text = String::new();
    for region in regions {
        let _ = writeln!(text, "{}", region.region);
        let longest = region.findings.iter().map(|finding| finding.what.chars().count()).max();
        let width = longest.unwrap_or_default().max(16);
        region.findings.iter().for_each(|finding| line(&mut text, finding, width));
    }
    let wrong: usize = regions.iter().map(RegionFindings::wrong).sum();
    let _ = match wrong {
        0 => writeln!(text, "\nnothing found would hold or harm a rollout"),
        1 => writeln!(text, "\n1 finding would hold or harm a rollout"),
        more => writeln!(text, "\n{more} findings would hold or harm a rollout"),
    };
    text
}

fn line(text: &mut String, finding: &Finding, width: usize) {
    let Finding { level, what, says, next, query } = finding;
    let (level, said_of_next) = match level {
        Level::Ok => ("ok", ""),
        Level::Note => ("note", "so"),
        Level::Wrong => ("WRONG", "do"),
    };
    let _ = writeln!(text, "  {level:<5}  {what:<width$}  {says}");
    for (name, more) in [(said_of_next, next), ("query", query)] {
        if let Some(more) = more {
            let _ = writeln!(text, "  {:<5}  {name:>width$}  {more}", "");
        }
    }
}
