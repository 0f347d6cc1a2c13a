//! The fold as a whole: data in, decision out. Everything goes through [`crate::fold::look`], as it does in service.

mod admission;
mod again;
mod attribution;
mod bracket;
mod cluster;
mod data;
mod determinism;
mod guards;
mod headlines;
mod incident;
mod levels;
mod lone;
mod noise;
mod orders;
mod overtaken;
mod pool;
mod predictability;
mod releases;
mod report_only;
mod restarts;
mod seeded;
mod sickness;
mod totality;
mod traffic;
mod walk;
mod weight;
pub(crate) mod world;
