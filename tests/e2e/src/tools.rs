//! Where the programs are that `scripts/e2e-tools` builds.

use anyhow::{Result, bail};
use std::path::PathBuf;

/// The variable that names their directory.
const VARIABLE: &str = "HALDANE_E2E_TOOLS";

/// The directory of the programs.
#[derive(Clone, Debug)]
pub struct Tools(PathBuf);

impl Tools {
    /// Finds it.
    ///
    /// # Errors
    /// The variable `HALDANE_E2E_TOOLS` is not set; the sentence says how to set it.
    pub fn find() -> Result<Self> {
        match std::env::var_os(VARIABLE) {
            Some(directory) => Ok(Self(directory.into())),
            None => bail!("run `make e2e`, or first: export {VARIABLE}=$(scripts/e2e-tools)"),
        }
    }

    /// The path of one of them.
    ///
    /// # Errors
    /// It is not there.
    pub fn path(&self, name: &str) -> Result<PathBuf> {
        let path = self.0.join(name);
        if !path.is_file() {
            bail!("{name} is not in {}: run scripts/e2e-tools, which builds it", self.0.display());
        }
        Ok(path)
    }
}
