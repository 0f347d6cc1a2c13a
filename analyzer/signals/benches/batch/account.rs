//! What processes have used, from Linux's own account.

/// Processor time that a process has used so far, in seconds.
pub(crate) fn cpu_s(pid: i32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name may contain anything; after it, user and system time are the 12th and 13th field, in hundredths.
    let (_, after) = stat.rsplit_once(')').unwrap();
    let ticks: f64 = after.split_whitespace().skip(11).take(2).map(|n| n.parse::<f64>().unwrap()).sum();
    ticks / 100.0
}

/// Memory in use, in MiB.
pub(crate) fn rss_mib(pid: i32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
}

/// This process.
pub(crate) fn own() -> i32 {
    i32::try_from(std::process::id()).unwrap()
}
