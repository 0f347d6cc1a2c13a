//! How a pod is started: from the executable that runs the test.
//!
//! Cargo builds a package's binaries only for its own tests; beside the tests of another package, `world-service` is
//! missing in a fresh clone and stale in an old one. So each test executable can become the service itself: it holds
//! a test that does so when it is told to, and otherwise passes. One line puts it there:
//!
//! ```text
//! haldane_world::pods_from_this_test_binary!();
//! ```

use crate::service::{self, Options};
use crate::{WorldError, part::Part};
use clap::Parser;
use std::ffi::OsString;

/// The arguments of the pod to be, as JSON.
const ARGUMENTS: &str = "HALDANE_WORLD_SERVICE";
/// The name of the test that becomes the service.
const ENTRY: &str = "this_test_binary_can_become_a_pod";

/// Puts the test into a test binary that becomes a pod of the world when the world asks for it. Once per binary.
#[macro_export]
macro_rules! pods_from_this_test_binary {
    () => {
        #[test]
        fn this_test_binary_can_become_a_pod() {
            $crate::become_a_pod_if_asked().expect("a pod serves until it is killed");
        }
    };
}

/// Serves as a pod, for ever, if the world started this process for that; see [`crate::pods_from_this_test_binary`].
///
/// # Errors
/// The arguments are wrong, or the pod cannot listen.
pub fn become_a_pod_if_asked() -> Result<(), WorldError> {
    let Ok(arguments) = std::env::var(ARGUMENTS) else {
        return Ok(());
    };
    let arguments: Vec<String> =
        serde_json::from_str(&arguments).map_err(|e| WorldError::Refused(e.to_string()))?;
    let options = Options::try_parse_from(std::iter::once("world-service".to_owned()).chain(arguments));
    let options = options.map_err(|e| WorldError::Refused(e.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(service::serve(options))?;
    Ok(())
}

/// Starts a pod: this executable, with these arguments of [`service::Options`].
///
/// # Errors
/// There can be no process.
pub fn start(
    name: &str,
    arguments: &[String],
    directory: &std::path::Path,
    leash: &crate::leash::Leash,
) -> Result<Part, WorldError> {
    let program = std::env::current_exe()?;
    let json = serde_json::to_string(arguments).map_err(|e| WorldError::Refused(e.to_string()))?;
    let test: [OsString; 4] =
        [ENTRY.into(), "--nocapture".into(), "--test-threads=1".into(), "--quiet".into()];
    Part::start(name, &program, test, &[(ARGUMENTS, json)], directory, leash)
}

/// What is wrong when the process ends at once and well: it had no such test.
pub fn explain(error: WorldError) -> WorldError {
    let WorldError::Ended { status, .. } = &error else {
        return error;
    };
    if !status.success() {
        return error;
    }
    WorldError::Refused(format!(
        "this executable cannot become a pod: put haldane_world::pods_from_this_test_binary!() into it (it has no test \
         {ENTRY})"
    ))
}
