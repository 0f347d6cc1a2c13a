//! Running `haldane judge` to its end, and the cases that it is given.

use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What a run said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A command of the binary under test.
pub(crate) fn haldane() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
    command.env_remove("RUST_LOG").env("NO_COLOR", "1").arg("judge");
    command
}

/// `haldane judge -` with these bytes, and more arguments.
pub(crate) fn judge_bytes(bytes: &[u8], more: &[&str]) -> Said {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let output = haldane().arg("-").args(more).stdin(Stdio::from(file)).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// `haldane judge - --json` of these cases.
pub(crate) fn judge(cases: &Value) -> Said {
    judge_bytes(cases.to_string().as_bytes(), &["--json"])
}

impl Said {
    /// Each line of JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The verdict of each line.
    pub(crate) fn verdicts(&self) -> Vec<String> {
        let word = |line: &Value| line["verdict"].as_str().unwrap_or("unusable").to_owned();
        self.lines().iter().map(word).collect()
    }
}

/// Errors of a canary at 50 requests a second, polled every 15 s for ten minutes: of the 750 requests of the `n`-th poll
/// `bad(n)` fail.
pub(crate) fn errors(bad: impl Fn(usize) -> u32) -> Value {
    let canary: Vec<u32> = (0..40).map(bad).collect();
    let signal = json!({
        "name": "error-rate", "kind": "ratio", "limit": 0.001,
        "canary": {"bad": canary, "total": vec![750; 40]},
        "baseline": {"bad": vec![7; 40], "total": vec![14250; 40]},
    });
    json!({"intervalSeconds": 15, "signals": [signal]})
}

/// One error in 3,000 requests: a third of the limit.
pub(crate) fn healthy() -> Value {
    errors(|poll| u32::from(poll % 4 == 1))
}

/// One request in a hundred fails: ten times the limit.
pub(crate) fn breached() -> Value {
    errors(|_| 8)
}

/// Ten requests in a poll say nothing.
pub(crate) fn inconclusive() -> Value {
    json!({"intervalSeconds": 15, "signals": [{
        "name": "error-rate", "kind": "ratio", "limit": 0.001, "canary": {"bad": [0, 0], "total": [10, 10]},
    }]})
}
