//! `embeddedSIMActivationCodePoolAssignment` on the wire.

use serde::Serialize;
use serde::de::MapAccess;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};

use super::body::{Printed, Shape, Wire};
use super::json::{FromJson, Known, Object, Properties, Slot, read};
use super::model::{ASSIGNMENT, Namespace, StructuredType, TARGET, TARGETS};
use super::openapi::schema::{to_create, to_update};
use crate::domain::{Assignment, Audience, DeviceFilter, Invalid, Rules, Target, TargetId};

/// An assignment as clients send it.
#[derive(Default)]
struct AssignmentProperties {
    id: Slot<Option<String>>,
    target: Slot<Object<TargetProperties>>,
}

/// A target of any kind.
#[derive(Default)]
struct TargetProperties {
    odata_type: Slot<String>,
    filter_id: Slot<Option<String>>,
    filter_type: Slot<String>,
    group_id: Slot<Option<String>>,
    collection_id: Slot<Option<String>>,
}

/// The most assignments of one pool.
const MOST: usize = 1000;

/// The body of `assign`.
#[derive(Default)]
struct AssignProperties {
    assignments: Slot<Vec<Object<AssignmentProperties>>>,
}

impl Properties for AssignmentProperties {
    fn odata_type() -> &'static StructuredType {
        &ASSIGNMENT
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Known, A::Error> {
        match name {
            "id" => self.id.read(map),
            "target" => self.target.read(map),
            _ => Ok(Known::No),
        }
    }
}

impl Properties for TargetProperties {
    fn odata_type() -> &'static StructuredType {
        &TARGET
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Known, A::Error> {
        match name {
            "@odata.type" => self.odata_type.read(map),
            "deviceAndAppManagementAssignmentFilterId" => self.filter_id.read(map),
            "deviceAndAppManagementAssignmentFilterType" => self.filter_type.read(map),
            "groupId" => self.group_id.read(map),
            "collectionId" => self.collection_id.read(map),
            _ => Ok(Known::No),
        }
    }
}

/// Not a type of the reference: the parameters of an action.
static ASSIGN: StructuredType = StructuredType {
    namespace: Namespace::Graph,
    name: "assign",
    base: None,
    entity: false,
    is_abstract: false,
    what: "The assignments that a pool is to have from now on.",
    properties: &[],
    navigation: &[],
};

impl Properties for AssignProperties {
    fn odata_type() -> &'static StructuredType {
        &ASSIGN
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Known, A::Error> {
        match name {
            "assignments" => self.assignments.read(map),
            _ => Ok(Known::No),
        }
    }
}

impl TargetProperties {
    fn into_target(self, rules: &Rules) -> Result<Target, Invalid> {
        const TYPE: &str = "@odata.type";
        const GROUP: &str = "groupId";
        const COLLECTION: &str = "collectionId";

        let kinds = TARGETS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
        let sent = self.odata_type.required(TYPE).map_err(|_| {
            Invalid::new(
                TYPE,
                format!("is required: one of {kinds}, with microsoft.graph. before it"),
            )
        })?;
        // Both spellings occur: with '#' and without.
        let kind = sent.strip_prefix('#').unwrap_or(&sent).strip_prefix("microsoft.graph.");
        let group = self.group_id.sent().flatten();
        let collection = self.collection_id.sent().flatten();
        let id = |name: &str, id: Option<String>| {
            let id = id.ok_or_else(|| Invalid::new(name, "is required by this kind of target"))?;
            TargetId::parse(name, id, rules.text_length)
        };
        let only = |wanted: &[&str]| {
            let stray = [(GROUP, &group), (COLLECTION, &collection)];
            let stray = stray.iter().find(|(name, id)| id.is_some() && !wanted.contains(name));
            stray.map_or(Ok(()), |(name, _)| {
                Err(Invalid::new(*name, "does not belong to this kind of target"))
            })
        };
        let audience = match kind {
            Some("allDevicesAssignmentTarget") => {
                only(&[])?;
                Audience::AllDevices
            }
            Some("allLicensedUsersAssignmentTarget") => {
                only(&[])?;
                Audience::AllLicensedUsers
            }
            Some("groupAssignmentTarget") => {
                only(&[GROUP])?;
                Audience::Group(id(GROUP, group)?)
            }
            Some("exclusionGroupAssignmentTarget") => {
                only(&[GROUP])?;
                Audience::ExclusionGroup(id(GROUP, group)?)
            }
            Some("configurationManagerCollectionAssignmentTarget") => {
                only(&[COLLECTION])?;
                Audience::ConfigurationManagerCollection(id(COLLECTION, collection)?)
            }
            _ => {
                let reason = format!("must be one of {kinds}, with microsoft.graph. before it");
                return Err(Invalid::new(TYPE, reason));
            }
        };
        let kind = self.filter_type.sent();
        let filter = device_filter(self.filter_id.sent().flatten(), kind.as_deref(), rules)?;
        Ok(Target { audience, filter })
    }
}

fn device_filter(
    id: Option<String>,
    kind: Option<&str>,
    rules: &Rules,
) -> Result<DeviceFilter, Invalid> {
    const ID: &str = "deviceAndAppManagementAssignmentFilterId";
    const TYPE: &str = "deviceAndAppManagementAssignmentFilterType";

    let id = id.map(|id| TargetId::parse(ID, id, rules.text_length)).transpose()?;
    match (kind.unwrap_or("none"), id) {
        ("none", None) => Ok(DeviceFilter::None),
        ("include", Some(id)) => Ok(DeviceFilter::Include(id)),
        ("exclude", Some(id)) => Ok(DeviceFilter::Exclude(id)),
        ("none", Some(_)) => {
            Err(Invalid::new(TYPE, "must be include or exclude, since there is a filter"))
        }
        ("include" | "exclude", None) => {
            Err(Invalid::new(ID, "is required by this type of filter"))
        }
        _ => Err(Invalid::new(TYPE, format!("must be one of {}", DeviceFilter::NAMES.join(", ")))),
    }
}

impl AssignmentProperties {
    fn into_target(self, rules: &Rules) -> Result<Target, Invalid> {
        let Object(target) = self.target.required("target")?;
        target.into_target(rules).map_err(|invalid| invalid.within("target"))
    }
}

/// The target of an assignment that a client sends.
#[derive(Debug)]
pub struct AssignmentDraft(pub Target);

/// What a PATCH asks of an assignment: another target, or nothing.
#[derive(Debug)]
pub struct AssignmentChange(pub Option<Target>);

/// The targets of an `assign`, in the order sent.
#[derive(Debug)]
pub struct AssignDraft(pub Vec<Target>);

impl FromJson for AssignmentDraft {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(assignment) = read::<Object<AssignmentProperties>>(json, rules)?;
        assignment.into_target(rules).map(Self)
    }

    fn schema() -> Value {
        to_create(&ASSIGNMENT)
    }
}

impl FromJson for AssignmentChange {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(assignment) = read::<Object<AssignmentProperties>>(json, rules)?;
        let target = assignment.target.sent().map(|Object(target)| {
            target.into_target(rules).map_err(|invalid| invalid.within("target"))
        });
        target.transpose().map(Self)
    }

    fn schema() -> Value {
        to_update(&ASSIGNMENT)
    }
}

impl FromJson for AssignDraft {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(assign) = read::<Object<AssignProperties>>(json, rules)?;
        let assignments = assign.assignments.required("assignments")?;
        if assignments.len() > MOST {
            let reason =
                format!("holds {} assignments; a pool takes at most {MOST}", assignments.len());
            return Err(Invalid::new("assignments", reason));
        }
        let target = |(place, Object(assignment)): (usize, Object<AssignmentProperties>)| {
            let target = assignment.into_target(rules);
            target.map_err(|invalid| invalid.within(format!("assignments[{place}]")))
        };
        assignments.into_iter().enumerate().map(target).collect::<Result<_, _>>().map(Self)
    }

    fn schema() -> Value {
        json!({
            "type": "object",
            "required": ["assignments"],
            "properties": {
                "assignments": { "type": "array", "items": to_create(&ASSIGNMENT), "maxItems": MOST },
            },
            "additionalProperties": false,
        })
    }
}

impl Wire for Assignment {
    const TYPE: &'static StructuredType = &ASSIGNMENT;
    const TAG: &'static str = "#microsoft.graph.embeddedSIMActivationCodePoolAssignment";

    fn revision(&self) -> Option<i64> {
        Some(self.revision)
    }

    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error> {
        shape.entry(map, "id", &Printed(self.id))?;
        shape.entry(
            map,
            "target",
            &TargetBody { target: &self.target, annotates: shape.annotates() },
        )
    }
}

struct TargetBody<'a> {
    target: &'a Target,
    annotates: bool,
}

impl Serialize for TargetBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, id) = match &self.target.audience {
            Audience::AllDevices => ("allDevicesAssignmentTarget", None),
            Audience::AllLicensedUsers => ("allLicensedUsersAssignmentTarget", None),
            Audience::Group(id) => ("groupAssignmentTarget", Some(("groupId", id))),
            Audience::ExclusionGroup(id) => {
                ("exclusionGroupAssignmentTarget", Some(("groupId", id)))
            }
            Audience::ConfigurationManagerCollection(id) => {
                ("configurationManagerCollectionAssignmentTarget", Some(("collectionId", id)))
            }
        };
        let filter = &self.target.filter;
        let mut map = serializer.serialize_map(None)?;
        if self.annotates {
            // With '#': the Python SDK knows the kind of a target by nothing else.
            map.serialize_entry("@odata.type", &format_args!("#microsoft.graph.{name}"))?;
        }
        map.serialize_entry(
            "deviceAndAppManagementAssignmentFilterId",
            &filter.id().map(TargetId::as_str),
        )?;
        let kind = DeviceFilter::NAMES[usize::from(filter.number().unsigned_abs())];
        map.serialize_entry("deviceAndAppManagementAssignmentFilterType", kind)?;
        if let Some((name, id)) = id {
            map.serialize_entry(name, id.as_str())?;
        }
        map.end()
    }
}
