//! The only module that reads the system clock.

use std::fmt;
use std::time::SystemTime;

use crate::domain::Timestamp;

/// A source of the current time, which a test can stop.
#[derive(Clone, Copy)]
pub struct Clock(Option<Timestamp>);

impl Clock {
    /// The system clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that always returns `at`.
    #[must_use]
    pub const fn stopped(at: Timestamp) -> Self {
        Self(Some(at))
    }

    /// The current time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the only use of the system clock")]
    pub fn now(self) -> Timestamp {
        self.0.unwrap_or_else(|| {
            let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            // A clock before 1970 counts as 1970.
            let micros = since_1970.unwrap_or_default().as_micros();
            Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
        })
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(at) => write!(f, "Clock(stopped at {at})"),
            None => f.write_str("Clock(system)"),
        }
    }
}
