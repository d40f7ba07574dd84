//! Claims by other names, and what they mean.

use serde_json::{Value, json};

use crate::support::issuer::{Key, TENANT, TestIssuer};
use crate::support::{Answer, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        roles_may_be_nested_in_other_claims,
        roles_may_be_a_string_a_list_or_an_object,
        the_application_and_the_user_may_be_in_other_claims,
        a_claim_of_an_unusable_form_is_named,
        scopes_may_have_another_name_and_be_a_list,
        scopes_are_ignored_where_only_roles_count,
        an_issuer_may_have_one_tenant_that_its_tokens_do_not_name,
        a_token_without_a_caller_is_refused_unless_the_settings_name_one,
        clocks_may_differ_by_the_configured_leeway,
        contradictory_settings_are_named,
    ],
}

const READ: &str = "DeviceManagementConfiguration.Read.All";
const OTHER: &str = "99999999-2222-3333-4444-555555555555";
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const REFUSED: &str = "InvalidAuthenticationToken";

/// An issuer with a key and a service that trusts it.
struct Trusted {
    key: Key,
    issuer: TestIssuer,
    app: TestApp,
}

impl Trusted {
    async fn with(further: &str) -> Self {
        let key = Key::es256();
        let issuer = TestIssuer::start(&[key.jwk("k")]).await;
        let issuers = format!("[{}]", issuer.settings(further));
        let app = TestApp::with(Engine::Sqlite).set("identity.issuers", issuers).start().await;
        Self { key, issuer, app }
    }

    /// What becomes of a token with these claims beside the usual ones, or, where they are null,
    /// without those.
    async fn get(&self, changes: Value) -> Answer {
        let mut claims = self.issuer.claims();
        let all = claims.as_object_mut().expect("an object");
        for (name, value) in changes.as_object().expect("an object") {
            if value.is_null() {
                all.remove(name);
            } else {
                all.insert(name.clone(), value.clone());
            }
        }
        self.app.bearer(&self.key.sign("k", &claims)).get(POOLS).await
    }
}

async fn roles_may_be_nested_in_other_claims() {
    let service = Trusted::with(", claims = { roles = 'resource_access.esim.pool.roles' }").await;
    let nested =
        |client: &str| json!({ "roles": null, "resource_access": { client: { "roles": [READ] } } });
    service.get(nested("esim.pool")).await.is(200);
    service.get(nested("account")).await.is_refused(403, "Forbidden");
    service.get(json!({})).await.is_refused(403, "Forbidden");
    // A claim of that very name goes first.
    service.get(json!({ "resource_access.esim.pool.roles": [READ] })).await.is(200);
    // One role needs no list.
    service.get(json!({ "resource_access": { "esim.pool": { "roles": READ } } })).await.is(200);
    for odd in [json!(READ), json!({ "esim.pool": READ }), json!({ "esim.pool": { "roles": 7 } })] {
        let answer = service.get(json!({ "resource_access": odd })).await;
        assert!([401, 403].contains(&answer.status.as_u16()), "{}", answer.text());
    }
}

async fn roles_may_be_a_string_a_list_or_an_object() {
    let service = Trusted::with("").await;
    for roles in [
        json!(READ),
        json!(format!("Other {READ}")),
        json!([READ]),
        json!({ READ: { "2222": "contoso.example.com" } }),
        json!({ READ: true, "Other": {} }),
    ] {
        service.get(json!({ "roles": roles })).await.is(200);
    }
    for roles in [
        json!(""),
        json!(format!("x{READ}")),
        json!(format!("{READ}.Evil")),
        json!(format!("Other,{READ}")),
        json!(READ.to_lowercase()),
        json!({ READ: false }),
        json!({ READ: null }),
        json!({ "Other": READ }),
        json!({ "Other": { READ: true } }),
    ] {
        service.get(json!({ "roles": roles })).await.is_refused(403, "Forbidden");
    }
    // In whatever form: with scopes they are the user's own.
    for roles in [json!(READ), json!({ READ: true })] {
        let user = json!({ "roles": roles, "scp": "openid", "sub": "somebody" });
        service.get(user).await.is_refused(403, "Forbidden");
    }
}

async fn the_application_and_the_user_may_be_in_other_claims() {
    let names = ", claims = { application = 'cid', user = 'uid', scopes = 'scope' }";
    let service = Trusted::with(names).await;
    service.get(json!({ "azp": null, "cid": "app" })).await.is(200);
    service.get(json!({ "azp": "app", "cid": null })).await.is_refused(401, REFUSED);
    let user = |claims: Value| {
        let mut user = json!({ "azp": null, "cid": "app", "roles": null, "scope": READ });
        user.as_object_mut().expect("one").extend(claims.as_object().cloned().expect("one"));
        user
    };
    service.get(user(json!({ "uid": "somebody" }))).await.is(200);
    let message = service.get(json!({ "cid": 7 })).await.is_refused(401, REFUSED);
    assert!(message.contains("'cid'"), "{message}");
    let usual = Trusted::with("").await;
    usual.get(json!({ "azp": null, "cid": "app" })).await.is_refused(401, REFUSED);
}

async fn a_claim_of_an_unusable_form_is_named() {
    let service = Trusted::with("").await;
    for (name, value) in [
        ("roles", json!(7)),
        ("roles", json!([READ, 7])),
        ("roles", json!(true)),
        ("scp", json!([READ])),
        ("tid", json!(7)),
        ("aud", json!({ "api://esimpool": true })),
        ("exp", json!("tomorrow")),
        ("azp", json!(["app"])),
    ] {
        let message = service.get(json!({ name: value })).await.is_refused(401, REFUSED);
        assert!(message.contains(&format!("'{name}'")), "{name}: {message}");
        assert!(!message.contains("tomorrow"), "no value is told");
    }
}

async fn scopes_may_have_another_name_and_be_a_list() {
    let service = Trusted::with(", claims = { scopes = 'scope' }").await;
    let scope = |scope: Value| json!({ "sub": "somebody", "scope": scope, "roles": [] });
    service.get(scope(json!(format!("openid {READ}")))).await.is(200);
    service.get(scope(json!(["openid", READ]))).await.is(200);
    service.get(scope(json!("openid"))).await.is_refused(403, "Forbidden");
    service.get(scope(json!(7))).await.is_refused(401, REFUSED);
    service
        .get(json!({ "sub": "somebody", "scope": "openid", "roles": [READ] }))
        .await
        .is_refused(403, "Forbidden");
    // By default a scope is Entra's, and that is no list.
    let service = Trusted::with("").await;
    service.get(json!({ "sub": "somebody", "scp": READ, "roles": null })).await.is(200);
    service.get(json!({ "sub": "somebody", "scp": [READ] })).await.is_refused(401, REFUSED);
    service
        .get(json!({ "sub": "somebody", "scope": READ, "roles": null }))
        .await
        .is_refused(403, "Forbidden");
}

async fn scopes_are_ignored_where_only_roles_count() {
    let service = Trusted::with(", claims = { scopes = '', roles = 'realm_access.roles' }").await;
    // Keycloak's tokens always have a scope, for users and for applications.
    let keycloak = |typ: &str| {
        json!({
            "roles": null, "typ": typ, "sub": "f9ad8a52", "scope": "email profile", "scp": "x",
            "realm_access": { "roles": ["offline_access", READ] },
        })
    };
    service.get(keycloak("Bearer")).await.is(200);
    for other in ["ID", "Refresh", "Offline", "Logout"] {
        service.get(keycloak(other)).await.is_refused(401, REFUSED);
    }
    service.get(json!({ "scp": READ, "sub": "x" })).await.is_refused(403, "Forbidden");
}

async fn an_issuer_may_have_one_tenant_that_its_tokens_do_not_name() {
    let service = Trusted::with(&format!(", tenant = '{TENANT}'")).await;
    for good in [Value::Null, json!(TENANT), json!("contoso"), json!(7)] {
        service.get(json!({ "tid": good })).await.is(200);
    }
    // But a token may name one, and then it is for no other.
    for other in [OTHER, PERSONAL] {
        service.get(json!({ "tid": other })).await.is_refused(401, REFUSED);
    }
    let service =
        Trusted::with(&format!(", tenants = ['{TENANT}'], claims.tenant = 'org.id'")).await;
    service.get(json!({ "tid": null, "org": { "id": TENANT } })).await.is(200);
    service.get(json!({ "org": { "id": "contoso" } })).await.is_refused(401, REFUSED);
    service.get(json!({})).await.is_refused(401, REFUSED);
}

async fn a_token_without_a_caller_is_refused_unless_the_settings_name_one() {
    let nobody = json!({ "azp": null });
    // Nor does a user make up for the application.
    let user = json!({ "azp": null, "sub": "somebody", "scp": READ, "roles": null });
    let service = Trusted::with("").await;
    for token in [&nobody, &user] {
        service.get(token.clone()).await.is_refused(401, REFUSED);
    }
    for name in ["appid", "azp", "client_id"] {
        let mut named = user.clone();
        named[name] = json!("app");
        service.get(named).await.is(200);
    }
    let service = Trusted::with(", application = 'somebody'").await;
    for token in [&nobody, &user] {
        service.get(token.clone()).await.is(200);
    }
    let mut id_token = nobody;
    id_token["at_hash"] = json!("MTIzNDU2Nzg5MDEyMzQ1Ng");
    service.get(id_token).await.is_refused(401, REFUSED);
}

async fn clocks_may_differ_by_the_configured_leeway() {
    let key = Key::es256();
    let issuer = TestIssuer::start(&[key.jwk("k")]).await;
    for (skew, status) in [(30, 401), (90, 200)] {
        let app = TestApp::with(Engine::Sqlite)
            .set("identity.issuers", format!("[{}]", issuer.settings("")))
            .set("identity.clock_skew", skew)
            .start()
            .await;
        let mut claims = issuer.claims();
        claims["exp"] = json!(claims["exp"].as_i64().expect("a number") - 660);
        // A second time, when it may be remembered.
        for _ in 0..2 {
            app.bearer(&key.sign("k", &claims)).get(POOLS).await.is(status);
        }
        claims["nbf"] = json!(claims["exp"].as_i64().expect("a number") + 120);
        claims["exp"] = json!(claims["exp"].as_i64().expect("a number") + 660);
        app.bearer(&key.sign("k", &claims)).get(POOLS).await.is(status);
    }
}

async fn contradictory_settings_are_named() {
    use esimpool::config::{Config, Environment, Flags, Secrets};

    let fault = |issuer: &str| {
        let named = if issuer.contains("issuer = ") {
            issuer.to_owned()
        } else {
            format!("issuer = 'https://x.example.com/{TENANT}', {issuer}")
        };
        let issuers = format!("[{{ {named} }}]");
        let environment = Environment::of([("ESIMPOOL__IDENTITY__ISSUERS", issuers.as_str())]);
        match Config::load(None, &environment, &Flags::default(), Secrets::Read) {
            Ok(_) => String::new(),
            Err(faults) => faults.to_string(),
        }
    };
    for good in [
        "audiences = ['a']",
        // A stand-in may issue tokens for Graph, and a file is not fetched.
        "audiences = ['https://graph.microsoft.com']",
        "audiences = ['a'], jwks_file = 'a'",
        &format!("issuer = 'http://127.0.0.1:1/{TENANT}', audiences = ['a']"),
        &format!("issuer = 'http://x.example.com/{TENANT}', audiences = ['a'], jwks_file = 'a'"),
    ] {
        assert_eq!(fault(good), "", "{good}");
    }
    for (issuer, reason) in [
        ("audiences = []", "needs 'audiences'"),
        ("audiences = ['a'], tenants = ['x']", "neither a GUID nor '*'"),
        ("audiences = ['a'], tenant = 'x'", "which is not a GUID"),
        (&format!("audiences = ['a'], tenant = '{TENANT}', tenants = ['*']"), "exclude each other"),
        (
            &format!("audiences = ['a'], tenant = '{TENANT}', claims.tenant = 'x'"),
            "exclude each other",
        ),
        (
            "audiences = ['a'], jwks_file = 'a', jwks_url = 'b'",
            "jwks_file and jwks_url exclude each other",
        ),
        ("audiences = ['a'], jwks_url = 'ftp://x'", "not an http:// or https:// URL"),
        (
            &format!("issuer = 'http://x.example.com/{TENANT}', audiences = ['a']"),
            "over plain http from another machine (http://x.example.com/",
        ),
        ("audiences = ['a'], jwks_url = 'http://x.example.com/k'", "over plain http"),
        (
            &format!(
                "issuer = 'https://sts.windows.net/{TENANT}/', audiences = ['https://graph.microsoft.com']"
            ),
            "'https://graph.microsoft.com', which is Microsoft Graph",
        ),
        (
            &format!(
                "issuer = 'https://login.microsoftonline.com/{TENANT}/v2.0', \
                 audiences = ['a', '00000003-0000-0000-c000-000000000000']"
            ),
            "register an application of your own",
        ),
        ("audiences = ['a'], jwks = 'x'", "unknown field"),
        ("audiences = ['a'], claims = { role = 'x' }", "unknown field"),
    ] {
        assert!(fault(issuer).contains(reason), "{issuer}: {}", fault(issuer));
    }
}
