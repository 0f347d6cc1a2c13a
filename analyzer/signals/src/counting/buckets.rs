//! One histogram at one instant: cumulative counts by edge, checked.
//!
//! A histogram that contradicts itself says nothing about the tail, and a tail is all that is asked of it: a missing
//! +Inf, an edge that stands twice or a falling count refuse it.

/// What `le` counts, as Prometheus recommends it: milliseconds in a second.
pub(crate) const SECONDS: f64 = 1e3;

/// An edge in milliseconds, so rounded that "0.29" seconds are 290 and not its neighbour. `unit_ms` is what `le` counts.
pub(crate) fn edge_ms(le: &str, unit_ms: f64) -> Option<f64> {
    let edge = le.parse::<f64>().ok().filter(|edge| !edge.is_nan())?;
    let nanoseconds = (edge * unit_ms * 1e6).round();
    // Beyond exact whole nanoseconds (and for +Inf) there is nothing to round.
    Some(if nanoseconds.abs() < 1e15 { nanoseconds / 1e6 } else { edge * unit_ms })
}

/// Edges and counts of one histogram at one instant, in ascending order and ending in infinity; else what is wrong.
pub(crate) fn checked(mut buckets: Vec<(f64, f64)>) -> Result<(Vec<f64>, Vec<f64>), String> {
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    for pair in buckets.windows(2) {
        if let [(below, fewer), (above, more)] = pair {
            if below == above {
                return Err(format!("edge {} stands twice", named(*below)));
            }
            if fewer > more {
                return Err(format!("counts fall from {} to {}", named(*below), named(*above)));
            }
        }
    }
    match buckets.last() {
        Some((edge, _)) if *edge == f64::INFINITY => Ok(buckets.into_iter().unzip()),
        Some(_) | None => Err("no +Inf bucket".to_owned()),
    }
}

fn named(edge_ms: f64) -> String {
    if edge_ms == f64::INFINITY { "+Inf".to_owned() } else { format!("{edge_ms} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_the_same_number_however_it_is_written() {
        assert_eq!(edge_ms("0.2", SECONDS), edge_ms("0.20", SECONDS));
        assert_eq!(edge_ms("0.29", SECONDS), Some(290.0));
        assert_eq!(edge_ms("290", 1.0), Some(290.0));
        assert_eq!(edge_ms("+Inf", SECONDS), Some(f64::INFINITY));
        assert_eq!((edge_ms("NaN", SECONDS), edge_ms("fast", SECONDS)), (None, None));
    }
}
