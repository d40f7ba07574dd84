//! `auditEvent` and the types inside it: their tables, and how they are written.

use serde::Serialize;
use serde::ser::SerializeMap;

use super::body::{Moment, Shape, Wire};
use super::model::Input::ReadOnly;
use super::model::{EdmType, ID, Property, StructuredType};
use crate::domain::{
    Activity, AuditChange, AuditEvent, AuditField as F, AuditResource, Table, table,
};

const fn field(field: F, description: &'static str) -> Property {
    Property::field(field.row(), ReadOnly, description)
}

const fn text(name: &'static str, description: &'static str) -> Property {
    Property::read_only(name, EdmType::String, description)
}

table! {
    /// The properties of an audit event.
    pub(super) enum AuditEventProperty: Property {
        Id = ID,
        DisplayName = text("displayName", "The activity, for people."),
        ComponentName = text("componentName", "The program: esimpool."),
        Actor =
            Property::read_only("actor", EdmType::Complex(&AUDIT_ACTOR), "Who made the change."),
        Activity = text("activity", "The activity, for people."),
        ActivityDateTime = field(F::ActivityDateTime, "The time of the activity."),
        ActivityType = field(F::ActivityType, "The activity, for programs."),
        ActivityOperationType = field(F::ActivityOperationType, "Create, Patch, Delete or Action."),
        ActivityResult =
            text(
                "activityResult",
                "Success; Failure of a change that was given up because the database broke off.",
            ),
        CorrelationId = field(F::CorrelationId, "The request-id."),
        Resources = Property::read_only(
            "resources",
            EdmType::Collection(&AUDIT_RESOURCE),
            "The entities that the activity was done to.",
        ),
        Category = field(F::Category, "DeviceConfiguration or Device."),
    }
}

/// `auditEvent`
pub(super) static AUDIT_EVENT: StructuredType = StructuredType::entity(
    "#microsoft.graph.auditEvent",
    "An event of the audit log.",
    AuditEventProperty::ROWS,
);

/// `auditActor`
pub(super) static AUDIT_ACTOR: StructuredType = StructuredType::complex(
    "#microsoft.graph.auditActor",
    "Who made a change.",
    &[
        text("auditActorType", "Application or User."),
        text("applicationId", "The application.").nullable(),
        text("userId", "The user on whose behalf the application acted.").nullable(),
    ],
);

/// `auditResource`
pub(super) static AUDIT_RESOURCE: StructuredType = StructuredType::complex(
    "#microsoft.graph.auditResource",
    "An entity that an activity was done to.",
    &[
        text("displayName", "The entity's name, if it has one.").nullable(),
        text("auditResourceType", "The entity's type."),
        text("resourceId", "The entity's id."),
        Property::read_only(
            "modifiedProperties",
            EdmType::Collection(&AUDIT_PROPERTY),
            "The properties that changed.",
        ),
    ],
);

/// `auditProperty`
pub(super) static AUDIT_PROPERTY: StructuredType = StructuredType::complex(
    "#microsoft.graph.auditProperty",
    "A property before and after a change.",
    &[
        text("displayName", "The property's name."),
        text("oldValue", "The value before the change.").nullable(),
        text("newValue", "The value after the change.").nullable(),
    ],
);

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
    id: uuid::Uuid,
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
        let AuditResource { kind, id, name, changes } = resource;
        let change = |it: &'a AuditChange| Change {
            display_name: &it.property,
            old_value: it.old.as_deref(),
            new_value: it.new.as_deref(),
        };
        Self {
            display_name: name.as_deref(),
            kind,
            id: *id,
            modified_properties: changes.iter().map(change).collect(),
        }
    }
}

impl Wire for AuditEvent {
    const TYPE: &'static StructuredType = &AUDIT_EVENT;

    fn revision(&self) -> Option<i64> {
        None
    }

    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error> {
        use AuditEventProperty as P;

        let Self { id, at, activity, app, user, request, resources, iccid: _, pool: _ } = self;
        let actor = Actor {
            audit_actor_type: if user.is_some() { "User" } else { "Application" },
            application_id: app.as_deref(),
            user_id: user.as_deref(),
        };
        let result = if *activity == Activity::GiveUp { "Failure" } else { "Success" };
        let activity = activity.row();
        let resources: Vec<_> = resources.iter().map(Resource::from).collect();
        shape.entry(map, P::Id, &id.uuid())?;
        shape.entry(map, P::DisplayName, activity.title)?;
        shape.entry(map, P::ComponentName, "esimpool")?;
        shape.entry(map, P::Actor, &actor)?;
        shape.entry(map, P::Activity, activity.title)?;
        shape.entry(map, P::ActivityDateTime, &Moment(*at))?;
        shape.entry(map, P::ActivityType, activity.name)?;
        shape.entry(map, P::ActivityOperationType, activity.operation)?;
        shape.entry(map, P::ActivityResult, result)?;
        shape.entry(map, P::CorrelationId, &request.uuid())?;
        shape.entry(map, P::Resources, &resources)?;
        shape.entry(map, P::Category, activity.category)
    }
}
