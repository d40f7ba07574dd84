//! Files that contain a secret: readable by their owner only, and complete whenever they exist. None
//! is written or created through a symbolic link, and nothing remains of one if the process dies while
//! it is being written.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// The content of the file at `path`.
///
/// # Errors
/// If it cannot be read, or if others than its owner can: with [`ErrorKind::PermissionDenied`] and a
/// message that says what to do. As PostgreSQL does, permits the group to read a file of root's, which
/// is how secrets are mounted into containers.
pub(crate) fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let forbidden = if metadata.uid() == 0 { 0o027 } else { 0o077 };
    let mode = metadata.mode() & 0o777;
    if metadata.is_file() && mode & forbidden != 0 {
        let shown = path.display();
        return Err(io::Error::new(
            ErrorKind::PermissionDenied,
            format!(
                "contains a secret, and others than its owner have access to it (mode {mode:04o}): \
                 run 'chmod 600 {shown}'"
            ),
        ));
    }
    let mut content = Zeroizing::new(Vec::new());
    file.read_to_end(&mut content)?;
    Ok(content)
}

/// The same as text.
///
/// # Errors
/// As [`read`], or if it is not UTF-8.
pub(crate) fn read_to_string(path: &Path) -> io::Result<Zeroizing<String>> {
    let text = std::str::from_utf8(&read(path)?).map(str::to_owned);
    text.map(Zeroizing::new).map_err(|_| io::Error::new(ErrorKind::InvalidData, "is not UTF-8"))
}

/// The content of the file at `path`, and whether this call created it. If the file does not exist,
/// it is created with the content that `new` returns. Of several processes that do so at the same
/// time, one creates the file and the others read it. Once this returns, the file survives a power
/// failure.
pub(crate) fn read_or_create(
    path: &Path,
    new: impl FnOnce() -> Zeroizing<Vec<u8>>,
) -> io::Result<(Zeroizing<Vec<u8>>, bool)> {
    match read(path) {
        Err(missing) if missing.kind() == ErrorKind::NotFound => {}
        found => return found.map(|content| (content, false)),
    }
    let folder = folder(path);
    create_folder(folder)?;
    let created = match Draft::write(folder, &new())?.publish_new(path) {
        Ok(()) => true,
        Err(exists) if exists.kind() == ErrorKind::AlreadyExists => false,
        Err(failed) => return Err(failed),
    };
    File::open(folder)?.sync_all()?;
    Ok((read(path)?, created))
}

/// Replaces the content of the file at `path` atomically. Once this returns, the new content
/// survives a power failure.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    FolderLock::of(path)?.replace(path, content)
}

/// Creates a folder that only its owner has access to, with those above it, unless it exists.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Keeps other processes from replacing files of a folder by this module, until it is dropped.
#[derive(Debug)]
pub(crate) struct FolderLock {
    folder: PathBuf,
    /// Not locked if its file system cannot lock a folder.
    handle: File,
}

impl FolderLock {
    /// Waits for the lock of the folder that contains `path`.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let folder = folder(path).to_owned();
        let handle = File::open(&folder)?;
        drop(handle.lock());
        Ok(Self { folder, handle })
    }

    /// As [`replace`], for a file of this folder.
    pub(crate) fn replace(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        Draft::write(&self.folder, content)?.publish(path)?;
        self.handle.sync_all()
    }
}

/// A file with its content on disk that has not got its name yet.
enum Draft {
    /// It has no name at all, and disappears with the process.
    Nameless(File),
    /// It has another name, because the file system has no nameless files.
    Named(NamedTempFile),
}

impl Draft {
    /// Its mode is 0600.
    fn write(folder: &Path, content: &[u8]) -> io::Result<Self> {
        let draft = match nameless(folder) {
            Ok(file) => Self::Nameless(file),
            Err(_) => Self::Named(NamedTempFile::new_in(folder)?),
        };
        let mut file = match &draft {
            Self::Nameless(file) => file,
            Self::Named(file) => file.as_file(),
        };
        file.write_all(content)?;
        file.sync_all()?;
        Ok(draft)
    }

    /// Names it, unless another file has the name.
    fn publish_new(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Nameless(file) => link(&file, path),
            Self::Named(file) => file.persist_noclobber(path).map(drop).map_err(|it| it.error),
        }
    }

    /// Names it, in place of the file that has the name. A nameless file cannot replace another one,
    /// so it has a name of its own for the time between two system calls.
    fn publish(self, path: &Path) -> io::Result<()> {
        let file = match self {
            Self::Nameless(file) => file,
            Self::Named(file) => return file.persist(path).map(drop).map_err(|it| it.error),
        };
        let draft = draft_path(path);
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        link(&file, &draft)?;
        fs::rename(&draft, path)
    }
}

#[cfg(target_os = "linux")]
fn nameless(folder: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::TMPFILE.bits().cast_signed();
    let file = OpenOptions::new().write(true).mode(0o600).custom_flags(flags).open(folder)?;
    // It gets its name by this folder.
    fs::metadata("/proc/self/fd")?;
    Ok(file)
}

#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, linkat};

    let nameless = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, nameless, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Path) -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// The name of a draft while it takes the place of the file at `path`.
fn draft_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.draft"))
}

/// Removes the draft of a process that was killed between the two system calls of a replacement. Only
/// for a file that this program replaces: beside any other, a file of that name is not a draft.
pub(crate) fn remove_abandoned_draft(path: &Path) {
    let draft = draft_path(path);
    if fs::symlink_metadata(&draft).is_ok()
        && let Ok(handle) = File::open(folder(path))
        && handle.try_lock().is_ok()
    {
        // In a folder that this process cannot write to, it stays until the file is replaced.
        drop(fs::remove_file(draft));
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use tempfile::TempDir;

    use super::{create_folder, draft_path, read, read_or_create, remove_abandoned_draft, replace};

    fn mode(path: &std::path::Path) -> u32 {
        fs::symlink_metadata(path).expect("it exists").permissions().mode() & 0o777
    }

    #[test]
    fn files_are_private_and_replaced_without_following_links() {
        let folder = TempDir::new().expect("a folder");
        let inner = folder.path().join("data");
        create_folder(&inner).expect("created");
        assert_eq!(mode(&inner), 0o700);
        let (victim, path) = (folder.path().join("victim"), inner.join("secret"));
        fs::write(&victim, "untouched").expect("written");
        symlink(&victim, &path).expect("a link");
        replace(&path, b"one").expect("replaced");
        assert_eq!(fs::read_to_string(&victim).expect("read"), "untouched");
        assert!(!path.is_symlink());
        assert_eq!((mode(&path), &**read(&path).expect("read")), (0o600, &b"one"[..]));

        // A dangling link is not created through.
        let (target, path) = (folder.path().join("target"), inner.join("new"));
        symlink(&target, &path).expect("a link");
        assert!(read_or_create(&path, || b"two".to_vec().into()).is_err());
        assert!(!target.exists());
        fs::remove_file(&path).expect("removed");
        let (content, created) = read_or_create(&path, || b"two".to_vec().into()).expect("created");
        assert_eq!((mode(&path), &**content, created), (0o600, &b"two"[..], true));
        let (content, created) = read_or_create(&path, || b"no".to_vec().into()).expect("read");
        assert_eq!((&**content, created), (&b"two"[..], false));
    }

    #[test]
    fn an_abandoned_draft_is_removed_but_not_by_reading_a_file() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("secret");
        replace(&path, b"one").expect("replaced");
        fs::write(draft_path(&path), "half").expect("written");
        read(&path).expect("read");
        read_or_create(&path, || b"no".to_vec().into()).expect("read");
        assert!(draft_path(&path).exists(), "it may be another program's");
        remove_abandoned_draft(&path);
        assert!(!draft_path(&path).exists());
        fs::write(draft_path(&path), "half").expect("written");
        replace(&path, b"two").expect("replaced");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_remedy() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("secret");
        fs::write(&path, "one").expect("written");
        for bits in [0o604, 0o620, 0o644, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(bits)).expect("set");
            let refused = read(&path).expect_err("others can read it").to_string();
            assert!(refused.contains(&format!("mode 0{bits:o}")), "{refused}");
            assert!(refused.contains("chmod 600"), "{refused}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("set");
        read(&path).expect("for its owner");
    }
}
