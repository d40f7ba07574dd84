//! What a person is asked, and what the answer means.

use super::application::Application;
use super::issuer::DevelopmentIssuer;
use super::parameters::{PERMISSION, Parameters};
use super::provider::Provider;
use super::refusal::GrantRefusal;
use super::scopes::Scopes;
use super::user::User;
use crate::domain::TenantId;

/// What a page asks a person.
#[derive(Debug)]
pub struct Prompt {
    /// The name of the application.
    pub application: String,
    /// The id of the application.
    pub application_id: String,
    /// Where the browser goes then, as a source of a content security policy; `None`: nowhere.
    pub leads_to: Option<String>,
    /// Who may sign in. The first one is the one to expect.
    pub users: Vec<User>,
    /// The permissions that are asked for.
    pub permissions: Vec<String>,
    /// What to send back with the answer.
    pub ticket: String,
}

/// What a person answered.
pub(super) struct Choice {
    pub(super) user: User,
    pub(super) tenant: TenantId,
    pub(super) scopes: Scopes,
}

impl Prompt {
    pub(super) fn leading_to(self, source: String) -> Self {
        Self { leads_to: Some(source), ..self }
    }
}

impl Provider {
    /// What to ask about these scopes.
    pub(super) fn prompt(
        &self,
        application: &Application,
        tenant: Option<TenantId>,
        scopes: &Scopes,
        hint: Option<&str>,
        ticket: String,
    ) -> Prompt {
        let members = self.users.iter().filter(|user| user.is_in(tenant));
        let mut users: Vec<_> = members.cloned().collect();
        let is_hinted =
            |user: &User| hint.is_some_and(|hint| user.username.eq_ignore_ascii_case(hint));
        users.sort_by_key(|user| !is_hinted(user));
        Prompt {
            application: application.name.clone(),
            application_id: application.id.clone(),
            leads_to: None,
            users,
            permissions: scopes.permissions.clone(),
            ticket,
        }
    }

    /// Who answered, and what of `asked` was granted: what was ticked and the user can consent to.
    pub(super) fn choice(
        &self,
        asked: &Scopes,
        tenant: Option<TenantId>,
        answer: &Parameters,
    ) -> Result<Choice, GrantRefusal> {
        if answer.get("action") != Some("allow") {
            return Err(GrantRefusal::Declined);
        }
        let user = answer.required("user")?;
        let user = self.users.iter().find(|known| known.id == user && known.is_in(tenant));
        let user = user.ok_or(GrantRefusal::User)?.clone();
        let mut scopes = asked.clone();
        let ticked = |name: &String| answer.all(PERMISSION).any(|ticked| ticked == name);
        scopes.permissions.retain(|name| ticked(name) && user.may_grant(name));
        if scopes.permissions.is_empty() && !asked.permissions.is_empty() {
            return Err(GrantRefusal::AdminConsent);
        }
        let tenant = tenant.or(user.tenant).unwrap_or(DevelopmentIssuer::TENANT.into());
        Ok(Choice { user, tenant, scopes })
    }
}
