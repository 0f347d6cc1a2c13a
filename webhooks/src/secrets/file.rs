//! One file with one secret: what is taken, and what is refused with its place and its cure.

use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What ends a file's name when it holds a second secret of the same owner, for a rotation.
pub(super) const NEXT: &str = ".next";

/// Bytes of the shortest secret that is taken. 16 random characters cannot be guessed through an HTTP port.
const SHORTEST: usize = 16;

/// Bytes of the longest.
const LONGEST: usize = 1024;

/// Bytes of the longest file name: it may stand in a log and in a report.
const LONGEST_NAME: usize = 260;

/// What is kept of a secret.
pub(super) type Digest = [u8; 32];

/// Why a secret, or their directory, is refused. Says nothing of any content.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SecretError {
    /// The directory or a file cannot be read.
    #[error("{}: cannot be read ({cause}); check the path, and let this process read it", place.display())]
    Unreadable {
        /// Which.
        place: PathBuf,
        /// The kind of error.
        cause: ErrorKind,
    },
    /// Nothing that could hold a secret.
    #[error("{}: is no file; keep one file per secret in this directory and nothing else", place.display())]
    NoFile {
        /// Which.
        place: PathBuf,
    },
    /// A name that cannot be shown.
    #[error(
        "{}: a file is named after whose secret it holds: letters, digits, '.', '-', '_' and '@'; rename it",
        place.display()
    )]
    BadName {
        /// Which.
        place: PathBuf,
    },
    /// Guessable, or nothing that a caller can present.
    #[error(
        "{}: a secret is {SHORTEST} to {LONGEST} printable ASCII characters without spaces; write one with: openssl rand -hex 32",
        place.display()
    )]
    Weak {
        /// Which.
        place: PathBuf,
    },
    /// Nobody could say whose it is.
    #[error("{}: {one} and {other} have the same secret; give each its own", place.display())]
    Shared {
        /// The directory.
        place: PathBuf,
        /// One owner.
        one: String,
        /// Another.
        other: String,
    },
    /// Nothing is there.
    #[error("{}: holds no secret; write one file per owner, named after it", place.display())]
    Empty {
        /// The directory.
        place: PathBuf,
    },
}

/// Whose secret the file of this name holds.
pub(super) fn owner(name: &str) -> &str {
    name.strip_suffix(NEXT).filter(|owner| !owner.is_empty()).unwrap_or(name)
}

/// Whether a file's name can be an owner's.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'@');
    name.len() <= LONGEST_NAME && name.bytes().all(plain)
}

/// The digest of what a caller presents, of any length.
pub(super) fn digest(secret: &[u8]) -> Digest {
    Sha256::digest(secret).into()
}

/// Reads the secret at `place`. `None` if the file is gone: that ends the credential.
pub(super) fn read(place: &Path) -> Option<Result<Digest, SecretError>> {
    match content(place) {
        Ok(Some(text)) => Some(secret(&text).ok_or_else(|| SecretError::Weak { place: place.to_owned() })),
        Ok(None) => Some(Err(SecretError::NoFile { place: place.to_owned() })),
        Err(ErrorKind::NotFound) => None,
        Err(cause) => Some(Err(SecretError::Unreadable { place: place.to_owned(), cause })),
    }
}

/// The first bytes of a file; `None` for what is no file. Asked before it is opened: opening a pipe waits for a writer.
pub(super) fn content(place: &Path) -> Result<Option<Vec<u8>>, ErrorKind> {
    if !std::fs::metadata(place).map_err(|e| e.kind())?.is_file() {
        return Ok(None);
    }
    let mut text = Vec::new();
    let file = File::open(place).map_err(|e| e.kind())?;
    file.take(LONGEST as u64 + 3).read_to_end(&mut text).map_err(|e| e.kind())?;
    Ok(Some(text))
}

fn secret(text: &[u8]) -> Option<Digest> {
    presented(text).map(digest)
}

/// What a caller presents of a file's content; none if that is no secret.
pub(super) fn presented(text: &[u8]) -> Option<&[u8]> {
    let line = text.strip_suffix(b"\n").unwrap_or(text);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let presentable = line.iter().all(u8::is_ascii_graphic);
    (presentable && (SHORTEST..=LONGEST).contains(&line.len())).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_ends_before_the_newline_and_is_long_enough() {
        let sixteen = digest(b"0123456789abcdef");
        for text in ["0123456789abcdef", "0123456789abcdef\n", "0123456789abcdef\r\n"] {
            assert_eq!(secret(text.as_bytes()), Some(sixteen), "{text:?}");
        }
        let (long, longer) = ("x".repeat(1024), "x".repeat(1025));
        assert!(secret(long.as_bytes()).is_some());
        for text in ["", "\n", "0123456789abcde\n", "0123456789 abcdef", "0123456789abcdef\n\n", &longer] {
            assert_eq!(secret(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn a_file_belongs_to_whom_it_is_named_after() {
        assert_eq!(["us-east", "us-east.next", ".next"].map(owner), ["us-east", "us-east", ".next"]);
        assert!(is_name("alice@example.org") && !is_name("a b") && !is_name("a\nb") && !is_name("é"));
    }
}
