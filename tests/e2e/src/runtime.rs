//! One runtime for all tests of a binary.
//!
//! A plane is shared by tests that run at the same time, and its processes die with the *thread* that started them. A
//! test's own thread ends with the test; the workers of this runtime live as long as the process.

use anyhow::Result;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

static RUNTIME: LazyLock<std::io::Result<Runtime>> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build());

/// A scenario takes three minutes. Without its etcd (a full disk is enough) an API server answers nothing, and no single
/// call has a deadline, because watches have none.
const DEADLINE: Duration = Duration::from_secs(600);

/// What is still tidied up. A static is never dropped, so whatever ends a plane has to be waited for: else the process
/// is gone before its directory is.
static TIDYING: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// Tidies up after a test that is over: no test ends before it is done.
pub(crate) fn afterwards(tidy: impl Future<Output = ()> + Send + 'static) {
    // A list of handles is whole after every operation on it.
    TIDYING.lock().unwrap_or_else(PoisonError::into_inner).push(tokio::spawn(tidy));
}

/// Runs a test on the shared runtime, from its start to its end.
///
/// # Errors
/// The test's own, or there can be no runtime. A panic of the test goes on in the caller.
pub fn run(test: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let runtime = RUNTIME.as_ref().map_err(|e| anyhow::anyhow!("no runtime: {e}"))?;
    let late =
        || anyhow::anyhow!("the test is not over after {DEADLINE:?}: a part of the cluster does not answer");
    let limited = async move { tokio::time::timeout(DEADLINE, test).await.unwrap_or_else(|_| Err(late())) };
    let outcome = runtime.block_on(runtime.spawn(limited));
    let tidying = std::mem::take(&mut *TIDYING.lock().unwrap_or_else(PoisonError::into_inner));
    for task in tidying {
        // What cannot be tidied up does not outlive the plane.
        drop(runtime.block_on(task));
    }
    match outcome {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(error.into()),
        },
    }
}
