//! The rules of the house that neither rustc nor clippy can hold.
//!
//! Each rule is a function from a file's text to what is wrong with it. It is applied to every file that git knows,
//! and once to a text that breaks it: a rule that cannot fail is a decoration.

use haldane_suite::{read, tracked_files};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

#[test]
fn every_crate_is_under_the_lints_of_the_workspace() {
    let manifests = files(|path| path.ends_with("Cargo.toml") && path != Path::new("Cargo.toml"));
    holds_in(&manifests, lints_of_its_own);

    assert!(lints_of_its_own("[package]\nname = \"x\"").is_some());
    assert!(lints_of_its_own("[lints]\nworkspace = false").is_some());
    assert!(lints_of_its_own("[lints]\nworkspace = true").is_none());
}

#[test]
fn every_source_file_opens_with_what_it_is_for() {
    let sources = files(|path| is_rust(path) && !path.ends_with("build.rs"));
    holds_in(&sources, no_header);

    assert!(no_header("use std::fmt;\n//! Too late.\n").is_some());
    assert!(no_header("//!\n\nuse std::fmt;\n").is_some());
    assert!(no_header("//! What a verdict is.\n").is_none());
}

#[test]
fn no_test_is_ignored() {
    holds_in(&files(is_rust), ignored_test);

    assert!(ignored_test("#[test]\n    #[ignore = \"slow\"]\nfn f() {}").is_some());
    assert!(ignored_test("#[test]\nfn f() {} // #[ignore] would be wrong").is_none());
}

#[test]
fn every_ban_says_why() {
    let laws = files(|path| path == Path::new("clippy.toml") || path == Path::new("deny.toml"));
    assert_eq!(laws.len(), 2, "both are at the root: {laws:?}");
    holds_in(&laws, ban_without_reason);

    assert!(ban_without_reason(r#"disallowed-methods = ["f64::ln"]"#).is_some());
    assert!(ban_without_reason(r#"disallowed-types = [{ path = "X", reason = " " }]"#).is_some());
    assert!(ban_without_reason(r#"bans.deny = [{ crate = "openssl" }]"#).is_some());
    assert!(
        ban_without_reason("allow-dbg-in-tests = false").is_some(),
        "a file without any ban is another file"
    );
    assert!(ban_without_reason(r#"disallowed-types = [{ path = "X", reason = "slow" }]"#).is_none());
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    holds_in(&files(|_| true), machine_path);

    let [work, root] = MACHINE_PATHS.map(|parts| parts.concat());
    assert!(machine_path(&format!("include!(\"{work}main/x.rs\")")).is_some());
    assert!(machine_path(&format!("# see {root}.cargo")).is_some());
    assert!(machine_path("paths such as docs/workshop/ and /rooted").is_none());
}

/// Directories of somebody's machine; in two parts each, so that this file passes its own rule.
const MACHINE_PATHS: [[&str; 2]; 2] = [["/wo", "rk/"], ["/ro", "ot/"]];

const BANS: [&[&str]; 4] =
    [&["disallowed-methods"], &["disallowed-types"], &["disallowed-macros"], &["bans", "deny"]];

fn lints_of_its_own(manifest: &str) -> Option<String> {
    let inherits = at(&parsed(manifest), &["lints", "workspace"]).and_then(Value::as_bool) == Some(true);
    (!inherits)
        .then(|| "say `[lints] workspace = true`; an exception is an #[expect] with its reason".to_owned())
}

fn no_header(source: &str) -> Option<String> {
    let header = source.lines().next().and_then(|line| line.strip_prefix("//! "));
    header
        .is_none_or(|text| text.trim().is_empty())
        .then(|| "begin with `//! ` and what this file is for, and why this way".to_owned())
}

fn ignored_test(source: &str) -> Option<String> {
    let line = source.lines().position(|line| line.trim_start().starts_with("#[ignore"))?;
    Some(format!("line {}: a test that does not run proves nothing; make it fast, or delete it", line + 1))
}

fn ban_without_reason(law: &str) -> Option<String> {
    let law = parsed(law);
    let lists: Vec<&Vec<Value>> =
        BANS.iter().filter_map(|path| at(&law, path)).filter_map(Value::as_array).collect();
    let says_why =
        |ban: &Value| ban.get("reason").and_then(Value::as_str).is_some_and(|r| !r.trim().is_empty());
    if lists.is_empty() {
        return Some("no list of bans found: was it renamed?".to_owned());
    }
    let bare = lists.into_iter().flatten().find(|ban| !says_why(ban))?;
    Some(format!("{bare} has no reason; a ban that nobody can argue with is obeyed in the wrong places"))
}

fn machine_path(text: &str) -> Option<String> {
    let paths = MACHINE_PATHS.map(|parts| parts.concat());
    let (index, line) = text.lines().enumerate().find(|(_, line)| paths.iter().any(|p| line.contains(p)))?;
    Some(format!("line {}: a path of one machine: {}", index + 1, line.trim()))
}

/// Fails with one line per file that breaks `rule`.
#[track_caller]
fn holds_in(files: &[PathBuf], rule: impl Fn(&str) -> Option<String>) {
    assert!(!files.is_empty(), "a rule about no file at all has proved nothing");
    let broken = files.iter().filter_map(|file| {
        let text = read(file).expect("git has just listed it");
        rule(&text).map(|wrong| format!("\n{}: {wrong}", file.display()))
    });
    let broken: String = broken.collect();
    assert!(broken.is_empty(), "{broken}\n");
}

fn files(wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut files = tracked_files().expect("these tests run in a clone, with git");
    files.retain(|file| wanted(file));
    files
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "rs") && !path.components().any(|c| c.as_os_str() == "fixtures")
}

fn parsed(text: &str) -> Table {
    text.parse().expect("cargo and clippy read it too, so it is TOML")
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(*key))
}
