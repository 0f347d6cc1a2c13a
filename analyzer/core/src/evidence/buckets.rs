//! Edges of native histograms: so that a limit between two of them is bracketed as one between classic edges is.
//!
//! A native histogram of schema s has edges at 2^(i·2^−s), each bucket open below and closed above; so schema 3 grows by
//! 9 % from edge to edge, and a limit is an edge only by luck. Events in the bucket around it may be slow or not: they are
//! counted *at most* for a proof and not at all against the canary. Prometheus, "Native histograms" specification.

use crate::math::{exp, ln};

/// The schemas with such edges.
pub const SCHEMAS: core::ops::RangeInclusive<i8> = -4..=8;

/// The upper edge of bucket `index` (its lower one is that of `index − 1`), in the unit of the observations.
///
/// Infinite or 0 where no float holds it.
pub fn native_edge(schema: i8, index: i32) -> f64 {
    let width = exp(core::f64::consts::LN_2 * f64::from(-i16::from(schema)));
    exp(core::f64::consts::LN_2 * f64::from(index) * width)
}

/// How far, relatively, a printed edge may be from its formula, and a value from an edge that it is meant to be.
const ROUNDING: f64 = 1e-9;

/// The schema that has a bucket with these edges, for a source that prints edges and no schema; none where no such schema
/// has it, as with custom edges. Both are positive and finite in every bucket but the one around zero and the outermost.
pub fn native_schema(lower: f64, upper: f64) -> Option<i8> {
    if !(lower > 0.0 && upper > lower && upper.is_finite()) {
        return None;
    }
    let octaves = (ln(upper) - ln(lower)) / core::f64::consts::LN_2;
    SCHEMAS.into_iter().find(|schema| {
        let width = exp(core::f64::consts::LN_2 * f64::from(-i16::from(*schema)));
        let place = ln(upper) / core::f64::consts::LN_2 / width;
        (octaves / width - 1.0).abs() < 1e-6 && (place - place.round()).abs() < 1e-5
    })
}

/// The edges of the bucket that holds `value` (above 0), in its unit; `value` twice where it is an edge itself.
pub fn native_bracket(schema: i8, value: f64) -> (f64, f64) {
    let per_octave = exp(core::f64::consts::LN_2 * f64::from(schema));
    let place = ln(value) / core::f64::consts::LN_2 * per_octave;
    let edge = |index: f64| native_edge(schema, index as i32);
    if (edge(place.round()) / value - 1.0).abs() < ROUNDING {
        return (value, value);
    }
    (edge(place.floor()), edge(place.ceil()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_known_by_any_of_its_buckets_and_custom_edges_have_none() {
        for schema in SCHEMAS {
            for index in [-40, -1, 0, 1, 7, 300] {
                let (lower, upper) = (native_edge(schema, index - 1), native_edge(schema, index));
                if lower > 0.0 && upper.is_finite() {
                    assert_eq!(native_schema(lower, upper), Some(schema), "{schema} {index}");
                }
            }
        }
        for (lower, upper) in
            [(0.1, 0.2), (0.25, 0.3), (0.0, 1.0), (1.0, f64::INFINITY), (-1.0, 1.0), (2.0, 1.0)]
        {
            assert_eq!(native_schema(lower, upper), None, "{lower} {upper}");
        }
    }

    #[test]
    fn a_value_lies_between_the_edges_of_its_bucket_or_is_one_of_them() {
        assert_eq!(native_bracket(3, 0.25), (0.25, 0.25));
        assert_eq!(native_bracket(0, 0.5), (0.5, 0.5));
        for schema in SCHEMAS {
            let (below, above) = native_bracket(schema, 0.2);
            assert!(below < 0.2 && 0.2 < above, "{schema}: {below} {above}");
            assert_eq!(native_schema(below, above), Some(schema));
        }
    }

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
