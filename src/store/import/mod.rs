//! Files of codes of any size: rows are sealed and spooled while they come, and stored at once when
//! all of them are there.

mod columns;
mod known;
mod load;
mod memo;
mod seen;
mod spool;

use std::path::PathBuf;
use std::sync::Arc;

use super::sealed_codes::SealedCode;
use super::{Store, StoreError};
use crate::auth::{Permit, Write};
use crate::domain::{ActivationCode, CodeId, Ids, ImportReport, PoolId, Rejection, TenantId};
use crate::offload::offload;
use crate::vault::TenantKeys;

use known::Known;
use seen::{Seen, Sighting};
use spool::{Row, Spool};

/// Where an import goes.
#[derive(Clone, Debug)]
pub enum ImportInto {
    /// A pool that is made with it.
    New(PoolId),
    /// A pool that is there.
    Existing(PoolId),
}

/// A file of codes on its way.
#[derive(Debug)]
pub struct Import {
    store: Store,
    tenant: TenantId,
    into: ImportInto,
    keys: Arc<TenantKeys>,
    /// Whether each ICCID must be the tenant's only one.
    unique: bool,
    ids: Ids,
    known: Known,
    disk: Disk,
    /// What became of its lines so far.
    pub report: ImportReport,
}

/// What of an import lies in files.
#[derive(Debug)]
struct Disk {
    spool: Spool,
    seen: Seen,
}

/// An import whose lines have all come: it can be stored or dropped.
#[derive(Debug)]
pub struct Checked {
    store: Store,
    tenant: TenantId,
    into: ImportInto,
    keys: Arc<TenantKeys>,
    unique: bool,
    spool: spool::Unspool,
    /// Rows that are not stored, by their places in the spool.
    dropped: Bits,
    /// What became of its lines: `inserted` is what would be stored.
    pub report: ImportReport,
}

/// A set of places.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl ImportInto {
    /// The pool.
    #[must_use]
    pub fn pool(&self) -> PoolId {
        match self {
            Self::New(pool) | Self::Existing(pool) => *pool,
        }
    }
}

impl Bits {
    fn set(&mut self, place: u32) {
        let word = place as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (place % 64);
    }

    fn has(&self, place: u32) -> bool {
        self.0.get(place as usize / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }
}

impl Store {
    /// Begins an import; `None` if it should go into a pool that this tenant has not.
    pub async fn begin_import(
        &self,
        permit: &Permit<Write>,
        into: ImportInto,
        unique: bool,
        ids: &Ids,
    ) -> Result<Option<Import>, StoreError> {
        let tenant = permit.tenant();
        let mut report = ImportReport::default();
        if let ImportInto::Existing(pool) = into {
            report.pool = self.find_pool(tenant, pool).await?;
            if report.pool.is_none() {
                return Ok(None);
            }
        }
        let keys = self.tenant_keys(tenant).await?;
        let known = Known::of(self, tenant, &into, unique).await?;
        let folder = self.0.spool.clone();
        let disk = offload(usize::MAX, move || Disk::create(&folder)).await?;
        let (store, ids) = (self.clone(), ids.clone());
        Ok(Some(Import { store, tenant, into, keys, unique, ids, known, disk, report }))
    }
}

impl Disk {
    fn create(folder: &PathBuf) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(spool_failed)?;
        let spool = Spool::create(folder).map_err(spool_failed)?;
        Ok(Self { spool, seen: Seen::new(folder) })
    }

    /// Takes a row, and notes by what an equal one is known.
    fn add(&mut self, row: &Row, unique: bool) -> std::io::Result<()> {
        let place = u32::try_from(self.spool.count()).map_err(std::io::Error::other)?;
        let (fingerprint, _) = row.code.fingerprint.split_first_chunk().expect("16 bytes");
        let tag = u64::from_be_bytes(*fingerprint);
        // Where ICCIDs must be unique, equal ones are looked at; else only equal codes.
        let code = if unique { &[][..] } else { &row.code.fingerprint };
        let key = digest(row.code.iccid.as_bytes(), code);
        self.seen.add(Sighting { key, place, tag })?;
        self.spool.add(row)
    }
}

/// What equal rows have in common.
fn digest(iccid: &[u8], code: &[u8]) -> u128 {
    let mut digest = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    digest.update(code);
    digest.update(iccid);
    let digest = digest.finish();
    u128::from_be_bytes(*digest.as_ref().first_chunk().expect("a digest of 32 bytes"))
}

/// The disk of this machine is full or broken.
#[expect(clippy::needless_pass_by_value, reason = "as map_err has it")]
fn spool_failed(error: std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("the spool: {error}"))
}

impl Import {
    /// Takes codes in the order of their lines.
    pub async fn add(mut self, codes: Vec<(u32, ActivationCode)>) -> Result<Self, StoreError> {
        let (keys, ids, pool) = (self.keys.clone(), self.ids.clone(), self.into.pool());
        let rows = offload(codes.len(), move || sealed(codes, &keys, &ids, pool)).await;
        let known = self.known.look_up(&self.store, self.tenant, &rows).await?;
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            if known.handed_out(&row) {
                self.report.reject(Rejection::handed_out(row.line, &row.code.iccid));
            } else if known.in_pool(&row) {
                self.report.duplicates += 1;
            } else if known.iccid_exists(&row) {
                self.report.reject(Rejection::iccid_exists(row.line, &row.code.iccid));
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
        // Disks are slow now and then.
        self.disk = offload(usize::MAX, written).await.map_err(spool_failed)?;
        Ok(self)
    }

    /// All lines have come: finds what stands twice among them.
    pub async fn check(self) -> Result<Checked, StoreError> {
        let Self { store, tenant, into, keys, unique, disk, mut report, .. } = self;
        let checked = move || {
            let count = disk.spool.count();
            let (mut dropped, mut twice) = (Bits::default(), Bits::default());
            let mut any_twice = false;
            disk.seen.repeated(|again, first| {
                dropped.set(again.place);
                if again.tag == first.tag {
                    report.duplicates += 1;
                } else {
                    any_twice = true;
                    twice.set(again.place);
                }
            })?;
            let mut spool = disk.spool.finish()?;
            if any_twice {
                let mut place = 0;
                while let Some(row) = spool.next()? {
                    if twice.has(place) {
                        report.reject(Rejection::iccid_twice(row.line, &row.code.iccid));
                    }
                    place += 1;
                }
                spool.rewind(count)?;
            }
            let missing: u64 = dropped.0.iter().map(|word| u64::from(word.count_ones())).sum();
            report.inserted = count - missing;
            Ok((spool, dropped, report))
        };
        let (spool, dropped, report) = offload(usize::MAX, checked).await.map_err(spool_failed)?;
        Ok(Checked { store, tenant, into, keys, unique, spool, dropped, report })
    }
}

fn sealed(
    codes: Vec<(u32, ActivationCode)>,
    keys: &TenantKeys,
    ids: &Ids,
    pool: PoolId,
) -> Vec<Row> {
    let row = |(line, code): (u32, ActivationCode)| {
        let id: CodeId = ids.next();
        Row { line, code: SealedCode::of(keys, pool, id, &code) }
    };
    codes.into_iter().map(row).collect()
}

impl Checked {
    /// The next rows that are to be stored, at most so many. Reads files: on a thread of its own.
    fn take(&mut self, place: &mut u32, most: usize) -> std::io::Result<Vec<Row>> {
        let mut rows = Vec::with_capacity(most);
        while rows.len() < most {
            let Some(row) = self.spool.next()? else { break };
            if !self.dropped.has(*place) {
                rows.push(row);
            }
            *place += 1;
        }
        Ok(rows)
    }
}
