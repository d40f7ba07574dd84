//! Devices that wait until a person enters their code elsewhere (RFC 8628).

use super::application::Application;
use super::bounded::Bounded;
use super::grant::{Endpoint, Grant};
use super::random::{Fingerprint, fingerprint, random, secret};
use super::refusal::GrantRefusal;
use super::scopes::Scopes;
use crate::domain::TenantId;

/// How many devices may wait at once.
const MAX_DEVICES: usize = 1000;

/// How long a device's code is valid, in seconds: as long as Entra's.
pub(super) const DEVICE_SECONDS: i64 = 900;

/// How long a device waits between two polls at least, in seconds, and by how much longer after it asked
/// too often (RFC 8628, section 3.5).
pub(super) const INTERVAL_SECONDS: i64 = 5;

/// The letters of a user's code: no vowels, so that it is no word (RFC 8628, section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const USER_CODE_LETTERS: usize = 9;

/// The devices.
#[derive(Debug)]
pub(super) struct Devices(Bounded<Fingerprint, Device>);

#[derive(Debug)]
struct Device {
    user_code: String,
    application: String,
    scopes: Scopes,
    tenant: Option<TenantId>,
    interval: i64,
    /// When it asked last, in seconds.
    polled: i64,
    decision: Decision,
}

#[derive(Debug)]
enum Decision {
    Waiting,
    Declined,
    Granted(Box<Grant>),
}

/// What a device asks for.
pub(super) struct DeviceRequest {
    pub(super) application: String,
    pub(super) scopes: Scopes,
    pub(super) tenant: Option<TenantId>,
}

/// The codes of a device.
pub(super) struct DeviceCodes {
    pub(super) device_code: String,
    pub(super) user_code: String,
}

impl Devices {
    pub(super) fn new() -> Self {
        Self(Bounded::new(MAX_DEVICES))
    }

    /// Lets a device wait.
    pub(super) fn start(
        &self,
        application: &Application,
        scopes: Scopes,
        endpoint: &Endpoint<'_>,
    ) -> Result<DeviceCodes, GrantRefusal> {
        let codes = DeviceCodes { device_code: secret(), user_code: user_code() };
        let device = Device {
            user_code: codes.user_code.clone(),
            application: application.id.clone(),
            scopes,
            tenant: endpoint.directory()?,
            interval: INTERVAL_SECONDS,
            polled: i64::MIN,
            decision: Decision::Waiting,
        };
        let key = fingerprint(&codes.device_code);
        let kept = self.0.try_insert(key, device, DEVICE_SECONDS, endpoint.now);
        if kept { Ok(codes) } else { Err(GrantRefusal::Busy) }
    }

    /// What the device with this user's code asks for, in whatever case and grouping it is typed.
    pub(super) fn find(
        &self,
        typed: &str,
        endpoint: &Endpoint<'_>,
    ) -> Result<DeviceRequest, GrantRefusal> {
        self.waiting(typed, endpoint, |device| DeviceRequest {
            application: device.application.clone(),
            scopes: device.scopes.clone(),
            tenant: device.tenant,
        })
    }

    /// Answers the device with this user's code, for which the user granted that, or nothing.
    pub(super) fn decide(
        &self,
        typed: &str,
        grant: Option<Grant>,
        endpoint: &Endpoint<'_>,
    ) -> Result<(), GrantRefusal> {
        self.waiting(typed, endpoint, |device| {
            device.decision =
                grant.map_or(Decision::Declined, |grant| Decision::Granted(Box::new(grant)));
        })
    }

    fn waiting<T>(
        &self,
        typed: &str,
        endpoint: &Endpoint<'_>,
        then: impl FnOnce(&mut Device) -> T,
    ) -> Result<T, GrantRefusal> {
        let letters = typed.chars().filter(char::is_ascii_alphanumeric);
        let typed: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
        let mut devices = self.0.lock();
        let found = devices.values_mut().find(|entry| {
            entry.value.user_code == typed
                && entry.expires > endpoint.now.seconds()
                && matches!(entry.value.decision, Decision::Waiting)
        });
        found.map(|entry| then(&mut entry.value)).ok_or(GrantRefusal::Device)
    }

    /// What was granted to a device, once.
    pub(super) fn poll(
        &self,
        application: &str,
        device_code: &str,
        endpoint: &Endpoint<'_>,
    ) -> Result<Grant, GrantRefusal> {
        let (key, now) = (fingerprint(device_code), endpoint.now.seconds());
        let mut devices = self.0.lock();
        let entry = devices.get_mut(&key).ok_or(GrantRefusal::Device)?;
        let device = &mut entry.value;
        if device.application != application {
            return Err(GrantRefusal::Device);
        }
        if entry.expires <= now {
            return Err(GrantRefusal::DeviceExpired);
        }
        match &device.decision {
            Decision::Waiting => {
                let early = now < device.polled.saturating_add(device.interval);
                device.polled = now;
                if early {
                    device.interval += INTERVAL_SECONDS;
                    return Err(GrantRefusal::SlowDown);
                }
                Err(GrantRefusal::DevicePending)
            }
            Decision::Declined => Err(GrantRefusal::DeviceDeclined),
            Decision::Granted(grant) => {
                grant.check(application, endpoint)?;
                let grant = Grant::clone(grant);
                devices.remove(&key);
                Ok(grant)
            }
        }
    }
}

fn user_code() -> String {
    let mut code = String::with_capacity(USER_CODE_LETTERS);
    while code.len() < USER_CODE_LETTERS {
        let [byte] = random::<1>();
        // 240 is the largest multiple of 20: a byte beyond it would prefer some letters.
        if byte < 240 {
            code.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
        }
    }
    code
}
