//! The address of a profile's server (SM-DP+).

use std::hash::{Hash, Hasher};

/// The host that serves the profile (SM-DP+). Compared without regard to case, to blanks around it
/// and to the dot that may end it.
#[derive(Clone, Debug)]
pub struct SmdpAddress(String);

impl SmdpAddress {
    /// A host that was checked, or that nobody asked to check.
    pub(super) fn unchecked(text: String) -> Self {
        Self(text)
    }

    /// A host that was checked before it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The host as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What equal hosts have in common, but for the case of letters.
    #[must_use]
    pub fn bare(&self) -> &str {
        let host = self.0.trim();
        host.strip_suffix('.').unwrap_or(host)
    }
}

impl PartialEq for SmdpAddress {
    fn eq(&self, other: &Self) -> bool {
        self.bare().eq_ignore_ascii_case(other.bare())
    }
}

impl Eq for SmdpAddress {}

impl Hash for SmdpAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.bare().bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
        state.write_u8(0xff);
    }
}

/// Graph: `^([a-zA-Z0-9]+(-[a-zA-Z0-9]+)*\.)+[a-zA-Z]{2,}$`
pub(super) fn is_graph_host(text: &str) -> bool {
    let Some((front, top)) = text.rsplit_once('.') else {
        return false;
    };
    let label = |label: &str| {
        label
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    top.len() >= 2
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
        && front.split('.').all(label)
}

/// SGP.22: what Graph's pattern allows, within the lengths of a host name.
pub(super) fn is_host(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(|label| label.len() <= 63)
}
