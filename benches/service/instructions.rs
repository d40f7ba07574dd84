//! How many instructions the pure parts of a request take, counted by callgrind: a figure that does
//! not depend on who else uses the machine.

use std::path::Path as File;
use std::process::Command;

use tempfile::TempDir;

use super::bench::Bench;
use super::operations::{OPERATIONS, issuer};
use super::paths::Path;
use super::report::Report;
use super::tools::runs;

/// So often, and twice as often: the difference is what the operation takes, without the start.
const TIMES: u64 = 200;

pub fn measure(_: &Bench, _: &Path, report: &mut Report) -> Result<(), String> {
    if !runs(File::new("valgrind")) {
        report
            .left_out
            .push("instructions: valgrind is not here (apt-get install valgrind)".into());
        return Ok(());
    }
    // One key for all: to make one takes longer now and longer then.
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    issuer(folder.path())?;
    for operation in OPERATIONS {
        let counted = |times| count(operation.name, times, folder.path());
        let [once, twice] = [TIMES, 2 * TIMES].map(counted);
        let each = twice?.saturating_sub(once?) / TIMES;
        eprintln!("{}: {each} instructions", operation.what);
        report.instructions.push((operation.what.to_owned(), each));
    }
    Ok(())
}

/// The instructions of this program doing one operation so many times.
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
        let said = String::from_utf8_lossy(&ended.stderr);
        format!(
            "callgrind says nothing of {operation}: {}",
            said.lines().last().unwrap_or_default()
        )
    })
}
