//! Graph's permissions, as far as this service knows them.

use std::fmt;

/// A permission that some route asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// `DeviceManagementConfiguration.Read.All`
    ConfigurationReadAll,
    /// `DeviceManagementConfiguration.ReadWrite.All`
    ConfigurationReadWriteAll,
    /// `EmbeddedSIMActivationCode.Claim.All`: this service's own, to take a code's secret out.
    ActivationCodeClaimAll,
}

impl Permission {
    /// Every permission there is.
    pub const ALL: [Self; 3] =
        [Self::ConfigurationReadAll, Self::ConfigurationReadWriteAll, Self::ActivationCodeClaimAll];

    /// The name as it stands in a token.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfigurationReadAll => "DeviceManagementConfiguration.Read.All",
            Self::ConfigurationReadWriteAll => "DeviceManagementConfiguration.ReadWrite.All",
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

/// The known permissions of one token. A name counts only letter for letter: neither another
/// case nor a longer name that contains it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants(u8);

impl Grants {
    /// What the names in a token grant; names of other services' permissions grant nothing here.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let known = |name: &str| Permission::ALL.into_iter().find(|known| known.name() == name);
        Self(names.into_iter().filter_map(known).fold(0, |bits, known| bits | known.bit()))
    }

    /// Whether any of `permissions` is granted.
    #[must_use]
    pub fn any_of(self, permissions: &[Permission]) -> bool {
        permissions.iter().any(|permission| self.0 & permission.bit() != 0)
    }
}
