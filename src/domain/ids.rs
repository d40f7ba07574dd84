//! Typed identifiers, and the generator of new ones.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Declares an identifier type. It prints as a GUID, and the compiler tells it from the others.
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
    /// A tenant: the directory that owns a row, a token's `tid`.
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
    /// A hand-out: the record that a code was given to a device.
    HandoutId
);
id!(
    /// An event of the audit log.
    EventId
);
id!(
    /// An activation code in its pool. Graph gives codes no id; this one binds the encrypted
    /// matching id to its row.
    CodeId
);
id!(
    /// An import: the event of the audit log that records it.
    ImportId
);
id!(
    /// A request: its `request-id`, in the response header and the logs.
    RequestId
);

/// Generates ids: UUIDs of version 7. They are generated before anything is stored, so that an
/// unknown commit can be looked up; they increase with time, so that inserts go to the end of an
/// index.
#[derive(Clone, Debug)]
pub struct IdGenerator(Source);

#[derive(Clone, Debug)]
enum Source {
    Random,
    Counting(Arc<AtomicU64>),
}

impl TenantId {
    /// Parses a GUID in the form of tokens, URLs and settings.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let guid = (text.len() == 36).then(|| Uuid::try_parse(text).ok());
        guid.flatten().map(Self)
    }
}

impl IdGenerator {
    /// A generator of random ids.
    #[must_use]
    pub fn random() -> Self {
        Self(Source::Random)
    }

    /// A generator of ids that count from 1, for tests that compare whole answers.
    #[must_use]
    pub fn counting() -> Self {
        Self(Source::Counting(Arc::new(AtomicU64::new(0))))
    }

    /// A new id.
    #[expect(clippy::disallowed_methods, reason = "the one place that generates ids")]
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
