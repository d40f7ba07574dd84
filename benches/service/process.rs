//! The CPU time and memory of processes, from /proc.

use std::fs;

/// A tick of /proc. There are 100 per second on every Linux that this project runs on (`getconf CLK_TCK`).
const MICROS_PER_TICK: u64 = 10_000;

/// The fields of /proc/PID/stat after the process name, which may contain any characters.
fn stat(pid: u32) -> Option<Vec<u64>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    Some(fields.split(' ').map(|field| field.parse().unwrap_or_default()).collect())
}

/// The CPU time of a process, in microseconds.
pub fn cpu(pid: u32) -> u64 {
    stat(pid).map_or(0, |fields| (fields[11] + fields[12]) * MICROS_PER_TICK)
}

/// The CPU time of the children of a process that have ended, in microseconds.
pub fn cpu_of_ended_children(pid: u32) -> u64 {
    stat(pid).map_or(0, |fields| (fields[13] + fields[14]) * MICROS_PER_TICK)
}

/// The CPU time of a process and all its children, ended ones included, in microseconds.
pub fn cpu_of_family(pid: u32) -> u64 {
    let children: u64 = children(pid).into_iter().map(cpu).sum();
    children + cpu(pid) + cpu_of_ended_children(pid)
}

fn children(pid: u32) -> Vec<u32> {
    let all = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    all.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// The resident memory of a process in bytes: now, and at its peak since [`reset_peak`].
pub fn memory(pid: u32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kilobytes.unwrap_or_default() * 1024
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// Resets the peak memory of a process to its current memory.
pub fn reset_peak(pid: u32) -> Result<(), String> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").map_err(|error| format!("/proc: {error}"))
}
