//! Each entity's table agrees with what is read, written, filtered and documented: rules and samples
//! that all of these tests share.

mod bodies;
mod options;
mod tables;

use jsonschema::Validator;
use serde_json::Value as Json;
use uuid::Uuid;

use super::PageSizes;
use super::openapi::{Limits, document};
use crate::domain::{
    Activity, Assignment, Audience, AuditChange, AuditEvent, AuditResource, CodeId, CodeState,
    DeviceDetails, DeviceFilter, DeviceState, DeviceStateId, DeviceStateValue, DisplayName, Iccid,
    IdGenerator, Pool, PooledCode, Rules, SmdpAddress, Target, TargetId, TenantCode,
    TenantDeviceState, Timestamp, Validation,
};

const RULES: Rules =
    Rules { validation: Validation::Lenient, text_length: 20, max_codes: 2, json_depth: 32 };
const PAGES: PageSizes = PageSizes { default: 7, max: 9, preferred: None };
const LIMITS: Limits = Limits { rules: RULES, pages: PAGES };

fn id<T: From<Uuid>>() -> T {
    IdGenerator::counting().next()
}

fn at() -> Timestamp {
    Timestamp::from_micros(0)
}

fn pool() -> Pool {
    Pool {
        id: id(),
        display_name: DisplayName::stored("a".to_owned()),
        code_count: 1,
        created_at: at(),
        modified_at: at(),
        revision: 1,
    }
}

fn assignment() -> Assignment {
    let audience = Audience::Group(TargetId::stored("g".to_owned()));
    Assignment { id: id(), target: Target { audience, filter: DeviceFilter::None }, revision: 1 }
}

fn device_state() -> DeviceState {
    let text = || Some("x".to_owned());
    let details = DeviceDetails {
        last_sync_at: Some(at()),
        eid: text(),
        device_name: text(),
        user_name: text(),
        state: DeviceStateValue::Installed,
        state_details: text(),
    };
    DeviceState { id: id(), created_at: at(), modified_at: at(), details, revision: 1 }
}

fn code() -> PooledCode {
    PooledCode {
        id: id::<CodeId>(),
        position: 0,
        iccid: Iccid::stored("89".to_owned()),
        smdp_address: SmdpAddress::stored("h".to_owned()),
        state: CodeState::Free,
        state_changed_at: at(),
        device_state: Some(id::<DeviceStateId>()),
        bound_eid: Some("e".to_owned()),
        label: Some("l".to_owned()),
        import: Some(id()),
    }
}

fn audit_event() -> AuditEvent {
    let change = AuditChange { property: "p".into(), old: Some("a".into()), new: Some("b".into()) };
    AuditEvent {
        id: id(),
        at: at(),
        activity: Activity::Claim,
        app: Some("app".to_owned()),
        user: Some("user".to_owned()),
        request: id(),
        resources: vec![AuditResource {
            kind: "k".into(),
            id: id(),
            name: Some("n".to_owned()),
            changes: vec![change],
        }],
        iccid: None,
        pool: None,
    }
}

fn tenant_code() -> TenantCode {
    let text = || Some("x".to_owned());
    TenantCode { pool: id(), code: code(), device_name: text(), eid: text(), user_name: text() }
}

fn tenant_device_state() -> TenantDeviceState {
    let iccid = Some(Iccid::stored("89".to_owned()));
    TenantDeviceState { pool: id(), iccid, device_state: device_state() }
}

/// A pool with an assignment and a device state, a code, an audit event, and what is listed of all
/// pools.
macro_rules! each_entity {
    ($check:ident) => {
        $check(&pool());
        $check(&assignment());
        $check(&device_state());
        $check(&code());
        $check(&audit_event());
        $check(&tenant_code());
        $check(&tenant_device_state());
    };
}
use each_entity;

/// Validates against a schema that may refer to the document's components.
fn validator(mut schema: Json, rules: &Rules) -> Validator {
    let limits = Limits { rules: *rules, ..LIMITS };
    schema["components"] = document(Vec::new(), "http://localhost", &limits)["components"].take();
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options.build(&schema).expect("a schema")
}
