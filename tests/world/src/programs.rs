//! Where the programs are that the world consists of.

use crate::WorldError;
use std::path::PathBuf;

/// Where Debian keeps daemons; not on everybody's PATH.
const SBIN: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// The executable of this name.
///
/// # Errors
///
/// When it is not there; the sentence says how to get it.
pub fn find(name: &'static str) -> Result<PathBuf, WorldError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(SBIN.map(PathBuf::from));
    places.map(|place| place.join(name)).find(|file| file.is_file()).ok_or(WorldError::Missing(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_says_how_to_get_it() {
        let sentence = find("no-such-program").unwrap_err().to_string();
        assert!(sentence.contains("no-such-program is not installed"), "{sentence}");
        assert!(sentence.contains("scripts/real-parts"), "{sentence}");
    }
}
