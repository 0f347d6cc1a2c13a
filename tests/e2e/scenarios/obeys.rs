//! The released Flagger promotes, waits and goes back because of what Haldane says.

mod edited;
mod healthy;
mod lost;
mod ordered;
mod planes;
mod restarted;
mod shadow;
mod sick;
mod strategies;
mod way;
