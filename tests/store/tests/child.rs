//! Starting the other process (`src/main.rs` of this package).

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The program itself.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_store-child");

/// The command that does `verb` with the database at `path`.
pub(crate) fn command(program: &Path, verb: &str, path: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg(verb).arg(path);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null());
    command
}

/// Starts it, to be killed by the caller.
pub(crate) fn start(verb: &str, path: &Path) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = command(Path::new(PROGRAM), verb, path).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}
