//! A folder for the data of a process.

use tempfile::TempDir;

pub fn data_folder() -> TempDir {
    crate::support::app::new_folder()
}

pub fn path_text(folder: &TempDir) -> &str {
    folder.path().to_str().expect("a path")
}
