//! Writing the audit log.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::auth::{Access, Permit};
use crate::domain::{
    Activity, AuditChange, AuditDraft, AuditResource, ChangeContext, EventId, RequestId, TenantId,
    Timestamp,
};
use crate::store::db::{Array, Statement, params};

/// The application of entries about commands that work on the database.
const COMMAND: &str = "esimpool (command line)";

const POOL: &str = "embeddedSIMActivationCodePool";

/// Who makes a change, when, and by which request: an entry of the audit log without what it says.
#[derive(Clone, Debug)]
pub(in crate::store) struct AuditEntry {
    tenant: TenantId,
    context: ChangeContext,
    app: String,
    user: Option<String>,
    request: RequestId,
}

impl AuditEntry {
    pub(in crate::store) fn new<A: Access>(permit: &Permit<A>, context: ChangeContext) -> Self {
        let principal = permit.caller().principal();
        Self {
            tenant: permit.tenant(),
            context,
            app: principal.app().to_owned(),
            user: principal.user().map(str::to_owned),
            request: permit.request_id(),
        }
    }

    /// An entry about what an operator does to the database by a command of the program.
    pub(in crate::store) fn of_command(
        tenant: TenantId,
        context: ChangeContext,
        request: RequestId,
    ) -> Self {
        Self { tenant, context, app: COMMAND.to_owned(), user: None, request }
    }

    pub(in crate::store) fn at(&self) -> Timestamp {
        self.context.at
    }

    pub(in crate::store) fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub(in crate::store) fn event(&self) -> EventId {
        self.context.event
    }

    pub(in crate::store) fn request(&self) -> RequestId {
        self.request
    }
}

/// The resources of an entry, as they are stored: serialised.
pub(super) struct Resources(Vec<String>);

impl Resources {
    pub(super) fn of<'d>(drafts: impl Iterator<Item = &'d AuditDraft>) -> Self {
        let stored = |draft: &AuditDraft| {
            let resources: Vec<_> = draft.resources.iter().map(StoredResource::from).collect();
            serde_json::to_string(&resources).expect("strings have a JSON form")
        };
        Self(drafts.map(stored).collect())
    }
}

/// The insert of entries of one tenant.
pub(super) fn insert<'v>(
    entries: &'v [(&AuditEntry, &AuditDraft)],
    Resources(resources): &'v Resources,
) -> Option<Statement<'v>> {
    let tenant = entries.first()?.0.tenant;
    let by = || entries.iter().map(|(entry, _)| *entry);
    let drafts = || entries.iter().map(|(_, draft)| *draft);
    let activities = || entries.iter().map(|(_, draft)| draft.activity);
    Some(
        Statement::new(
            "insert into audit_events
               (tenant_id, id, at, activity, operation, category, app_id, user_id, request_id,
                resources, pool_id, iccid)
             select @tenant, id, at, activity, operation, category, app_id, user_id, request_id,
                    resources, pool_id,
                    coalesce(of_code,
                             (select iccid
                              from handouts
                              where handouts.tenant_id = $1
                                and handouts.id = (select handout_id
                                                   from device_states
                                                   where device_states.tenant_id = $1
                                                     and device_states.pool_id = of_pool
                                                     and device_states.id = of_device_state)))
             from @entry",
            params![tenant],
        )
        .with(
            "entry",
            [
                ("id", Array::Ids(by().map(|entry| entry.context.event.uuid()).collect())),
                ("at", Array::Timestamps(by().map(|entry| entry.context.at).collect())),
                ("activity", Array::Texts(activities().map(Activity::name).collect())),
                ("operation", Array::Texts(activities().map(Activity::operation).collect())),
                ("category", Array::Texts(activities().map(Activity::category).collect())),
                ("app_id", Array::Texts(by().map(|entry| entry.app.as_str()).collect())),
                ("user_id", Array::OptionalTexts(by().map(|it| it.user.as_deref()).collect())),
                ("request_id", Array::Ids(by().map(|entry| entry.request.uuid()).collect())),
                ("resources", Array::Texts(resources.iter().map(String::as_str).collect())),
                ("pool_id", Array::OptionalIds(drafts().map(|it| id_of(it, POOL)).collect())),
                ("of_code", Array::OptionalTexts(drafts().map(only_code).collect())),
                ("of_pool", Array::OptionalIds(drafts().map(|it| device_state(it).0).collect())),
                (
                    "of_device_state",
                    Array::OptionalIds(drafts().map(|it| device_state(it).1).collect()),
                ),
            ],
        ),
    )
}

/// The insert of what entries of one tenant say of several codes at once.
pub(super) fn insert_codes<'v>(entries: &'v [(&AuditEntry, &AuditDraft)]) -> Option<Statement<'v>> {
    let tenant = entries.first()?.0.tenant;
    let several = entries.iter().filter(|(_, draft)| codes(draft).nth(1).is_some());
    let mut rows: Vec<_> = several
        .flat_map(|(entry, draft)| codes(draft).map(|iccid| (iccid, entry.context.event.uuid())))
        .collect();
    rows.sort_unstable();
    rows.dedup();
    (!rows.is_empty()).then(|| {
        Statement::new(
            "insert into audit_codes (tenant_id, iccid, event_id)
             select @tenant, iccid, event_id from @code",
            params![tenant],
        )
        .with(
            "code",
            [
                ("iccid", Array::Texts(rows.iter().map(|(iccid, _)| *iccid).collect())),
                ("event_id", Array::Ids(rows.iter().map(|(_, event)| *event).collect())),
            ],
        )
    })
}

/// The ICCIDs of the codes that something was done to.
fn codes(draft: &AuditDraft) -> impl Iterator<Item = &str> {
    let codes = draft.resources.iter().filter(|it| it.kind == "embeddedSIMActivationCode");
    codes.filter_map(|it| it.name.as_deref())
}

/// The ICCID of the only code that something was done to.
fn only_code(draft: &AuditDraft) -> Option<&str> {
    let mut codes = codes(draft);
    codes.next().filter(|_| codes.next().is_none())
}

/// The pool and the id of the device state that was updated: its code is looked up.
fn device_state(draft: &AuditDraft) -> (Option<Uuid>, Option<Uuid>) {
    let of = |kind| id_of(draft, kind).filter(|_| draft.activity == Activity::UpdateDeviceState);
    (of(POOL), of("embeddedSIMDeviceState"))
}

/// The id of the first entity of that type that something was done to.
fn id_of(draft: &AuditDraft, kind: &str) -> Option<Uuid> {
    draft.resources.iter().find(|it| it.kind == kind).map(|it| it.id)
}

/// A resource as it is stored.
#[derive(Deserialize, Serialize)]
pub(in crate::store) struct StoredResource {
    kind: String,
    id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Property, old value, new value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<(String, Option<String>, Option<String>)>,
}

impl From<&AuditResource> for StoredResource {
    fn from(resource: &AuditResource) -> Self {
        let change = |it: &AuditChange| (it.property.to_string(), it.old.clone(), it.new.clone());
        Self {
            kind: resource.kind.to_string(),
            id: resource.id,
            name: resource.name.clone(),
            changes: resource.changes.iter().map(change).collect(),
        }
    }
}

impl From<StoredResource> for AuditResource {
    fn from(stored: StoredResource) -> Self {
        let change = |(property, old, new): (String, Option<String>, Option<String>)| AuditChange {
            property: property.into(),
            old,
            new,
        };
        Self {
            kind: stored.kind.into(),
            id: stored.id,
            name: stored.name,
            changes: stored.changes.into_iter().map(change).collect(),
        }
    }
}
