//! The authorization endpoint (RFC 6749, section 4.1.1): what it shows a person, and what it does
//! with the answer.

use super::application::Application;
use super::codes::Code;
use super::consent::{Choice, Prompt};
use super::grant::{Endpoint, Grant};
use super::parameters::Parameters;
use super::provider::Provider;
use super::random::secret;
use super::redirect::Kinds;
use super::refusal::GrantRefusal;
use super::reply::{Delivery, ReplyTo};
use super::scopes::Scopes;
use crate::auth::ServiceUrls;
use crate::domain::TenantId;

/// How long a person may take to answer, in seconds.
const PAGE_SECONDS: i64 = 600;

/// The length of a SHA-256 digest in base64url.
const CHALLENGE_LENGTH: usize = 43;

/// Why a sign-in is refused, and whether the application or the person is told.
#[derive(Debug)]
pub struct Refused {
    /// The reason.
    pub refusal: GrantRefusal,
    /// Where it is told. `None`: on a page, because nothing says that the application is what it
    /// pretends to be.
    pub reply: Option<ReplyTo>,
}

/// A request that a person has to answer. It travels with the page, sealed.
#[derive(serde::Deserialize, serde::Serialize)]
struct Pending {
    /// Makes it good for one answer.
    id: String,
    expires: i64,
    service: String,
    tenant: Option<String>,
    application: String,
    reply: ReplyTo,
    kinds: Kinds,
    scopes: Scopes,
    challenge: Option<String>,
    nonce: Option<String>,
    client_info: bool,
}

const PURPOSE: &str = "sign-in page";

impl From<GrantRefusal> for Refused {
    fn from(refusal: GrantRefusal) -> Self {
        Self { refusal, reply: None }
    }
}

impl Provider {
    /// What to ask the person whom an application sent here.
    ///
    /// # Errors
    /// The first check that failed.
    pub fn authorize(
        &self,
        endpoint: &Endpoint<'_>,
        parameters: &Parameters,
    ) -> Result<Prompt, Refused> {
        let tenant = endpoint.directory()?;
        let application = self.application(parameters.required("client_id")?, endpoint)?;
        let uri = parameters.required("redirect_uri")?;
        let kinds = application.redirects.kinds(uri, endpoint.service);
        if !kinds.is_registered() {
            let name = application.id.clone();
            return Err(GrantRefusal::RedirectUri(uri.to_owned(), name).into());
        }
        let told = |reply: ReplyTo| move |refusal| Refused { refusal, reply: Some(reply) };
        let reply =
            ReplyTo::new(uri, parameters).map_err(told(ReplyTo::by_query(uri, parameters)))?;
        let checked = check(application, kinds, endpoint, parameters);
        let scopes = checked.map_err(told(reply.clone()))?;
        let pending = Pending {
            id: secret(),
            expires: endpoint.now.seconds() + PAGE_SECONDS,
            service: endpoint.service.to_owned(),
            tenant: tenant.map(|tenant| tenant.to_string()),
            application: application.id.clone(),
            kinds,
            challenge: parameters.get("code_challenge").map(str::to_owned),
            nonce: parameters.get("nonce").map(str::to_owned),
            client_info: parameters.get("client_info") == Some("1"),
            scopes,
            reply,
        };
        let content = serde_json::to_vec(&pending).expect("strings can be written as JSON");
        let ticket = self.seal.close(PURPOSE, &content);
        let hint = parameters.get("login_hint");
        let source = pending.reply.source();
        Ok(self.prompt(application, tenant, &pending.scopes, hint, ticket).leading_to(source))
    }

    /// Carries out what a person answered, with a code for the application if access is granted.
    ///
    /// # Errors
    /// The first check that failed. A person who declines is told to the application likewise.
    pub fn answer(
        &self,
        endpoint: &Endpoint<'_>,
        answer: &Parameters,
    ) -> Result<Delivery, Refused> {
        let content =
            self.seal.open(PURPOSE, answer.required("ticket")?).ok_or(GrantRefusal::Page)?;
        let pending: Pending = serde_json::from_slice(&content).map_err(|_| GrantRefusal::Page)?;
        let is_current =
            pending.service == endpoint.service && pending.expires > endpoint.now.seconds();
        let id = pending.id.clone();
        if !is_current || !self.answered.try_insert(id, (), PAGE_SECONDS, endpoint.now) {
            return Err(GrantRefusal::Page.into());
        }
        let outcome = self.issue_code(&pending, endpoint, answer);
        let parameters =
            outcome.map_err(|refusal| Refused { refusal, reply: Some(pending.reply.clone()) })?;
        Ok(pending.reply.deliver(parameters))
    }

    fn issue_code(
        &self,
        pending: &Pending,
        endpoint: &Endpoint<'_>,
        answer: &Parameters,
    ) -> Result<Vec<(&'static str, String)>, GrantRefusal> {
        let asked = pending.tenant.as_deref().and_then(TenantId::parse);
        let Choice { user, tenant, scopes } = self.choice(&pending.scopes, asked, answer)?;
        let application = pending.application.clone();
        let grant = Grant { application, user, tenant, scopes, origin: None };
        let client_info = pending.client_info.then(|| grant.client_info());
        let code = Code::new(
            grant,
            pending.reply.redirect_uri.clone(),
            pending.kinds,
            pending.challenge.clone(),
            pending.nonce.clone(),
        );
        let code = self.codes.issue(code, endpoint)?;
        // A client of several issuers learns which of them answers (RFC 9207).
        let issuer = ServiceUrls::issuer_name(endpoint.service, &tenant.to_string());
        let mut parameters = vec![("code", code), ("iss", issuer)];
        parameters.extend(client_info.map(|info| ("client_info", info)));
        Ok(parameters)
    }
}

/// Checks the parameters that the application itself may be told about, and returns the scopes.
fn check(
    application: &Application,
    kinds: Kinds,
    endpoint: &Endpoint<'_>,
    parameters: &Parameters,
) -> Result<Scopes, GrantRefusal> {
    match parameters.required("response_type")? {
        "code" => {}
        other => return Err(GrantRefusal::ResponseType(other.to_owned())),
    }
    match (parameters.get("code_challenge"), parameters.get("code_challenge_method")) {
        (None, None) if application.is_public() || kinds.spa => {
            return Err(GrantRefusal::NoChallenge);
        }
        (None, None) => {}
        (None, Some(_)) => return Err(GrantRefusal::NoChallenge),
        // Without a method, it would be plain (RFC 7636, section 4.3).
        (Some(_), method) if method != Some("S256") => return Err(GrantRefusal::ChallengeMethod),
        (Some(challenge), _) => {
            let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            if challenge.len() != CHALLENGE_LENGTH || !challenge.bytes().all(letter) {
                return Err(GrantRefusal::Challenge);
            }
        }
    }
    let scopes = Scopes::parse(parameters.required("scope")?, application, endpoint.service)?;
    match parameters.get("prompt") {
        None | Some("login" | "select_account" | "consent" | "create") => Ok(scopes),
        Some("none") => Err(GrantRefusal::LoginRequired),
        Some(_) => Err(GrantRefusal::Prompt),
    }
}
