//! `esimpool.code` on the wire: a code without its secret.

use serde::ser::SerializeMap;

use super::body::{Printed, Shape, Wire};
use super::model::{POOLED_CODE, StructuredType};
use crate::domain::PooledCode;

/// What stands in the place of every matching id. It tells nothing, not even a length.
const MASKED: &str = "********";

impl Wire for PooledCode {
    const TYPE: &'static StructuredType = &POOLED_CODE;
    const TAG: &'static str = "#esimpool.code";

    fn revision(&self) -> Option<i64> {
        None
    }

    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error> {
        shape.entry(map, "id", &Printed(self.id))?;
        shape.entry(map, "position", &self.position)?;
        shape.entry(map, "integratedCircuitCardIdentifier", self.iccid.as_str())?;
        shape.entry(map, "matchingIdentifier", MASKED)?;
        shape.entry(map, "smdpPlusServerAddress", self.smdp_address.as_str())?;
        shape.entry(map, "state", self.state.name())?;
        shape.entry(map, "stateChangedDateTime", &Printed(self.state_changed_at))?;
        shape.entry(map, "deviceStateId", &self.device_state.map(Printed))
    }
}
