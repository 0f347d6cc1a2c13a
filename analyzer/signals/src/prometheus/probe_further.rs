//! What a source says today of the signals beyond requests, for a person who checks a policy.
//!
//! Each question that a poll would put is put once. Series that are there and fresh are all that can be said without a rollout:
//! the canary's are not, between two rollouts.

use super::client::Session;
use super::region::PrometheusRegion;
use crate::further::Part;
use haldane_core::increment::{Arm, Arms, Missing};
use haldane_core::time::{Span, Timestamp};
use serde::Serialize;

/// One question of one further signal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignalProbe {
    /// The signal's name.
    pub signal: String,
    /// Whom it is about; absent where it is the place.
    pub arm: Option<Arm>,
    /// The whole query, to be pasted into the source's own page.
    pub text: String,
    /// How many series it finds.
    pub series: usize,
    /// The age of the newest sample in seconds, in the source's time.
    pub newest_age_s: Option<f64>,
    /// The number that a query of the author's own gives.
    pub number: Option<f64>,
    /// Why it cannot be used.
    pub wrong: Option<Missing>,
}

impl PrometheusRegion {
    /// Asks what the further signals would ask at `at`, in the source's time.
    pub(super) async fn probe_further(&self, session: &Session<'_>, at: Timestamp) -> Vec<SignalProbe> {
        let questions = self.further().questions(Arms::Both, at);
        let mut probes = Vec::new();
        for Part { signal, arm, selector, range } in self.further().parts(&questions) {
            let mut probe = of(signal.to_string(), arm, selector.over(range));
            match session.samples(&probe.text, at).await {
                Ok(matrix) => {
                    probe.series = matrix.series.len();
                    let newest =
                        matrix.series.iter().filter_map(|s| s.samples.last()).map(|(at, _)| *at).max();
                    probe.newest_age_s = newest.map(|newest| (at - newest).max(Span::ZERO).as_s());
                }
                Err(why) => probe.wrong = Some(why),
            }
            probes.push(probe);
        }
        for (arm, query, signal) in questions.queries() {
            let mut probe = of(signal.to_owned(), Some(arm), query.to_owned());
            match session.number(query, signal, at).await {
                Ok(number) => probe.number = Some(number),
                Err(why) => probe.wrong = Some(why),
            }
            probes.push(probe);
        }
        probes
    }
}

const fn of(signal: String, arm: Option<Arm>, text: String) -> SignalProbe {
    SignalProbe { signal, arm, text, series: 0, newest_age_s: None, number: None, wrong: None }
}
