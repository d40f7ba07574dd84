//! Each entity's table agrees with what is read, written, filtered and documented.

use jsonschema::Validator;
use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::claim::CLAIMED;
use super::import::IMPORT_REPORT;
use super::model::{EdmType, Property};
use super::openapi::{Limits, document};
use super::stock::STOCK;
use super::*;
use crate::domain::{
    ActivationCode, Activity, Assignment, Audience, AuditChange, AuditEvent, AuditResource,
    ClaimDraft, Claimed, CodeId, CodeState, DeviceDetails, DeviceFilter, DeviceState,
    DeviceStateChange, DeviceStateId, DeviceStateValue, DisplayName, Field, Iccid, IdGenerator,
    ImportReport, MatchingId, OperatorStock, Pool, PoolChange, PoolDraft, PooledCode,
    PrimitiveType, Rejection, Release, Rules, SmdpAddress, Stock, Table, Target, TargetId,
    Timestamp, Validation, Value,
};

const RULES: Rules =
    Rules { validation: Validation::Lenient, text_length: 20, max_codes: 2, json_depth: 32 };
const PAGES: PageSizes = PageSizes { default: 7, max: 9, preferred: None };
const LIMITS: Limits = Limits { rules: RULES, pages: PAGES };

fn links() -> Links {
    Links::new("http://localhost/beta".to_owned(), MetadataLevel::Minimal)
}

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
    }
}

/// A pool with an assignment and a device state, a code, and an audit event.
macro_rules! each_entity {
    ($check:ident) => {
        $check(&pool());
        $check(&assignment());
        $check(&device_state());
        $check(&code());
        $check(&audit_event());
    };
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
        by_operator: vec![OperatorStock { address: "h".to_owned(), total: 1, free: 1 }],
        last_movement: Some(at()),
        low_stock_threshold: Some(1),
    };
    check_written(&STOCK, StockBody::new(stock, &links()));
    let mut report = ImportReport { pool: Some(pool()), ..ImportReport::default() };
    report.reject(Rejection { column: Some(1), ..Rejection::handed_out(1, "89") });
    check_written(&IMPORT_REPORT, ImportBody::new(report, &links()));
    let code = ActivationCode {
        iccid: Iccid::stored("89".to_owned()),
        matching_id: MatchingId::stored("M".to_owned()),
        smdp_address: SmdpAddress::stored("h".to_owned()),
    };
    let claimed = Claimed { code, device_state: device_state(), again: false };
    check_written(&CLAIMED, ClaimedBody::new(claimed, links()));
}

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
            let derived = super::target::TargetType::ROWS.iter();
            let derived = derived.filter(|it| of.is_abstract && it.base == Some(of.name()));
            let property = [of].into_iter().chain(derived).find_map(|it| it.property_named(path));
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

/// Validates against a schema that may refer to the document's components.
fn validator(mut schema: Json, rules: &Rules) -> Validator {
    let limits = Limits { rules: *rules, ..LIMITS };
    schema["components"] = document(Vec::new(), "http://localhost", &limits)["components"].take();
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options.build(&schema).expect("a schema")
}

/// The schema of one parameter of a query.
fn parameter<T: FromQuery>(name: &str) -> Option<Validator> {
    let mut all = T::parameters(&LIMITS).into_iter();
    let mut parameter = all.find(|it| it["name"] == name)?;
    Some(validator(parameter["schema"].take(), &RULES))
}

fn accepts<T: FromQuery>(name: &str, value: &str) -> bool {
    let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
    let options = QueryOptions::parse(&format!("{name}={value}")).expect("a query");
    T::from_query(options, PAGES).is_ok()
}

/// Checks that the document allows a list of values of an option exactly if the service accepts it.
fn check_option<T: FromQuery>(name: &str, values: &[Vec<String>]) {
    let schema = parameter::<T>(name);
    for items in values {
        let accepted = accepts::<T>(name, &items.join(","));
        let allowed = schema.as_ref().is_some_and(|schema| schema.is_valid(&json!(items)));
        assert_eq!(allowed, accepted, "{name}={items:?}");
    }
}

#[test]
fn the_document_allows_the_orders_that_the_service_accepts() {
    fn check<M: Model>(_: &M) {
        let inside = M::TYPE.properties.iter().map(|property| property.name);
        let paths = M::Field::ROWS.iter().map(|field| field.path).chain(inside).chain(["x"]);
        let keys: Vec<_> = paths
            .flat_map(|path| {
                let functions = ["tolower", "toupper", "length"];
                let calls = functions.map(|function| format!("{function}({path})"));
                [path.to_owned()].into_iter().chain(calls)
            })
            .flat_map(|key| ["", " asc", " desc", " up"].map(|way| vec![format!("{key}{way}")]))
            .collect();
        check_option::<ListOptions<M>>("$orderby", &keys);
        let first = M::Field::ROWS[0].path;
        let pairs = keys.iter().map(|key| vec![first.to_owned(), key[0].clone()]);
        check_option::<ListOptions<M>>("$orderby", &pairs.collect::<Vec<_>>());
    }
    each_entity!(check);
}

#[test]
fn the_document_allows_the_selections_that_the_service_accepts() {
    fn check<M: Model>(_: &M) {
        let names = M::TYPE.properties.iter().map(|property| property.name);
        let names = names.chain(["*", "", "x", "assignments"]).map(|name| vec![name.to_owned()]);
        let names: Vec<_> = names.chain([vec!["id".to_owned(), "id".to_owned()]]).collect();
        check_option::<ListOptions<M>>("$select", &names);
        check_option::<EntityOptions<M>>("$select", &names);
    }
    each_entity!(check);
}

#[test]
fn the_document_allows_the_expansions_that_the_service_accepts() {
    let values = [
        "assignments",
        "deviceStates",
        "assignments($select=id)",
        "deviceStates($select=id,state;$filter=state eq 'installed';$top=5)",
        "deviceStates($orderby=tolower(userName) desc,id;$skip=2;$count=true)",
        "deviceStates($search=\"a b\")",
        "assignments($search=x)",
        "assignments($orderby=target/groupId)",
        "assignments($orderby=deviceName)",
        "deviceStates($select=*)",
        "deviceStates($select=nonsense)",
        "deviceStates($top=x)",
        "deviceStates($count=yes)",
        "deviceStates($expand=x)",
        "deviceStates(",
        "codes",
        "",
    ];
    let mut values: Vec<_> = values.map(|value| vec![value.to_owned()]).to_vec();
    for (one, other) in [
        ("assignments", "deviceStates($top=1)"),
        ("deviceStates", "deviceStates($top=1)"),
        ("assignments", "assignments"),
    ] {
        values.push(vec![one.to_owned(), other.to_owned()]);
    }
    check_option::<PoolListOptions>("$expand", &values);
    check_option::<PoolOptions>("$expand", &values);
}

#[test]
fn the_document_states_the_limits_of_the_settings() {
    let top = ListOptions::<Pool>::parameters(&LIMITS);
    let top = top.iter().find(|it| it["name"] == "$top").expect("$top");
    assert_eq!(top["schema"]["default"], 7);
    assert!(top["description"].as_str().expect("text").contains("at most 9"), "{top}");
    let document = document(Vec::new(), "http://localhost", &LIMITS);
    let pool = &document["components"]["schemas"]["microsoft.graph.embeddedSIMActivationCodePool.create"]
        ["properties"];
    assert_eq!(pool["displayName"]["maxLength"], 20);
    assert_eq!(pool["activationCodes"]["maxItems"], 2);
    assert_eq!(ClaimDraft::schema(&RULES)["properties"]["deviceName"]["anyOf"][0]["maxLength"], 20);
}

/// Values of every type, at the limits of [`RULES`] and beyond.
fn values() -> Vec<Json> {
    let mut values = vec![json!(null), json!(true), json!([]), json!({}), json!({ "x": 1 })];
    values.extend([0.0, 3.0, -1.0, 1.5, 2_147_483_647.0, 2_147_483_648.0].map(|it| json!(it)));
    values.extend([0_i64, -1, 2_147_483_648].map(|it| json!(it)));
    values.extend(
        [
            "",
            " ",
            "\u{85}",
            "\u{feff}",
            "\u{3000}\t",
            "x",
            "Laptop 7",
            "éééééééééééééééééééé",
            "ééééééééééééééééééééé",
            "a\0",
            "2017-01-01T00:02:43Z",
            "installed",
            "none",
            "include",
            "8944500102198304826",
            "smdp.example.com",
            "#microsoft.graph.allDevicesAssignmentTarget",
            "microsoft.graph.groupAssignmentTarget",
        ]
        .map(|it| json!(it)),
    );
    values
}

/// Every document that differs from this one in one place.
fn variants(document: &Json) -> Vec<Json> {
    let mut variants = values();
    match document {
        Json::Object(members) => {
            for (name, member) in members {
                let mut without = document.clone();
                without.as_object_mut().expect("an object").remove(name);
                variants.push(without);
                for value in self::variants(member) {
                    let mut variant = document.clone();
                    variant[name] = value;
                    variants.push(variant);
                }
            }
            for name in ["unknown", "@odata.context", "id", "x@odata.type", "assignments"] {
                for value in values() {
                    let mut variant = document.clone();
                    variant[name] = value;
                    variants.push(variant);
                }
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                for value in self::variants(item) {
                    let mut variant = document.clone();
                    variant[index] = value;
                    variants.push(variant);
                }
            }
            variants.push(json!([items.clone(), items.clone(), items.clone()].concat()));
        }
        _ => {}
    }
    variants
}

/// Checks that the document allows a body exactly if the service accepts it: this one, which it
/// must, and every variant of it.
fn check_body<T: FromJson>(valid: &Json) {
    for validation in [Validation::Lenient, Validation::Graph] {
        let rules = Rules { validation, ..RULES };
        let schema = validator(T::schema(&rules), &rules);
        let parse = |body: &Json| T::from_json(body.to_string().as_bytes(), &rules);
        assert!(parse(valid).is_ok(), "{valid}: {:?}", parse(valid).err());
        for body in [vec![valid.clone()], variants(valid)].concat() {
            let error = parse(&body).err();
            // No schema can say that ids differ.
            if error.as_ref().is_some_and(|it| it.reason == "occurs twice in the batch") {
                continue;
            }
            assert_eq!(schema.is_valid(&body), error.is_none(), "{body}: {error:?}");
        }
    }
}

#[test]
fn the_document_allows_the_pools_that_the_service_accepts() {
    let pool = json!({
        "@odata.type": "#microsoft.graph.embeddedSIMActivationCodePool",
        "id": "x",
        "displayName": "Laptop 7",
        "createdDateTime": "2017-01-01T00:02:43Z",
        "modifiedDateTime": null,
        "activationCodes": [{
            "@odata.type": "#microsoft.graph.embeddedSIMActivationCode",
            "integratedCircuitCardIdentifier": "8944500102198304826",
            "matchingIdentifier": "M-1",
            "smdpPlusServerAddress": "smdp.example.com",
        }],
        "activationCodeCount": 3,
        "assignments@odata.context": "x",
        "assignments": [{ "id": "x" }],
        "deviceStates": null,
    });
    check_body::<PoolDraft>(&pool);
    check_body::<PoolChange>(&pool);
    check_body::<PoolChange>(&json!({}));
}

#[test]
fn the_document_allows_the_assignments_that_the_service_accepts() {
    let all = json!({ "target": {
        "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget",
        "deviceAndAppManagementAssignmentFilterId": null,
        "deviceAndAppManagementAssignmentFilterType": "none",
        "groupId": null,
    } });
    let group = json!({ "id": null, "target": {
        "@odata.type": "microsoft.graph.exclusionGroupAssignmentTarget",
        "deviceAndAppManagementAssignmentFilterId": "f",
        "deviceAndAppManagementAssignmentFilterType": "exclude",
        "groupId": "g",
    } });
    let collection = json!({ "target": {
        "@odata.type": "#microsoft.graph.configurationManagerCollectionAssignmentTarget",
        "collectionId": "c",
    } });
    for assignment in [all.clone(), group.clone(), collection] {
        check_body::<AssignmentDraft>(&assignment);
        check_body::<AssignmentChange>(&assignment);
    }
    check_body::<AssignmentChange>(&json!({}));
    check_body::<AssignDraft>(&json!({ "assignments": [all, group] }));
}

#[test]
fn the_document_allows_the_device_states_that_the_service_accepts() {
    let state = json!({
        "id": "x",
        "createdDateTime": null,
        "modifiedDateTime": "2017-01-01T00:02:43Z",
        "lastSyncDateTime": "2017-01-01T00:02:43Z",
        "universalIntegratedCircuitCardIdentifier": "x",
        "deviceName": "Laptop 7",
        "userName": null,
        "state": "installed",
        "stateDetails": "x",
    });
    check_body::<DeviceDetails>(&state);
    check_body::<DeviceStateChange>(&state);
    check_body::<DeviceStateChange>(&json!({}));
}

#[test]
fn the_document_allows_the_claims_that_the_service_accepts() {
    let named = json!({ "deviceName": "Laptop 7", "userName": "ann@contoso.com" });
    let identified = json!({
        "deviceName": null,
        "universalIntegratedCircuitCardIdentifier": "x",
        "integratedCircuitCardIdentifier": "x",
    });
    check_body::<ClaimDraft>(&named);
    check_body::<ClaimDraft>(&identified);
    check_body::<Release>(&json!({ "deviceStateId": "x" }));
    check_body::<Release>(
        &json!({ "deviceStateId": null, "integratedCircuitCardIdentifier": "x" }),
    );
    check_body::<Reinstatement>(&json!({ "integratedCircuitCardIdentifier": "x" }));
    check_body::<LowStockThreshold>(&json!({ "lowStockThreshold": 5, "total": 3, "byState": [] }));
}

#[test]
fn the_document_allows_the_batches_that_the_service_accepts() {
    let request = json!({
        "id": "1",
        "method": "GET",
        "url": "/x",
        "headers": { "a": "b" },
        "body": { "x": 1 },
        "atomicityGroup": "x",
    });
    check_body::<Batch>(&json!({ "requests": [request] }));
}
