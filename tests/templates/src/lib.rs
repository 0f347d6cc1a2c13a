//! A cluster that was scraped once, in two engines: what Prometheus and VictoriaMetrics make of the same samples.
//!
//! The samples are a file with numbers of a minute (`recorded/exposition.txt`); beside it stands what they mean
//! (`recorded/truth.txt`), written by the same hand and without a query. Both engines get the same samples at the same
//! instants before anything is asked, so nothing has to be waited for, and no answer depends on when the test ran.

mod engine;
mod exposition;
mod truth;

pub use engine::Engine;
pub use exposition::{END_S, START_S};
pub use truth::{Known, Truth, truths};
