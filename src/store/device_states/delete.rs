//! Deleting a device state.

use super::audit::audit;
use super::rows::{DeviceStateRow, delete};
use crate::auth::{Permit, Write};
use crate::domain::{Activity, ChangeContext, DeviceState, DeviceStateId, DeviceStateValue};
use crate::store::entity::{Conditional, EntityKey, Precondition};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::handouts::{Transition, follow};
use crate::store::write::WriteOutcome;

impl Store {
    /// Deletes a device state. The code that a claim gave the device counts as deleted from it, and
    /// is not free again.
    pub async fn delete_device_state(
        &self,
        permit: &Permit<Write>,
        key: EntityKey<DeviceStateId>,
        precondition: &Precondition,
        context: ChangeContext,
    ) -> Result<Conditional<()>, StoreError> {
        let (tenant, precondition) = (permit.tenant(), precondition.clone());
        let deleted = self.write("delete device state", permit, context, move |transaction| {
            Box::pin(async move {
                let row = transaction.row::<DeviceStateRow>(delete(tenant, key)).await?;
                let Some(row) = row else {
                    return Ok(WriteOutcome::Unchanged(Conditional::NotFound));
                };
                let handout = row.handout_id;
                let deleted = DeviceState::from(row);
                if !precondition.allows(deleted.revision) {
                    return Ok(WriteOutcome::Unchanged(Conditional::PreconditionFailed));
                }
                let state = DeviceStateValue::Deleted;
                let transition = Transition::of(handout, state, context.at);
                follow(transaction, tenant, transition).await?;
                let old = Some(deleted.details.state.name().to_owned());
                let audit = audit(Activity::DeleteDeviceState, key.pool, &deleted);
                let audit = audit.with("state", old, None);
                let value = Conditional::Done(());
                Ok(WriteOutcome::Changed { value, audit, replay: String::new() })
            })
        });
        deleted.await?.fresh()
    }
}
