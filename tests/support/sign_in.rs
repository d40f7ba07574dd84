//! A person who signs in to the development issuer, by the requests that a browser makes.

use esimpool::auth::DevelopmentIssuer;
use reqwest::{Method, Url};
use serde_json::Value;

use super::provider::TENANT;
use super::{Answer, TestApp};

/// The origin of a page of this machine.
pub const PAGE: &str = "http://localhost:3000";

/// Where the page gets its codes.
pub const BACK: &str = "http://localhost:3000/back";

/// The example of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The users that there are by default.
pub const ADMINISTRATOR: &str = "de7e10b0-05e4-4001-9b00-000000000001";
pub const READER: &str = "de7e10b0-05e4-4001-9b00-000000000003";

pub const READ: &str = "DeviceManagementConfiguration.Read.All";
pub const WRITE: &str = "DeviceManagementConfiguration.ReadWrite.All";

pub type Form = Vec<(&'static str, String)>;

/// What a page of the public client asks for, with these changes; an empty value leaves one out.
pub fn asking(changes: &[(&'static str, &str)]) -> Form {
    let scope = format!("openid profile offline_access User.Read {READ} {WRITE}");
    let form = [
        ("client_id", DevelopmentIssuer::PUBLIC_APP),
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("scope", &scope),
        ("state", "the state"),
        ("nonce", "the nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    changed(form.map(|(name, value)| (name, value.to_owned())).to_vec(), changes)
}

/// What it sends to redeem a code, with these changes.
pub fn redeeming(code: &str, changes: &[(&'static str, &str)]) -> Form {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", DevelopmentIssuer::PUBLIC_APP),
        ("redirect_uri", BACK),
        ("code", code),
        ("code_verifier", VERIFIER),
    ];
    changed(form.map(|(name, value)| (name, value.to_owned())).to_vec(), changes)
}

/// What it sends to get the next tokens, with these changes.
pub fn refreshing(token: &str, changes: &[(&'static str, &str)]) -> Form {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", DevelopmentIssuer::PUBLIC_APP),
        ("refresh_token", token),
    ];
    changed(form.map(|(name, value)| (name, value.to_owned())).to_vec(), changes)
}

fn changed(mut form: Form, changes: &[(&'static str, &str)]) -> Form {
    for &(name, value) in changes {
        form.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            form.push((name, value.to_owned()));
        }
    }
    form
}

/// The address of the sign-in page for such a request.
pub fn address(tenant: &str, asked: &Form) -> String {
    let base = format!("http://localhost/{tenant}/oauth2/v2.0/authorize");
    let url = Url::parse_with_params(&base, asked).expect("a URL");
    format!("{}?{}", url.path(), url.query().expect("parameters"))
}

/// The sign-in page, or what is answered in its place.
pub async fn ask(app: &TestApp, asked: &Form) -> Answer {
    app.anonymous().get(&address(TENANT, asked)).await
}

/// What the page wants back.
#[track_caller]
pub fn ticket_in(page: &Answer) -> String {
    let text = page.text();
    let rest = text.split("name=\"ticket\" value=\"").nth(1);
    let ticket = rest.and_then(|rest| rest.split('"').next());
    ticket.unwrap_or_else(|| panic!("no ticket: {text}")).to_owned()
}

/// The answer of a person who allows all of this.
pub fn allowing(ticket: &str, user: &str, permissions: &[&str]) -> Vec<(&'static str, String)> {
    let mut form = vec![
        ("ticket", ticket.to_owned()),
        ("user", user.to_owned()),
        ("action", "allow".to_owned()),
    ];
    form.extend(permissions.iter().map(|name| ("permission", (*name).to_owned())));
    form
}

/// Sends an answer as a browser does that shows the service's own page.
pub async fn answer(app: &TestApp, form: &Form) -> Answer {
    let own = format!("http://{}", app.addr);
    answer_from(app, form, &[("origin", &own), ("sec-fetch-site", "same-origin")]).await
}

/// Sends an answer with these headers.
pub async fn answer_from(app: &TestApp, form: &Form, headers: &[(&'static str, &str)]) -> Answer {
    let path = format!("/{TENANT}/oauth2/v2.0/authorize");
    let mut request = app.anonymous().request(Method::POST, &path).form(form);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request).await
}

/// A parameter that a redirect gives to the application.
#[track_caller]
pub fn given(answer: &Answer, name: &str) -> Option<String> {
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
    let to = answer.header("location").replace('#', "?");
    let url = Url::parse(&to).expect("a URL");
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// A code for this request, of an administrator who allows everything.
pub async fn code(app: &TestApp, asked: &Form) -> String {
    let ticket = ticket_in(&ask(app, asked).await.is(200));
    let form = allowing(&ticket, ADMINISTRATOR, &["User.Read", READ, WRITE]);
    given(&answer(app, &form).await, "code").expect("a code")
}

/// Asks the token endpoint, from a page of this origin.
pub async fn tokens(app: &TestApp, form: &Form, origin: Option<&str>) -> Answer {
    tokens_in(app, TENANT, form, origin).await
}

/// The same in another tenant.
pub async fn tokens_in(app: &TestApp, tenant: &str, form: &Form, origin: Option<&str>) -> Answer {
    let path = format!("/{tenant}/oauth2/v2.0/token");
    let request = app.anonymous().request(Method::POST, &path).form(form);
    Answer::of(match origin {
        Some(origin) => request.header("origin", origin),
        None => request,
    })
    .await
}

/// The tokens of a page whose user allowed everything.
pub async fn signed_in(app: &TestApp) -> Value {
    let code = code(app, &asking(&[])).await;
    tokens(app, &redeeming(&code, &[]), Some(PAGE)).await.is(200).json()
}

/// Asserts a refusal of the token endpoint.
#[track_caller]
pub fn is_denied(answer: &Answer, error: &str, code: u32) {
    let body = answer.json();
    assert_eq!(
        (body["error"].as_str(), body["error_codes"][0].as_u64()),
        (Some(error), Some(code.into())),
        "{body}"
    );
    assert!(body.get("access_token").is_none(), "{body}");
    let description = body["error_description"].as_str().expect("a text");
    assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
}

/// Asserts a page that says why nobody signs in, and leads nowhere.
#[track_caller]
pub fn is_a_dead_end(answer: &Answer, status: u16, code: u32) {
    let text = answer.text();
    assert_eq!(answer.status.as_u16(), status, "{text}");
    assert!(answer.header("content-type").starts_with("text/html"), "{text}");
    assert!(text.contains(&format!("AADSTS{code}: ")), "{text}");
    assert!(!answer.headers.contains_key("location"));
    assert!(!text.contains("<form"), "{text}");
}
