//! A release for the terminal: each region with where it stands, what it waits for and what happened there.

use super::grouped::grouped;
use super::release::{RegionReport, ReleaseReport};
use super::text::instant;
use haldane_core::time::{Span, Timestamp};
use std::fmt::Write;

/// The report as lines of text.
pub fn render(report: &ReleaseReport) -> String {
    let mut text = format!("release   {}  of {}\n", report.release, report.service);
    // Writing to a String cannot fail.
    let _ = writeln!(text, "begun     {}", instant(Timestamp::from_us(report.begun_us)));
    if let Some(newer) = &report.overtaken_by {
        let _ = writeln!(text, "overtaken by {newer}: it starts in no further region");
    }
    if let Some(contradiction) = &report.contradiction {
        let _ = writeln!(text, "\n{contradiction}");
    }
    for region in &report.regions {
        let _ = writeln!(text, "\n{}", region.headed());
        for line in region.lines() {
            let _ = writeln!(text, "  {line}");
        }
        for mark in &region.timeline {
            let _ = writeln!(text, "  {}  {}", instant(Timestamp::from_us(mark.at_us)), mark.text());
        }
    }
    text
}

impl RegionReport {
    /// Where, what for and how far, on one line.
    pub fn headed(&self) -> String {
        let weight = self.weight_percent.map(|percent| format!(" at {percent} %")).unwrap_or_default();
        let after = match self.after.as_slice() {
            [] => String::new(),
            after => {
                let names: Vec<&str> = after.iter().map(|region| region.0.as_str()).collect();
                format!(", after {}", names.join(" and "))
            }
        };
        format!("{} ({}{after}): {}{weight}", self.region, self.role, self.standing)
    }

    /// What has to be known of it, a sentence each.
    pub fn lines(&self) -> Vec<String> {
        let back = self.taken_back.as_ref().map(|region| format!("goes back with {region}, by the policy"));
        let long = self.held_too_long.then(|| "held for longer than maxHold".to_owned());
        let bake = self.bake_left_s.map(|s| Span::from_s(s.ceil() as i64));
        let bake = bake.map(|left| format!("bakes for {left} more before the next region"));
        let frozen = self.frozen.as_ref().map(ToString::to_string);
        // A freeze is told once, with the region's name.
        let waits = self.waits_for.iter().filter(|why| !frozen.as_ref().is_some_and(|f| f.ends_with(*why)));
        let waits = waits.map(|why| format!("waits: {why}"));
        // A guard that holds a run of this region stands among what it waits for already.
        let guards = self.guards.iter().filter_map(|guard| guard.why.clone());
        let guards = guards.filter(|why| !self.waits_for.contains(why));
        grouped(back.into_iter().chain(long).chain(bake).chain(frozen.clone()).chain(waits).chain(guards))
    }
}
