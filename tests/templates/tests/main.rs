//! The metric templates, held against what will read them: Go, a real Prometheus, a real VictoriaMetrics, promtool.

#![cfg(test)]

mod engines;
mod go;
mod guards;
mod page;
mod place;
mod reading;
mod rules;
mod shipped;
