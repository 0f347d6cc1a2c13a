//! Recorded data, read and judged offline: what `haldane judge` does with a file.
//!
//! ```text
//! file ─► one raw text per case ─► typed, each by itself ─► core: recorded::counts, series ─► a line, in order
//! ```
//!
//! A case is typed on its own, so that one that is wrong spoils no other; whatever is wrong is named by its place, a path
//! such as `signals[0].canary.bad[7]`. The types that read are the types that the JSON Schema is made of.

mod case;
mod counts;
mod example;
mod file;
mod latency;
mod native;
mod run;
mod schema;
mod series;
mod signal;
mod text;
mod unusable;

pub use case::{Case, CountsFile, Direction, File, Metric, SeriesFile};
pub use file::{Cases, FileError, cases};
pub use run::{Judged, judge_all};
pub use schema::schema;
pub use signal::{
    CountArm, Edge, GaugeArm, GaugeSignal, LatencyArm, LatencyBucket, LatencySignal, RateArm, RateSignal,
    RatioSignal, Signal,
};
pub use text::{in_json, in_words};
