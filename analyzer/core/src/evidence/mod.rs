//! The evidence engine: increment → bet → capital → budget.
//!
//! A panel of bettors bets against "this canary is healthy". Each bet has, under that claim, an expected factor of
//! at most 1; so the pooled capital is an e-value at every peek, however often one looks and however long a step is
//! extended (Ville's inequality: P(sup E ≥ 1/α) ≤ α). The opposite claim has a panel of its own, the proof.
//!
//! - [`panel`]: the bettors, and how much one poll may move them.
//! - [`limit`], [`ratio`]: the factors that one increment gives each bettor.
//! - [`buckets`]: where the edges of a native histogram are.
//! - [`gauge`]: what one block of a gauge brings, against its own past.
//! - [`capital`]: evidence against, with late onset; lives as long as the rollout.
//! - [`proof`]: evidence for, never banked; lives as long as the step.
//! - [`noninferior`]: the same against the primary, where there is no limit.
//! - [`lone`]: is it the release, or one pod?
//! - [`share`]: does the canary get its share of the requests?
//! - [`margin`], [`bound`]: what can be proved at this traffic. [`dispersion`], [`drift`]: how noisy counts are, and how far
//!   a rate wanders by itself.
//!
//! Sources: Howard, Ramdas et al. 2021 (arXiv 1810.08240); Waudby-Smith and Ramdas 2024 (arXiv 2010.09686); Shin,
//! Ramdas and Rinaldo on e-detectors; Lindon and Malek 2022 (arXiv 2011.03567) for conditional tests of rates.
//! Evidence is told as natural logarithms, because it grows past what people read.

pub mod bound;
pub mod buckets;
pub mod capital;
pub mod dispersion;
pub mod drift;
pub mod gauge;
pub mod limit;
pub mod lone;
pub mod margin;
pub mod noninferior;
pub mod panel;
pub mod proof;
pub mod ratio;
pub mod share;

#[cfg(test)]
mod goldens;
#[cfg(test)]
mod promises;
