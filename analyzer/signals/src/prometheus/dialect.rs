//! How each store is asked so that its answer means what Prometheus' own would.
//!
//! - **Thanos**: one sample per instant of replicas (`dedup`), no answer instead of half of one (`partial_response`), and raw
//!   samples also where the querier prefers downsampled ones (`max_source_resolution`). Its documentation of `thanos query`,
//!   "Custom extensions".
//! - **Mimir** gives all or nothing; its front end is told to answer from the stores (`Cache-Control: no-store`).
//! - **VictoriaMetrics**: without `nocache` every instant query but a range selector is answered as of 30 s ago
//!   (`-search.latencyOffset`); a cluster gives half an answer unless told not to. It keeps the staleness marks of vanished
//!   series and prints them as NaN, as it would a counter that is none; both are left out, so that a pod that went is gone
//!   and not broken. Seen with 1.79.5.
//!
//! Whoever writes into Thanos' receivers, Mimir or VictoriaMetrics sends the series of one scrape in several requests: each
//! waits up to five seconds for company (`batch_send_deadline` of a remote write), and VictoriaMetrics shows new series up
//! to two seconds after it took them. A series that has just begun (the first failures of a canary) must not be younger than
//! what is counted beside it, so these are asked for what was there a little while ago.

use super::answer::Matrix;
use haldane_core::policy::Dialect;
use haldane_core::time::Span;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// How one source is asked.
pub(crate) struct Manner {
    pub(crate) dialect: Dialect,
    /// What follows every form, beginning with `&`, or nothing.
    pub(crate) parameters: String,
}

impl Manner {
    pub(crate) fn new(dialect: Dialect, replica_labels: &[String]) -> Self {
        let fixed = match dialect {
            Dialect::Prometheus | Dialect::Mimir => "",
            Dialect::Thanos => "&dedup=true&partial_response=false&max_source_resolution=0s",
            Dialect::VictoriaMetrics => "&nocache=1&deny_partial_response=1",
        };
        let label =
            |name: &String| format!("&replicaLabels%5B%5D={}", utf8_percent_encode(name, NON_ALPHANUMERIC));
        let replicas: String = match dialect {
            Dialect::Thanos => replica_labels.iter().map(label).collect(),
            Dialect::Prometheus | Dialect::Mimir | Dialect::VictoriaMetrics => String::new(),
        };
        Self { dialect, parameters: format!("{fixed}{replicas}") }
    }

    /// Headers that are no secret and nobody's to configure.
    pub(crate) const fn header(&self) -> Option<(&'static str, &'static str)> {
        match self.dialect {
            Dialect::Mimir => Some(("cache-control", "no-store")),
            Dialect::Prometheus | Dialect::Thanos | Dialect::VictoriaMetrics => None,
        }
    }

    /// What has to follow a whole query so that it rests on no sample older than `span`; a store that does not know it
    /// looks back as it always does.
    pub(crate) fn looks_back(&self, span: Span) -> String {
        let name = match self.dialect {
            Dialect::Prometheus | Dialect::Thanos | Dialect::Mimir => "lookback_delta",
            Dialect::VictoriaMetrics => "max_lookback",
        };
        format!("&{name}={}s", span.as_us() / 1_000_000)
    }

    /// The age from which on every series of one scrape has arrived.
    pub(crate) const fn settles(&self) -> Span {
        match self.dialect {
            Dialect::Prometheus => Span::ZERO,
            Dialect::Thanos | Dialect::Mimir | Dialect::VictoriaMetrics => Span::from_s(7),
        }
    }

    /// What the store really holds of an answer.
    pub(crate) fn cleaned(&self, mut matrix: Matrix) -> Matrix {
        match self.dialect {
            Dialect::Prometheus | Dialect::Thanos | Dialect::Mimir => matrix,
            Dialect::VictoriaMetrics => {
                for series in &mut matrix.series {
                    series.samples.retain(|(_, value)| !value.is_nan());
                }
                matrix.series.retain(|series| !(series.samples.is_empty() && series.histograms.is_empty()));
                matrix
            }
        }
    }
}
