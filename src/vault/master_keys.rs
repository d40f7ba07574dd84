//! The configured master keys: one, or several while one is being rotated.

use std::sync::Arc;

use super::{MasterKey, MasterKeyError, MasterKeyId};

/// One or more master keys; the first one wraps, all of them unwrap.
#[derive(Clone, Debug)]
pub struct MasterKeys(Vec<Arc<MasterKey>>);

impl MasterKeys {
    /// Parses keys separated by whitespace, each as [`MasterKey::parse`] does.
    ///
    /// # Errors
    /// If there is no key, or one of them is invalid.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let keys = text.split_whitespace().map(|key| MasterKey::parse(key).map(Arc::new));
        let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(MasterKeyError) } else { Ok(Self(keys)) }
    }

    /// The key that wraps.
    #[must_use]
    pub fn first(&self) -> &MasterKey {
        self.0.first().expect("parse refuses an empty list")
    }

    /// The key with this id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&MasterKey> {
        self.iter().find(|key| key.id().as_str() == id)
    }

    /// All keys, in order.
    pub fn iter(&self) -> impl Iterator<Item = &MasterKey> {
        self.0.iter().map(Arc::as_ref)
    }

    /// These keys, followed by those of `others` that are not among them.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        for other in &others.0 {
            if self.by_id(other.id().as_str()).is_none() {
                self.0.push(other.clone());
            }
        }
        self
    }

    /// The ids, separated by commas, for messages.
    #[must_use]
    pub fn ids(&self) -> String {
        let ids: Vec<_> = self.iter().map(MasterKey::id).map(MasterKeyId::as_str).collect();
        ids.join(", ")
    }
}

impl From<MasterKey> for MasterKeys {
    fn from(key: MasterKey) -> Self {
        Self(vec![Arc::new(key)])
    }
}

#[cfg(test)]
mod tests {
    use super::MasterKeys;
    use crate::vault::MasterKey;

    #[test]
    fn several_keys_are_separated_by_whitespace() {
        let [one, two] = [MasterKey::generate(), MasterKey::generate()];
        let keys = MasterKeys::parse(&format!("{}\n{}\n", *one, *two)).expect("two keys");
        let id = |text: &str| MasterKey::parse(text).expect("a key").id().clone();
        assert_eq!(*keys.first().id(), id(&one));
        assert!(keys.by_id(id(&two).as_str()).is_some());
        let both = MasterKeys::parse(&two).expect("a key").and(&keys);
        assert_eq!(
            both.iter().map(|key| key.id().clone()).collect::<Vec<_>>(),
            [id(&two), id(&one)]
        );
        assert!(MasterKeys::parse(" \n").is_err());
        assert!(MasterKeys::parse(&format!("{} short", *one)).is_err());
    }
}
