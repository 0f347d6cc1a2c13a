//! The answer to a whole query: numbers as they are now, each with its labels.

use super::answer::{Matrix, ResponseFault, Series, envelope};
use super::number::scalar;

/// Reads a vector, or a scalar as one series without labels; at most `most_series` series, one sample each.
///
/// # Errors
///
/// When it is no answer at all, an error, a partial one, of another type, too large, or has a series without a value.
pub fn read_vector(body: &[u8], most_series: usize) -> Result<Matrix, ResponseFault> {
    let not = |found: &str| ResponseFault::NotAnAnswer(found.to_owned());
    let envelope = envelope(body, most_series)?;
    match envelope.result_type.as_deref() {
        Some("vector") => {
            let whole = envelope.series.iter().all(|series| series.samples.len() == 1);
            if whole {
                Ok(Matrix { series: envelope.series })
            } else {
                Err(not("a series without one value"))
            }
        }
        Some("scalar") => {
            let sample = envelope.scalar.zip(scalar(body)).ok_or_else(|| not("a scalar without a value"))?;
            Ok(Matrix { series: vec![Series { samples: vec![sample], ..Series::default() }] })
        }
        Some(_) | None => Err(not("another type of result where numbers were asked for")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &str) -> Result<Vec<f64>, ResponseFault> {
        let matrix = read_vector(format!(r#"{{"status":"success","data":{data}}}"#).as_bytes(), 2)?;
        Ok(matrix.series.iter().map(|s| s.samples[0].1).collect())
    }

    #[test]
    fn a_vector_and_a_scalar_are_read_and_nothing_else() {
        let one =
            |name: &str, value: &str| format!(r#"{{"metric":{{"n":"{name}"}},"value":[1.5,"{value}"]}}"#);
        let of =
            |list: &[String]| read(&format!(r#"{{"resultType":"vector","result":[{}]}}"#, list.join(",")));
        assert_eq!(of(&[]), Ok(Vec::new()));
        assert_eq!(of(&[one("a", "7"), one("b", "8")]), Ok(vec![7.0, 8.0]));
        assert!(of(&[one("a", "NaN")]).unwrap()[0].is_nan());
        assert_eq!(of(&[one("a", "7"), one("b", "8"), one("c", "9")]), Err(ResponseFault::TooManySeries));
        assert_eq!(read(r#"{"resultType":"scalar","result":[1.5,"7.5"]}"#), Ok(vec![7.5]));
        for odd in [
            r#"{"resultType":"vector","result":[{"metric":{}}]}"#,
            r#"{"resultType":"matrix","result":[]}"#,
            r#"{"resultType":"string","result":[1,"a"]}"#,
            r#"{"result":[]}"#,
        ] {
            assert!(matches!(read(odd), Err(ResponseFault::NotAnAnswer(_))), "{odd}");
        }
    }
}
