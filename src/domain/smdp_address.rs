//! The SM-DP+ address: the host that serves a profile.

use std::hash::{Hash, Hasher};

/// The host that serves a profile (SM-DP+). Comparison ignores letter case, space around it and a
/// trailing dot.
#[derive(Clone, Debug)]
pub struct SmdpAddress(String);

impl SmdpAddress {
    /// A host that has been checked, or that lenient validation accepts unchecked.
    pub(super) fn unchecked(text: String) -> Self {
        Self(text)
    }

    /// A host from the database, which was checked before it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The host as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host without space around it and without a trailing dot. Equal hosts differ here only in
    /// letter case.
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

/// Graph's pattern: `^([a-zA-Z0-9]+(-[a-zA-Z0-9]+)*\.)+[a-zA-Z]{2,}$`
pub(super) fn is_graph_host(text: &str) -> bool {
    let Some((labels, top)) = text.rsplit_once('.') else {
        return false;
    };
    let label = |label: &str| {
        label
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    top.len() >= 2
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
        && labels.split('.').all(label)
}

/// Whether a host that matches Graph's pattern is within the lengths of a host name (SGP.22).
pub(super) fn is_host(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(|label| label.len() <= 63)
}
