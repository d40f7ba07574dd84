//! What an import keeps in its file: its codes, and what tells duplicates.

use std::sync::Arc;

use super::duplicates::{DuplicateFinder, Occurrence};
use super::spool::{Spool, SpooledCode};
use crate::store::spool_space::{SpoolFile, SpoolSpace};

/// What an import keeps in its file.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) file: SpoolFile,
    pub(super) spool: Spool,
    pub(super) duplicates: DuplicateFinder,
    /// Finds used codes with one secret under several ICCIDs, which one device cannot all have used.
    pub(super) used: DuplicateFinder,
}

impl Disk {
    pub(super) fn create(space: &Arc<SpoolSpace>) -> std::io::Result<Self> {
        let (duplicates, used) = (DuplicateFinder::default(), DuplicateFinder::default());
        Ok(Self { file: space.create_file()?, spool: Spool::default(), duplicates, used })
    }

    /// Spools a code, and notes the key of its duplicates.
    pub(super) fn add(&mut self, row: &SpooledCode, unique: bool) -> std::io::Result<()> {
        let index = u32::try_from(self.spool.count()).map_err(std::io::Error::other)?;
        let (fingerprint, _) = row.code.fingerprint.split_first_chunk().expect("16 bytes");
        let tag = u64::from_be_bytes(*fingerprint);
        // The same code, of which something else is said, is no duplicate.
        let tag = row.code.holder().map_or(tag, |holder| {
            let (state, eid, name) = holder;
            let holder =
                format!("{state} {} {}", eid.unwrap_or_default(), name.unwrap_or_default());
            #[expect(clippy::cast_possible_truncation, reason = "a part of a digest is one")]
            let tag = digest(holder.as_bytes(), &tag.to_be_bytes()) as u64;
            tag
        });
        // If ICCIDs must be unique, codes with one ICCID are duplicates; else only equal codes are.
        let code = if unique { &[][..] } else { &row.code.fingerprint };
        let key = digest(row.code.iccid.as_bytes(), code);
        self.duplicates.add(Occurrence { key, index, tag }, &mut self.file)?;
        if row.code.used().is_some() {
            let key = u128::from_be_bytes(row.code.fingerprint);
            self.used.add(Occurrence { key, index, tag }, &mut self.file)?;
        }
        self.spool.add(row, &mut self.file)
    }
}

/// The key of duplicates.
fn digest(iccid: &[u8], code: &[u8]) -> u128 {
    let mut digest = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    digest.update(code);
    digest.update(iccid);
    let digest = digest.finish();
    u128::from_be_bytes(*digest.as_ref().first_chunk().expect("a digest of 32 bytes"))
}
