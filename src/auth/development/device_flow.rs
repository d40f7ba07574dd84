//! The device code flow (RFC 8628), as a person and a device see it.

use super::consent::{Choice, Prompt};
use super::devices::{DEVICE_SECONDS, DeviceRequest, INTERVAL_SECONDS};
use super::grant::{Endpoint, Grant};
use super::parameters::Parameters;
use super::provider::Provider;
use super::refusal::GrantRefusal;
use super::scopes::Scopes;

/// What a device shows to a person, and what it polls with.
#[derive(Debug)]
pub struct DeviceStart {
    /// What it polls with.
    pub device_code: String,
    /// What the person enters.
    pub user_code: String,
    /// Where the person enters it.
    pub verification_uri: String,
    /// How long the codes are valid, in seconds.
    pub expires_in: i64,
    /// How long the device waits between two polls, in seconds.
    pub interval: i64,
}

const PURPOSE: &str = "device page";

/// What travels with the page that asks for consent.
#[derive(serde::Deserialize, serde::Serialize)]
struct Pending {
    user_code: String,
    service: String,
}

impl Provider {
    /// Lets a device wait for a person.
    ///
    /// # Errors
    /// The first check that failed.
    pub fn start_device(
        &self,
        endpoint: &Endpoint<'_>,
        parameters: &Parameters,
    ) -> Result<DeviceStart, GrantRefusal> {
        endpoint.directory()?;
        endpoint.refuse_pages()?;
        let application = self.application(parameters.required("client_id")?, endpoint)?;
        let scope = parameters.required("scope")?;
        let scopes = Scopes::parse(scope, application, endpoint.service)?;
        let codes = self.devices.start(application, scopes, endpoint)?;
        Ok(DeviceStart {
            device_code: codes.device_code,
            user_code: codes.user_code,
            verification_uri: format!("{}/{}/oauth2/deviceauth", endpoint.service, endpoint.tenant),
            expires_in: DEVICE_SECONDS,
            interval: INTERVAL_SECONDS,
        })
    }

    /// What to ask the person who entered a device's code.
    ///
    /// # Errors
    /// If no device waits with that code.
    pub fn device_prompt(
        &self,
        endpoint: &Endpoint<'_>,
        parameters: &Parameters,
    ) -> Result<Prompt, GrantRefusal> {
        let user_code = parameters.required("user_code")?;
        let asked = self.devices.find(user_code, endpoint)?;
        let DeviceRequest { application, scopes, tenant } = asked;
        let application = self.application(&application, endpoint)?;
        let (user_code, service) = (user_code.to_owned(), endpoint.service.to_owned());
        let content = serde_json::to_vec(&Pending { user_code, service });
        let content = content.expect("strings can be written as JSON");
        let ticket = self.seal.close(PURPOSE, &content);
        Ok(self.prompt(application, tenant, &scopes, None, ticket))
    }

    /// Carries out what a person answered about a device. Returns whether access was granted.
    ///
    /// # Errors
    /// The first check that failed.
    pub fn device_answer(
        &self,
        endpoint: &Endpoint<'_>,
        answer: &Parameters,
    ) -> Result<bool, GrantRefusal> {
        let content =
            self.seal.open(PURPOSE, answer.required("ticket")?).ok_or(GrantRefusal::Page)?;
        let Pending { user_code, service } =
            serde_json::from_slice(&content).map_err(|_| GrantRefusal::Page)?;
        if service != endpoint.service {
            return Err(GrantRefusal::Page);
        }
        let asked = self.devices.find(&user_code, endpoint)?;
        let grant = match self.choice(&asked.scopes, asked.tenant, answer) {
            Ok(Choice { user, tenant, scopes }) => {
                Some(Grant { application: asked.application, user, tenant, scopes, origin: None })
            }
            Err(GrantRefusal::Declined) => None,
            Err(refusal) => return Err(refusal),
        };
        let granted = grant.is_some();
        self.devices.decide(&user_code, grant, endpoint)?;
        Ok(granted)
    }
}
