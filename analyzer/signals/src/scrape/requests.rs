//! The request counter, as rows of (not failed, all).

use super::REQUESTS;
use super::exposition::Sample;
use crate::counting::family::{Family, Fault, Labels, count};

/// What reasons call a request counter whose series do not say how a request ended.
const UNTOLD: &str = "http_requests_total with label code or status";

/// Reads the requests of one pod; no series is no fault here.
pub(crate) fn requests(samples: &[Sample]) -> Result<Family, Fault> {
    let mut family = Family::default();
    for sample in samples.iter().filter(|s| s.metric == REQUESTS) {
        let all = count(sample.value, REQUESTS)?;
        let row = match failed(&sample.labels) {
            Some(true) => vec![0.0, all],
            Some(false) => vec![all, all],
            // A counter registered before its first request tells nothing, but hides nothing either.
            None if all == 0.0 => vec![0.0, 0.0],
            // Requests that do not say how they ended must not pass for good ones.
            None => return Err(Fault::Absent { series: UNTOLD.to_owned() }),
        };
        if family.rows.insert(sample.labels.clone(), row).is_some() {
            return Err(Fault::Twice { series: REQUESTS.to_owned() });
        }
    }
    Ok(family)
}

/// Whether these requests failed on the server's side; nothing if no label says how they ended.
fn failed(labels: &Labels) -> Option<bool> {
    let mut codes = ["code", "status"].iter().filter_map(|name| labels.get(*name)).peekable();
    codes.peek()?;
    Some(codes.any(|code| is_5xx(code)))
}

fn is_5xx(code: &str) -> bool {
    let class_or_digit = |b: &u8| b.is_ascii_digit() || matches!(b, b'x' | b'X');
    matches!(code.as_bytes(), [b'5', rest @ ..] if rest.len() == 2 && rest.iter().all(class_or_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(label: &str, code: &str, value: f64) -> Sample {
        let labels = Labels::from([(label.to_owned(), code.to_owned())]);
        Sample { metric: REQUESTS.to_owned(), labels, value }
    }

    #[test]
    fn only_codes_of_the_fifth_class_are_failures() {
        for code in ["500", "503", "599", "5xx", "5XX"] {
            assert!(is_5xx(code), "{code}");
        }
        for code in ["200", "404", "4xx", "50", "5000", "", "x5x", "5 0", "OK"] {
            assert!(!is_5xx(code), "{code}");
        }
    }

    #[test]
    fn code_and_status_are_both_understood_and_neither_is_no_success() {
        let family = requests(&[sample("status", "503", 2.0), sample("code", "200", 7.0)]).unwrap();
        let rows: Vec<_> = family.rows.into_values().collect();
        assert_eq!(rows, [vec![7.0, 7.0], vec![0.0, 2.0]]);
        assert_eq!(
            requests(&[sample("http_status", "503", 2.0)]),
            Err(Fault::Absent { series: UNTOLD.to_owned() })
        );
        assert!(requests(&[sample("http_status", "503", 0.0)]).is_ok());
    }

    #[test]
    fn a_counter_that_is_no_count_or_stands_twice_is_a_fault() {
        for value in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
            assert_eq!(
                requests(&[sample("code", "200", value)]),
                Err(Fault::NotANumber { series: REQUESTS.to_owned() })
            );
        }
        let twice = [sample("code", "200", 1.0), sample("code", "200", 1.0)];
        assert_eq!(requests(&twice), Err(Fault::Twice { series: REQUESTS.to_owned() }));
    }
}
