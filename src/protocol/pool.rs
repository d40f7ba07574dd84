//! `embeddedSIMActivationCodePool`: its table, how it is read and how it is written.

use std::sync::Arc;

use serde::Serialize;
use serde::de::MapAccess;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

use super::activation_code::{ACTIVATION_CODE, CodeProperties, CodeWithSecret};
use super::assignment::ASSIGNMENT;
use super::body::{EntityBody, Expanded, ListBody, Moment, Shape, Wire, Written};
use super::device_state::DEVICE_STATE;
use super::json::{Date, FromJson, Int32, Object, Properties, Slot, read};
use super::model::Input::{self, Optional, ReadOnly, Required};
use super::model::{Constraint, EdmType, ID, Navigation, Property, StructuredType};
use super::openapi::schema::{to_create, to_update};
use crate::domain::{
    ActivationCode, Assignment, Change, DeviceState, DisplayName, Invalid, NewPool, Pool,
    PoolChange, PoolDraft, PoolField as F, Rules, Table, table,
};

const fn field(field: F, input: Input, description: &'static str) -> Property {
    Property::field(field.row(), input, description)
}

table! {
    /// The properties of a pool.
    pub(super) enum PoolProperty: Property {
        Id = ID,
        DisplayName = field(F::DisplayName, Required, "The admin-defined name.").with(Constraint::NotBlank),
        CreatedDateTime = field(F::CreatedDateTime, ReadOnly, "When the pool was created."),
        ModifiedDateTime = field(F::ModifiedDateTime, ReadOnly, "When the pool last changed."),
        ActivationCodes = Property::new(
            "activationCodes",
            EdmType::Collection(&ACTIVATION_CODE),
            Optional,
            "Codes to add to the pool. The response to a create repeats them; they are never read back.",
        ).with(Constraint::MaxCodes),
        ActivationCodeCount = field(F::ActivationCodeCount, ReadOnly, "The number of codes in the pool."),
    }
}

table! {
    /// The navigation properties of a pool.
    pub enum PoolNavigation: Navigation {
        Assignments = Navigation {
            name: "assignments",
            of: &ASSIGNMENT,
            description: "What the pool is assigned to.",
        },
        DeviceStates = Navigation {
            name: "deviceStates",
            of: &DEVICE_STATE,
            description: "What happened to profiles on devices.",
        },
    }
}

/// `embeddedSIMActivationCodePool`
pub(super) static POOL: StructuredType = StructuredType {
    navigation: PoolNavigation::ROWS,
    ..StructuredType::entity(
        "#microsoft.graph.embeddedSIMActivationCodePool",
        "A pool of a carrier's activation codes.",
        PoolProperty::ROWS,
    )
};

/// A pool in a request body.
#[derive(Default)]
struct PoolProperties {
    id: Slot<Option<String>>,
    display_name: Slot<String>,
    created: Slot<Option<Date>>,
    modified: Slot<Option<Date>>,
    codes: Slot<Vec<Object<CodeProperties>>>,
    code_count: Slot<Option<Int32>>,
}

impl Properties for PoolProperties {
    type Property = PoolProperty;
    const NAVIGATION: &'static [Navigation] = PoolNavigation::ROWS;

    fn type_name() -> &'static str {
        POOL.name()
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: PoolProperty,
        map: &mut A,
    ) -> Result<(), A::Error> {
        use PoolProperty as P;

        match property {
            P::Id => self.id.read(map),
            P::DisplayName => self.display_name.read(map),
            P::CreatedDateTime => self.created.read(map),
            P::ModifiedDateTime => self.modified.read(map),
            P::ActivationCodes => self.codes.read(map),
            P::ActivationCodeCount => self.code_count.read(map),
        }
    }
}

fn codes(
    slot: Slot<Vec<Object<CodeProperties>>>,
    rules: &Rules,
) -> Result<Vec<ActivationCode>, Invalid> {
    let name = PoolProperty::ActivationCodes.row().name;
    let codes = slot.sent().unwrap_or_default();
    if codes.len() > rules.max_codes {
        let reason =
            format!("has {} codes; the maximum of one request is {}", codes.len(), rules.max_codes);
        return Err(Invalid::new(name, reason));
    }
    let parse = |(index, Object(code)): (usize, Object<CodeProperties>)| {
        code.into_code(rules).map_err(|invalid| invalid.within(format!("{name}[{index}]")))
    };
    codes.into_iter().enumerate().map(parse).collect()
}

impl FromJson for PoolDraft {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(pool) = read::<Object<PoolProperties>>(json, rules)?;
        let name = pool.display_name.required(PoolProperty::DisplayName)?;
        let name = DisplayName::parse(name, rules.text_length)?;
        let codes = codes(pool.codes, rules)?;
        let claimed_count = pool.code_count.sent().flatten().map(|Int32(count)| count);
        Self::new(name, codes, claimed_count, rules.validation)
    }

    fn schema(_: &Rules) -> Value {
        to_create(&POOL)
    }
}

impl FromJson for PoolChange {
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid> {
        let Object(pool) = read::<Object<PoolProperties>>(json, rules)?;
        let name = match pool.display_name.sent() {
            Some(name) => Change::Set(DisplayName::parse(name, rules.text_length)?),
            None => Change::Keep,
        };
        let codes = codes(pool.codes, rules)?;
        Self::new(name, codes, rules.validation)
    }

    fn schema(_: &Rules) -> Value {
        to_update(&POOL)
    }
}

fn write<M: SerializeMap>(
    pool: &Pool,
    codes: &impl Serialize,
    map: &mut M,
    shape: &Shape,
) -> Result<(), M::Error> {
    let Pool { id, display_name, code_count, created_at, modified_at, revision: _ } = pool;
    shape.entry(map, PoolProperty::Id, &id.uuid())?;
    shape.entry(map, PoolProperty::DisplayName, display_name.as_str())?;
    shape.entry(map, PoolProperty::CreatedDateTime, &Moment(*created_at))?;
    shape.entry(map, PoolProperty::ModifiedDateTime, &Moment(*modified_at))?;
    shape.entry(map, PoolProperty::ActivationCodes, codes)?;
    shape.entry(map, PoolProperty::ActivationCodeCount, code_count)
}

/// The list of codes is empty: "cannot be used to read activation codes", says the reference. An
/// SDK that sends the list back changes nothing.
impl Wire for Pool {
    const TYPE: &'static StructuredType = &POOL;

    fn revision(&self) -> Option<i64> {
        Some(self.revision)
    }

    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error> {
        write(self, &[(); 0], map, shape)
    }
}

/// The response to a create: the pool with its codes.
#[derive(Debug)]
pub struct PoolEcho {
    /// The pool as it was stored.
    pub pool: Pool,
    /// The pool that was created, with its codes.
    pub created: Arc<NewPool>,
}

impl Wire for PoolEcho {
    const TYPE: &'static StructuredType = &POOL;

    fn revision(&self) -> Option<i64> {
        Some(self.pool.revision)
    }

    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error> {
        write(&self.pool, &EchoedCodes(&self.created), map, shape)
    }
}

struct EchoedCodes<'a>(&'a NewPool);

impl Serialize for EchoedCodes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.codes.len()))?;
        for new in &self.0.codes {
            list.serialize_element(&CodeWithSecret(&new.code))?;
        }
        list.end()
    }
}

/// The collections that a pool was expanded with.
#[derive(Debug, Default)]
pub struct PoolExpansion {
    /// `assignments`
    pub assignments: Option<ListBody<Written<EntityBody<Assignment>>>>,
    /// `deviceStates`
    pub device_states: Option<ListBody<Written<EntityBody<DeviceState>>>>,
}

impl Expanded for PoolExpansion {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self { assignments, device_states } = self;
        if let Some(assignments) = assignments {
            assignments.write_as(map, PoolNavigation::Assignments.row().name)?;
        }
        if let Some(device_states) = device_states {
            device_states.write_as(map, PoolNavigation::DeviceStates.row().name)?;
        }
        Ok(())
    }
}
