//! `haldane serve` as a process beside a plane, with the rights that it needs and no more.
//!
//! It keeps its port and its file over a restart, as a Service and a volume would. What it says is read as its users read
//! it: its API, its command line, its log.

mod account;

pub use account::{Account, Answered};

use crate::{Plane, User};
use anyhow::{Context, Result, bail};
use haldane_core::time::Span;
use haldane_world::parts::{Part, Pool, Wait, free_port, get, pool};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::Mutex;

/// A debug build on a machine under load.
const PATIENCE: Span = Span::from_s(60);

/// Who gives orders here.
const OPERATOR: (&str, &str) = ("ann", "ann-0123456789abcdef");

/// Where a Haldane listens, also after it was killed: Canaries know the address.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    port: u16,
}

impl Place {
    /// A port that nobody has.
    ///
    /// # Errors
    /// There is none.
    pub fn new() -> Result<Self> {
        Ok(Self { port: free_port()? })
    }

    /// Where hooks go.
    pub fn url(self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A Haldane for one service.
pub struct Haldane {
    planes: Vec<Arc<Plane>>,
    place: Place,
    directory: TempDir,
    process: Mutex<Option<Part>>,
    http: Pool,
}

impl Haldane {
    /// Starts it with this policy (YAML) and gives it its rights in `namespace` of every plane; returns when it answers.
    ///
    /// # Errors
    /// The rights are refused, or it does not start.
    pub async fn start(planes: &[&Arc<Plane>], place: Place, namespace: &str, policy: &str) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("haldane-e2e").tempdir()?;
        std::fs::write(directory.path().join("policy.yaml"), policy)?;
        let tokens = directory.path().join("operators");
        std::fs::create_dir(&tokens)?;
        std::fs::write(tokens.join(OPERATOR.0), OPERATOR.1)?;
        let secrets = directory.path().join("hooks");
        std::fs::create_dir(&secrets)?;
        for plane in planes {
            std::fs::write(secrets.join(plane.region()), format!("hooks-secret-of-{}", plane.region()))?;
            plane.apply(&rights(namespace)).await?;
        }
        let planes = planes.iter().map(|p| Arc::clone(p)).collect();
        let haldane = Self { planes, place, directory, process: Mutex::default(), http: pool() };
        haldane.begin().await?;
        Ok(haldane)
    }

    /// Kills it at once.
    ///
    /// # Errors
    /// It is dead already.
    pub async fn kill(&self) -> Result<()> {
        let part = self.process.lock().await.take().context("haldane is dead already")?;
        Ok(part.kill().await?)
    }

    /// Starts it again, after [`Haldane::kill`].
    ///
    /// # Errors
    /// It does not come up.
    pub async fn begin(&self) -> Result<()> {
        let listen = format!("127.0.0.1:{}", self.place.port);
        let files = ["--policy", "policy.yaml", "--db", "haldane.db", "--hook-secrets", "hooks"];
        let people = ["--operator-tokens", "operators", "--public-url", "https://haldane.example.org"];
        let arguments = ["serve", "--listen", &listen].into_iter().chain(files).chain(people);
        let leash = self.planes.first().context("no plane")?.leash();
        let part = Part::start("haldane", &program()?, arguments, &[], self.directory.path(), leash)?;
        *self.process.lock().await = Some(part);
        let wait = Wait::begin("haldane answers", PATIENCE);
        while get(&self.http, &format!("{}/healthz", self.place.url())).await.is_err() {
            if let Some(part) = self.process.lock().await.as_mut() {
                part.still_runs()?;
            }
            wait.again().await?;
        }
        Ok(())
    }

    /// The newest rollout as the API tells it; null before the first.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn newest(&self) -> Result<Value> {
        Ok(self.rollouts().await?.into_iter().next().unwrap_or(Value::Null))
    }

    /// Every rollout, newest first.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn rollouts(&self) -> Result<Vec<Value>> {
        let text = get(&self.http, &format!("{}/api/v1/rollouts", self.place.url())).await?;
        Ok(serde_json::from_str(&text)?)
    }

    /// The whole account of a rollout.
    ///
    /// # Errors
    /// It does not answer, or knows no such rollout.
    pub async fn report(&self, rollout: &Value) -> Result<Value> {
        let id = rollout["id"].as_str().context("a rollout has an id")?;
        let text = get(&self.http, &format!("{}/api/v1/rollouts/{id}", self.place.url())).await?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Waits until the newest rollout is as wanted.
    ///
    /// # Errors
    /// It is not within this time; what it was instead.
    pub async fn reaches(
        &self,
        what: &str,
        within: Span,
        wanted: impl Fn(&Value) -> bool + Send,
    ) -> Result<Value> {
        let wait = Wait::begin(what, within);
        loop {
            // A question that is asked while it restarts is asked again; `within` bounds it.
            let newest = self.newest().await.unwrap_or(Value::Null);
            if wanted(&newest) {
                return Ok(newest);
            }
            wait.again().await.with_context(|| format!("{newest:#}\n{}", self.log()))?;
        }
    }

    /// The patch that `haldane render` makes of the policy for a region's Canary.
    ///
    /// # Errors
    /// It refuses.
    pub async fn rendered(&self, region: &str) -> Result<String> {
        let url = self.place.url();
        let to = ["--region", region, "--haldane", &url, "--hook-secrets", "hooks", "--print", "patch"];
        let pace = ["--threshold", "2", "--interval", "10s"];
        let arguments = ["render", "policy.yaml"].into_iter().chain(to).chain(pace);
        self.command(&arguments.collect::<Vec<_>>()).await
    }

    /// A command of the program, such as an order, as the operator `ann`; what it printed on standard output.
    ///
    /// # Errors
    /// It exits with another code than 0.
    pub async fn command(&self, arguments: &[&str]) -> Result<String> {
        let mut command = tokio::process::Command::new(program()?);
        command.args(arguments).current_dir(self.directory.path()).kill_on_drop(true);
        command.env("HALDANE_TOKEN", OPERATOR.1).env("HALDANE_SERVER", self.place.url());
        let output = command.output().await?;
        let text = String::from_utf8(output.stdout)?;
        if !output.status.success() {
            bail!("haldane {arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(text)
    }

    /// An order of the operator `ann` about the region of the first plane.
    ///
    /// # Errors
    /// It is refused.
    pub async fn order(&self, verb: &str, region: &str, why: &str) -> Result<String> {
        self.command(&[verb, region, "--reason", why, "--server", &self.place.url()]).await
    }

    /// Writes a file where its commands run.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.directory.path().join(name), text)?)
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("haldane.log")).unwrap_or_default()
    }
}

impl Drop for Haldane {
    fn drop(&mut self) {
        // Its report is all that is left of a scenario that failed.
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().rev().take(30).collect();
            #[expect(clippy::print_stderr, reason = "the log of a test that failed")]
            lines.iter().rev().for_each(|line| eprintln!("haldane: {line}"));
        }
    }
}

/// Beside the test's own binary, where `cargo build -p haldane` leaves it.
fn program() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let beside = test.parent().and_then(|deps| deps.parent()).context("a test binary has a folder")?;
    let program = beside.join("haldane");
    if !program.is_file() {
        bail!("{} is not there: run `make e2e`, or first: cargo build -p haldane", program.display());
    }
    Ok(program)
}

/// What Haldane may do in a namespace: read what belongs to a Canary, and write beside it.
fn rights(namespace: &str) -> String {
    let user = json!({"kind": "User", "name": User::Haldane.name(), "apiGroup": "rbac.authorization.k8s.io"});
    let read = |group: &str, resources: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": ["get", "list", "watch"]});
    let rules = json!([
        read("flagger.app", &["canaries"]),
        read("apps", &["deployments"]),
        read("networking.k8s.io", &["ingresses"]),
        {"apiGroups": ["flagger.app"], "resources": ["canaries"], "verbs": ["patch"]},
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
    ]);
    let metadata = json!({"name": "haldane", "namespace": namespace});
    let of = |kind: &str| json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata});
    let (mut role, mut binding) = (of("Role"), of("RoleBinding"));
    role["rules"] = rules;
    binding["roleRef"] = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "haldane"});
    binding["subjects"] = json!([user]);
    format!("{role}\n---\n{binding}\n")
}
