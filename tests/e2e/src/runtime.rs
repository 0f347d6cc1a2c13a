//! One runtime for all tests of a binary.
//!
//! A plane is shared by tests that run at the same time, and its processes die with the *thread* that started them. A
//! test's own thread ends with the test; the workers of this runtime live as long as the process.

use anyhow::Result;
use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<std::io::Result<Runtime>> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build());

/// Runs a test on the shared runtime, from its start to its end.
///
/// # Errors
/// The test's own, or there can be no runtime. A panic of the test goes on in the caller.
pub fn run(test: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let runtime = RUNTIME.as_ref().map_err(|e| anyhow::anyhow!("no runtime: {e}"))?;
    match runtime.block_on(runtime.spawn(test)) {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(error.into()),
        },
    }
}
