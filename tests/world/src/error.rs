//! Why a world does not do what was asked of it.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// What went wrong, with what to do where something can be done.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// A program that the world consists of is not installed.
    #[error(
        "{0} is not installed: run scripts/real-parts, or apt-get install --no-install-recommends prometheus haproxy victoria-metrics"
    )]
    Missing(&'static str),
    /// A part ended by itself.
    #[error("{name} ended by itself ({status}); its log:\n{log}")]
    Ended {
        /// Which part.
        name: String,
        /// How.
        status: ExitStatus,
        /// What it said last.
        log: String,
    },
    /// Something did not come true in time.
    #[error("not within {within_s} s: {what}")]
    Late {
        /// What was waited for.
        what: String,
        /// How long, in seconds.
        within_s: f64,
    },
    /// An HTTP call failed, or was answered with another code than 2xx.
    #[error("{url}: {why}")]
    Http {
        /// What was called.
        url: String,
        /// The code and the text, or the error.
        why: String,
    },
    /// HAProxy refused a command.
    #[error("haproxy answered {answer:?} to {command:?}")]
    Proxy {
        /// What it was told.
        command: String,
        /// What it said.
        answer: String,
    },
    /// There is no such pod, slot or port, or the world is over.
    #[error("{0}")]
    Refused(String),
    /// Reading or writing a file failed.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system refused something.
    #[error(transparent)]
    Io(#[from] io::Error),
}
