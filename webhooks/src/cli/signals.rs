//! Being told to stop: what has to end in order hears it from here.

use tokio::signal::unix::{SignalKind, signal};

/// SIGTERM and SIGINT, heard from here on: a stop may come as soon as somebody knows that this process runs.
pub(super) fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
