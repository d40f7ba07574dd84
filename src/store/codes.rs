//! Codes as they may be seen, and those that are taken back.

use uuid::Uuid;

use super::arguments::args;
use super::change::{Changed, Made};
use super::ledger::{self, CodePlace, Handout, REINSTATED, RELEASED};
use super::listing::Column;
use super::memo::{self, DeviceStateMemo};
use super::pools::lock_pool;
use super::record::record;
use super::sql::Sql;
use super::statement::Statement;
use super::stored::{InPool, Scope, Stored};
use super::work::Work;
use super::{Store, StoreError, device_states};
use crate::auth::{Permit, Read, Write};
use crate::domain::{
    Activity, AuditDraft, ChangeContext, CodeField, CodeState, DeviceState, DeviceStateValue,
    Iccid, Listing, Page, PoolId, PooledCode, Predicate, Release, SmdpAddress, SoughtIccid,
    TenantId, Timestamp, TransitionOutcome,
};

record! {
    pub(super) struct PooledCodeRow {
        id: Uuid,
        ord: i32,
        iccid: String,
        smdp_address: String,
        state: i16,
        state_changed_at: Timestamp,
        device_state_id: Option<Uuid>,
    }
}

impl From<PooledCodeRow> for PooledCode {
    fn from(row: PooledCodeRow) -> Self {
        Self {
            id: row.id.into(),
            position: row.ord,
            iccid: Iccid::stored(row.iccid),
            smdp_address: SmdpAddress::stored(row.smdp_address),
            state: CodeState::numbered(row.state).unwrap_or(CodeState::Quarantined),
            state_changed_at: row.state_changed_at,
            device_state: row.device_state_id.map(Into::into),
        }
    }
}

/// The state of a `code` as it is seen: one that looks free may be known to the ledger, since it was
/// handed out from another pool.
macro_rules! seen_state {
    () => {
        concat!(
            "case when code.state = 0 and ",
            $crate::store::ledger::known!("code.tenant_id", "code.fingerprint"),
            " then cast(9 as smallint) else code.state end"
        )
    };
}
pub(super) use seen_state;

impl Stored for PooledCode {
    type Row = PooledCodeRow;
    const TABLE: &'static str = concat!(
        "(select tenant_id, pool_id, id, ord, iccid, smdp_address, ",
        seen_state!(),
        " as state, state_changed_at,
            (select device_state_id from handouts
             where handouts.tenant_id = code.tenant_id
               and handouts.fingerprint = code.fingerprint
               and handouts.pool_id = code.pool_id
               and handouts.outcome <> 9) as device_state_id
          from activation_codes as code) as code"
    );
    const COLUMNS: &'static str =
        "id, ord, iccid, smdp_address, state, state_changed_at, device_state_id";
}

impl InPool for PooledCode {}

impl Column for CodeField {
    fn column(self) -> &'static str {
        match self {
            Self::Position => "ord",
            Self::Id => "id",
            Self::Iccid => "iccid",
            Self::SmdpAddress => "smdp_address",
            Self::State => "state",
            Self::StateChangedDateTime => "state_changed_at",
        }
    }

    fn folded(self) -> Option<&'static str> {
        None
    }
}

record! {
    /// A code that somebody names, as far as it takes to move it.
    struct NamedRow {
        id: Uuid,
        ord: i32,
        fingerprint: Vec<u8>,
        state: i16,
    }
}

impl Store {
    /// A page of a pool's codes, or `None` if this tenant has no such pool.
    pub async fn codes(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        listing: &Listing<CodeField>,
    ) -> Result<Option<Page<PooledCode>>, StoreError> {
        self.page_in_pool(permit, pool, listing).await
    }

    /// How many of a pool's codes a condition lets through; `None` without the pool.
    pub async fn count_codes(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        filter: &Predicate<CodeField>,
    ) -> Result<Option<i64>, StoreError> {
        self.count_in_pool::<PooledCode>(permit, pool, filter).await
    }

    /// Takes back a claim that is still installing. Its code goes to quarantine: the device knows
    /// the secret.
    pub async fn release(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        which: Release,
        context: ChangeContext,
    ) -> Result<TransitionOutcome<DeviceState>, StoreError> {
        let tenant = permit.tenant();
        let made = self.change(permit, context, move |work| {
            Box::pin(async move { release(work, tenant, pool, &which, context.at).await })
        });
        match made.await? {
            Made::Now(taken_back) => Ok(taken_back),
            Made::Before(memo) => memo::read::<DeviceStateMemo>(&memo)
                .map(|memo| TransitionOutcome::Done(memo.into())),
        }
    }

    /// Makes a quarantined code free again.
    pub async fn reinstate(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        iccid: SoughtIccid,
        context: ChangeContext,
    ) -> Result<TransitionOutcome<PooledCode>, StoreError> {
        let tenant = permit.tenant();
        let made = self.change(permit, context, move |work| {
            Box::pin(async move { reinstate(work, tenant, pool, &iccid, context.at).await })
        });
        match made.await? {
            Made::Now(taken_back) => Ok(taken_back),
            Made::Before(memo) => {
                // What the code was then follows from what was done to it.
                let memo: memo::Made = memo::read(&memo)?;
                let scope = Scope { tenant, pool: Some(pool) };
                let found: Option<PooledCode> = self.find(scope, memo.id).await?;
                Ok(found.map_or(TransitionOutcome::NotFound, |code| {
                    TransitionOutcome::Done(freed(code, Timestamp::from_micros(memo.at)))
                }))
            }
        }
    }
}

/// A code from the moment on that it was put back.
fn freed(code: PooledCode, at: Timestamp) -> PooledCode {
    PooledCode { state: CodeState::Free, state_changed_at: at, device_state: None, ..code }
}

async fn release(
    work: &mut Work<'_>,
    tenant: TenantId,
    pool: PoolId,
    which: &Release,
    at: Timestamp,
) -> Result<Changed<TransitionOutcome<DeviceState>>, StoreError> {
    let installing = DeviceStateValue::Installing;
    let id = match which {
        Release::Of(id) => id.uuid(),
        Release::Iccid(iccid) => {
            // Without a lock: whoever moves a device state holds that before its code.
            let state = CodeState::HandedOut(installing);
            let Some(code) = named(work, tenant, pool, iccid, state).await? else {
                return Ok(Changed::No(TransitionOutcome::NotFound));
            };
            let entry = ledger::entry_of_code(work, tenant, code.fingerprint).await?;
            let here =
                |entry: &Handout| entry.code_id == code.id && entry.outcome == installing.number();
            let Some(entry) = entry.filter(here) else {
                return Ok(Changed::No(TransitionOutcome::StateConflict));
            };
            entry.device_state_id
        }
    };
    let Some((state, handout)) = device_states::hold(work, tenant, pool, id).await? else {
        return Ok(Changed::No(TransitionOutcome::NotFound));
    };
    let entry = match handout {
        Some(handout) => ledger::entry(work, tenant, handout.into()).await?,
        None => None,
    };
    let entry = entry.filter(|entry| entry.outcome == installing.number());
    let Some(entry) = entry.filter(|_| state.details.state == installing) else {
        return Ok(Changed::No(TransitionOutcome::StateConflict));
    };
    ledger::conclude(work, tenant, entry.id, RELEASED, at).await?;
    ledger::move_code(work, tenant, entry.code(), CodeState::Quarantined, at).await?;
    let mut details = state.details.clone();
    details.state = DeviceStateValue::Deleted;
    let released = state.changed(details, at);
    let mut update = Sql::new(work.dialect(), "", []);
    device_states::update(&mut update, tenant, &[(pool, &released)]);
    work.run(update.finish()).await?;
    let audit = AuditDraft::new(Activity::Release)
        .on("embeddedSIMActivationCodePool", pool.uuid(), None)
        .on("embeddedSIMActivationCode", entry.code_id, None)
        .with(
            "state",
            Some(name(CodeState::HandedOut(installing))),
            Some(name(CodeState::Quarantined)),
        )
        .on("embeddedSIMDeviceState", id, released.details.device_name.as_deref());
    let memo = memo::write(&DeviceStateMemo::from(&released));
    Ok(Changed::Yes { value: TransitionOutcome::Done(released), audit, memo })
}

async fn reinstate(
    work: &mut Work<'_>,
    tenant: TenantId,
    pool: PoolId,
    iccid: &SoughtIccid,
    at: Timestamp,
) -> Result<Changed<TransitionOutcome<PooledCode>>, StoreError> {
    if !lock_pool(work, tenant, pool).await? {
        return Ok(Changed::No(TransitionOutcome::NotFound));
    }
    let Some(code) = named(work, tenant, pool, iccid, CodeState::Quarantined).await? else {
        return Ok(Changed::No(TransitionOutcome::NotFound));
    };
    // It may have been released in another pool, or in one that is gone.
    let was = match CodeState::numbered(code.state) {
        Some(CodeState::Free) | None => CodeState::HandedOutElsewhere,
        Some(state) => state,
    };
    match ledger::entry_of_code(work, tenant, code.fingerprint).await? {
        Some(entry) if i32::from(entry.outcome) == RELEASED => {
            ledger::conclude(work, tenant, entry.id, REINSTATED, at).await?;
        }
        // It has been put back in another pool.
        None if code.state != CodeState::Free.number() => {}
        Some(_) | None => return Ok(Changed::No(TransitionOutcome::StateConflict)),
    }
    let place = CodePlace { pool, ord: code.ord, id: code.id };
    ledger::move_code(work, tenant, place, CodeState::Free, at).await?;
    let scope = Scope { tenant, pool: Some(pool) };
    let found = work.row::<PooledCodeRow>(scope.find::<PooledCode>(code.id, work.dialect()));
    let Some(found) = found.await?.map(PooledCode::from) else {
        return Ok(Changed::No(TransitionOutcome::NotFound));
    };
    let audit = AuditDraft::new(Activity::Reinstate)
        .on("embeddedSIMActivationCodePool", pool.uuid(), None)
        .on("embeddedSIMActivationCode", code.id, Some(found.iccid.as_str()))
        .with("state", Some(name(was)), Some(name(CodeState::Free)));
    let memo = memo::write(&memo::Made { id: code.id, at: at.micros() });
    Ok(Changed::Yes { value: TransitionOutcome::Done(found), audit, memo })
}

fn name(state: CodeState) -> String {
    state.name().to_owned()
}

/// The code of that ICCID, letter by letter if there is one: one in that state, if there are several.
async fn named(
    work: &mut Work<'_>,
    tenant: TenantId,
    pool: PoolId,
    iccid: &SoughtIccid,
    state: CodeState,
) -> Result<Option<NamedRow>, StoreError> {
    for text in iccid.texts() {
        let code = Statement::new(
            "select id, ord, fingerprint, state from activation_codes
             where tenant_id = $1 and pool_id = $2 and iccid = $3
             order by state <> $4, state desc, ord limit 1",
            args![tenant, pool, text, i32::from(state.number())],
        );
        if let Some(row) = work.row(code).await? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
