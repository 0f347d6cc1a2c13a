//! Running the binary, and reading the last line of its output.

use serde_json::Value;
use std::process::Output;
use tokio::process::Command;

/// Runs `haldane` with `arguments` to its end.
pub(crate) async fn haldane(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_haldane")).args(arguments).kill_on_drop(true).output().await.unwrap()
}

/// What a demo's last line says.
#[derive(Debug)]
pub(crate) struct Outcome(Value);

/// Runs one scenario headless.
pub(crate) async fn demo(scenario: &str) -> Outcome {
    let output = haldane(&["demo", "--headless", "--json", "--scenario", scenario]).await;
    let (out, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{scenario}: {error}");
    let outcome = Outcome(serde_json::from_str(out.lines().last().unwrap()).unwrap());
    assert_eq!(outcome.0["scenario"], scenario);
    assert!(outcome.0["wallSeconds"].as_f64().unwrap() < 180.0, "{outcome:?}");
    outcome
}

impl Outcome {
    #[track_caller]
    pub(crate) fn assert(&self, region: &str, outcome: &str, weight: u64) {
        let end = &self.0["regions"][region];
        assert_eq!(
            (end["outcome"].as_str(), end["weight"].as_u64()),
            (Some(outcome), Some(weight)),
            "{self:?}"
        );
    }

    pub(crate) fn reason(&self, region: &str) -> &str {
        self.0["regions"][region]["reason"].as_str().unwrap()
    }
}
