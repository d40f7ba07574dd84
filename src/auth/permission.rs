//! The permissions that this service knows.

use std::fmt;

/// A permission that some route requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// `DeviceManagementConfiguration.Read.All`
    ConfigurationReadAll,
    /// `DeviceManagementConfiguration.ReadWrite.All`
    ConfigurationReadWriteAll,
    /// `DeviceManagementApps.Read.All`
    AppsReadAll,
    /// `DeviceManagementApps.ReadWrite.All`
    AppsReadWriteAll,
    /// `EmbeddedSIMActivationCode.Claim.All`: not Graph's but this service's own; required for
    /// whatever reveals a code's secret.
    ActivationCodeClaimAll,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 5] = [
        Self::ConfigurationReadAll,
        Self::ConfigurationReadWriteAll,
        Self::AppsReadAll,
        Self::AppsReadWriteAll,
        Self::ActivationCodeClaimAll,
    ];

    /// The name as tokens spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfigurationReadAll => "DeviceManagementConfiguration.Read.All",
            Self::ConfigurationReadWriteAll => "DeviceManagementConfiguration.ReadWrite.All",
            Self::AppsReadAll => "DeviceManagementApps.Read.All",
            Self::AppsReadWriteAll => "DeviceManagementApps.ReadWrite.All",
            Self::ActivationCodeClaimAll => "EmbeddedSIMActivationCode.Claim.All",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The known permissions of one token. Names are compared letter for letter: neither a different
/// case nor a longer name that contains one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants(u8);

impl Grants {
    /// The permissions with these names. Unknown names grant nothing.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let known = |name: &str| Permission::ALL.into_iter().find(|known| known.name() == name);
        Self(names.into_iter().filter_map(known).fold(0, |bits, known| bits | known.bit()))
    }

    /// The permissions that are granted.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.0 & permission.bit() != 0)
    }

    /// Whether at least one of `permissions` is granted.
    #[must_use]
    pub fn any_of(self, permissions: &[Permission]) -> bool {
        permissions.iter().any(|permission| self.0 & permission.bit() != 0)
    }
}
