//! `embeddedSIMActivationCodePoolAssignment` and the action `assign`: their tables, how they are
//! read and how they are written.

use serde::de::MapAccess;
use serde::ser::SerializeMap;
use serde_json::Value;

use super::body::{Shape, Wire};
use super::json::{FromJson, Object, Properties, Slot, read};
use super::model::Input::Required;
use super::model::{Constraint, EdmType, ID, Property, StructuredType};
use super::openapi::schema::{parameters, to_create, to_update};
use super::target::{TARGET, TargetBody, TargetProperties};
use crate::domain::{Assignment, Invalid, Rules, Table, Target, table};

/// The maximum number of assignments of a pool.
const MAX_ASSIGNMENTS: usize = 1000;

table! {
    /// The properties of an assignment.
    pub(super) enum AssignmentProperty: Property {
        Id = ID,
        Target = Property::new(
            "target",
            EdmType::Complex(&TARGET),
            Required,
            "What the pool is assigned to.",
        ),
    }
}

table! {
    /// The parameters of the action `assign`.
    pub(super) enum AssignParameter: Property {
        Assignments = Property::new(
            "assignments",
            EdmType::Collection(&ASSIGNMENT),
            Required,
            "The assignments that replace all of the pool's.",
        )
        .with(Constraint::MaxItems(MAX_ASSIGNMENTS)),
    }
}

/// `embeddedSIMActivationCodePoolAssignment`
pub(super) static ASSIGNMENT: StructuredType = StructuredType::entity(
    "#microsoft.graph.embeddedSIMActivationCodePoolAssignment",
    "An assignment of a pool.",
    AssignmentProperty::ROWS,
);

/// An assignment in a request body.
#[derive(Default)]
struct AssignmentProperties {
    id: Slot<Option<String>>,
    target: Slot<Object<TargetProperties>>,
}

/// The body of `assign`.
#[derive(Default)]
struct AssignParameters {
    assignments: Slot<Vec<Object<AssignmentProperties>>>,
}

impl Properties for AssignmentProperties {
    type Property = AssignmentProperty;

    fn type_name() -> &'static str {
        ASSIGNMENT.name()
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: AssignmentProperty,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match property {
            AssignmentProperty::Id => self.id.read(map),
            AssignmentProperty::Target => self.target.read(map),
        }
    }
}

impl Properties for AssignParameters {
    type Property = AssignParameter;

    fn type_name() -> &'static str {
        "assign"
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: AssignParameter,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match property {
            AssignParameter::Assignments => self.assignments.read(map),
        }
    }
}

fn parse_target(
    Object(target): Object<TargetProperties>,
    rules: &Rules,
) -> Result<Target, Invalid> {
    let name = AssignmentProperty::Target.row().name;
    target.into_target(rules).map_err(|invalid| invalid.within(name))
}

impl AssignmentProperties {
    fn into_target(self, rules: &Rules) -> Result<Target, Invalid> {
        parse_target(self.target.required(AssignmentProperty::Target)?, rules)
    }
}

/// The target of an assignment to create.
#[derive(Debug)]
pub struct AssignmentDraft(pub Target);

/// A PATCH of an assignment: a new target, or `None` if the body has none.
#[derive(Debug)]
pub struct AssignmentChange(pub Option<Target>);

/// The targets of an `assign`, in the order of the body.
#[derive(Debug)]
pub struct AssignDraft(pub Vec<Target>);

impl FromJson for AssignmentDraft {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(assignment) = read::<Object<AssignmentProperties>>(json, rules)?;
        assignment.into_target(rules).map(Self)
    }

    fn schema(_: &Rules) -> Value {
        to_create(&ASSIGNMENT)
    }
}

impl FromJson for AssignmentChange {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(assignment) = read::<Object<AssignmentProperties>>(json, rules)?;
        let target = assignment.target.sent().map(|target| parse_target(target, rules));
        target.transpose().map(Self)
    }

    fn schema(_: &Rules) -> Value {
        to_update(&ASSIGNMENT)
    }
}

impl FromJson for AssignDraft {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let name = AssignParameter::Assignments.row().name;
        let Object(assign) = read::<Object<AssignParameters>>(json, rules)?;
        let assignments = assign.assignments.required(AssignParameter::Assignments)?;
        if assignments.len() > MAX_ASSIGNMENTS {
            let reason = format!(
                "has {} assignments; the maximum of a pool is {MAX_ASSIGNMENTS}",
                assignments.len()
            );
            return Err(Invalid::new(name, reason));
        }
        let target = |(index, Object(assignment)): (usize, Object<AssignmentProperties>)| {
            let target = assignment.into_target(rules);
            target.map_err(|invalid| invalid.within(format!("{name}[{index}]")))
        };
        assignments.into_iter().enumerate().map(target).collect::<Result<_, _>>().map(Self)
    }

    fn schema(rules: &Rules) -> Value {
        parameters::<AssignParameter>(rules)
    }
}

impl Wire for Assignment {
    const TYPE: &'static StructuredType = &ASSIGNMENT;

    fn revision(&self) -> Option<i64> {
        Some(self.revision)
    }

    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error> {
        let Self { id, target, revision: _ } = self;
        let target = TargetBody { target, annotates: shape.annotates() };
        shape.entry(map, AssignmentProperty::Id, &id.uuid())?;
        shape.entry(map, AssignmentProperty::Target, &target)
    }
}
