//! Edges of native histograms: so that a limit between two of them is bracketed as one between classic edges is.
//!
//! A native histogram of schema s has edges at 2^(i·2^−s), each bucket open below and closed above; so schema 3 grows by
//! 9 % from edge to edge, and a limit is an edge only by luck. Events in the bucket around it may be slow or not: they are
//! counted *at most* for a proof and not at all against the canary. Prometheus, "Native histograms" specification.

use crate::math::exp;

/// The schemas with such edges.
pub const SCHEMAS: core::ops::RangeInclusive<i8> = -4..=8;

/// The upper edge of bucket `index` (its lower one is that of `index − 1`), in the unit of the observations.
///
/// Infinite or 0 where no float holds it.
pub fn native_edge(schema: i8, index: i32) -> f64 {
    let width = exp(core::f64::consts::LN_2 * f64::from(-i16::from(schema)));
    exp(core::f64::consts::LN_2 * f64::from(index) * width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_double_every_octave_whatever_the_schema() {
        for schema in 0..=8_i8 {
            let octave = 1_i32 << schema;
            for (index, edge) in [(0, 1.0), (octave, 2.0), (-3 * octave, 0.125)] {
                assert!((native_edge(schema, index) / edge - 1.0).abs() < 1e-12, "{schema} {index}");
            }
        }
        assert!((native_edge(-2, 1) / 16.0 - 1.0).abs() < 1e-12);
        assert!((native_edge(3, 1) - 1.090_507_732_665_257_7).abs() < 1e-12, "the eighth root of 2");
    }

    #[test]
    fn edges_that_no_float_holds_are_no_nan() {
        for index in [i32::MIN, i32::MAX] {
            assert!(SCHEMAS.into_iter().all(|schema| !native_edge(schema, index).is_nan()));
        }
    }
}
