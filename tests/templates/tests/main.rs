//! The metric templates, held against what will read them: Go, a real Prometheus, a real VictoriaMetrics, promtool.

#![cfg(test)]

mod engines;
mod go;
mod page;
mod reading;
mod rules;
mod shipped;
