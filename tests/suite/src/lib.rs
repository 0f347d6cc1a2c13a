//! What the tests across crates share: where the workspace is, and which files belong to it.
//!
//! The tests themselves are in `tests/`; this crate ships nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// The directory of the workspace's `Cargo.toml`.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The text of a file of the workspace, by its path from [`root`]; bytes that are not UTF-8 are replaced.
///
/// # Errors
/// When it cannot be read; the message names it.
pub fn read(path: impl AsRef<Path>) -> io::Result<String> {
    let path = root().join(path);
    let bytes = fs::read(&path).map_err(|e| io::Error::other(format!("{}: {e}", path.display())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The files that git tracks or would add, by their paths from [`root`], sorted.
///
/// Files that are new count too, so that a rule speaks before a commit and not after it; deleted ones do not.
///
/// # Errors
/// When git cannot list them (not a clone, no git): a rule about files that nobody listed has proved nothing.
pub fn tracked_files() -> io::Result<Vec<PathBuf>> {
    let listing = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()?;
    if !listing.status.success() {
        let complaint = String::from_utf8_lossy(&listing.stderr);
        return Err(io::Error::other(format!("git ls-files: {}", complaint.trim())));
    }
    let names = String::from_utf8_lossy(&listing.stdout).into_owned();
    let mut files: Vec<PathBuf> = names.split_terminator('\0').map(PathBuf::from).collect();
    files.retain(|file| root().join(file).is_file());
    files.sort();
    files.dedup();
    Ok(files)
}
