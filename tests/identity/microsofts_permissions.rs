//! The permissions of every route that Graph has, compared with Microsoft's own table. The file in
//! `data/` is an extract of that table; it names its source and date.

use std::collections::{BTreeMap, BTreeSet};

use esimpool::auth::Permission;
use esimpool::http::{Operation, TokenKind, operations};
use serde::Deserialize;

use crate::support::{AUDIT_EVENTS, Engine, TestApp, cases};

const MICROSOFTS_TABLE: &str = include_str!("data/graph-permissions-2026-08-07.json");

cases! {
    once: [
        every_route_needs_what_microsofts_table_says,
        each_swapped_permission_is_a_difference,
        routes_of_microsofts_table_that_are_missing_are_pinned,
    ],
    both: [the_audit_log_has_permissions_of_its_own_in_both_versions],
}

#[derive(Deserialize)]
struct Table {
    paths: BTreeMap<String, BTreeMap<String, Permissions>>,
}

/// The permissions of which a token needs one, by the kind of token.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
struct Permissions {
    application: BTreeSet<String>,
    delegated_work: BTreeSet<String>,
}

/// Verb and path, as the table spells them, with a permission set for each kind of token.
type Rows = BTreeMap<(String, String), Permissions>;

fn microsofts_rows() -> Rows {
    let table: Table = serde_json::from_str(MICROSOFTS_TABLE).expect("the table");
    let rows = table.paths.into_iter().flat_map(|(path, verbs)| {
        verbs.into_iter().map(move |(verb, permissions)| ((verb, path.clone()), permissions))
    });
    rows.collect()
}

/// The path of an operation in the form of the table. `$count` needs what its collection needs.
fn spelled(operation: &Operation) -> String {
    let path = operation.path.trim_start_matches("/beta").trim_start_matches("/v1.0");
    let path = path.trim_end_matches("/$count");
    path.replace("{pool}", "{id}").to_lowercase()
}

/// The rows of the operations that Graph has, by what each kind of token is answered. What Graph does
/// not have is named after this service.
fn our_rows() -> Vec<((String, String), Permissions)> {
    let graphs = |operation: &&Operation| {
        operation.path.contains("/deviceManagement") && !operation.path.contains("esimpool.")
    };
    let allowed = |operation: &Operation, kind: fn(Option<Permission>) -> TokenKind| {
        let allows = |permission: &Permission| operation.status(kind(Some(*permission))) < 400;
        Permission::ALL.into_iter().filter(allows).map(|it| it.name().to_owned()).collect()
    };
    let row = |operation: &Operation| {
        let permissions = Permissions {
            application: allowed(operation, TokenKind::Application),
            delegated_work: allowed(operation, TokenKind::Delegated),
        };
        ((operation.method.to_string(), spelled(operation)), permissions)
    };
    operations().iter().filter(graphs).map(row).collect()
}

fn differences(ours: &[((String, String), Permissions)], theirs: &Rows) -> Vec<String> {
    let differs = |((verb, path), needed): &&((String, String), Permissions)| {
        theirs.get(&(verb.clone(), path.clone())) != Some(needed)
    };
    ours.iter().filter(differs).map(|row| format!("{row:?}")).collect()
}

async fn every_route_needs_what_microsofts_table_says() {
    let ours = our_rows();
    assert_eq!(
        ours.len(),
        25,
        "19 operations of pools, and three of the audit log in each version"
    );
    let differences = differences(&ours, &microsofts_rows());
    assert!(differences.is_empty(), "{differences:#?}");
}

async fn each_swapped_permission_is_a_difference() {
    let (ours, theirs) = (our_rows(), microsofts_rows());
    for row in 0..ours.len() {
        for permission in Permission::ALL.map(Permission::name) {
            for delegated in [false, true] {
                let mut swapped = ours.clone();
                let needed = &mut swapped[row].1;
                let set =
                    if delegated { &mut needed.delegated_work } else { &mut needed.application };
                if !set.remove(permission) {
                    set.insert(permission.to_owned());
                }
                assert_eq!(differences(&swapped, &theirs).len(), 1, "{row} {permission}");
            }
        }
    }
}

async fn routes_of_microsofts_table_that_are_missing_are_pinned() {
    let ours: BTreeSet<_> = our_rows().into_iter().map(|(row, _)| row).collect();
    let missing = microsofts_rows().into_keys().filter(|row| !ours.contains(row));
    let missing: Vec<_> = missing.map(|(verb, path)| format!("{verb} {path}")).collect();
    // The audit log is written by the service alone, and its categories are pinned by its documents.
    assert_eq!(
        missing,
        [
            "DELETE /devicemanagement/auditevents/{id}",
            "GET /devicemanagement/auditevents/getauditactivitytypes",
            "GET /devicemanagement/auditevents/getauditcategories",
            "PATCH /devicemanagement/auditevents/{id}",
            "POST /devicemanagement/auditevents",
        ]
    );
}

async fn the_audit_log_has_permissions_of_its_own_in_both_versions(engine: Engine) {
    let app = TestApp::start(engine).await;
    app.writer().post(crate::support::POOLS, crate::support::EXAMPLE).await.is(201);
    let tenant = crate::support::app::tenant_id("contoso");
    let holder = |permission: Permission, delegated: bool| {
        let request = crate::support::app::token_request(tenant, &[permission.name()]);
        let request = esimpool::auth::TokenRequest { delegated, ..request };
        app.tenant("contoso").token(&request)
    };
    let v1 = AUDIT_EVENTS.replace("/beta", "/v1.0");
    for path in [AUDIT_EVENTS, &v1] {
        for delegated in [false, true] {
            let reader = holder(Permission::AppsReadAll, delegated);
            let page = reader.get(path).await.is(200).json();
            let version = path.split('/').nth(1).expect("a version");
            let context = page["@odata.context"].as_str().expect("a URL");
            assert!(context.contains(&format!("/{version}/$metadata#")), "{context}");
            let id = page["value"][0]["id"].as_str().expect("an id");
            reader.get(&format!("{path}/{id}")).await.is(200);
            reader.get(&format!("{path}('{id}')")).await.is(200);
            assert_eq!(reader.get(&format!("{path}/$count")).await.is(200).text(), "1");
            let page = reader.get(&format!("{path}?$top=1&$count=true")).await.is(200).json();
            assert_eq!(page["@odata.count"], 1);
            holder(Permission::AppsReadWriteAll, delegated).get(path).await.is(200);
            for other in [
                Permission::ConfigurationReadAll,
                Permission::ConfigurationReadWriteAll,
                Permission::ActivationCodeClaimAll,
            ] {
                let message = holder(other, delegated).get(path).await.is_refused(403, "Forbidden");
                assert!(message.contains("DeviceManagementApps.Read.All"), "{message}");
            }
        }
    }
    for permission in [Permission::AppsReadAll, Permission::AppsReadWriteAll] {
        let reader = holder(permission, false);
        reader.get(crate::support::POOLS).await.is_refused(403, "Forbidden");
    }
    let pools = crate::support::POOLS.replace("/beta", "/v1.0");
    app.writer().get(&pools).await.is_refused(400, "BadRequest");
}
