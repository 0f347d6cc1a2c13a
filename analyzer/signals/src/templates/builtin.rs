//! The signals that templates ask for by name, and what kind each is.

/// What a signal's series are, and so which annotations say where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bad events out of all.
    Ratio,
    /// Bad events per time.
    Rate,
    /// Buckets of a histogram of durations.
    Latency,
    /// A level, pod by pod.
    Gauge,
    /// A level of the whole place.
    Place,
    /// Events of each arm, held against the weight.
    Share,
}

impl Kind {
    const ALL: [Self; 6] = [Self::Ratio, Self::Rate, Self::Latency, Self::Gauge, Self::Place, Self::Share];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Rate => "rate",
            Self::Latency => "latency",
            Self::Gauge => "gauge",
            Self::Place => "place",
            Self::Share => "share",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The annotations beside `signal` and `kind` that mean something.
    pub(super) const fn annotations(self) -> &'static [&'static str] {
        match self {
            Self::Ratio | Self::Rate => &["count-canary", "count-primary", "bad", "exposure"],
            Self::Latency => &["buckets-canary", "buckets-primary", "le-unit"],
            Self::Gauge => &[
                "value-canary",
                "value-primary",
                "value-of",
                "per-canary",
                "per-primary",
                "per-of",
                "query-primary",
            ],
            Self::Place => &["value-place", "value-of"],
            Self::Share => &["count-canary", "count-primary"],
        }
    }
}

/// Every annotation that means something, after `haldane.dev/`.
pub(super) fn annotations() -> impl Iterator<Item = &'static str> {
    let mut known = vec!["signal", "kind"];
    for kind in Kind::ALL {
        known.extend(
            kind.annotations().iter().filter(|name| !known.contains(name)).copied().collect::<Vec<_>>(),
        );
    }
    known.into_iter()
}

/// What is judged from probes, so that no template can ask for it.
pub(super) const FROM_PROBES: &str = "health";

/// Every signal that has a template, in the order in which reports list them.
pub(super) const ALL: [(&str, Kind); 23] = [
    ("p50-latency", Kind::Latency),
    ("p95-latency", Kind::Latency),
    ("p99-latency", Kind::Latency),
    ("error-rate", Kind::Ratio),
    ("http-4xx", Kind::Ratio),
    ("http-5xx", Kind::Rate),
    ("error-logs", Kind::Rate),
    ("panics", Kind::Rate),
    ("restarts", Kind::Rate),
    ("oom-kills", Kind::Rate),
    ("readiness-failures", Kind::Ratio),
    ("dependency-errors", Kind::Ratio),
    ("db-latency", Kind::Latency),
    ("cpu", Kind::Gauge),
    ("cpu-throttling", Kind::Gauge),
    ("memory", Kind::Gauge),
    ("in-flight", Kind::Gauge),
    ("queue-depth", Kind::Gauge),
    ("db-pool", Kind::Gauge),
    ("replication-lag", Kind::Place),
    ("region-up", Kind::Place),
    ("freshness", Kind::Place),
    ("traffic-share", Kind::Share),
];

/// The kind of a signal that has a template.
pub(super) fn kind(signal: &str) -> Option<Kind> {
    ALL.into_iter().find(|(name, _)| *name == signal).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use haldane_core::signal::Signal;

    #[test]
    fn every_signal_that_is_judged_has_a_template_of_its_kind_or_is_asked_of_probes() {
        for signal in Signal::ALL {
            match kind(signal.name()) {
                Some(kind) => assert_eq!(kind.name(), signal.kind().name(), "{signal}"),
                None => assert_eq!(signal.name(), FROM_PROBES),
            }
        }
        let judged = |name: &str| Signal::ALL.iter().any(|signal| signal.name() == name);
        let others: Vec<&str> = ALL.iter().map(|(name, _)| *name).filter(|name| !judged(name)).collect();
        assert_eq!(others, ["traffic-share"], "which is judged always, from the requests");
    }
}
