//! Guards read from a Prometheus: what each sees, what each trouble makes of it, and what a thousand services cost.

mod rules;
mod scene;
mod sharing;
mod troubles;
