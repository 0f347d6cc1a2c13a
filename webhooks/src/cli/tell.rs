//! The one place that prints. Libraries report through values and tracing; commands speak here.

use std::io::{ErrorKind, Write as _};

/// One line (or text) on standard output. Whoever stopped reading (`| head -1`) has what was wanted.
pub(super) fn line(text: &str) {
    match writeln!(std::io::stdout(), "{text}") {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => error(&format!("haldane: cannot print: {e}")),
        Ok(()) | Err(_) => {}
    }
}

/// One line on standard error; nobody is left to tell if that fails.
pub(super) fn error(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
