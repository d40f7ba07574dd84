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
            let scopes = grant.scopes.narrowed(asked)?;
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

#[cfg(test)]
mod tests {
    use super::{Endpoint, Grant, GrantRefusal, Parameters};
    use crate::auth::development::application::Application;
    use crate::auth::development::codes::{Code, Codes};
    use crate::auth::development::devices::Devices;
    use crate::auth::development::redirect::Kinds;
    use crate::auth::development::refresh::{FamilyId, RefreshTokens};
    use crate::auth::development::scopes::Scopes;
    use crate::auth::development::user::User;
    use crate::domain::{TenantId, Timestamp};

    const TENANT: &str = "11111111-2222-3333-4444-555555555555";
    const BACK: &str = "http://localhost/";

    fn at(seconds: i64) -> Endpoint<'static> {
        let now = Timestamp::from_micros(seconds * 1_000_000);
        Endpoint { service: "https://localhost:8443", tenant: TENANT, origin: None, now }
    }

    fn grant(origin: Option<&str>) -> Grant {
        Grant {
            application: "app".to_owned(),
            user: User::defaults().swap_remove(0),
            tenant: TenantId::parse(TENANT).expect("a GUID"),
            scopes: Scopes::default(),
            origin: origin.map(str::to_owned),
        }
    }

    #[test]
    fn a_code_is_good_for_ten_minutes() {
        let kinds = Kinds { spa: false, web: false, native: true };
        let redeemed = |seconds| {
            let codes = Codes::new();
            let code = Code::new(grant(None), BACK.to_owned(), kinds, None, None);
            let code = codes.issue(code, &at(0)).expect("a code");
            let form = Parameters::parse(&format!("code={code}&redirect_uri={BACK}"));
            let redeemed = codes.redeem("app", &form.expect("a form"), &at(seconds));
            redeemed.map(|_| ()).map_err(|(refusal, _)| refusal)
        };
        assert_eq!(redeemed(599), Ok(()));
        assert_eq!(redeemed(600), Err(GrantRefusal::CodeExpired));
    }

    #[test]
    fn the_refresh_tokens_of_a_page_end_after_a_day_and_others_when_they_are_not_used() {
        const DAY: i64 = 86_400;
        let last = |origin, days: &[i64]| {
            let tokens = RefreshTokens::new();
            let mut token = tokens.issue(FamilyId::new(), grant(origin), at(0).now);
            for day in days {
                let rotated = tokens.rotate(&token, at(day * DAY).now, |_| Ok(()));
                ((), token) = rotated?;
            }
            Ok(())
        };
        assert_eq!(last(None, &[89, 178, 267]), Ok(()));
        assert_eq!(last(None, &[89, 179]), Err(GrantRefusal::RefreshExpired));
        assert_eq!(last(Some("http://localhost"), &[0, 1]), Err(GrantRefusal::RefreshExpired));
    }

    #[test]
    fn a_device_waits_for_fifteen_minutes_and_asks_every_five_seconds() {
        let devices = Devices::new();
        let application = Application::new("app", "name");
        let codes = devices.start(&application, Scopes::default(), &at(0)).expect("codes");
        let poll = |seconds| {
            let polled = devices.poll("app", &codes.device_code, &at(seconds));
            polled.expect_err("no answer yet")
        };
        for (seconds, refusal) in [
            (0, GrantRefusal::DevicePending),
            (5, GrantRefusal::DevicePending),
            (9, GrantRefusal::SlowDown),
            // It has to wait for ten seconds now.
            (18, GrantRefusal::SlowDown),
            (33, GrantRefusal::DevicePending),
            (900, GrantRefusal::DeviceExpired),
        ] {
            assert_eq!(poll(seconds), refusal, "{seconds}");
        }
        let answer = devices.decide(&codes.user_code, Some(grant(None)), &at(900));
        assert_eq!(answer, Err(GrantRefusal::Device));
    }
}
