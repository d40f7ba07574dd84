//! A moment, in whole microseconds.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike};

/// A moment in UTC, cut to microseconds once, so that an echo, the stored row and a page's cursor
/// agree. Prints as Graph does: `2017-01-01T00:02:43.5775960Z`, always seven fraction digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A moment by its distance from 1970, in microseconds.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The same, if it lies within the years that have four digits, as every stored moment does.
    #[must_use]
    pub fn in_calendar(micros: i64) -> Option<Self> {
        let year = DateTime::from_timestamp_micros(micros)?.year();
        (0..=9999).contains(&year).then_some(Self(micros))
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, as tokens count them.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Reads ISO 8601 as Graph's clients write it: any number of fraction digits, `Z`, an offset,
    /// or none, which means UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let moment = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).ok();
        let moment = moment.or_else(|| {
            NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|at| at.and_utc())
        })?;
        Some(Self(moment.timestamp_micros()))
    }

    /// This moment as a calendar date and time of day.
    fn calendar(self) -> NaiveDateTime {
        // Out of chrono's range lie only moments that no clock and no parser here gives.
        DateTime::from_timestamp_micros(self.0).unwrap_or_default().naive_utc()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.calendar();
        // Digit by digit: chrono prints 0, 3, 6 or 9 fraction digits, Graph prints 7; and a page
        // holds hundreds of moments.
        let mut text = *b"0000-00-00T00:00:00.0000000Z";
        let year = u32::try_from(at.year()).unwrap_or_default();
        for (end, digits, number) in [
            (4, 4, year),
            (7, 2, at.month()),
            (10, 2, at.day()),
            (13, 2, at.hour()),
            (16, 2, at.minute()),
            (19, 2, at.second()),
            (26, 6, at.nanosecond() / 1000),
        ] {
            let mut rest = number;
            for place in (end - digits..end).rev() {
                text[place] = b'0' + u8::try_from(rest % 10).expect("a digit");
                rest /= 10;
            }
        }
        f.write_str(str::from_utf8(&text).expect("ASCII"))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn every_width_that_clients_send_is_read_and_seven_digits_are_written() {
        for (given, written) in [
            ("2017-01-01T00:02:43.5775965-08:00", "2017-01-01T08:02:43.5775960Z"),
            ("2025-01-02T03:04:05.678901+00:00", "2025-01-02T03:04:05.6789010Z"),
            ("2025-01-02T03:04:05.678Z", "2025-01-02T03:04:05.6780000Z"),
            ("2025-01-02T03:04:05Z", "2025-01-02T03:04:05.0000000Z"),
            ("2025-01-02T03:04:05", "2025-01-02T03:04:05.0000000Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000Z"),
        ] {
            let moment = Timestamp::parse(given).expect(given);
            assert_eq!(moment.to_string(), written);
            assert_eq!(Timestamp::parse(written), Some(moment));
        }
    }

    #[test]
    fn what_is_not_a_moment_is_not_read() {
        for text in ["", "yesterday", "2025-02-30T00:00:00Z", "2025-01-01", "1735689600"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
