//! Limits of the draft: those of Flagger's own checks where the Canary has them, else usual ones.

use haldane_core::policy::limit_text;
use haldane_core::signal::Signal;
use haldane_signals::kubernetes::{Analysis, Metric};

/// The limits, as people write them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) latency: String,
    pub(super) error_rate: String,
    /// Which of them come from the Canary, for its comment.
    pub(super) taken: Vec<&'static str>,
}

const DURATION: &str = "request-duration";
const SUCCESS: &str = "request-success-rate";

impl Limits {
    pub(super) fn of(analysis: &Analysis) -> Self {
        let find = |name: &str| analysis.metrics.iter().find(|m| m.name == name && m.template_ref.is_none());
        let latency_ms = find(DURATION).and_then(|m| bound(m, |range| range.1)).filter(|ms| *ms < 1e6);
        // A success rate of 100 % leaves no failure at all: nothing can be proved to be below that.
        let share =
            find(SUCCESS).and_then(|m| bound(m, |range| range.0)).map(|percent| (100.0 - percent) / 100.0);
        let share = share.filter(|share| (1e-6..0.9).contains(share));
        let taken = [(DURATION, latency_ms.is_some()), (SUCCESS, share.is_some())];
        Self {
            latency: limit_text(Signal::P99Latency, latency_ms.unwrap_or(200.0)),
            error_rate: limit_text(Signal::ErrorRate, share.unwrap_or(0.001)),
            taken: taken.into_iter().filter_map(|(name, is)| is.then_some(name)).collect(),
        }
    }
}

impl Limits {
    /// Whether the Canary says it.
    pub(super) fn latency_is_known(&self) -> bool {
        self.taken.contains(&DURATION)
    }

    /// Whether the Canary says it.
    pub(super) fn error_rate_is_known(&self) -> bool {
        self.taken.contains(&SUCCESS)
    }
}

/// One end of what passes, by its new or its old name; above nothing.
fn bound(metric: &Metric, end: impl Fn((Option<f64>, Option<f64>)) -> Option<f64>) -> Option<f64> {
    let range =
        metric.threshold_range.map_or((Some(metric.threshold), Some(metric.threshold)), |r| (r.min, r.max));
    end(range).filter(|value| *value >= 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(metrics: &str) -> (String, String, usize) {
        let analysis = format!("{{\"metrics\":{metrics}}}");
        let Limits { latency, error_rate, taken } = Limits::of(&serde_json::from_str(&analysis).unwrap());
        (latency, error_rate, taken.len())
    }

    #[test]
    fn limits_are_taken_from_flagger_s_own_checks() {
        let usual = ("200ms".to_owned(), "0.1%".to_owned(), 0);
        assert_eq!(of("[]"), usual);
        let both = r#"[{"name":"request-success-rate","thresholdRange":{"min":99.5}},{"name":"request-duration","thresholdRange":{"max":500}}]"#;
        assert_eq!(of(both), ("500ms".to_owned(), "0.5%".to_owned(), 2));
        let old =
            r#"[{"name":"request-success-rate","threshold":99},{"name":"request-duration","threshold":0}]"#;
        assert_eq!(of(old), ("200ms".to_owned(), "1%".to_owned(), 1));
        for none in [
            r#"[{"name":"request-success-rate","thresholdRange":{"min":100}}]"#,
            r#"[{"name":"request-success-rate","thresholdRange":{"max":5}}]"#,
            r#"[{"name":"request-duration","thresholdRange":{"max":-5}}]"#,
            r#"[{"name":"request-duration","thresholdRange":{"max":500},"templateRef":{"name":"x"}}]"#,
        ] {
            assert_eq!(of(none), usual, "{none}");
        }
    }
}
