//! A health page's JSON, held against what is expected of it.

use super::outcome::Unhealthy;
use crate::reason::snippet;
use serde_json::Value;
use std::collections::BTreeMap;

/// What is wrong with `body`; nothing if every field is as expected.
pub(super) fn judge(body: &[u8], expect: &BTreeMap<String, String>) -> Option<Unhealthy> {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return Some(Unhealthy::NotJson { begins: snippet(&String::from_utf8_lossy(body)) });
    };
    // Another region first: who answers says more than how well.
    let wrong = expect.iter().filter_map(|(field, expected)| wrong(&value, field, expected));
    wrong.min_by_key(|why| !matches!(why, Unhealthy::OtherRegion { .. }))
}

fn wrong(value: &Value, field: &str, expected: &str) -> Option<Unhealthy> {
    let found = at(value, field).map(plain);
    if found.as_deref() == Some(expected) {
        return None;
    }
    let (expected, found) = (snippet(expected), found.map(|found| snippet(&found)));
    let names_a_region = field.rsplit('.').next() == Some("region");
    Some(match found {
        Some(found) if names_a_region => Unhealthy::OtherRegion { expected, found },
        found => Unhealthy::Field { field: snippet(field), expected, found },
    })
}

/// A field by its own name, or by a way of names with dots between them.
fn at<'a>(value: &'a Value, field: &str) -> Option<&'a Value> {
    let direct = value.get(field);
    direct.or_else(|| field.split('.').try_fold(value, |value, name| value.get(name)))
}

/// A text without its quotes, and everything else as JSON writes it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str, expect: &[(&str, &str)]) -> String {
        let expect = expect.iter().map(|(f, v)| ((*f).to_owned(), (*v).to_owned())).collect();
        judge(body.as_bytes(), &expect).map(|why| why.to_string()).unwrap_or_default()
    }

    const HEALTHY: [(&str, &str); 2] = [("status", "healthy"), ("region", "us-east-1")];

    #[test]
    fn fields_are_found_by_name_and_by_way_and_compared_as_text() {
        assert_eq!(said(r#"{"status":"healthy","region":"us-east-1","x":1}"#, &HEALTHY), "");
        let nested = r#"{"ready":true,"db":{"replicas":3,"lag":null},"a.b":"c"}"#;
        let expect = [("ready", "true"), ("db.replicas", "3"), ("db.lag", "null"), ("a.b", "c")];
        assert_eq!(said(nested, &expect), "");
    }

    #[test]
    fn another_region_has_a_reason_of_its_own_and_is_told_first() {
        let body = r#"{"status":"degraded","region":"eu-central-1"}"#;
        assert_eq!(said(body, &HEALTHY), "region eu-central-1 answers where us-east-1 should");
        assert_eq!(
            said(r#"{"status":"healthy"}"#, &HEALTHY),
            "region is not in the answer and should be us-east-1"
        );
        let nested = said(r#"{"at":{"region":"b"}}"#, &[("at.region", "a")]);
        assert_eq!(nested, "region b answers where a should");
    }

    #[test]
    fn a_wrong_field_and_what_is_no_json_are_told_in_one_printable_line() {
        let sick = "{\"status\":\"\\u001b[31mfull\\nof\\tit\",\"region\":\"us-east-1\"}";
        assert_eq!(said(sick, &HEALTHY), "status is [31mfull of it and should be healthy");
        assert_eq!(said("<html>\n\x1b[2J", &HEALTHY), "the answer is no JSON, it begins <html> [2J");
        assert_eq!(said("", &HEALTHY), "the answer is empty, and no JSON");
        assert_eq!(said("[]", &[("status", "up")]), "status is not in the answer and should be up");
        let long = said(&format!("{{\"status\":\"{}\"}}", "x".repeat(9000)), &[("status", "up")]);
        assert!(long.len() < 100, "{long}");
        assert!(said(&"[".repeat(10_000), &HEALTHY).starts_with("the answer is no JSON"));
    }
}
