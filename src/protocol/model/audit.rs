//! The audit log's types, after the reference.

use super::entities::property;
use super::{Edm, Given, Namespace, Property, StructuredType};

const fn text(name: &'static str, nullable: bool, what: &'static str) -> Property {
    property(name, Edm::String, nullable, Given::ByService, what)
}

const fn complex(
    name: &'static str,
    what: &'static str,
    properties: &'static [Property],
) -> StructuredType {
    StructuredType {
        namespace: Namespace::Graph,
        name,
        base: None,
        entity: false,
        is_abstract: false,
        what,
        properties,
        navigation: &[],
    }
}

/// `auditEvent`
pub static AUDIT_EVENT: StructuredType = StructuredType {
    namespace: Namespace::Graph,
    name: "auditEvent",
    base: Some("entity"),
    entity: true,
    is_abstract: false,
    what: "An entry of the audit log.",
    properties: &[
        text("displayName", false, "What was done, for people."),
        text("componentName", false, "What it was done with: esimpool."),
        property("actor", Edm::Complex(&AUDIT_ACTOR), false, Given::ByService, "Who did it."),
        text("activity", false, "What was done, for people."),
        property(
            "activityDateTime",
            Edm::DateTimeOffset,
            false,
            Given::ByService,
            "When it was done.",
        ),
        text("activityType", false, "What was done, for machines."),
        text("activityOperationType", false, "Create, Patch, Delete or Action."),
        text("activityResult", false, "Success: what fails changes nothing."),
        property("correlationId", Edm::Guid, false, Given::ByService, "The request-id."),
        property(
            "resources",
            Edm::Collection(&AUDIT_RESOURCE),
            false,
            Given::ByService,
            "What it was done to.",
        ),
        text("category", false, "DeviceConfiguration or Device."),
    ],
    navigation: &[],
};

/// `auditActor`
pub static AUDIT_ACTOR: StructuredType = complex(
    "auditActor",
    "Who did something.",
    &[
        text("auditActorType", false, "Application or User."),
        text("applicationId", true, "The application."),
        text("userId", true, "The user on whose behalf it acted."),
    ],
);

/// `auditResource`
pub static AUDIT_RESOURCE: StructuredType = complex(
    "auditResource",
    "What something was done to.",
    &[
        text("displayName", true, "Its name, where it has one."),
        text("auditResourceType", false, "Its type."),
        text("resourceId", false, "Its id."),
        property(
            "modifiedProperties",
            Edm::Collection(&AUDIT_PROPERTY),
            false,
            Given::ByService,
            "What about it changed.",
        ),
    ],
);

/// `auditProperty`
pub static AUDIT_PROPERTY: StructuredType = complex(
    "auditProperty",
    "A property before and after.",
    &[
        text("displayName", false, "Its name."),
        text("oldValue", true, "What it was."),
        text("newValue", true, "What it is."),
    ],
);
