//! The audit log.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::arguments::{Values, args};
use super::listing::Column;
use super::record::record;
use super::sql::Sql;
use super::statement::Statement;
use super::stored::{Scope, Stored};
use super::{Store, StoreError};
use crate::auth::{Access, Permit, Read};
use crate::domain::{
    Activity, AuditChange, AuditDraft, AuditEvent, AuditField, AuditResource, ChangeContext,
    EventId, Listing, Page, Predicate, RequestId, TenantId, Timestamp,
};

/// An entry of the log before it is known what it says: who, when, and on which request.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    tenant: TenantId,
    context: ChangeContext,
    app: Option<String>,
    user: Option<String>,
    request: RequestId,
}

/// A resource as it is kept.
#[derive(Deserialize, Serialize)]
struct Resource {
    kind: String,
    id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<(String, Option<String>, Option<String>)>,
}

impl Entry {
    pub(super) fn new<A: Access>(permit: &Permit<A>, context: ChangeContext) -> Self {
        let principal = permit.caller().principal();
        Self {
            tenant: permit.tenant(),
            context,
            app: Some(principal.app().to_owned()),
            user: principal.user().map(str::to_owned),
            request: permit.request_id(),
        }
    }

    pub(super) fn at(&self) -> Timestamp {
        self.context.at
    }
}

/// Writes the insert of entries of one tenant.
pub(super) fn insert(sql: &mut Sql, all: &[(&Entry, &AuditDraft)]) {
    let Some((Entry { tenant, .. }, _)) = all.first() else { return };
    let resources: Vec<_> = all.iter().map(|(_, audit)| Resource::all_of(audit)).collect();
    let entries = || all.iter().map(|(entry, _)| *entry);
    let activities = || all.iter().map(|(_, audit)| audit.activity);
    sql.push(
        "insert into audit_events
           (tenant_id, id, at, activity, operation, category, app_id, user_id, request_id,
            resources)
         select ",
    );
    sql.arg(*tenant);
    sql.push(
        ", id, at, activity, operation, category, app_id, user_id, request_id, resources
         from ",
    );
    sql.relation(
        "entry",
        &[
            ("id", Values::Ids(entries().map(|entry| entry.context.event.uuid()).collect())),
            ("at", Values::Moments(entries().map(|entry| entry.context.at).collect())),
            ("activity", Values::Texts(activities().map(Activity::name).collect())),
            ("operation", Values::Texts(activities().map(Activity::operation).collect())),
            ("category", Values::Texts(activities().map(Activity::category).collect())),
            (
                "app_id",
                Values::OptionalTexts(entries().map(|entry| entry.app.as_deref()).collect()),
            ),
            (
                "user_id",
                Values::OptionalTexts(entries().map(|entry| entry.user.as_deref()).collect()),
            ),
            ("request_id", Values::Ids(entries().map(|entry| entry.request.uuid()).collect())),
            ("resources", Values::Texts(resources.iter().map(String::as_str).collect())),
        ],
    );
}

impl Resource {
    /// What an entry says of all of them.
    fn all_of(audit: &AuditDraft) -> String {
        let resources: Vec<_> = audit.resources.iter().map(Self::of).collect();
        serde_json::to_string(&resources).expect("texts can be written as JSON")
    }

    fn of(resource: &AuditResource) -> Self {
        let change = |it: &AuditChange| (it.property.to_string(), it.old.clone(), it.new.clone());
        Self {
            kind: resource.kind.to_string(),
            id: resource.id,
            name: resource.name.clone(),
            changes: resource.changes.iter().map(change).collect(),
        }
    }
}

impl From<Resource> for AuditResource {
    fn from(kept: Resource) -> Self {
        let change = |(property, old, new): (String, Option<String>, Option<String>)| AuditChange {
            property: property.into(),
            old,
            new,
        };
        Self {
            kind: kept.kind.into(),
            id: kept.id,
            name: kept.name,
            changes: kept.changes.into_iter().map(change).collect(),
        }
    }
}

record! {
    pub(super) struct EventRow {
        id: Uuid,
        at: Timestamp,
        activity: String,
        app_id: Option<String>,
        user_id: Option<String>,
        request_id: Uuid,
        resources: String,
    }
}

impl From<EventRow> for AuditEvent {
    fn from(row: EventRow) -> Self {
        let resources: Vec<Resource> = serde_json::from_str(&row.resources).unwrap_or_default();
        Self {
            id: row.id.into(),
            at: row.at,
            // A newer program may know more of them.
            activity: Activity::named(&row.activity).unwrap_or(Activity::Other),
            app: row.app_id,
            user: row.user_id,
            request: row.request_id.into(),
            resources: resources.into_iter().map(AuditResource::from).collect(),
        }
    }
}

impl Stored for AuditEvent {
    type Row = EventRow;
    const TABLE: &'static str = "audit_events";
    const COLUMNS: &'static str = "id, at, activity, app_id, user_id, request_id, resources";
}

impl Column for AuditField {
    fn column(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::ActivityDateTime => "at",
            Self::ActivityType => "activity",
            Self::ActivityOperationType => "operation",
            Self::Category => "category",
            Self::ApplicationId => "app_id",
            Self::UserId => "user_id",
            Self::CorrelationId => "request_id",
        }
    }

    fn folded(self) -> Option<&'static str> {
        None
    }
}

impl Store {
    /// A page of the tenant's audit log.
    pub async fn audit_events(
        &self,
        permit: &Permit<Read>,
        listing: &Listing<AuditField>,
    ) -> Result<Page<AuditEvent>, StoreError> {
        self.page(Scope { tenant: permit.tenant(), pool: None }, listing).await
    }

    /// How many entries of the tenant's audit log a condition lets through.
    pub async fn count_audit_events(
        &self,
        permit: &Permit<Read>,
        filter: &Predicate<AuditField>,
    ) -> Result<i64, StoreError> {
        self.count::<AuditEvent>(Scope { tenant: permit.tenant(), pool: None }, filter).await
    }

    /// The entry, or `None` if this tenant has none by that id.
    pub async fn audit_event(
        &self,
        permit: &Permit<Read>,
        id: EventId,
    ) -> Result<Option<AuditEvent>, StoreError> {
        self.find(Scope { tenant: permit.tenant(), pool: None }, id.uuid()).await
    }

    /// Forgets what is older: entries of the log from before `entries`, keys from before `keys`. A
    /// transaction a tenant. Not a change of anybody's: the service's own housekeeping.
    pub async fn forget(
        &self,
        entries: Option<Timestamp>,
        keys: Timestamp,
    ) -> Result<(), StoreError> {
        let tenants = Statement::new("select distinct tenant_id from tenant_keys", args![]);
        let tenants: Vec<(Uuid,)> = self.0.engine.read(tenants).await?;
        for (tenant,) in tenants {
            let mut old =
                vec![(keys, "delete from idempotency_keys where tenant_id = $1 and at < $2")];
            old.extend(
                entries.map(|at| (at, "delete from audit_events where tenant_id = $1 and at < $2")),
            );
            for (before, delete) in old {
                let delete = Statement::new(delete, args![tenant, before]);
                let delete = delete.encode(self.0.engine.dialect())?;
                self.0.engine.apply(vec![delete]).await?;
            }
        }
        Ok(())
    }
}
