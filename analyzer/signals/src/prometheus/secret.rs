//! Secret files, read at each poll: a mounted secret is rotated under a running process.

use haldane_core::increment::Missing;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// No token, key or bundle of certificates is larger.
const MOST_BYTES: u64 = 1 << 20;

/// The file's bytes; not empty.
pub(crate) fn bytes(file: &Path) -> Result<Vec<u8>, Missing> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|opened| opened.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|e| unusable(file, &format!("cannot be read: {e}")))?;
    if bytes.trim_ascii().is_empty() {
        return Err(unusable(file, "is empty"));
    }
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err(unusable(file, "is longer than any secret"));
    }
    Ok(bytes)
}

/// The file's text without white space around it; printable, so that it can stand in a header.
pub(crate) fn text(file: &Path) -> Result<String, Missing> {
    let text = String::from_utf8(bytes(file)?).map_err(|_| unusable(file, "is not text"))?;
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(unusable(file, "has more than one line"));
    }
    Ok(text.to_owned())
}

/// A file that cannot be used, and why; never with what is in it.
pub(crate) fn unusable(file: &Path, detail: &str) -> Missing {
    Missing::Secret {
        file: crate::reason::one_line(&file.display().to_string()),
        detail: crate::reason::one_line(detail),
    }
}
