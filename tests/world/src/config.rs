//! What a world is made of.

use crate::History;
use crate::service::Behaviour;
use haldane_core::time::Span;
use std::collections::BTreeMap;

/// The world to start. [`WorldConfig::new`] has sensible numbers; change the fields that matter.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldConfig {
    /// The region's name, Prometheus' external label `region`.
    pub region: String,
    /// Time between two scrapes; 1 s or more.
    pub scrape_interval: Span,
    /// Pods of the primary.
    pub primary_pods: usize,
    /// Pods of the canary when it has any.
    pub canary_pods: usize,
    /// Load from the start on; 0 for none.
    pub requests_per_s: u32,
    /// Seed of latencies, failures and the past.
    pub seed: u64,
    /// The version that the primary serves at first.
    pub version: String,
    /// A past for Prometheus.
    pub history: Option<History>,
    /// How versions behave; those that are not here are healthy.
    pub behaviours: BTreeMap<String, Behaviour>,
}

impl WorldConfig {
    /// Two primary pods of version 1.0.0, one canary pod, 100 healthy requests per second, scrapes every second.
    pub fn new(region: &str, seed: u64) -> Self {
        Self {
            region: region.to_owned(),
            scrape_interval: Span::from_s(1),
            primary_pods: 2,
            canary_pods: 1,
            requests_per_s: 100,
            seed,
            version: "1.0.0".to_owned(),
            history: None,
            behaviours: BTreeMap::new(),
        }
    }

    /// The same with this behaviour of a version.
    #[must_use]
    pub fn with_behaviour(mut self, version: &str, behaviour: Behaviour) -> Self {
        self.behaviours.insert(version.to_owned(), behaviour);
        self
    }

    /// The same with a made-up past of this length, in which the first version behaved as it will.
    #[must_use]
    pub fn with_history(mut self, span: Span) -> Self {
        let behaviour = self.behaviours.get(&self.version).copied().unwrap_or(Behaviour::HEALTHY);
        self.history = Some(History { span, behaviour });
        self
    }
}
