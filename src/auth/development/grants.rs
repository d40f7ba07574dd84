//! The token endpoint's grants on behalf of people: codes, refresh tokens, devices.

use super::grant::{Endpoint, Grant};
use super::parameters::Parameters;
use super::provider::{Granted, Provider, TOKEN_TTL};
use super::refresh::FamilyId;
use super::refusal::GrantRefusal;
use super::scopes::Scopes;

impl Provider {
    /// Tokens for a code.
    pub(super) fn redeem_code(
        &self,
        endpoint: &Endpoint<'_>,
        parameters: &Parameters,
    ) -> Result<Granted, GrantRefusal> {
        let application = self.authenticated(endpoint, parameters)?;
        let redeemed = self.codes.redeem(application, parameters, endpoint);
        let redeemed = redeemed.map_err(|(refusal, family)| {
            if let Some(family) = family {
                self.refresh_tokens.revoke(family);
            }
            refusal
        })?;
        let (grant, nonce) = (redeemed.grant, redeemed.nonce.as_deref());
        let refresh = self.first_refresh_token(redeemed.family, &grant, endpoint);
        Ok(self.tokens(endpoint, &grant, nonce, refresh, parameters))
    }

    /// Tokens for a refresh token, which is used up, and the next one.
    pub(super) fn refresh(
        &self,
        endpoint: &Endpoint<'_>,
        parameters: &Parameters,
    ) -> Result<Granted, GrantRefusal> {
        let application = self.authenticated(endpoint, parameters)?;
        let token = parameters.required("refresh_token")?;
        let (grant, next) = self.refresh_tokens.rotate(token, endpoint.now, |grant| {
            grant.check(application, endpoint)?;
            match (endpoint.origin, grant.origin.as_deref()) {
                (origin, own) if origin == own => {}
                (None, _) => return Err(GrantRefusal::NotCrossOrigin),
                (Some(origin), _) => return Err(GrantRefusal::CrossOrigin(origin.to_owned())),
            }
            let Some(scope) = parameters.get("scope") else { return Ok(grant.clone()) };
            let application = self.application(application, endpoint)?;
            let asked = Scopes::parse(scope, application, endpoint.service)?;
            let everything = scope.split(' ').any(|scope| scope.ends_with("/.default"));
            let scopes = grant.scopes.narrowed(asked, everything)?;
            Ok(Grant { scopes, ..grant.clone() })
        })?;
        Ok(self.tokens(endpoint, &grant, None, Some(next), parameters))
    }

    /// Tokens for a device whose code a person entered.
    pub(super) fn redeem_device(
        &self,
        endpoint: &Endpoint<'_>,
        parameters: &Parameters,
    ) -> Result<Granted, GrantRefusal> {
        endpoint.refuse_pages()?;
        let application = self.authenticated(endpoint, parameters)?;
        let device_code = parameters.required("device_code")?;
        let grant = self.devices.poll(application, device_code, endpoint)?;
        let refresh = self.first_refresh_token(FamilyId::new(), &grant, endpoint);
        Ok(self.tokens(endpoint, &grant, None, refresh, parameters))
    }

    /// The id of the application that sent the request, which has proved that it is.
    fn authenticated<'p>(
        &self,
        endpoint: &Endpoint<'_>,
        parameters: &'p Parameters,
    ) -> Result<&'p str, GrantRefusal> {
        let id = parameters.required("client_id")?;
        self.application(id, endpoint)?.authenticate(parameters)?;
        Ok(id)
    }

    fn first_refresh_token(
        &self,
        family: FamilyId,
        grant: &Grant,
        endpoint: &Endpoint<'_>,
    ) -> Option<String> {
        let wanted = grant.scopes.offline_access;
        wanted.then(|| self.refresh_tokens.issue(family, grant.clone(), endpoint.now))
    }

    fn tokens(
        &self,
        endpoint: &Endpoint<'_>,
        grant: &Grant,
        nonce: Option<&str>,
        refresh_token: Option<String>,
        parameters: &Parameters,
    ) -> Granted {
        let wants_identity = grant.scopes.openid.iter().any(|scope| scope == "openid");
        Granted {
            token: self.issuer.user_token(endpoint, grant, TOKEN_TTL),
            ttl: TOKEN_TTL,
            scope: Some(grant.scopes.granted()),
            refresh_token,
            id_token: wants_identity
                .then(|| self.issuer.id_token(endpoint, grant, nonce, TOKEN_TTL)),
            client_info: (parameters.get("client_info") == Some("1")).then(|| grant.client_info()),
        }
    }
}
