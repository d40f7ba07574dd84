//! Timestamps in whole microseconds.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

/// A point in time in UTC, truncated to microseconds when it is parsed, so that an echo, the stored
/// row and a page's cursor agree. It prints as Graph does: `2017-01-01T00:02:43.5775960Z`, always seven fraction digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The timestamp `micros` microseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The timestamp `micros` microseconds after 1970-01-01T00:00:00Z, if its year is one of 1 to 9999,
    /// as that of every stored timestamp is: `Edm.DateTimeOffset` has no others.
    #[must_use]
    pub fn in_calendar(micros: i64) -> Option<Self> {
        let year = DateTime::from_timestamp_micros(micros)?.year();
        (1..=9999).contains(&year).then_some(Self(micros))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, the unit of tokens.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Parses ISO 8601 as Graph's clients write it: any number of fraction digits, then `Z`, an
    /// offset, or nothing, which means UTC. In UTC its year is one of 1 to 9999.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let time = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).ok();
        let time = time.or_else(|| {
            NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|at| at.and_utc())
        })?;
        Self::in_calendar(time.timestamp_micros())
    }

    /// Parses a date alone, as `2026-01-31`: its midnight in UTC.
    #[must_use]
    pub fn parse_date(text: &str) -> Option<Self> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10)?;
        Self::in_calendar(date.and_time(NaiveTime::MIN).and_utc().timestamp_micros())
    }

    /// Parses a date of a table, with or without the time of day: ISO 8601, with a space in place of the
    /// `T`, with slashes, or as `31.1.2026`. A date whose day and month could be confused is not read.
    #[must_use]
    pub fn parse_table_date(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(at) = Self::parse(text) {
            return Some(at);
        }
        let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "0:00"));
        let dates = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y"];
        let of_form = |form| NaiveDate::parse_from_str(date, form).ok();
        // No eSIM is older than that; a year of two digits could be a day.
        let date = dates.into_iter().filter_map(of_form).find(|date| date.year() >= 2000)?;
        let times = ["%H:%M", "%H:%M:%S%.f", "%H:%M:%S%.fZ"];
        let time =
            times.iter().find_map(|form| NaiveTime::parse_from_str(time.trim(), form).ok())?;
        Self::in_calendar(date.and_time(time).and_utc().timestamp_micros())
    }

    /// Its text as Graph prints it, in ASCII: `2017-01-01T00:02:43.5775960Z`, always seven fraction
    /// digits, which chrono cannot print.
    #[must_use]
    pub fn text(self) -> [u8; 28] {
        let at = self.calendar();
        let mut text = *b"0000-00-00T00:00:00.0000000Z";
        let year = u32::try_from(at.year()).unwrap_or_default();
        let micros = at.nanosecond() / 1000;
        for (place, number) in [
            (0, year / 100),
            (2, year),
            (5, at.month()),
            (8, at.day()),
            (11, at.hour()),
            (14, at.minute()),
            (17, at.second()),
            (20, micros / 10_000),
            (22, micros / 100),
            (24, micros),
        ] {
            // Digit by digit, since a page has hundreds of timestamps.
            let number = u8::try_from(number % 100).expect("two digits");
            text[place] = b'0' + number / 10;
            text[place + 1] = b'0' + number % 10;
        }
        text
    }

    /// The calendar date and time of day.
    fn calendar(self) -> NaiveDateTime {
        // No clock and no parser here yields a timestamp outside chrono's range.
        DateTime::from_timestamp_micros(self.0).unwrap_or_default().naive_utc()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.text()).expect("ASCII"))
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
    fn any_number_of_fraction_digits_is_read_and_seven_are_written() {
        for (given, written) in [
            ("2017-01-01T00:02:43.5775965-08:00", "2017-01-01T08:02:43.5775960Z"),
            ("2025-01-02T03:04:05.678901+00:00", "2025-01-02T03:04:05.6789010Z"),
            ("2025-01-02T03:04:05.678Z", "2025-01-02T03:04:05.6780000Z"),
            ("2025-01-02T03:04:05Z", "2025-01-02T03:04:05.0000000Z"),
            ("2025-01-02T03:04:05", "2025-01-02T03:04:05.0000000Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000Z"),
        ] {
            let timestamp = Timestamp::parse(given).expect(given);
            assert_eq!(timestamp.to_string(), written);
            assert_eq!(Timestamp::parse(written), Some(timestamp));
        }
    }

    #[test]
    fn what_is_not_a_timestamp_is_not_read() {
        for text in [
            "",
            "yesterday",
            "2025-02-30T00:00:00Z",
            "2025-01-01",
            "1735689600",
            // In another year in UTC.
            "9999-12-31T23:59:59-12:00",
            "0001-01-01T00:00:00+08:00",
            "0000-12-31T23:59:59Z",
            "+10000-01-01T00:00:00",
            "-0001-01-01T00:00:00",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_of_a_table_is_read_unless_day_and_month_could_be_confused() {
        for (given, written) in [
            ("2026-01-02", "2026-01-02T00:00:00.0000000Z"),
            ("2026/1/2", "2026-01-02T00:00:00.0000000Z"),
            ("31.1.2026", "2026-01-31T00:00:00.0000000Z"),
            ("2026-01-02 13:14", "2026-01-02T13:14:00.0000000Z"),
            ("2026-01-02 13:14:15", "2026-01-02T13:14:15.0000000Z"),
            ("2026-01-02T13:14:15+01:00", "2026-01-02T12:14:15.0000000Z"),
        ] {
            let read = Timestamp::parse_table_date(given).expect(given);
            assert_eq!(read.to_string(), written);
        }
        for text in ["01/02/2026", "1-2-26", "46024", "yesterday", "", "2026-02-30"] {
            assert_eq!(Timestamp::parse_table_date(text), None, "{text}");
        }
    }
}
