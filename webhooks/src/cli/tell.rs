//! The one place that prints. Libraries report through values and tracing; commands speak here.

/// One line (or text) on standard output.
#[expect(clippy::print_stdout, reason = "commands speak to their caller here, and only here")]
pub(super) fn line(text: &str) {
    println!("{text}");
}

/// One line on standard error.
#[expect(clippy::print_stderr, reason = "commands speak to their caller here, and only here")]
pub(super) fn error(text: &str) {
    eprintln!("{text}");
}
