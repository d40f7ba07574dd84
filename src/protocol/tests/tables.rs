//! Each entity's table has what is written, and what can be filtered.

use serde::Serialize;
use serde_json::Value as Json;

use super::{
    assignment, at, audit_event, code, device_state, each_entity, pool, tenant_code,
    tenant_device_state,
};
use crate::domain::{
    ActivationCode, Claimed, CodeState, Field, Iccid, ImportReport, MatchingId, OperatorStock,
    PrimitiveType, Rejection, SmdpAddress, Stock, Table, Value,
};
use crate::protocol::claim::CLAIMED;
use crate::protocol::import::IMPORT_REPORT;
use crate::protocol::model::{EdmType, Property};
use crate::protocol::stock::STOCK;
use crate::protocol::target::TargetType;
use crate::protocol::{
    ClaimedBody, EntityBody, ImportBody, Links, MetadataLevel, Model, StockBody, StructuredType,
};

fn links() -> Links {
    Links::new("http://localhost/beta".to_owned(), MetadataLevel::Minimal)
}

/// Checks that an object has the properties of its table, in this order and of these types, and no
/// others; and the same of the objects inside it.
fn check_written(of: &StructuredType, value: impl Serialize) {
    let text = serde_json::to_string(&value).expect("JSON");
    let object: Json = serde_json::from_str(&text).expect("JSON");
    check_object(of, &object);
    let mut rest = text.as_str();
    for property in of.properties {
        let key = format!("\"{}\":", property.name);
        let (_, after) = rest.split_once(&key).unwrap_or_else(|| panic!("{key} in {rest}"));
        rest = after;
    }
}

fn check_object(of: &StructuredType, object: &Json) {
    let object = object.as_object().unwrap_or_else(|| panic!("{}: {object}", of.name()));
    let mut written: Vec<_> = object.keys().filter(|name| !name.contains('@')).collect();
    let mut table: Vec<_> = of.properties.iter().map(|property| property.name).collect();
    written.sort();
    table.sort_unstable();
    assert_eq!(written, table, "{}", of.name());
    for property in of.properties {
        check_value(of, property, &object[property.name]);
    }
}

fn check_value(of: &StructuredType, property: &Property, value: &Json) {
    let what = format!("{}/{}: {value}", of.name(), property.name);
    if value.is_null() {
        assert!(property.nullable, "{what}");
        return;
    }
    let is_of_type = match property.kind {
        EdmType::String | EdmType::DateTimeOffset | EdmType::Guid => value.is_string(),
        EdmType::Boolean => value.is_boolean(),
        EdmType::Int32 | EdmType::Int64 => value.is_i64(),
        EdmType::Enum(of) => of.members.contains(&value.as_str().unwrap_or_default()),
        // An instance has more properties than an abstract type.
        EdmType::Complex(of) if of.is_abstract => value.is_object(),
        EdmType::Complex(of) => {
            check_object(of, value);
            true
        }
        EdmType::Collection(of) => {
            for item in value.as_array().expect(&what) {
                check_object(of, item);
            }
            true
        }
        EdmType::Stream => false,
    };
    assert!(is_of_type, "{what}");
}

#[test]
fn every_property_of_an_entitys_table_is_written() {
    fn check<M: Model>(entity: M) {
        check_written(M::TYPE, EntityBody::complete(None, entity, &links()));
    }
    check(pool());
    check(assignment());
    check(device_state());
    check(code());
    check(audit_event());
}

#[test]
fn every_property_of_a_results_table_is_written() {
    let stock = Stock {
        by_state: vec![(CodeState::Free, 1)],
        bound: 1,
        by_operator: vec![OperatorStock { address: "h".to_owned(), total: 1, free: 1 }],
        last_movement: Some(at()),
        low_stock_threshold: Some(1),
    };
    check_written(&STOCK, StockBody::new(stock, &links()));
    let mut report = ImportReport { pool: Some(pool()), ..ImportReport::default() };
    report.reject(Rejection { column: Some(1), ..Rejection::iccid_exists(1, "89") });
    check_written(&IMPORT_REPORT, ImportBody::new(report, &links()));
    let code = ActivationCode {
        iccid: Iccid::stored("89".to_owned()),
        matching_id: MatchingId::stored("M".to_owned()),
        smdp_address: SmdpAddress::stored("h".to_owned()),
        tail: String::new(),
        confirmation_code: None,
    };
    let claimed = Claimed { code, device_state: device_state(), again: false };
    check_written(&CLAIMED, ClaimedBody::new(claimed, links()));
}

/// What a list is filtered by, although Graph's type does not have it.
const FILTERED_ONLY: [(&str, &str); 2] =
    [("auditEvent", "integratedCircuitCardIdentifier"), ("auditEvent", "poolId")];

#[test]
fn every_field_of_an_entity_is_in_its_table() {
    fn check<M: Model>(entity: &M) {
        for field in M::Field::ALL {
            let (mut of, mut path) = (M::TYPE, field.row().path);
            while let Some((complex, rest)) = path.split_once('/') {
                let property = of.property_named(complex).unwrap_or_else(|| panic!("{complex}"));
                let EdmType::Complex(inner) = property.kind else { panic!("{complex}") };
                (of, path) = (inner, rest);
            }
            let derived = TargetType::ROWS.iter();
            let derived = derived.filter(|it| of.is_abstract && it.base == Some(of.name()));
            let property = [of].into_iter().chain(derived).find_map(|it| it.property_named(path));
            if FILTERED_ONLY.contains(&(of.name(), path)) {
                assert!(property.is_none(), "{path}");
                continue;
            }
            let property = property.unwrap_or_else(|| panic!("{path} in {}", of.name()));
            assert_eq!(property.nullable, field.nullable(), "{path}");
            let same = match (field.kind(), property.kind) {
                (PrimitiveType::String, EdmType::String)
                | (PrimitiveType::Int, EdmType::Int32)
                | (PrimitiveType::DateTimeOffset, EdmType::DateTimeOffset)
                // To clients an id is an opaque string.
                | (PrimitiveType::Guid, EdmType::Guid | EdmType::String) => true,
                (PrimitiveType::Enum(one), EdmType::Enum(other)) => one == other,
                _ => false,
            };
            assert!(same, "{path}");
            let of_kind = match (field.kind(), entity.value(*field)) {
                (_, Value::Null) => field.nullable(),
                (PrimitiveType::String, Value::String(_))
                | (PrimitiveType::Int | PrimitiveType::Enum(_), Value::Int(_))
                | (PrimitiveType::DateTimeOffset, Value::DateTimeOffset(_))
                | (PrimitiveType::Guid, Value::Guid(_)) => true,
                _ => false,
            };
            assert!(of_kind, "{path}");
        }
    }
    each_entity!(check);
}
