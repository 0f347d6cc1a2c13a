//! One case and many: verdicts, order and exit codes.

use crate::program::{breached, haldane, healthy, inconclusive, judge, judge_bytes};
use serde_json::{Value, json};
use std::io::Read as _;
use std::process::Stdio;

#[test]
fn each_verdict_has_its_exit_code() {
    for (case, verdict, code) in
        [(healthy(), "healthy", 0), (breached(), "breached", 3), (inconclusive(), "inconclusive", 4)]
    {
        let said = judge(&case);
        assert_eq!((said.verdicts(), said.code), (vec![verdict.to_owned()], Some(code)), "{said:?}");
        assert_eq!(said.err, "");
    }
}

#[test]
fn a_line_has_the_verdict_the_poll_of_the_breach_and_each_signal_with_its_reason() {
    let said = judge(&breached());
    let line = &said.lines()[0];
    assert!(line["breachedAt"].as_u64().is_some_and(|poll| poll < 12), "{line}");
    let signal = &line["signals"][0];
    assert_eq!((&signal["name"], &signal["verdict"]), (&"error-rate".into(), &"breached".into()));
    assert!(signal["evidence"].as_f64().is_some_and(|e| e >= 100.0), "{line}");
    assert!(signal["reason"].as_str().is_some_and(|r| !r.is_empty()), "{line}");
    assert_eq!(judge(&healthy()).lines()[0]["breachedAt"], Value::Null);
}

#[test]
fn a_list_is_answered_in_order_and_ends_with_the_worst_of_its_verdicts() {
    let worst = |cases: &[Value]| judge(&json!(cases)).code;
    assert_eq!(worst(&[healthy(), healthy()]), Some(0));
    assert_eq!(worst(&[healthy(), inconclusive()]), Some(4));
    assert_eq!(worst(&[breached(), inconclusive(), healthy()]), Some(3));
    let said = judge(&json!([breached(), inconclusive(), healthy()]));
    assert_eq!(said.verdicts(), ["breached", "inconclusive", "healthy"]);
}

#[test]
fn a_case_that_cannot_be_used_keeps_its_line_and_spoils_no_other() {
    let said = judge(&json!([healthy(), {"signals": []}, breached()]));
    assert_eq!(
        (said.verdicts(), said.code),
        (vec!["healthy".into(), "unusable".into(), "breached".into()], Some(2))
    );
    assert_eq!(said.lines()[1]["error"]["place"], "");
    assert!(said.err.starts_with("haldane: case 1: ") && said.err.lines().count() == 1, "{}", said.err);
}

#[test]
fn thousands_of_cases_are_answered_each_on_its_line() {
    let kinds = [healthy(), breached(), inconclusive()];
    let cases: Vec<&Value> = (0..3000).map(|i| &kinds[i * 7 % 3]).collect();
    let verdicts = judge(&json!(cases)).verdicts();
    let words = ["healthy", "breached", "inconclusive"];
    assert_eq!(verdicts.len(), 3000);
    assert!(verdicts.iter().enumerate().all(|(i, verdict)| verdict == words[i * 7 % 3]));
}

#[test]
fn people_read_a_few_lines_per_case() {
    let one = judge_bytes(healthy().to_string().as_bytes(), &[]);
    assert!(one.out.starts_with("healthy\n  error-rate  healthy "), "{}", one.out);
    let list = judge_bytes(json!([breached(), healthy()]).to_string().as_bytes(), &[]);
    assert!(list.out.starts_with("case 0: breached after poll "), "{}", list.out);
    assert!(list.out.contains("\ncase 1: healthy\n") && list.code == Some(3), "{}", list.out);
}

#[test]
fn a_name_moves_no_cursor_and_forges_no_line() {
    let mut case = healthy();
    case["signals"][0]["name"] = "a\u{1b}[2J\ncase 7: breached".into();
    let said = judge_bytes(case.to_string().as_bytes(), &[]);
    assert!(
        said.out.contains(r"a\u{1b}[2J\ncase 7: breached") && said.out.lines().count() == 2,
        "{}",
        said.out
    );
}

#[test]
fn whoever_stops_reading_makes_no_panic_and_changes_no_exit_code() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let cases: Vec<Value> = (0..2000).map(|i| if i == 1999 { breached() } else { healthy() }).collect();
    std::fs::write(file.path(), json!(cases).to_string()).unwrap();
    let mut child = haldane();
    child.arg(file.path()).arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(3), ""));
}
