//! How the pods of one arm behave at one instant.

/// Error ratio, error clustering, latency and visibility of one arm at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behaviour {
    /// Mean share of requests that are answered 500, 0 to 1.
    pub error_ratio: f64,
    /// Whether errors come alone or in clusters; their mean is the same.
    pub errors: Errors,
    /// The 99th percentile of the duration of a request, in milliseconds; positive.
    pub p99_ms: f64,
    /// Mean error lines in the log per request, beside one for each request that fails.
    pub log_ratio: f64,
    /// Whether `/metrics` answers, or anything at all.
    pub metrics: Metrics,
}

/// How errors are distributed over requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errors {
    /// Each request fails on its own: binomial, so a Fano factor of about 1.
    Alone,
    /// Errors come in bursts that hit one pod within one second: a compound Poisson process, whose Fano factor is
    /// E\[S²\]/E\[S\] of the burst size S.
    ///
    /// A second of an arm never has more errors than requests; what does not fit is dropped, not carried over. So
    /// below about twenty requests per second and arm, or at ratios near 1, errors are fewer than `error_ratio` says.
    Bursts {
        /// The smallest burst, in errors; not above `most`.
        least: u64,
        /// The largest burst, in errors; sizes between the two are equally likely.
        most: u64,
    },
}

impl Errors {
    /// Bursts of 5 to 8 errors: a Fano factor of 43.5 / 6.5 ≈ 6.7.
    pub const BURSTS: Self = Self::Bursts { least: 5, most: 8 };
}

/// What a pod that runs answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metrics {
    /// `/metrics` answers 200.
    Served,
    /// `/metrics` answers 503; requests go on all the same.
    Vanished,
    /// Connections are reset, and requests are lost uncounted: the process is there for nobody.
    Unreachable,
}

impl Behaviour {
    /// What every healthy version does: 0.005 % errors, one by one, and a P99 of 150 ms (a median of 40 ms).
    pub const HEALTHY: Self = Self {
        error_ratio: 0.000_05,
        errors: Errors::Alone,
        p99_ms: 150.0,
        log_ratio: 0.000_5,
        metrics: Metrics::Served,
    };
}
