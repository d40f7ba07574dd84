//! The one place that asks what time it is.

use std::fmt;
use std::time::SystemTime;

use crate::domain::Timestamp;

/// Tells the time; a test can make it stand still.
#[derive(Clone, Copy)]
pub struct Clock(Option<Timestamp>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that has stopped at `at`.
    #[must_use]
    pub const fn stopped(at: Timestamp) -> Self {
        Self(Some(at))
    }

    /// Now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks")]
    pub fn now(self) -> Timestamp {
        self.0.unwrap_or_else(|| {
            let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            // A machine that believes to be before 1970 gets 1970.
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
