//! `esimpool.code`: a code of a pool, without its secret.

use serde::ser::SerializeMap;

use super::body::{Moment, Shape, Wire};
use super::model::Input::{self, ReadOnly};
use super::model::{EdmType, ID, Property, StructuredType};
use crate::domain::{CodeField as F, DeviceStateId, ImportId, PooledCode, Table, table};

const fn field(field: F, input: Input, description: &'static str) -> Property {
    Property::field(field.row(), input, description)
}

table! {
    /// The properties of a pooled code.
    pub(super) enum PooledCodeProperty: Property {
        Id = ID,
        Position = field(F::Position, ReadOnly, "The index of the code in its pool, from 0."),
        Iccid = field(F::Iccid, ReadOnly, "The ICCID of the profile."),
        MatchingId = Property::read_only("matchingIdentifier", EdmType::String, "Always masked."),
        SmdpAddress = field(F::SmdpAddress, ReadOnly, "The host that serves the profile (SM-DP+)."),
        State = field(F::State, ReadOnly, "The state of the code; notEvaluated is free."),
        StateChangedDateTime = field(F::StateChangedDateTime, ReadOnly, "When the state last changed."),
        DeviceStateId = Property::read_only(
            "deviceStateId",
            EdmType::String,
            "The device state of the current or last holder.",
        )
        .nullable(),
        BoundEid = field(F::BoundEid, ReadOnly, "The EID of the only device that may get the code."),
        Label = field(F::Label, ReadOnly, "The label that it was imported with."),
        ImportId = field(F::ImportId, ReadOnly, "The import that brought it."),
    }
}

/// `esimpool.code`
pub(super) static POOLED_CODE: StructuredType = StructuredType::entity(
    "#esimpool.code",
    "An activation code of a pool, without its secret.",
    PooledCodeProperty::ROWS,
);

/// Replaces every matching id. It reveals nothing, not even the length.
pub(super) const MASKED: &str = "********";

impl Wire for PooledCode {
    const TYPE: &'static StructuredType = &POOLED_CODE;

    fn revision(&self) -> Option<i64> {
        None
    }

    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error> {
        use PooledCodeProperty as P;

        let Self {
            id,
            position,
            iccid,
            smdp_address,
            state,
            state_changed_at,
            device_state,
            bound_eid,
            label,
            import,
        } = self;
        shape.entry(map, P::Id, &id.uuid())?;
        shape.entry(map, P::Position, position)?;
        shape.entry(map, P::Iccid, iccid.as_str())?;
        shape.entry(map, P::MatchingId, MASKED)?;
        shape.entry(map, P::SmdpAddress, smdp_address.as_str())?;
        shape.entry(map, P::State, state.name())?;
        shape.entry(map, P::StateChangedDateTime, &Moment(*state_changed_at))?;
        shape.entry(map, P::DeviceStateId, &device_state.map(DeviceStateId::uuid))?;
        shape.entry(map, P::BoundEid, bound_eid)?;
        shape.entry(map, P::Label, label)?;
        shape.entry(map, P::ImportId, &import.map(ImportId::uuid))
    }
}
