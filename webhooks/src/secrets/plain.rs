//! One secret itself, for whoever has to write it into a Canary. Everything else keeps digests.

use super::file::{self, SecretError};
use std::fmt;
use std::path::Path;

/// A secret, read as it is compared. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Plain(String);

impl Plain {
    /// The secret of `owner` in the directory `place`; none if there is none.
    ///
    /// # Errors
    /// What is wrong with its file: what `haldane serve` would refuse is refused here.
    pub fn read(place: &Path, owner: &str) -> Result<Option<Self>, SecretError> {
        let place = place.join(owner);
        let text = match file::content(&place) {
            Ok(text) => text,
            Err(std::io::ErrorKind::NotFound) => return Ok(None),
            Err(cause) => return Err(SecretError::Unreadable { place, cause }),
        };
        let Some(text) = text else { return Err(SecretError::NoFile { place }) };
        let line = file::presented(&text).and_then(|line| std::str::from_utf8(line).ok());
        line.map(|line| Some(Self(line.to_owned()))).ok_or(SecretError::Weak { place })
    }

    /// The secret, to be written where Flagger reads it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_as_it_is_compared_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("us-east"), "0123456789abcdef\n").unwrap();
        std::fs::write(folder.path().join("apac"), "short").unwrap();
        let read = |owner: &str| Plain::read(folder.path(), owner);
        let plain = read("us-east").unwrap().unwrap();
        assert_eq!((plain.reveal(), format!("{plain:?}").as_str()), ("0123456789abcdef", "Plain(…)"));
        assert_eq!(read("eu-central"), Ok(None));
        assert!(matches!(read("apac"), Err(SecretError::Weak { .. })));
    }
}
