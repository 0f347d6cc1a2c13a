//! Counting, whatever the counters were read from: rows of cumulative counts, their changes, and the cuts between
//! which an increment is counted.
//!
//! A row is split into good and bad by one mark (`split`), two looks at it tell what happened in between (`change`),
//! totals are kept exact (`tally`), and a cut holds those of both arms at one instant (`cut`). What is remembered between looks is each source's
//! own business: a pod's page is the whole truth of one process at one instant, a store's samples are neither.

pub(crate) mod buckets;
pub(crate) mod change;
pub(crate) mod cut;
pub(crate) mod edges;
pub(crate) mod family;
pub(crate) mod pods;
pub(crate) mod split;
pub(crate) mod tally;
