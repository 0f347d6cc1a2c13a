//! The page of a release: every region with its way through time, server-rendered, without a script.

use super::release::{MarkReport, RegionReport, ReleaseReport};
use super::text::instant;
use askama::Template;
use haldane_core::time::Timestamp;

/// One release, of every service that has one of this name.
#[derive(Template)]
#[template(path = "release.html")]
pub struct ReleasePage {
    release: String,
    services: Vec<ServiceView>,
}

struct ServiceView {
    service: String,
    begun: String,
    overtaken_by: Option<String>,
    contradiction: Option<String>,
    regions: Vec<RegionView>,
    lanes: Vec<Lane>,
    height: u32,
}

struct RegionView {
    report: RegionReport,
    lines: Vec<String>,
    after: String,
    weight: String,
    course: Vec<String>,
}

/// A region's way: pieces of a line, and marks on it.
struct Lane {
    region: String,
    y: u32,
    pieces: Vec<Piece>,
    marks: Vec<Dot>,
}

struct Piece {
    from: f64,
    to: f64,
    colour: &'static str,
    width: u32,
}

struct Dot {
    x: f64,
    colour: &'static str,
    text: String,
    label: String,
}

const LEFT: f64 = 110.0;
const RIGHT: f64 = 630.0;
const LANE: u32 = 34;

/// The page of `reports`, all of one release, at `now`.
pub fn page(release: &str, reports: Vec<ReleaseReport>, now: Timestamp) -> ReleasePage {
    let services = reports.into_iter().map(|report| view(report, now)).collect();
    ReleasePage { release: release.to_owned(), services }
}

fn view(report: ReleaseReport, now: Timestamp) -> ServiceView {
    let lanes: Vec<Lane> =
        report.regions.iter().zip(0..).map(|(region, row)| lane(region, row, report.begun_us, now)).collect();
    ServiceView {
        service: report.service,
        begun: instant(Timestamp::from_us(report.begun_us)),
        overtaken_by: report.overtaken_by,
        contradiction: report.contradiction,
        height: LANE * (u32::try_from(lanes.len()).unwrap_or(0) + 1),
        lanes,
        regions: report.regions.into_iter().map(region).collect(),
    }
}

fn region(report: RegionReport) -> RegionView {
    let names: Vec<&str> = report.after.iter().map(|region| region.0.as_str()).collect();
    let course = |mark: &MarkReport| format!("{}  {}", instant(Timestamp::from_us(mark.at_us)), mark.text());
    // The sentence beside them tells one of them already.
    let sentence = report.headline.clone().unwrap_or_default();
    let is_new = |line: &String| !sentence.contains(line.strip_prefix("waits: ").unwrap_or(line));
    RegionView {
        lines: report.lines().into_iter().filter(is_new).collect(),
        after: names.join(", "),
        weight: report.weight_percent.map(|percent| format!("{percent} %")).unwrap_or_default(),
        course: report.timeline.iter().map(course).collect(),
        report,
    }
}

fn lane(region: &RegionReport, row: u32, begun_us: i64, now: Timestamp) -> Lane {
    let length = (now.as_us() - begun_us).max(1) as f64;
    let x = |at_us: i64| LEFT + ((at_us - begun_us) as f64 / length).clamp(0.0, 1.0) * (RIGHT - LEFT);
    let ends = region.timeline.iter().skip(1).map(|mark| x(mark.at_us)).chain([RIGHT]);
    let pieces = region.timeline.iter().zip(ends).map(|(mark, to)| {
        let (colour, width) = look(mark);
        Piece { from: x(mark.at_us), to, colour, width }
    });
    let marks = region.timeline.iter().map(|mark| Dot {
        x: x(mark.at_us),
        colour: look(mark).0,
        text: format!("{} {}", instant(Timestamp::from_us(mark.at_us)), mark.text()),
        label: mark.weight_percent.map(|percent| percent.to_string()).unwrap_or_default(),
    });
    let y = LANE * row + LANE;
    Lane { region: region.region.to_string(), y, pieces: pieces.collect(), marks: marks.collect() }
}

/// The colour of what follows a mark, and how thick its line is: as thick as the canary's share.
fn look(mark: &MarkReport) -> (&'static str, u32) {
    match mark.event.as_str() {
        "weight" => ("#1565c0", 2 + mark.weight_percent.unwrap_or(0) / 12),
        "promoting" => ("#1565c0", 10),
        "promoted" => ("#2e7d32", 10),
        "promoted-unjudged" => ("#f9a825", 10),
        "breached" | "rolled-back" | "failed-promotion" => ("#c62828", 3),
        _ => ("#999", 2),
    }
}
