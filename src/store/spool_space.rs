//! The disk space that imports take until all of their lines have arrived: files without a name, which
//! are gone when the process ends.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::private_file;

/// The folder of the files, and how much they may take together.
#[derive(Debug)]
pub(super) struct SpoolSpace {
    folder: PathBuf,
    max_bytes: u64,
    /// What is left free on the file system, for everything else that is on it.
    reserve_bytes: u64,
    used_bytes: AtomicU64,
}

/// The file of one import. It only grows, and is read while it does.
#[derive(Debug)]
pub(super) struct SpoolFile {
    space: Arc<SpoolSpace>,
    file: File,
    length: u64,
}

impl SpoolSpace {
    pub(super) fn new(folder: PathBuf, max_bytes: u64, reserve_bytes: u64) -> Arc<Self> {
        Arc::new(Self { folder, max_bytes, reserve_bytes, used_bytes: AtomicU64::new(0) })
    }

    /// A new, empty file. Blocking, as everything here.
    ///
    /// # Errors
    /// If it cannot be created; [`ErrorKind::StorageFull`] if there is no space for it.
    pub(super) fn create_file(self: &Arc<Self>) -> io::Result<SpoolFile> {
        private_file::create_folder(&self.folder)?;
        let file = tempfile::tempfile_in(&self.folder)?;
        self.take(&file, 0)?;
        Ok(SpoolFile { space: self.clone(), file, length: 0 })
    }

    /// Takes that many bytes of the space.
    fn take(&self, file: &File, bytes: u64) -> io::Result<()> {
        let used = self.used_bytes.fetch_add(bytes, Ordering::Relaxed);
        let taken = self.check(file, used, bytes);
        if taken.is_err() {
            self.give_back(bytes);
        }
        taken
    }

    fn check(&self, file: &File, used: u64, bytes: u64) -> io::Result<()> {
        let max = self.max_bytes;
        if used.saturating_add(bytes) > max {
            let cause =
                format!("the imports in progress take all of imports.spool_max_bytes ({max})");
            return Err(io::Error::new(ErrorKind::StorageFull, cause));
        }
        let system = rustix::fs::fstatvfs(file)?;
        let free = system.f_bavail.saturating_mul(system.f_frsize);
        if free < self.reserve_bytes.saturating_add(bytes) {
            let (folder, reserve) = (self.folder.display(), self.reserve_bytes);
            let cause = format!(
                "the file system of {folder} (imports.spool_dir) has {free} free bytes, of which \
                 imports.spool_reserve_bytes keeps {reserve}"
            );
            return Err(io::Error::new(ErrorKind::StorageFull, cause));
        }
        Ok(())
    }

    fn give_back(&self, bytes: u64) {
        self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl SpoolFile {
    /// Appends these bytes. Returns where they are.
    ///
    /// # Errors
    /// If they cannot be written; [`ErrorKind::StorageFull`] if there is no space for them.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<Range<u64>> {
        let begin = self.length;
        self.space.take(&self.file, bytes.len() as u64)?;
        self.length += bytes.len() as u64;
        self.file.write_all(bytes)?;
        Ok(begin..self.length)
    }

    /// Reads from a position, whatever is being appended.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        self.space.give_back(self.length);
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::sync::Arc;

    use super::SpoolSpace;

    #[test]
    fn files_share_a_space_and_give_it_back() {
        let space = SpoolSpace::new(std::env::temp_dir(), 100, 0);
        let (mut one, mut other) =
            (space.create_file().expect("a file"), space.create_file().expect("a file"));
        assert_eq!(one.append(&[1; 60]).expect("space"), 0..60);
        let full = other.append(&[2; 60]).expect_err("no space");
        assert_eq!(full.kind(), ErrorKind::StorageFull);
        assert_eq!(other.append(&[2; 40]).expect("space"), 0..40);
        drop(one);
        assert_eq!(other.append(&[3; 60]).expect("space"), 40..100);
        let mut read = [0; 3];
        assert_eq!(other.read_at(&mut read, 38).expect("read"), 3);
        assert_eq!(read, [2, 2, 3]);
    }

    #[test]
    fn a_reserve_that_is_larger_than_the_file_system_leaves_no_space() {
        let space: Arc<SpoolSpace> = SpoolSpace::new(std::env::temp_dir(), 100, u64::MAX);
        let full = space.create_file().expect_err("no space");
        assert_eq!(full.kind(), ErrorKind::StorageFull);
    }
}
