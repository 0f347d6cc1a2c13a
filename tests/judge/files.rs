//! Files that have no cases, and where cases come from.

use crate::program::{haldane, healthy, judge_bytes};
use serde_json::json;

#[test]
fn a_file_is_judged_as_standard_input_is() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), healthy().to_string()).unwrap();
    let output = haldane().arg(file.path()).arg("--json").output().unwrap();
    let piped = judge_bytes(healthy().to_string().as_bytes(), &["--json"]);
    assert_eq!((output.status.code(), String::from_utf8(output.stdout).unwrap()), (Some(0), piped.out));
}

#[test]
fn a_file_that_has_no_cases_ends_with_a_sentence() {
    for (bytes, why) in [
        (&b""[..], "standard input: line 1, column 0: this is no JSON"),
        (b"[]", "the list is empty"),
        (b"7", "neither a case nor a list"),
        (b"{\"signals\": [\n 1,}", "line 2, column 4: this is no JSON"),
        (b"[{}, {}\n", "line 2, column 0: this is no JSON"),
        (b"{} {}", "line 1, column 4: this is no JSON"),
        (b"[{\"metrics\": [NaN]}]", "line 1, column 15: this is no JSON"),
        (b"\xff\xfe", "byte 0 is no UTF-8"),
    ] {
        let said = judge_bytes(bytes, &["--json"]);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{bytes:?}");
        assert!(said.err.contains(why) && said.err.lines().count() == 1, "{bytes:?}: {}", said.err);
    }
}

#[test]
fn a_file_that_cannot_be_read_and_no_file_at_all_say_what_to_do() {
    let missing = haldane().arg("no/such/file.json").output().unwrap();
    let err = String::from_utf8(missing.stderr).unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert!(err.contains("no/such/file.json: cannot be read; check the path"), "{err}");
    let none = haldane().output().unwrap();
    assert_eq!(none.status.code(), Some(2));
}

#[test]
fn a_mark_before_the_text_is_no_part_of_it() {
    let marked = format!("\u{feff}{}", json!([healthy()]));
    assert_eq!(judge_bytes(marked.as_bytes(), &["--json"]).code, Some(0));
}
