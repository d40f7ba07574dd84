//! Applications that people sign in to: which there are, what each may do, and what it is told.

use esimpool::auth::DevelopmentIssuer;

use crate::support::provider::{TENANT, claims_of};
use crate::support::sign_in::{
    ADMINISTRATOR, BACK, READ, WRITE, address, allowing, answer, ask, asking, code, given,
    is_a_dead_end, is_denied, redeeming, ticket_in, tokens, tokens_in,
};
use crate::support::{Engine, TestApp, cases};

cases! {
    once: [
        a_program_signs_in_to_the_tenant_of_its_user,
        a_confidential_application_needs_its_secret_and_its_own_redirect_uri,
        the_console_signs_in_at_the_services_own_address,
        faults_of_an_application_are_told_to_it,
        applications_and_users_are_checked_when_settings_are_read,
    ],
}

async fn a_program_signs_in_to_the_tenant_of_its_user() {
    let app = TestApp::start(Engine::Sqlite).await;
    let back = "http://127.0.0.1:49152/";
    let asked = asking(&[("redirect_uri", back)]);
    for tenant in ["common", "organizations"] {
        let page = app.anonymous().get(&address(tenant, &asked)).await.is(200);
        let form = allowing(&ticket_in(&page), ADMINISTRATOR, &[READ]);
        let code = given(&answer(&app, &form).await, "code").expect("a code");
        let form = redeeming(&code, &[("redirect_uri", back)]);
        let granted = tokens_in(&app, tenant, &form, None).await.is(200).json();
        let claims = claims_of(granted["access_token"].as_str().expect("a token"));
        assert_eq!(claims["tid"], DevelopmentIssuer::TENANT.to_string());
    }
    for tenant in ["consumers", "contoso.onmicrosoft.com"] {
        is_a_dead_end(&app.anonymous().get(&address(tenant, &asked)).await, 400, 90002);
    }
}

async fn a_confidential_application_needs_its_secret_and_its_own_redirect_uri() {
    let app = TestApp::with(Engine::Sqlite)
        .set(
            "identity.development.applications",
            format!(
                "[{{ client_id = 'web', name = 'A <web> application', client_secret = 's', \
                 permissions = ['{READ}'], redirect_uris = {{ web = ['https://app.example.com/back'] }} }}]"
            ),
        )
        .set(
            "identity.development.users",
            format!(
                "[{{ id = '11111111-1111-4111-8111-111111111111', name = 'Ann', username = 'ann@contoso.example', \
                 tenant = '{TENANT}' }}]"
            ),
        )
        .start()
        .await;
    let back = "https://app.example.com/back";
    let changes = [("client_id", "web"), ("redirect_uri", back), ("scope", READ)];
    let without_pkce = [("code_challenge", ""), ("code_challenge_method", "")];
    let asked = asking(&[&changes[..], &without_pkce].concat());
    let page = ask(&app, &asked).await.is(200);
    assert!(page.text().contains("A &lt;web&gt; application"), "{}", page.text());
    let ann = "11111111-1111-4111-8111-111111111111";
    let code = given(&answer(&app, &allowing(&ticket_in(&page), ann, &[READ])).await, "code");
    let code = code.expect("a code");
    let form = |secret: &str| {
        redeeming(
            &code,
            &[
                ("client_id", "web"),
                ("redirect_uri", back),
                ("code_verifier", ""),
                ("client_secret", secret),
            ],
        )
    };
    is_denied(&tokens(&app, &form(""), None).await.is(401), "invalid_client", 7_000_218);
    is_denied(&tokens(&app, &form("wrong"), None).await.is(401), "invalid_client", 7_000_215);
    let granted = tokens(&app, &form("s"), None).await.is(200).json();
    assert_eq!(claims_of(granted["access_token"].as_str().expect("a token"))["oid"], ann);
    // It may ask for no more than its settings say.
    let more = asking(&[&changes[..2], &[("scope", WRITE)]].concat());
    let refused = given(&ask(&app, &more).await, "error_description").expect("a text");
    assert!(refused.starts_with("AADSTS650053: "), "{refused}");
    // With applications and users of its own, there are no others but the console.
    is_a_dead_end(&ask(&app, &asking(&[])).await, 400, 700_016);
    let ticket = ticket_in(&ask(&app, &asked).await.is(200));
    let unknown = answer(&app, &allowing(&ticket, ADMINISTRATOR, &[READ])).await;
    assert_eq!(given(&unknown, "error").as_deref(), Some("invalid_grant"));
}

async fn the_console_signs_in_at_the_services_own_address() {
    let app = TestApp::start(Engine::Sqlite).await;
    let own = format!("http://{}", app.addr);
    let back = format!("{own}/console/");
    let client = ("client_id", DevelopmentIssuer::CONSOLE_APP);
    let code = code(&app, &asking(&[client, ("redirect_uri", &back)])).await;
    let form = redeeming(&code, &[client, ("redirect_uri", &back)]);
    tokens(&app, &form, Some(&own)).await.is(200);
    for other in [BACK, &format!("{own}/console"), "http://localhost:1/console/", "/console/"] {
        let answer = ask(&app, &asking(&[client, ("redirect_uri", other)])).await;
        is_a_dead_end(&answer, 400, 50011);
    }
}

async fn faults_of_an_application_are_told_to_it() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (changes, error, code) in [
        (("response_type", ""), "invalid_request", 900_144),
        (("response_type", "token"), "unsupported_response_type", 700_054),
        (("response_type", "code id_token"), "unsupported_response_type", 700_054),
        (("response_mode", "web_message"), "invalid_request", 70007),
        (("scope", ""), "invalid_request", 900_144),
        (("scope", "<A>"), "invalid_scope", 70011),
        (("scope", "A https://management.azure.com/B"), "invalid_scope", 28000),
        (("prompt", "none"), "login_required", 50058),
        (("prompt", "always"), "invalid_request", 90023),
    ] {
        let told = ask(&app, &asking(&[changes])).await;
        assert_eq!(given(&told, "error").as_deref(), Some(error), "{changes:?}");
        assert_eq!(given(&told, "state").as_deref(), Some("the state"), "{changes:?}");
        let description = given(&told, "error_description").expect("a text");
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
    }
    for prompt in ["login", "select_account", "consent"] {
        ask(&app, &asking(&[("prompt", prompt)])).await.is(200);
    }
    let long = "x".repeat(9000);
    is_a_dead_end(&ask(&app, &asking(&[("state", &long)])).await, 400, 90100);
}

async fn applications_and_users_are_checked_when_settings_are_read() {
    use esimpool::config::{Config, Environment, Flags, Secrets};

    let load = |key: &str, value: &str| {
        let name = format!("ESIMPOOL__IDENTITY__DEVELOPMENT__{key}");
        let environment = Environment::of([(name.as_str(), value)]);
        Config::load(None, &environment, &Flags::default(), Secrets::Read)
    };
    let user = "id = '11111111-1111-4111-8111-111111111111', name = 'A', username = 'a@b'";
    for (key, table, reason) in [
        ("APPLICATIONS", "name = 'x'", "missing field"),
        ("APPLICATIONS", "client_id = ''", "needs a 'client_id'"),
        ("APPLICATIONS", "client_id = 'a', client_secret = ''", "empty 'client_secret'"),
        ("APPLICATIONS", "client_id = 'a', client_secret_file = '/nowhere'", "/nowhere"),
        ("APPLICATIONS", "client_id = 'a', tenant = 'x'", "not a GUID"),
        ("APPLICATIONS", "client_id = 'https://graph.microsoft.com'", "Microsoft Graph itself"),
        (
            "APPLICATIONS",
            "client_id = 'a', redirect_uris = { spa = ['x'] }",
            "neither an absolute URI",
        ),
        ("APPLICATIONS", "client_id = 'a', redirect_uris = { web = ['https://a/#b'] }", "fragment"),
        ("APPLICATIONS", "client_id = 'a', redirect_uris = { app = [] }", "unknown field"),
        ("APPLICATIONS", "client_id = 'a' }, { client_id = 'a'", "duplicate application"),
        ("USERS", "id = 'x', name = 'A', username = 'a@b'", "not a GUID"),
        (
            "USERS",
            "id = '11111111-1111-4111-8111-111111111111', name = '', username = ''",
            "empty 'name'",
        ),
        ("USERS", &format!("{user}, tenant = 'x'"), "not a GUID"),
        ("USERS", &format!("{user} }}, {{ {user}"), "duplicate user"),
    ] {
        let faults = load(key, &format!("[{{ {table} }}]"));
        let faults = faults.err().map(|faults| faults.to_string()).unwrap_or_default();
        assert!(faults.contains(reason), "{table}: {faults}");
    }
    let secret =
        load("APPLICATIONS", "[{ client_id = 'a', client_secret = 'HUSH' }]").expect("good");
    let shown = format!("{:?}", secret.table());
    assert!(!shown.contains("HUSH") && shown.contains("(secret)"), "{shown}");
}
