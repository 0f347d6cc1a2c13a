//! The process under test, and its API as its users see it.

use haldane::report::summary::RolloutSummary;
use reqwest::Client;
use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// A machine under load may be slow; one that takes longer than this hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// What a stop may take, promised to whoever sends SIGTERM.
const STOP_DEADLINE: Duration = Duration::from_secs(5);

/// A running `haldane serve`.
pub(crate) struct Service {
    process: Child,
    client: Client,
    base_url: String,
    // Read no further, but kept: a closed pipe would be the service's trouble.
    _stdout: Lines<BufReader<ChildStdout>>,
}

/// A command of the binary under test, with the file names relative to nothing and no settings of the caller's.
pub(crate) fn haldane() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
    command.env_remove("RUST_LOG").env("NO_COLOR", "1");
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The same command, run through `program` with `before` in front of it.
pub(crate) fn through(program: &str, before: &[&str], command: &Command) -> Command {
    let command = command.as_std();
    let mut wrapped = Command::new(program);
    wrapped.args(before).arg(command.get_program()).args(command.get_args());
    wrapped.env_remove("RUST_LOG").env("NO_COLOR", "1").stdin(Stdio::null()).kill_on_drop(true);
    wrapped
}

/// Runs a command to its end.
pub(crate) async fn ended(command: &mut Command) -> Output {
    timeout(PATIENCE, command.output()).await.expect("it hangs").unwrap()
}

/// What a command wrote on standard error, and its exit code.
pub(crate) async fn refused(command: &mut Command) -> (Option<i32>, String) {
    let output = ended(command).await;
    assert!(output.stdout.is_empty(), "{output:?}");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A port that is free now and stays so while a service is dead: below those that the system gives to outgoing
/// connections, of which a world makes hundreds per second.
pub(crate) fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 10_000).unwrap_or(0);
    let candidates =
        std::iter::repeat_with(|| 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    candidates.take(1000).find(is_free).expect("a thousand ports are busy")
}

impl Service {
    /// Starts `command` and waits until it listens; its log is appended to `log`.
    pub(crate) async fn start(command: &mut Command, log: &Path) -> Self {
        let log_file = File::options().create(true).append(true).open(log).unwrap();
        let mut process = command.stdout(Stdio::piped()).stderr(log_file).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = timeout(PATIENCE, stdout.next_line()).await.expect("it does not start");
        let line = line.unwrap().unwrap_or_else(|| panic!("{}", std::fs::read_to_string(log).unwrap()));
        let base_url = line.strip_prefix("haldane serves at ").expect(&line).to_owned();
        let client = haldane_flagger_model::plain_http().timeout(PATIENCE).build().unwrap();
        Self { process, client, base_url, _stdout: stdout }
    }

    /// `http://address:port`.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Every rollout that it knows, newest first.
    pub(crate) async fn rollouts(&self) -> Vec<RolloutSummary> {
        serde_json::from_str(&self.get("api/v1/rollouts").await).unwrap()
    }

    /// The only rollout that it knows: a restart must not make a second one of the same run.
    pub(crate) async fn rollout(&self) -> RolloutSummary {
        let mut rollouts = self.rollouts().await;
        assert_eq!(rollouts.len(), 1, "{rollouts:#?}");
        rollouts.remove(0)
    }

    /// The text that `path` gives.
    pub(crate) async fn get(&self, path: &str) -> String {
        let (status, text) = self.ask(path).await;
        assert_eq!(status, 200, "{path}: {text}");
        text
    }

    /// What `path` gives, whatever its status.
    pub(crate) async fn ask(&self, path: &str) -> (u16, String) {
        let response = self.client.get(format!("{}/{path}", self.base_url)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Calls a hook of `us-east` as Flagger would: the status and the line.
    pub(crate) async fn hook(&self, hook: &str, payload: &serde_json::Value) -> (u16, String) {
        let url = format!("{}/hooks/us-east/{hook}", self.base_url);
        let response = self.client.post(url).json(payload).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// `kill -9`, at once.
    pub(crate) async fn kill(mut self) {
        self.process.start_kill().unwrap();
        let status = self.process.wait().await.unwrap();
        assert_eq!(status.signal(), Some(9), "it ended by itself before: {status}");
    }

    /// SIGTERM, without waiting.
    pub(crate) async fn tell_to_stop(&self) {
        self.signal("TERM").await;
    }

    /// Sends it this signal.
    pub(crate) async fn signal(&self, name: &str) {
        let sent = format!("kill -{name} {}", self.pid());
        assert!(Command::new("sh").args(["-c", &sent]).status().await.unwrap().success());
    }

    /// How long its files may be from now on, in bytes or `unlimited`.
    pub(crate) async fn limit_files(&self, bytes: &str) {
        let (pid, soft) = (format!("--pid={}", self.pid()), format!("--fsize={bytes}:"));
        assert!(Command::new("prlimit").args([&pid, &soft]).status().await.unwrap().success());
    }

    fn pid(&self) -> u32 {
        self.process.id().expect("it runs")
    }

    /// Its end after [`Service::tell_to_stop`], in time.
    pub(crate) async fn stopped(mut self) -> ExitStatus {
        timeout(STOP_DEADLINE, self.process.wait()).await.expect("it does not stop in time").unwrap()
    }

    /// SIGTERM; it must end well, and in time.
    pub(crate) async fn stop(self) {
        self.tell_to_stop().await;
        assert_eq!(self.stopped().await.code(), Some(0));
    }
}

/// Where a service of its own lives, for tests without a world: policy, store and log in one directory.
pub(crate) struct Place {
    /// Removed with this value.
    pub(crate) directory: tempfile::TempDir,
    port: u16,
}

impl Place {
    /// A directory with `policy` in it, and a port.
    pub(crate) fn new(policy: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("policy.yaml"), policy).unwrap();
        Self { directory, port: port() }
    }

    /// The store.
    pub(crate) fn db(&self) -> PathBuf {
        self.directory.path().join("haldane.db")
    }

    /// Everything that any service here has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap()
    }

    /// `haldane serve` here; the port is the same at every start, as Flagger's webhooks want it.
    pub(crate) fn command(&self) -> Command {
        self.command_at(&format!("127.0.0.1:{}", self.port))
    }

    /// The same at another address.
    pub(crate) fn command_at(&self, address: &str) -> Command {
        let mut command = haldane();
        command.arg("serve").arg("--policy").arg(self.directory.path().join("policy.yaml"));
        command.arg("--db").arg(self.db());
        command.args(["--listen", address]);
        command
    }

    /// Starts a service here.
    pub(crate) async fn serve(&self) -> Service {
        Service::start(&mut self.command(), &self.directory.path().join("log")).await
    }
}
