//! Devices of a pool, selected by name, EID, ICCID or the id of a device state.

use serde::Deserialize;
use uuid::Uuid;

use super::lists::literal;
use super::{Api, Query};
use crate::cli::common::Failure;
use crate::domain::fold;

/// A device, as given on the command line.
#[derive(Clone, Debug)]
pub(in crate::cli) struct DeviceSelector(String);

/// A device that has a code.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Device {
    pub(in crate::cli) id: Uuid,
}

impl From<&str> for DeviceSelector {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl DeviceSelector {
    pub(in crate::cli) fn text(&self) -> &str {
        &self.0
    }

    /// The id of the device state to which a code of the pool was given. If it is given itself, no
    /// request is made.
    pub(in crate::cli) async fn state_id(
        &self,
        api: &Api,
        pool: Uuid,
        pool_name: &str,
    ) -> Result<Uuid, Failure> {
        if let Ok(id) = Uuid::try_parse(&self.0) {
            return Ok(id);
        }
        // As claims do: names are the same in any case.
        let (name, eid) = (literal(&fold(&self.0)), literal(&self.0));
        let is_it = format!(
            "tolower(deviceName) eq {name} or universalIntegratedCircuitCardIdentifier eq {eid}"
        );
        let has_code = "state in ('installing','installed')".to_owned();
        let query = Query::default().with("$select", "id").filter(&[Some(is_it), Some(has_code)]);
        let path = format!("/embeddedSIMActivationCodePools/{pool}/deviceStates");
        let found = api.list(&path, &query, 2).all().await?;
        let mut found = found.into_iter().map(Device::deserialize);
        let device = &self.0;
        match (found.next().transpose()?, found.next()) {
            (Some(one), None) => Ok(one.id),
            (None, _) => Err(format!(
                "no device '{device}' has a code of {pool_name}; 'esimpool devices --pool' lists those \
                 that have one"
            )
            .into()),
            (Some(first), Some(_)) => Err(format!(
                "several devices '{device}' have a code; use the id of a device state instead, such \
                 as {}",
                first.id
            )
            .into()),
        }
    }
}
