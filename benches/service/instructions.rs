//! The number of instructions of the pure parts of a request, counted by callgrind. It does not depend
//! on what else the machine does.

use std::path::Path as File;
use std::process::Command;

use tempfile::TempDir;

use super::bench::Bench;
use super::operations::{OPERATIONS, issuer};
use super::paths::Path;
use super::report::Report;
use super::tools::runs;

/// An operation is counted with this many repetitions and with twice as many; the difference excludes
/// the start of the program.
const REPETITIONS: u64 = 200;

pub fn measure(_: &Bench, _: &Path, report: &mut Report) -> Result<(), String> {
    if !runs(File::new("valgrind")) {
        report
            .left_out
            .push("instructions: valgrind is not installed (apt-get install valgrind)".into());
        return Ok(());
    }
    // All processes share one key, because the time to generate one varies.
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    issuer(folder.path())?;
    for operation in OPERATIONS {
        let counted = |times| count(operation.name, times, folder.path());
        let [once, twice] = [REPETITIONS, 2 * REPETITIONS].map(counted);
        let each = twice?.saturating_sub(once?) / REPETITIONS;
        eprintln!("{}: {each} instructions", operation.what);
        report.instructions.push((operation.what.to_owned(), each));
    }
    Ok(())
}

/// The number of instructions of this program with `times` repetitions of one operation.
fn count(operation: &str, times: u64, folder: &File) -> Result<u64, String> {
    let failed = |error: std::io::Error| format!("callgrind: {error}");
    let output = folder.join("callgrind");
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", output.display()));
    valgrind.arg(std::env::current_exe().map_err(failed)?);
    valgrind.args(["--operation", operation, &times.to_string()]).arg(folder);
    let ended = valgrind.output().map_err(failed)?;
    let out = std::fs::read_to_string(output).unwrap_or_default();
    let total = out.lines().find_map(|line| line.strip_prefix("summary: "));
    let total = total.filter(|_| ended.status.success());
    total.and_then(|total| total.trim().parse().ok()).ok_or_else(|| {
        let stderr = String::from_utf8_lossy(&ended.stderr);
        format!(
            "callgrind did not count {operation}: {}",
            stderr.lines().last().unwrap_or_default()
        )
    })
}
