//! `auditEvent` on the wire.

use serde::Serialize;
use serde::ser::SerializeMap;

use super::body::{Printed, Shape, Wire};
use super::model::{AUDIT_EVENT, StructuredType};
use crate::domain::{AuditChange, AuditEvent, AuditResource};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Actor<'a> {
    audit_actor_type: &'static str,
    application_id: Option<&'a str>,
    user_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    display_name: Option<&'a str>,
    #[serde(rename = "auditResourceType")]
    kind: &'a str,
    #[serde(rename = "resourceId")]
    id: Printed<uuid::Uuid>,
    modified_properties: Vec<Change<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    display_name: &'a str,
    old_value: Option<&'a str>,
    new_value: Option<&'a str>,
}

impl<'a> From<&'a AuditResource> for Resource<'a> {
    fn from(resource: &'a AuditResource) -> Self {
        let change = |it: &'a AuditChange| Change {
            display_name: &it.property,
            old_value: it.old.as_deref(),
            new_value: it.new.as_deref(),
        };
        Self {
            display_name: resource.name.as_deref(),
            kind: &resource.kind,
            id: Printed(resource.id),
            modified_properties: resource.changes.iter().map(change).collect(),
        }
    }
}

impl Wire for AuditEvent {
    const TYPE: &'static StructuredType = &AUDIT_EVENT;
    const TAG: &'static str = "#microsoft.graph.auditEvent";

    fn revision(&self) -> Option<i64> {
        None
    }

    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error> {
        let actor = Actor {
            audit_actor_type: if self.user.is_some() { "User" } else { "Application" },
            application_id: self.app.as_deref(),
            user_id: self.user.as_deref(),
        };
        let resources: Vec<_> = self.resources.iter().map(Resource::from).collect();
        shape.entry(map, "id", &Printed(self.id))?;
        shape.entry(map, "displayName", self.activity.title())?;
        shape.entry(map, "componentName", "esimpool")?;
        shape.entry(map, "actor", &actor)?;
        shape.entry(map, "activity", self.activity.title())?;
        shape.entry(map, "activityDateTime", &Printed(self.at))?;
        shape.entry(map, "activityType", self.activity.name())?;
        shape.entry(map, "activityOperationType", self.activity.operation())?;
        shape.entry(map, "activityResult", "Success")?;
        shape.entry(map, "correlationId", &Printed(self.request))?;
        shape.entry(map, "resources", &resources)?;
        shape.entry(map, "category", self.activity.category())
    }
}
