//! What a batch reads of all its claims at once, before it decides them.

use std::collections::{HashMap, HashSet};

use const_format::formatcp;

use super::claim::Claim;
use super::decide::{Facts, Known};
use super::outcome::{FREE, INSTALLED, INSTALLING};
use crate::domain::{DeviceIdentity, DeviceKey, PoolId, TenantId};
use crate::store::db::{Array, Statement, Transaction, params, row};
use crate::store::error::StoreError;

row! {
    /// A claim whose pool exists, and whether its device has a code of it.
    struct StandingRow {
        n: i64,
        active: bool,
    }
}

/// What can be read for all claims at once: whether their pools exist, unless another transaction
/// has locked them, and whether their devices have no code. A second claim of one device is left
/// undecided.
pub(super) async fn read_facts<'f>(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    all: &[&Claim],
) -> Result<Vec<Facts<'f>>, StoreError> {
    // A scalar subquery, as in `IN_LEDGER`: a join may be planned as a scan of the tenant's ledger.
    const HOLDS: &str = formatcp!(
        "from handouts
         where handouts.tenant_id = $1 and handouts.pool_id = job.in_pool
           and handouts.outcome in ({INSTALLING}, {INSTALLED})"
    );
    const TEXT: &str = formatcp!(
        "select job.n,
                (select id {HOLDS} and handouts.device = job.to_device) is not null
                or (select id {HOLDS} and handouts.device = job.key_by_name) is not null
                or (select id {HOLDS} and handouts.device_name is not null
                      and handouts.device_name = job.name_alone
                    limit 1) is not null
         from @job
         join pools on @likely(pools.tenant_id = $1) and pools.id = job.in_pool
         @lock(for key share of pools skip locked)"
    );
    let claims = || all.iter().copied();
    let devices = || claims().map(|claim| &claim.new.device);
    let standing = Statement::new(TEXT, params![tenant]).with(
        "job",
        [
            ("in_pool", Array::Ids(claims().map(|claim| claim.pool.uuid()).collect())),
            ("to_device", Array::Texts(devices().map(|it| it.key().as_str()).collect())),
            (
                "key_by_name",
                Array::OptionalTexts(
                    devices().map(|it| it.key_by_name().map(DeviceKey::as_str)).collect(),
                ),
            ),
            ("name_alone", Array::OptionalTexts(devices().map(|it| it.name_alone()).collect())),
        ],
    );
    let rows: Vec<StandingRow> = transaction.rows(standing).await?;
    let standing: HashMap<i64, bool> = rows.into_iter().map(|row| (row.n, row.active)).collect();
    let bound = read_bound(transaction, tenant, all).await?;
    let mut seen = SeenDevices::default();
    let facts = (1..).zip(claims()).map(|(n, claim)| {
        let active = standing.get(&n);
        let first = seen.is_first(claim.pool, &claim.new.device);
        Facts {
            pool: active.map_or(Known::Unread, |_| Known::Present(())),
            bound: if bound.contains(&n) { Known::Unread } else { Known::Absent },
            held: if active == Some(&false) && first { Known::Absent } else { Known::Unread },
            ..Facts::default()
        }
    });
    Ok(facts.collect())
}

/// The devices of a batch.
#[derive(Default)]
struct SeenDevices<'j> {
    keys: HashSet<(PoolId, &'j str)>,
    /// The names of devices with EIDs, as keys.
    by_name: HashSet<(PoolId, &'j str)>,
}

impl<'j> SeenDevices<'j> {
    /// Whether no claim before is of a device that may be this one.
    fn is_first(&mut self, pool: PoolId, device: &'j DeviceIdentity) -> bool {
        let key = (pool, device.key().as_str());
        let by_name = device.key_by_name().map(|key| (pool, key.as_str()));
        let known = self.by_name.contains(&key)
            || by_name.is_some_and(|by_name| self.keys.contains(&by_name));
        self.by_name.extend(by_name);
        self.keys.insert(key) && !known
    }
}

/// The claims, by their numbers, whose EIDs have codes that are bound to them. Asks nothing if no device
/// gives its EID.
async fn read_bound(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    claims: &[&Claim],
) -> Result<HashSet<i64>, StoreError> {
    const TEXT: &str = formatcp!(
        "select number
         from @job
         where (select true
                from activation_codes
                where activation_codes.tenant_id = $1 and activation_codes.pool_id = job.in_pool
                  and activation_codes.state = {FREE} and activation_codes.bound_eid is not null
                  and activation_codes.bound_eid = job.eid
                limit 1) is not null"
    );
    let numbered = (1..).zip(claims.iter().copied());
    let given: Vec<(i64, PoolId, &str)> = numbered
        .filter_map(|(number, claim)| Some((number, claim.pool, claim.new.eid()?)))
        .collect();
    if given.is_empty() {
        return Ok(HashSet::new());
    }
    let bound = Statement::new(TEXT, params![tenant]).with(
        "job",
        [
            ("number", Array::Longs(given.iter().map(|(number, ..)| *number).collect())),
            ("in_pool", Array::Ids(given.iter().map(|(_, pool, _)| pool.uuid()).collect())),
            ("eid", Array::Texts(given.iter().map(|(.., eid)| *eid).collect())),
        ],
    );
    let rows: Vec<(i64,)> = transaction.rows(bound).await?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}
