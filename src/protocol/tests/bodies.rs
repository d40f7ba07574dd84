//! The OpenAPI document allows the bodies that the service accepts, within the limits of its settings.

use serde_json::{Value as Json, json};

use super::{LIMITS, RULES, validator};
use crate::domain::{
    ClaimDraft, DeviceDetails, DeviceStateChange, Pool, PoolChange, PoolDraft, Release, Rules,
    Validation,
};
use crate::protocol::openapi::document;
use crate::protocol::{
    AssignDraft, AssignmentChange, AssignmentDraft, Batch, FromJson, FromQuery, ListOptions,
    LowStockThreshold, Reinstatement,
};

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
        // An EID is longer than the limit here.
        "universalIntegratedCircuitCardIdentifier": null,
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
        "deviceName": "x",
        "universalIntegratedCircuitCardIdentifier": null,
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
