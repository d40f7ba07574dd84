//! Identifiers, one type each, and the one place that makes new ones.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Declares an identifier that prints as a GUID and is not to be confused with another.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// The bare GUID, for the wire and for the database.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

id!(
    /// The directory that owns a row: a token's `tid`.
    TenantId
);
id!(
    /// An activation code pool.
    PoolId
);
id!(
    /// An assignment of a pool.
    AssignmentId
);
id!(
    /// A device state of a pool.
    DeviceStateId
);
id!(
    /// An entry of the ledger: a code that was handed to a device.
    HandoutId
);
id!(
    /// An entry of the audit log.
    EventId
);
id!(
    /// An activation code within its pool. Graph gives codes no id; this one binds the encrypted
    /// matching id to its row.
    CodeId
);
id!(
    /// One request, as the `request-id` header and the logs name it.
    RequestId
);

/// Where new ids come from: UUIDs of version 7, made before anything is stored, so that a lost
/// acknowledgement can be looked up. They rise with time, which keeps inserts at the end of an
/// index.
#[derive(Clone, Debug)]
pub struct IdGenerator(Source);

#[derive(Clone, Debug)]
enum Source {
    Random,
    Counting(Arc<AtomicU64>),
}

impl TenantId {
    /// The tenant of that GUID, as tokens, URLs and settings write it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let guid = (text.len() == 36).then(|| Uuid::try_parse(text).ok());
        guid.flatten().map(Self)
    }
}

impl IdGenerator {
    /// IdGenerator for real use.
    #[must_use]
    pub fn random() -> Self {
        Self(Source::Random)
    }

    /// IdGenerator that count from one, for tests that pin an answer.
    #[must_use]
    pub fn counting() -> Self {
        Self(Source::Counting(Arc::new(AtomicU64::new(0))))
    }

    /// A new id.
    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    #[must_use]
    pub fn next<Id: From<Uuid>>(&self) -> Id {
        let uuid = match &self.0 {
            Source::Random => Uuid::now_v7(),
            Source::Counting(count) => {
                let count = count.fetch_add(1, Ordering::Relaxed) + 1;
                Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 | u128::from(count))
            }
        };
        Id::from(uuid)
    }
}
