//! The folder of the data.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::StartError;
use crate::private_file;

/// Creates the folder, for its owner only, if there is none. One that exists stays as it is, since the
/// settings may name a folder that serves other purposes as well: the files in it are private anyway.
pub(super) fn prepare(data_dir: &Path) -> Result<(), StartError> {
    let failed = |cause| StartError::DataFolder { path: data_dir.to_owned(), cause };
    private_file::create_folder(data_dir).map_err(failed)?;
    let mode = fs::metadata(data_dir).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        tracing::warn!(
            data_dir = %data_dir.display(),
            mode = format!("{mode:04o}"),
            "others than its owner have access to data_dir; if nothing else is in it, run 'chmod 700' on it"
        );
    }
    Ok(())
}
