//! Running `haldane check` and its like to their end.

use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// A machine under load may be slow; one that takes longer than this hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What a run said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A command of the binary under test, with no settings of the caller's.
pub(crate) fn haldane() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
    command.env_remove("RUST_LOG").env("NO_COLOR", "1").stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// `haldane check` of these policies, with more arguments.
pub(crate) async fn check(policies: &[&str], arguments: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let mut command = vec!["check".to_owned()];
    command.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    for (i, policy) in policies.iter().enumerate() {
        let name = format!("{i}.yaml");
        std::fs::write(folder.path().join(&name), policy).unwrap();
        command.push(name);
    }
    run(folder.path(), &command).await
}

/// `haldane` with these arguments, in `folder`.
pub(crate) async fn run<A: AsRef<std::ffi::OsStr>>(folder: &Path, arguments: &[A]) -> Said {
    let mut command = haldane();
    command.current_dir(folder).env("HOME", folder).env_remove("KUBECONFIG").args(arguments);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.expect("it hangs").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// `haldane check --live` of one policy.
pub(crate) async fn live(policy: &str) -> Said {
    check(&[policy], &["--live"]).await
}

impl Said {
    /// The one line about `what` with this verdict, and the lines that explain it, without indentation.
    #[track_caller]
    pub(crate) fn about(&self, verdict: &str, what: &str) -> Vec<&str> {
        let begins =
            |line: &&str| line.trim_start().starts_with(verdict) && line.contains(&format!("  {what}  "));
        let at = self.out.lines().position(|line| begins(&line));
        let at = at.unwrap_or_else(|| panic!("no {verdict} {what} in {}", self.out));
        let explains = |line: &&str| ["so  ", "do  ", "query  "].iter().any(|word| line.starts_with(word));
        let lines: Vec<&str> = self.out.lines().map(str::trim).collect();
        let more = lines[at + 1..].iter().copied().take_while(|line| explains(line));
        std::iter::once(lines[at]).chain(more).collect()
    }

    /// How many lines have this verdict.
    pub(crate) fn count(&self, verdict: &str) -> usize {
        self.out.lines().filter(|line| line.trim_start().starts_with(&format!("{verdict} "))).count()
    }

    /// The line of JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}
