//! Reading the audit log.

use uuid::Uuid;

use super::db::row;
use super::entity::{Entity, Scope};
use super::error::StoreError;
use super::handle::Store;
use super::listing::{Exact, FilterColumn};
use super::write::StoredResource;
use crate::auth::{Permit, ReadAudit};
use crate::domain::{
    Activity, AuditEvent, AuditField, AuditResource, EventId, Listing, Page, Predicate, Timestamp,
    Value,
};

row! {
    pub(super) struct EventRow {
        id: Uuid,
        at: Timestamp,
        activity: String,
        app_id: Option<String>,
        user_id: Option<String>,
        request_id: Uuid,
        resources: String,
        iccid: Option<String>,
        pool_id: Option<Uuid>,
    }
}

impl From<EventRow> for AuditEvent {
    fn from(row: EventRow) -> Self {
        let resources: Vec<StoredResource> =
            serde_json::from_str(&row.resources).unwrap_or_default();
        Self {
            id: row.id.into(),
            at: row.at,
            // A newer program may have more activities.
            activity: Activity::named(&row.activity).unwrap_or(Activity::Other),
            app: row.app_id,
            user: row.user_id,
            request: row.request_id.into(),
            resources: resources.into_iter().map(AuditResource::from).collect(),
            iccid: row.iccid,
            pool: row.pool_id,
        }
    }
}

impl Entity for AuditEvent {
    type Row = EventRow;
    const TABLE: &'static str = "audit_events";
}

impl FilterColumn for AuditField {
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
            Self::Iccid => "iccid",
            Self::PoolId => "pool_id",
        }
    }

    fn folded(self) -> Option<&'static str> {
        None
    }

    fn exact(self, value: &Value) -> Option<Exact> {
        // A condition that the import is known would make Postgres choose the index of imports.
        const OF_CODE: &str = "id in
            (select id from audit_events where tenant_id = $1 and iccid = @
             union all
             select event_id from audit_codes where tenant_id = $1 and iccid = @
             union all
             select coalesce(import_id, id) from activation_codes where tenant_id = $1 and iccid = @)";

        (self == Self::Iccid).then(|| Exact {
            sql: OF_CODE,
            value: value.clone(),
            and_column: false,
        })
    }
}

impl Store {
    /// A page of the tenant's audit log.
    pub async fn audit_events(
        &self,
        permit: &Permit<ReadAudit>,
        listing: &Listing<AuditField>,
    ) -> Result<Page<AuditEvent>, StoreError> {
        self.page(Scope::tenant(permit.tenant()), listing).await
    }

    /// How many entries of the tenant's audit log satisfy a condition.
    pub async fn count_audit_events(
        &self,
        permit: &Permit<ReadAudit>,
        filter: &Predicate<AuditField>,
    ) -> Result<i64, StoreError> {
        self.count::<AuditEvent>(Scope::tenant(permit.tenant()), filter).await
    }

    /// The entry, or `None` if this tenant has none of that id.
    pub async fn audit_event(
        &self,
        permit: &Permit<ReadAudit>,
        id: EventId,
    ) -> Result<Option<AuditEvent>, StoreError> {
        self.find(Scope::tenant(permit.tenant()), id.uuid()).await
    }
}
