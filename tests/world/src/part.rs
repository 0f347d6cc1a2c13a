//! One process of the world: started, signalled, watched, and gone with the world.

use crate::WorldError;
use crate::leash::Leash;
use crate::wait::Wait;
use haldane_core::time::Span;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use tokio::process::{Child, Command};

/// A process stops within milliseconds; this is for a machine under load.
const FREEZE: Span = Span::from_s(10);

/// How much of a log is shown when a part ended by itself, in bytes.
const TAIL: usize = 4000;

/// A running process; dropping it kills it.
#[derive(Debug)]
pub struct Part {
    name: String,
    child: Child,
    pid: Pid,
    log: PathBuf,
    leash: Leash,
}

impl Part {
    /// Starts `program` with what it says appended to `directory/name.log`.
    ///
    /// # Errors
    /// It is not there, or cannot be started.
    pub fn start<A: AsRef<OsStr>>(
        name: &str,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        environment: &[(&str, String)],
        directory: &Path,
        leash: &Leash,
    ) -> Result<Self, WorldError> {
        let log = directory.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log);
        let file = file.map_err(|source| WorldError::File { path: log.clone(), source })?;
        let mut command = dying_with_us(program)?;
        command.args(arguments).envs(environment.iter().map(|(k, v)| (k, v))).current_dir(directory);
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).kill_on_drop(true);
        let child = command.spawn()?;
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let pid = pid.ok_or_else(|| WorldError::Refused(format!("{name} has no process number")))?;
        leash.add(pid);
        Ok(Self { name: name.to_owned(), child, pid, log, leash: leash.clone() })
    }

    /// Its process number.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Fails when it has ended by itself.
    ///
    /// # Errors
    /// [`WorldError::Ended`] with the end of its log.
    pub fn still_runs(&mut self) -> Result<(), WorldError> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(self.ended(status)),
        }
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// It is gone.
    pub fn signal(&self, signal: Signal) -> Result<(), WorldError> {
        kill_process(self.pid, signal).map_err(|errno| WorldError::Io(errno.into()))
    }

    /// Stops it where it is, and waits until each of its threads stands still: when the signal is sent, it is only on its
    /// way, and a question asked at once may still be answered.
    pub(crate) async fn freeze(&self) -> Result<(), WorldError> {
        self.signal(Signal::STOP)?;
        let wait = Wait::begin("a stopped process stands still", FREEZE);
        while !stands_still(self.pid()) {
            wait.again().await?;
        }
        Ok(())
    }

    /// `kill -9`, and waits until it is gone.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn kill(mut self) -> Result<(), WorldError> {
        self.leash.remove(self.pid);
        self.child.kill().await.map_err(WorldError::Io)
    }

    fn ended(&self, status: ExitStatus) -> WorldError {
        self.leash.remove(self.pid);
        let log = std::fs::read(&self.log).unwrap_or_default();
        let tail = &log[log.len().saturating_sub(TAIL)..];
        WorldError::Ended { name: self.name.clone(), status, log: String::from_utf8_lossy(tail).into_owned() }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // The handle below kills it; its number is then no longer ours.
        self.leash.remove(self.pid);
    }
}

/// Whether every thread of a process is stopped; yes where the system does not say.
fn stands_still(pid: i32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return true;
    };
    // The name may contain anything; after it comes the state.
    let state = |stat: &str| stat.rsplit_once(')').and_then(|(_, after)| after.trim_start().chars().next());
    let mut stats =
        threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
    stats.all(|stat| state(&stat) == Some('T'))
}

/// A command that the kernel kills when the thread that starts it is gone: see [`crate::leash`].
#[cfg(target_os = "linux")]
fn dying_with_us(program: &Path) -> Result<Command, WorldError> {
    let mut command = Command::new(crate::programs::find("setpriv")?);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    Ok(command)
}

/// Elsewhere there is no such signal: a test that is killed leaves its parts behind.
#[cfg(not(target_os = "linux"))]
fn dying_with_us(program: &Path) -> Result<Command, WorldError> {
    Ok(Command::new(program))
}
