//! Imports of any size: codes are encrypted and spooled while they are received, and stored at once
//! when all of them are there. Knows nothing of the files that they come from.

mod bits;
mod disk;
mod duplicates;
mod existing;
mod into;
mod ranges;
mod replay;
mod report;
mod rows;
mod spool;
mod store;
mod used;

use std::io::ErrorKind;
use std::sync::Arc;

use super::codes::SealedCode;
use super::entity::Scope;
use super::error::StoreError;
use super::handle::Store;
use super::handouts::LeftTwins;
use super::pools;
use crate::auth::{Permit, Write};
use crate::domain::{IdGenerator, ImportReport, ImportedCode, PoolId, Rejection, TenantId};
use crate::offload::offload;
use crate::vault::{KeyId, TenantKeys};

use bits::Bits;
use disk::Disk;
use existing::{Existing, Standing};
pub use into::ImportInto;
use spool::{SpoolReader, SpooledCode};

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
    /// Whether a code is used.
    any_used: bool,
    /// The report on the lines so far.
    pub report: ImportReport,
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
    /// Whether a code is used.
    any_used: bool,
    left_twins: LeftTwins,
    spool: SpoolReader,
    /// Codes that are not stored, by their indexes in the spool.
    dropped: Bits,
    /// The report on all lines: `inserted` is what would be stored.
    pub report: ImportReport,
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
        Ok(Some(Import {
            store,
            tenant,
            into,
            keys,
            unique,
            ids,
            existing,
            disk,
            any_used: false,
            report,
        }))
    }
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
    pub async fn add(mut self, codes: Vec<(u32, ImportedCode)>) -> Result<Self, StoreError> {
        let (keys, ids, pool) = (self.keys.clone(), self.ids.clone(), self.into.pool());
        let rows = offload(codes.len(), move || sealed(codes, &keys, &ids, pool)).await;
        self.any_used |= rows.iter().any(|row| row.code.used().is_some());
        let matches = self.existing.look_up(self.store.engine(), &rows).await?;
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            let (line, iccid) = (row.line, &row.code.iccid);
            self.report.handed_out_count += u64::from(matches.handed_out(&row));
            let rejection = match matches.standing(&row) {
                Standing::New => {
                    kept.push(row);
                    continue;
                }
                Standing::Known(pool) => {
                    self.report.know(line, pool);
                    continue;
                }
                Standing::KnownOtherwise => Rejection::known_otherwise(line, iccid),
                Standing::BoundElsewhere => Rejection::bound_elsewhere(line, iccid),
                Standing::HandedOut => Rejection::handed_out(line, iccid),
                Standing::IccidExists => Rejection::iccid_exists(line, iccid),
            };
            self.report.reject_compared(rejection);
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
        let Self { store, tenant, into, keys, unique, disk, any_used, mut report, .. } = self;
        let checked = move || without_duplicates(disk, &mut report).map(|spool| (spool, report));
        let checked = offload(usize::MAX, checked).await.map_err(spool_failed)?;
        let ((spool, dropped), mut report) = checked;
        for (pool, name) in pools::names(&store, tenant, &report.counts.pools()).await? {
            report.counts.name(pool, name);
        }
        let sealed_with = keys.id();
        Ok(Checked {
            store,
            tenant,
            into,
            sealed_with,
            keys,
            unique,
            any_used,
            left_twins: LeftTwins::default(),
            spool,
            dropped,
            report,
        })
    }
}

/// Drops the lines that an earlier line of the file stands against, and reports them. Returns what is
/// in the spool, and the indexes of what is dropped. Blocking: reads and writes files.
fn without_duplicates(
    disk: Disk,
    report: &mut ImportReport,
) -> std::io::Result<(SpoolReader, Bits)> {
    let Disk { mut file, mut spool, mut duplicates, mut used } = disk;
    let count = spool.count();
    duplicates.finish(&mut file)?;
    used.finish(&mut file)?;
    spool.write(&mut file)?;
    let file = Arc::new(file);
    let (mut dropped, mut iccid_twice, mut used_twice) =
        (Bits::default(), Bits::default(), Bits::default());
    // Once lines were dropped because of stored codes, which ICCIDs are left twice tells which lines
    // those were.
    let compared = report.duplicates > 0 || !report.compared.is_empty();
    duplicates.duplicates(&file, |again, first| {
        dropped.set(again.index);
        if again.tag == first.tag {
            report.repeat();
        } else {
            iccid_twice.set(again.index);
        }
    })?;
    used.duplicates(&file, |again, _| {
        if !dropped.has(again.index) {
            dropped.set(again.index);
            used_twice.set(again.index);
        }
    })?;
    let mut spool = spool.reader(file);
    if iccid_twice.count() + used_twice.count() > 0 {
        let mut index = 0;
        while let Some(SpooledCode { line, code, .. }) = spool.next()? {
            let rejection = if iccid_twice.has(index) {
                Some(Rejection::iccid_twice(line, &code.iccid))
            } else {
                used_twice.has(index).then(|| Rejection::used_twice(line, &code.iccid))
            };
            match rejection {
                Some(rejection) if compared => report.reject_compared(rejection),
                Some(rejection) => report.reject(rejection),
                None => {}
            }
            index += 1;
        }
        spool.rewind(count);
    }
    report.inserted = count - dropped.count();
    Ok((spool, dropped))
}

fn sealed(
    codes: Vec<(u32, ImportedCode)>,
    keys: &TenantKeys,
    ids: &IdGenerator,
    pool: PoolId,
) -> Vec<SpooledCode> {
    let row = |(line, code): (u32, ImportedCode)| SpooledCode {
        line,
        code: SealedCode::imported(keys, pool, ids, code),
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
                let id = code.id.into();
                if let Some(facts) = &mut code.facts
                    && let Some(sealed) = &facts.confirmation_code
                {
                    let again = self.keys.reseal_confirmation(self.sealed_with, pool, id, sealed);
                    facts.confirmation_code = Some(again.map_err(std::io::Error::other)?);
                }
            }
            bytes += row.length();
            rows.push(row);
        }
        Ok(rows)
    }
}
