//! Confirmation codes: what a device asks its user for before it downloads a profile, if the carrier
//! wants that (SGP.22 section 4.1).

use std::fmt;
use std::hash::{Hash, Hasher};

use zeroize::Zeroizing;

/// The second secret of some activation codes, which the activation code string never includes. As
/// a matching id it has no `Display` and no `Serialize`, its `Debug` omits the value, and it is
/// cleared from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfirmationCode(Zeroizing<String>);

impl ConfirmationCode {
    /// A code from a file or from the database.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for encryption and for answers to authorised callers.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Hash for ConfirmationCode {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose().hash(state);
    }
}

impl fmt::Debug for ConfirmationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfirmationCode(…)")
    }
}
