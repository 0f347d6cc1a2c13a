//! Ports that are free now and stay so while a part is dead.
//!
//! Below those that the system gives to outgoing connections, of which a world makes thousands; a part comes back at
//! its old address, as a container does. Each process begins at a place of its own, and no two worlds of one process
//! get the same.

use crate::WorldError;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: u32 = 15_000;
const COUNT: u32 = 17_000;

/// A port of loopback on which nobody listens.
///
/// # Errors
/// Two thousand in a row are busy.
pub fn free() -> Result<u16, WorldError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // 97 apart: processes that follow each other do not ask for the same ports at the same time.
    let start = std::process::id().wrapping_mul(97);
    let candidate = || {
        let n = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        u16::try_from(FIRST + n % COUNT).ok()
    };
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let found = std::iter::repeat_with(candidate).take(2000).flatten().find(is_free);
    found.ok_or_else(|| WorldError::Refused("two thousand ports of loopback are busy".to_owned()))
}
