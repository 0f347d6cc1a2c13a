//! The answer to a query that has to give one number.
//!
//! Flagger takes the last of several series and accepts infinity; here neither is a number that anything could rest on.

use super::answer::{ResponseFault, envelope};
use crate::reason::one_line;
use serde::Deserialize;

/// Reads it; the inner error says what was given instead, in one line.
///
/// # Errors
///
/// When it is no answer at all, or an error.
pub(crate) fn read_number(body: &[u8]) -> Result<Result<f64, String>, ResponseFault> {
    let envelope = match envelope(body, 1) {
        Err(ResponseFault::TooManySeries) => return Ok(Err("several series".to_owned())),
        envelope => envelope?,
    };
    let number = match envelope.result_type.as_deref() {
        Some("scalar") => scalar(body),
        Some("vector") => match envelope.series.first().and_then(|s| s.samples.first()) {
            Some((_, value)) => Some(*value),
            None => return Ok(Err("no series".to_owned())),
        },
        Some(other) => return Ok(Err(format!("a {}", one_line(other)))),
        None => None,
    };
    Ok(match number {
        Some(number) if number.is_finite() => Ok(number),
        Some(number) => Err(format!("{number}")),
        None => Err("nothing".to_owned()),
    })
}

/// The value of a scalar; its instant is what the envelope keeps of it.
pub(super) fn scalar(body: &[u8]) -> Option<f64> {
    #[derive(Deserialize)]
    struct Answer {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        result: (f64, String),
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    answer.data.result.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &str) -> Result<f64, String> {
        read_number(format!(r#"{{"status":"success","data":{data}}}"#).as_bytes()).unwrap()
    }

    #[test]
    fn one_finite_number_is_read_and_nothing_else() {
        assert_eq!(read(r#"{"resultType":"vector","result":[{"metric":{},"value":[1.5,"7"]}]}"#), Ok(7.0));
        assert_eq!(read(r#"{"resultType":"scalar","result":[1.5,"7.5"]}"#), Ok(7.5));
        assert_eq!(read(r#"{"resultType":"vector","result":[]}"#), Err("no series".to_owned()));
        for value in ["NaN", "+Inf", "-Inf"] {
            assert!(
                read(&format!(r#"{{"resultType":"scalar","result":[1,"{value}"]}}"#)).is_err(),
                "{value}"
            );
        }
        let two = r#"{"resultType":"vector","result":[{"metric":{"a":"1"},"value":[1,"7"]},{"metric":{"a":"2"},"value":[1,"8"]}]}"#;
        assert_eq!(read(two), Err("several series".to_owned()));
        assert_eq!(read(r#"{"resultType":"matrix","result":[]}"#), Err("a matrix".to_owned()));
    }

    #[test]
    fn an_error_is_a_fault_of_the_source() {
        let refused = br#"{"status":"error","errorType":"bad_data","error":"no"}"#;
        assert!(matches!(read_number(refused), Err(ResponseFault::Refused { .. })));
    }
}
