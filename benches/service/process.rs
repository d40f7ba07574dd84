//! What Linux knows of processes: the time they took and the memory they hold.

use std::fs;

/// Ticks a second in /proc. It is 100 on every Linux that this project runs on (`getconf CLK_TCK`).
const MICROS_A_TICK: u64 = 10_000;

/// The fields of /proc/PID/stat behind the name, which may hold anything.
fn stat(pid: u32) -> Option<Vec<u64>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    Some(fields.split(' ').map(|field| field.parse().unwrap_or_default()).collect())
}

/// The processor time that a process took itself, in microseconds.
pub fn cpu(pid: u32) -> u64 {
    stat(pid).map_or(0, |fields| (fields[11] + fields[12]) * MICROS_A_TICK)
}

/// The same of its children that have ended.
pub fn cpu_of_ended_children(pid: u32) -> u64 {
    stat(pid).map_or(0, |fields| (fields[13] + fields[14]) * MICROS_A_TICK)
}

/// The same of a process and of all its children, those that have ended too.
pub fn cpu_of_family(pid: u32) -> u64 {
    let children: u64 = children(pid).into_iter().map(cpu).sum();
    children + cpu(pid) + cpu_of_ended_children(pid)
}

fn children(pid: u32) -> Vec<u32> {
    let all = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    all.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// The resident memory of a process, in bytes: now, and at most since [`forget_peak`].
pub fn memory(pid: u32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kilobytes.unwrap_or_default() * 1024
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// Lets the peak begin at what a process holds now.
pub fn forget_peak(pid: u32) -> Result<(), String> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").map_err(|error| format!("/proc: {error}"))
}
