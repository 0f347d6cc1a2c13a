//! What a world costs: processor time by part, from Linux's own account.

use rustix::param::clock_ticks_per_second;

/// Processor time that a process has used so far, in seconds; `None` where the system does not say.
pub(crate) fn cpu_s(pid: i32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may contain anything; after it, user and system time are the 12th and 13th field.
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(ticks as f64 / clock_ticks_per_second() as f64)
}
