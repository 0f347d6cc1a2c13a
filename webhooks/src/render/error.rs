//! Why nothing is rendered, each with what to do instead.

use haldane_core::increment::Region;
use haldane_core::time::Span;
use haldane_signals::templates::TemplateError;
use thiserror::Error;

/// Why nothing is rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    /// Flagger would wait longer between two questions than a step lasts.
    #[error(
        "an interval of {interval} is longer than the shortest step's observe ({observe}); Haldane makes the windows, so \
         write a short one: --interval 10s"
    )]
    Interval {
        /// What was asked for.
        interval: Span,
        /// The shortest window.
        observe: Span,
    },
    /// There is nothing to be several times of.
    #[error(
        "--backstop is several times the limit of error-rate, and region {region} has none that decides; add a gate \
         such as {{signal: error-rate, limit: 0.1%}}, or leave --backstop out"
    )]
    NoLimit {
        /// Where.
        region: Region,
    },
    /// Everything would pass.
    #[error(
        "{factor} times the limit of error-rate in region {region} is 100 % or more, which nothing exceeds; write a \
         smaller --backstop-factor"
    )]
    NoBackstop {
        /// Where.
        region: Region,
        /// How many times.
        factor: f64,
    },
    /// A template of ours is broken.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A value that cannot be written.
    #[error("a document cannot be written: {0}")]
    Yaml(String),
}
