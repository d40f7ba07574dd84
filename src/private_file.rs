//! Files that hold a secret: made once, readable by their owner only.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// The content of the file at `path`, which is `make()` if it was not there. Of two processes
/// that come at the same moment, one makes the file whole and both read it. Says whether this
/// call made it.
pub(crate) fn read_or_make(
    path: &Path,
    make: impl FnOnce() -> Vec<u8>,
) -> io::Result<(Vec<u8>, bool)> {
    match fs::read(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {}
        found => return found.map(|content| (content, false)),
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(&make())?;
    file.sync_all()?;
    // A link appears with its whole content or not at all, and never replaces another.
    let first = match fs::hard_link(&draft, path) {
        Ok(()) => true,
        Err(exists) if exists.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => {
            fs::remove_file(&draft)?;
            return Err(error);
        }
    };
    fs::remove_file(&draft)?;
    Ok((fs::read(path)?, first))
}
