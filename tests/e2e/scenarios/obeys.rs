//! The released Flagger promotes, waits and goes back because of what Haldane says.

mod edited;
mod healthy;
mod lost;
mod ordered;
mod regions;
mod restarted;
mod shadow;
mod sick;
mod strategies;
