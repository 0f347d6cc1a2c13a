//! The signals that templates ask for by name, and which annotations say where their series are.
//!
//! They are the core's, of the core's kinds; one more is judged always, so that no policy gates it.

use haldane_core::signal::{Kind, Signal};

/// Requests of each version, held against the weight: a share that the requests of every increment tell.
const TRAFFIC_SHARE: &str = "traffic-share";

/// The annotations beside `signal` and `kind` that mean something for a kind.
pub(super) const fn annotations_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Ratio | Kind::Rate => &["count-canary", "count-primary", "bad", "exposure"],
        Kind::Latency => &["buckets-canary", "buckets-primary", "le-unit"],
        Kind::Gauge => &[
            "value-canary",
            "value-primary",
            "value-of",
            "per-canary",
            "per-primary",
            "per-of",
            "query-primary",
        ],
        Kind::Place => &["value-place", "value-of"],
    }
}

/// Every annotation that means something, after `haldane.dev/`.
pub(super) fn annotations() -> impl Iterator<Item = &'static str> {
    let mut known = vec!["signal", "kind"];
    for kind in Kind::ALL {
        let more = annotations_of(kind).iter().filter(|name| !known.contains(name)).copied();
        known.extend(more.collect::<Vec<_>>());
    }
    known.into_iter()
}

/// What is judged from probes, so that no template can ask for it.
pub(super) const FROM_PROBES: Signal = Signal::Health;

/// Every signal that has a template, in the order in which reports list them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    const JUDGED: &[Signal] = &Signal::ALL;
    let asked = JUDGED.iter().filter(|signal| **signal != FROM_PROBES);
    asked.map(Signal::name).chain([TRAFFIC_SHARE])
}

/// The kind of a signal that has a template.
pub(super) fn kind(signal: &str) -> Option<Kind> {
    if signal == TRAFFIC_SHARE {
        return Some(Kind::Ratio);
    }
    signal.parse::<Signal>().ok().filter(|signal| *signal != FROM_PROBES).map(Signal::kind)
}
