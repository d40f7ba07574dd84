//! Where the master keys come from, and where a new one is put.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::private_file::{self, FolderLock};
use crate::store::error::OpenError;
use crate::vault::{MasterKey, MasterKeyId, MasterKeys};

/// Where the master keys come from.
#[derive(Clone, Debug)]
pub enum MasterKeySource {
    /// From the settings.
    Given(Arc<MasterKeys>),
    /// From a file that the operator made.
    File(PathBuf),
    /// From a file beside the data, which is made for an empty database.
    Beside(PathBuf),
}

impl MasterKeySource {
    /// The file, if they are in one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Given(_) => None,
            Self::File(path) | Self::Beside(path) => Some(path),
        }
    }

    /// The keys as they are now.
    pub(in crate::store) fn read(&self) -> Result<Arc<MasterKeys>, OpenError> {
        match self {
            Self::Given(keys) => Ok(keys.clone()),
            Self::File(path) | Self::Beside(path) => {
                private_file::remove_abandoned_draft(path);
                parse(path, &private_file::read(path).map_err(io(path))?)
            }
        }
    }

    /// The keys for an empty database, made if they belong beside the data. Returns the path of a
    /// file that was made.
    pub(in crate::store) fn read_or_make(
        &self,
    ) -> Result<(Arc<MasterKeys>, Option<PathBuf>), OpenError> {
        let Self::Beside(path) = self else { return Ok((self.read()?, None)) };
        private_file::remove_abandoned_draft(path);
        let new = || format!("{}\n", *MasterKey::generate()).into_bytes().into();
        let (text, made) = private_file::read_or_create(path, new).map_err(io(path))?;
        Ok((parse(path, &text)?, made.then(|| path.clone())))
    }

    /// Keeps other rotations on this machine from changing the file.
    pub(in crate::store) fn lock(&self) -> Result<LockedSource<'_>, OpenError> {
        let Some(path) = self.file() else { return Ok(LockedSource(None)) };
        Ok(LockedSource(Some((path, FolderLock::of(path).map_err(io(path))?))))
    }
}

/// The file of the master keys, if they are in one, which no other rotation on this machine changes.
pub(in crate::store) struct LockedSource<'s>(Option<(&'s Path, FolderLock)>);

impl LockedSource<'_> {
    /// Puts a new key before those in the file, where servers find it. Returns all of them.
    pub(in crate::store) fn add_new(&self) -> Result<Arc<MasterKeys>, OpenError> {
        let (path, lock) = self.0.as_ref().ok_or(OpenError::MasterKeyInSettings)?;
        let old = private_file::read(path).map_err(io(path))?;
        let new = Zeroizing::new([MasterKey::generate().as_bytes(), b"\n", &old].concat());
        let keys = parse(path, &new)?;
        lock.replace(path, &new).map_err(io(path))?;
        Ok(keys)
    }

    /// Leaves only the first key in the file. The others are moved to a file beside it, for old
    /// backups. Returns its path, if there were any.
    pub(in crate::store) fn retire_others(
        &self,
        keys: &MasterKeys,
    ) -> Result<Option<PathBuf>, OpenError> {
        let Some((path, lock)) = &self.0 else { return Ok(None) };
        let text = private_file::read_to_string(path).map_err(io(path))?;
        let first = keys.first().id();
        let is_first = |key: &&str| MasterKey::parse(key).is_ok_and(|key| key.id() == first);
        let (kept, others): (Vec<_>, Vec<_>) = text.split_whitespace().partition(is_first);
        let Some(old) = others.first().and_then(|key| MasterKey::parse(key).ok()) else {
            return Ok(None);
        };
        if kept.is_empty() {
            return Ok(None);
        }
        let retired = path.with_extension(format!("retired-{}", short(old.id())));
        let lines = |keys: &[&str]| Zeroizing::new(keys.join("\n") + "\n");
        lock.replace(&retired, lines(&others).as_bytes()).map_err(io(&retired))?;
        lock.replace(path, lines(&kept[..1]).as_bytes()).map_err(io(path))?;
        Ok(Some(retired))
    }
}

/// Enough of a key's id to tell files apart.
fn short(id: &MasterKeyId) -> String {
    id.as_str().chars().filter(char::is_ascii_alphanumeric).take(8).collect()
}

fn parse(path: &Path, text: &[u8]) -> Result<Arc<MasterKeys>, OpenError> {
    let keys = MasterKeys::parse(&String::from_utf8_lossy(text));
    keys.map(Arc::new).map_err(|cause| OpenError::BadMasterKey { path: path.to_owned(), cause })
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> OpenError {
    move |cause| OpenError::Io { path: path.to_owned(), cause }
}
