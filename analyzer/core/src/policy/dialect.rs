//! The stores that speak Prometheus' API, where they differ in what an answer means.
//!
//! It is written in the policy and not found out. What it decides is whether half an answer passes for a whole one, and which
//! samples are counters; a guess could change between two polls, behind a proxy that answers for several stores. A wrong word
//! is safe: each store's way to say that something is missing is understood under every name, so the wrong one costs holds
//! and no verdict. `haldane check --live` says what a source seems to be.

use std::fmt;

/// Which store answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// Prometheus itself, which sees each scrape as a whole and at once.
    #[default]
    Prometheus,
    /// Thanos' querier, over several stores of which one may be away, and over replicas.
    Thanos,
    /// Mimir (or Cortex), where each tenant has its own series.
    Mimir,
    /// VictoriaMetrics, single or as a cluster.
    VictoriaMetrics,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Prometheus, Self::Thanos, Self::Mimir, Self::VictoriaMetrics];

    /// Its name in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Thanos => "thanos",
            Self::Mimir => "mimir",
            Self::VictoriaMetrics => "victoria-metrics",
        }
    }

    /// The header that names the tenant; none where there are no tenants, or where the address names them.
    pub const fn tenant_header(self) -> Option<&'static str> {
        match self {
            Self::Mimir => Some("X-Scope-OrgID"),
            Self::Thanos => Some("THANOS-TENANT"),
            Self::Prometheus | Self::VictoriaMetrics => None,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
