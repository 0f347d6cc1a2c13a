//! HAProxy's runtime API: one command, one answer, over a socket of the file system.

use crate::WorldError;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// HAProxy answers from its event loop; later than this it hangs.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Socket(pub(super) PathBuf);

impl Socket {
    /// What it answers to `command`.
    pub(super) async fn tell(&self, command: &str) -> Result<String, WorldError> {
        let exchange = async {
            let mut stream = UnixStream::connect(&self.0).await?;
            stream.write_all(format!("{command}\n").as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok(answer)
        };
        tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| {
            Err(WorldError::Late { what: format!("haproxy answers {command:?}"), within_s: 5.0 })
        })
    }

    /// Gives a command that is answered with nothing when it is obeyed.
    pub(super) async fn order(&self, command: &str) -> Result<(), WorldError> {
        let answer = self.tell(command).await?;
        if answer.trim().is_empty() {
            return Ok(());
        }
        Err(WorldError::Proxy { command: command.to_owned(), answer: answer.trim().to_owned() })
    }
}
