//! What identifies a device across claims: its EID, its name, or both.

use super::activation_code::check_text;
use super::eid::{check_eid, is_eid};
use super::{HandoutId, Invalid, Rules, fold};

/// What identifies a device, by what it tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceIdentity {
    key: DeviceKey,
    /// Folded, without space around it.
    name: Option<String>,
    /// The key by the name, if the key is that of an EID.
    key_by_name: Option<DeviceKey>,
}

/// What the hand-out ledger has a device under: its EID, or its name if it has told no EID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceKey(String);

impl DeviceIdentity {
    /// The identity of a device with this EID, in its one form, and this name. What is no EID counts
    /// as none, and so does a name of nothing but space. `None` without either.
    #[must_use]
    pub fn new(eid: Option<&str>, name: Option<&str>) -> Option<Self> {
        let name = name.map(str::trim).filter(|name| !name.is_empty()).map(fold);
        let by_name = name.as_ref().map(|name| DeviceKey(format!("name:{name}")));
        Some(match eid.filter(|eid| is_eid(eid)) {
            Some(eid) => Self { key: DeviceKey(format!("eid:{eid}")), name, key_by_name: by_name },
            None => Self { key: by_name?, name, key_by_name: None },
        })
    }

    /// The identity of a device that tells its EID.
    ///
    /// # Errors
    /// [`Invalid`] about the property `name`, if it is not an EID.
    pub fn of_eid(name: &str, eid: String) -> Result<Self, Invalid> {
        let eid = check_eid(name, eid, false)?;
        Self::new(Some(&eid), None).ok_or_else(|| Invalid::new(name, "must not be blank"))
    }

    /// The identity of a device that tells its name.
    ///
    /// # Errors
    /// [`Invalid`] about the property `name`, if it is blank or cannot be stored.
    pub fn of_name(name: &str, device: &str, rules: &Rules) -> Result<Self, Invalid> {
        check_text(name, device, rules.text_length)?;
        Self::new(None, Some(device)).ok_or_else(|| Invalid::new(name, "must not be blank"))
    }

    /// What the ledger has the device under.
    #[must_use]
    pub fn key(&self) -> &DeviceKey {
        &self.key
    }

    /// What the ledger has a device with an EID under, if it has told no more than its name before.
    #[must_use]
    pub fn key_by_name(&self) -> Option<&DeviceKey> {
        self.key_by_name.as_ref()
    }

    /// The folded name of a device with an EID: the ledger has it beside the key.
    #[must_use]
    pub fn name_beside_eid(&self) -> Option<&str> {
        self.key_by_name.as_ref().and(self.name.as_deref())
    }

    /// The folded name of a device that tells no EID.
    #[must_use]
    pub fn name_alone(&self) -> Option<&str> {
        if self.key_by_name.is_none() { self.name.as_deref() } else { None }
    }

    /// Whether both have the same name, in whatever case, or one of them has none.
    #[must_use]
    pub fn may_be_named_as(&self, other: Option<&Self>) -> bool {
        let other = other.and_then(|other| other.name.as_ref());
        self.name.is_none() || other.is_none() || self.name.as_ref() == other
    }
}

impl DeviceKey {
    /// The key of a device of which nothing is known but that it has the code of this hand-out.
    pub(super) fn unknown(handout: HandoutId) -> Self {
        Self(format!("unknown:{handout}"))
    }

    /// The key as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{DeviceIdentity, DeviceKey};

    const EID: &str = "89049032123451234512345678901235";

    #[test]
    fn a_device_is_known_by_its_eid_or_else_by_its_folded_name() {
        let new = DeviceIdentity::new;
        let key = |eid, name| new(eid, name).map(|it| it.key().as_str().to_owned());
        let by_eid = format!("eid:{EID}");
        assert_eq!(key(Some(EID), Some("A")).as_ref(), Some(&by_eid));
        assert_eq!(key(Some(EID), None).as_ref(), Some(&by_eid));
        assert_eq!(key(None, Some(" LT-Ä ")).as_deref(), Some("name:lt-ä"));
        assert_eq!(key(Some("none"), Some("A")).as_deref(), Some("name:a"));
        assert_eq!(key(None, Some("\t")), None);
        let both = new(Some(EID), Some("A")).expect("an identity");
        assert_eq!(both.key_by_name().map(DeviceKey::as_str), Some("name:a"));
        assert_eq!((both.name_beside_eid(), both.name_alone()), (Some("a"), None));
        let named = new(None, Some(" a")).expect("an identity");
        assert_eq!((named.name_beside_eid(), named.name_alone()), (None, Some("a")));
        let other = new(Some(EID), Some("B")).expect("an identity");
        let nameless = new(Some(EID), None).expect("an identity");
        assert!(both.may_be_named_as(Some(&named)) && both.may_be_named_as(Some(&nameless)));
        assert!(nameless.may_be_named_as(Some(&both)) && both.may_be_named_as(None));
        assert!(!both.may_be_named_as(Some(&other)));
    }
}
