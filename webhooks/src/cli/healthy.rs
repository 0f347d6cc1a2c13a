//! The options that say what the healthy service is like: the same for every command that assumes one, so that `plan` and
//! `simulate` speak of one service.

use clap::Args;
use haldane_core::policy::read_limit;
use haldane_core::signal::Signal;
use haldane_outlook::Assumed;

#[derive(Debug, Args)]
pub(super) struct HealthyArgs {
    /// Failed requests of the healthy service; default: a tenth of the limit
    #[arg(long, value_name = "SHARE", value_parser = |text: &str| read_limit(Signal::ErrorRate, text))]
    error_rate: Option<f64>,
    /// P99 of the healthy service; default: a tenth of the requests that the limit allows are slower than it
    #[arg(long, value_name = "TIME", value_parser = |text: &str| read_limit(Signal::P99Latency, text))]
    p99: Option<f64>,
    /// 5xx responses of the healthy service with all traffic of a region; default: what --error-rate makes of --rps
    #[arg(long = "5xx", value_name = "RATE", value_parser = |text: &str| read_limit(Signal::Http5xx, text))]
    http_5xx: Option<f64>,
}

impl HealthyArgs {
    /// What was said, with bad events of this dispersion.
    pub(super) const fn assumed(&self, fano: f64) -> Assumed {
        Assumed { error_rate: self.error_rate, p99_ms: self.p99, http_5xx_per_min: self.http_5xx, fano }
    }
}
