//! Files that hold a secret: made once, readable by their owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The content of the file at `path`, which is `make()` if it was not there. Of two processes
/// that come at the same moment, one makes the file whole and both read it. When this returns, the
/// file survives the machine's power. Says whether this call made it.
pub(crate) fn read_or_make(
    path: &Path,
    make: impl FnOnce() -> Vec<u8>,
) -> io::Result<(Vec<u8>, bool)> {
    match fs::read(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {}
        found => return found.map(|content| (content, false)),
    }
    let folder = folder(path);
    fs::create_dir_all(folder)?;
    let (draft, mut file) = new_draft(path)?;
    let first = write_and_link(&mut file, &make(), &draft, path);
    fs::remove_file(&draft)?;
    let first = first?;
    File::open(folder)?.sync_all()?;
    Ok((fs::read(path)?, first))
}

/// Gives the file at `path` another content, whole or not at all. When this returns, it survives
/// the machine's power.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let (draft, mut file) = new_draft(path)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    let replaced = written.and_then(|()| fs::rename(&draft, path));
    if replaced.is_err() {
        fs::remove_file(&draft)?;
    }
    replaced?;
    File::open(folder(path))?.sync_all()
}

/// Where a file lies.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A new file beside `path`, of a name that nobody else has: process ids repeat across containers.
fn new_draft(path: &Path) -> io::Result<(std::path::PathBuf, File)> {
    let mut number = std::process::id();
    loop {
        let draft = path.with_extension(format!("draft-{number}"));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft) {
            Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => number += 1,
            opened => return opened.map(|file| (draft, file)),
        }
    }
}

/// Gives the draft its content and then its name, which appears with the whole content or not at
/// all, and never replaces another. Says whether it was the first.
fn write_and_link(file: &mut File, content: &[u8], draft: &Path, path: &Path) -> io::Result<bool> {
    file.write_all(content)?;
    file.sync_all()?;
    match fs::hard_link(draft, path) {
        Ok(()) => Ok(true),
        Err(exists) if exists.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}
