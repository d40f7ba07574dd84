//! Files that contain a secret: readable by their owner only, and complete whenever they exist.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// The content of the file at `path`, and whether this call created it. If the file does not exist,
/// it is created with the content that `new` returns. Of several processes that do so at the same
/// time, one creates the file and the others read it. Once this returns, the file survives a power
/// failure.
pub(crate) fn read_or_create(
    path: &Path,
    new: impl FnOnce() -> Zeroizing<Vec<u8>>,
) -> io::Result<(Zeroizing<Vec<u8>>, bool)> {
    match fs::read(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {}
        found => return found.map(|content| (content.into(), false)),
    }
    let folder = folder(path);
    fs::create_dir_all(folder)?;
    let created = match write_temporary(folder, &new())?.persist_noclobber(path) {
        Ok(_) => true,
        Err(exists) if exists.error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(failed) => return Err(failed.error),
    };
    File::open(folder)?.sync_all()?;
    Ok((fs::read(path)?.into(), created))
}

/// Replaces the content of the file at `path` atomically. Once this returns, the new content
/// survives a power failure.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder(path);
    write_temporary(folder, content)?.persist(path)?;
    File::open(folder)?.sync_all()
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A temporary file in `folder` with this content, already on disk. Its mode is 0600, as that of
/// every temporary file.
fn write_temporary(folder: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}
