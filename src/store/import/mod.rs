//! Imports of any size: codes are encrypted and spooled while they are received, and stored at once
//! when all of them are there. Knows nothing of the files that they come from.

mod duplicates;
mod existing;
mod into;
mod ranges;
mod replay;
mod report;
mod rows;
mod spool;
mod store;

use std::io::ErrorKind;
use std::sync::Arc;

use super::codes::SealedCode;
use super::entity::Scope;
use super::error::StoreError;
use super::handle::Store;
use super::spool_space::{SpoolFile, SpoolSpace};
use crate::auth::{Permit, Write};
use crate::domain::{
    ActivationCode, CodeId, IdGenerator, ImportReport, PoolId, Rejection, TenantId,
};
use crate::offload::offload;
use crate::vault::{KeyId, TenantKeys};

use duplicates::{DuplicateFinder, Occurrence};
use existing::Existing;
pub use into::ImportInto;
use spool::{Spool, SpoolReader, SpooledCode};

/// The most codes that an import may have: a set of them, by their indexes, takes 4 MiB.
pub const MAX_IMPORT_CODES: u64 = 1 << 25;
/// How many bytes of codes are read from the spool at a time, if they are few but long.
const MAX_CHUNK_BYTES: usize = 512 * 1024;

/// An import that is being received.
#[derive(Debug)]
pub struct Import {
    store: Store,
    tenant: TenantId,
    into: ImportInto,
    keys: Arc<TenantKeys>,
    /// Whether each ICCID must be the tenant's only one.
    unique: bool,
    ids: IdGenerator,
    existing: Existing,
    disk: Disk,
    /// The report on the lines so far.
    pub report: ImportReport,
}

/// What an import keeps in its file.
#[derive(Debug)]
struct Disk {
    file: SpoolFile,
    spool: Spool,
    duplicates: DuplicateFinder,
}

/// An import that has been received whole: it can be stored or dropped.
#[derive(Debug)]
pub struct Checked {
    store: Store,
    tenant: TenantId,
    into: ImportInto,
    /// The data key that the codes in the spool are sealed with.
    sealed_with: KeyId,
    /// The tenant's keys when the codes are stored. They may have been rotated while the file was
    /// received: then the codes are stored under the new data key.
    keys: Arc<TenantKeys>,
    unique: bool,
    spool: SpoolReader,
    /// Codes that are not stored, by their indexes in the spool.
    dropped: Bits,
    /// The report on all lines: `inserted` is what would be stored.
    pub report: ImportReport,
}

/// A set of indexes.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn set(&mut self, index: u32) {
        let word = index as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (index % 64);
    }

    fn has(&self, index: u32) -> bool {
        self.0.get(index as usize / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }
}

impl Store {
    /// Begins an import, or `None` if this tenant has no such pool.
    pub async fn begin_import(
        &self,
        permit: &Permit<Write>,
        into: ImportInto,
        unique: bool,
        ids: &IdGenerator,
    ) -> Result<Option<Import>, StoreError> {
        let tenant = permit.tenant();
        let mut report = ImportReport::default();
        if let ImportInto::Existing(pool) = into {
            report.pool = self.find(Scope::tenant(tenant), pool.uuid()).await?;
            if report.pool.is_none() {
                return Ok(None);
            }
        }
        let keys = self.tenant_keys(tenant).await?;
        let existing = Existing::new(self.engine(), tenant, &into, unique).await?;
        let space = self.spool_space().clone();
        let disk = offload(usize::MAX, move || Disk::create(&space)).await;
        let disk = disk.map_err(spool_failed)?;
        let (store, ids) = (self.clone(), ids.clone());
        Ok(Some(Import { store, tenant, into, keys, unique, ids, existing, disk, report }))
    }
}

impl Disk {
    fn create(space: &Arc<SpoolSpace>) -> std::io::Result<Self> {
        let (spool, duplicates) = (Spool::default(), DuplicateFinder::default());
        Ok(Self { file: space.create_file()?, spool, duplicates })
    }

    /// Spools a code, and notes the key of its duplicates.
    fn add(&mut self, row: &SpooledCode, unique: bool) -> std::io::Result<()> {
        let index = u32::try_from(self.spool.count()).map_err(std::io::Error::other)?;
        let (fingerprint, _) = row.code.fingerprint.split_first_chunk().expect("16 bytes");
        let tag = u64::from_be_bytes(*fingerprint);
        // If ICCIDs must be unique, codes with one ICCID are duplicates; else only equal codes are.
        let code = if unique { &[][..] } else { &row.code.fingerprint };
        let key = digest(row.code.iccid.as_bytes(), code);
        self.duplicates.add(Occurrence { key, index, tag }, &mut self.file)?;
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

/// The error of a disk that is full or broken.
#[expect(clippy::needless_pass_by_value, reason = "as map_err has it")]
fn spool_failed(error: std::io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            StoreError::SpoolFull(error.to_string())
        }
        _ => StoreError::Unavailable(format!("the spool: {error}")),
    }
}

impl Import {
    /// Adds codes in the order of their lines.
    pub async fn add(mut self, codes: Vec<(u32, ActivationCode)>) -> Result<Self, StoreError> {
        let (keys, ids, pool) = (self.keys.clone(), self.ids.clone(), self.into.pool());
        let rows = offload(codes.len(), move || sealed(codes, &keys, &ids, pool)).await;
        let matches = self.existing.look_up(self.store.engine(), &rows).await?;
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            if matches.handed_out(&row) {
                self.report.reject_handed_out(row.line, &row.code.iccid);
            } else if matches.in_pool(&row) {
                self.report.duplicates += 1;
            } else if matches.iccid_exists(&row) {
                let rejection = || Rejection::iccid_exists(row.line, &row.code.iccid);
                self.report.reject_compared(row.line, rejection);
            } else {
                kept.push(row);
            }
        }
        let (mut disk, unique) = (self.disk, self.unique);
        let written = move || {
            for row in &kept {
                disk.add(row, unique)?;
            }
            Ok(disk)
        };
        // Disks may be slow.
        self.disk = offload(usize::MAX, written).await.map_err(spool_failed)?;
        Ok(self)
    }

    /// Ends receiving, and finds the duplicates among all codes.
    pub async fn check(self) -> Result<Checked, StoreError> {
        let Self { store, tenant, into, keys, unique, disk, mut report, .. } = self;
        let checked = move || {
            let Disk { mut file, mut spool, mut duplicates } = disk;
            let count = spool.count();
            duplicates.finish(&mut file)?;
            spool.write(&mut file)?;
            let file = Arc::new(file);
            let (mut dropped, mut iccid_twice) = (Bits::default(), Bits::default());
            let mut any_iccid_twice = false;
            // Once lines were dropped because of stored codes, which ICCIDs are left twice tells which
            // lines those were.
            let compared = report.duplicates > 0 || !report.compared.is_empty();
            duplicates.duplicates(&file, |again, first| {
                dropped.set(again.index);
                if again.tag == first.tag {
                    report.duplicates += 1;
                } else {
                    any_iccid_twice = true;
                    iccid_twice.set(again.index);
                }
            })?;
            let mut spool = spool.reader(file);
            if any_iccid_twice {
                let mut index = 0;
                while let Some(row) = spool.next()? {
                    if iccid_twice.has(index) {
                        let rejection = || Rejection::iccid_twice(row.line, &row.code.iccid);
                        if compared {
                            report.reject_compared(row.line, rejection);
                        } else {
                            report.reject(rejection());
                        }
                    }
                    index += 1;
                }
                spool.rewind(count);
            }
            let missing: u64 = dropped.0.iter().map(|word| u64::from(word.count_ones())).sum();
            report.inserted = count - missing;
            Ok((spool, dropped, report))
        };
        let (spool, dropped, report) = offload(usize::MAX, checked).await.map_err(spool_failed)?;
        let sealed_with = keys.id();
        Ok(Checked { store, tenant, into, sealed_with, keys, unique, spool, dropped, report })
    }
}

fn sealed(
    codes: Vec<(u32, ActivationCode)>,
    keys: &TenantKeys,
    ids: &IdGenerator,
    pool: PoolId,
) -> Vec<SpooledCode> {
    let row = |(line, code): (u32, ActivationCode)| {
        let id: CodeId = ids.next();
        SpooledCode { line, code: SealedCode::new(keys, pool, id, &code) }
    };
    codes.into_iter().map(row).collect()
}

impl Checked {
    /// The next codes that are to be stored, at most `max`. Blocking: reads a file.
    fn take(&mut self, index: &mut u32, max: usize) -> std::io::Result<Vec<SpooledCode>> {
        let mut rows = Vec::with_capacity(max);
        let mut bytes = 0;
        while rows.len() < max && bytes < MAX_CHUNK_BYTES {
            let Some(mut row) = self.spool.next()? else { break };
            let dropped = self.dropped.has(*index);
            *index += 1;
            if dropped {
                continue;
            }
            if self.keys.id() != self.sealed_with {
                let (pool, code) = (self.into.pool(), &mut row.code);
                let sealed = &code.matching_id;
                let again = self.keys.reseal(self.sealed_with, pool, code.id.into(), sealed);
                code.matching_id = again.map_err(std::io::Error::other)?;
            }
            bytes += row.length();
            rows.push(row);
        }
        Ok(rows)
    }
}
