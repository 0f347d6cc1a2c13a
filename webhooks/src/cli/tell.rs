//! The one place that prints. Libraries report through values and tracing; commands speak here.

use std::io::{BufWriter, ErrorKind, Stdout, Write as _};

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

/// Many lines on standard output. Whoever stops reading ends the printing, and not the work: its exit code still counts.
pub(super) struct Out {
    to: Option<BufWriter<Stdout>>,
    failed: Option<std::io::Error>,
}

impl Out {
    /// Nothing printed yet.
    pub(super) fn new() -> Self {
        Self { to: Some(BufWriter::with_capacity(1 << 16, std::io::stdout())), failed: None }
    }

    /// One line (or text).
    pub(super) fn line(&mut self, text: &str) {
        self.attempt(|to| writeln!(to, "{text}"));
    }

    /// What has been printed is out.
    pub(super) fn flush(&mut self) {
        self.attempt(BufWriter::flush);
    }

    /// # Errors
    /// What kept a line from being printed, other than that nobody reads.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        self.flush();
        match self.failed.filter(|e| e.kind() != ErrorKind::BrokenPipe) {
            Some(error) => Err(anyhow::Error::new(error).context("cannot print")),
            None => Ok(()),
        }
    }

    fn attempt(&mut self, print: impl FnOnce(&mut BufWriter<Stdout>) -> std::io::Result<()>) {
        if let Some(to) = &mut self.to
            && let Err(error) = print(to)
        {
            // What is still in the buffer would be tried again, and told again, when it is dropped.
            self.to.take().map(BufWriter::into_parts);
            self.failed = Some(error);
        }
    }
}
