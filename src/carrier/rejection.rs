//! Why a line holds no code, and what to do.

use super::damage::{damage, is_rounded};
use crate::domain::{Invalid, Rejection};

/// A column as a rejection names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Iccid,
    MatchingId,
    Address,
    /// A whole activation code string.
    Lpa,
}

/// A field at fault.
pub(super) fn of_field(
    line: u32,
    place: usize,
    column: Column,
    value: &str,
    reason: &str,
    hint: &str,
) -> Rejection {
    Rejection {
        line,
        column: u32::try_from(place + 1).ok(),
        value: masked(column, value),
        reason: reason.to_owned(),
        hint: hint.to_owned(),
    }
}

/// A field that breaks a rule of codes.
pub(super) fn of_rule(
    line: u32,
    place: usize,
    column: Column,
    value: &str,
    invalid: &Invalid,
) -> Rejection {
    of_field(line, place, column, value, &invalid.reason, hint(column, value))
}

/// Enough of a value to find it by. What may be a secret, perhaps in the wrong column, is told by
/// its length alone.
fn masked(column: Column, value: &str) -> String {
    let length = value.chars().count();
    let shown = match column {
        Column::Iccid if is_rounded(value) && value.contains(['.', ',', '+']) => length,
        // A short number is no ICCID: it may be a secret.
        Column::Iccid if length > 12 => {
            value.bytes().take(6).take_while(u8::is_ascii_digit).count()
        }
        Column::Address => host_end(value).min(60),
        Column::Iccid | Column::MatchingId | Column::Lpa => 0,
    };
    if shown == length {
        return value.to_owned();
    }
    let plural = if length == 1 { "" } else { "s" };
    format!("{}… ({length} character{plural})", &value[..shown])
}

/// How much of an address is a host, with a scheme before it and a port behind it: nothing if there
/// is none. What follows may be anything.
fn host_end(value: &str) -> usize {
    if damage(Column::Address, value).is_some() {
        return 0;
    }
    let begins = |scheme: &&str| {
        value.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    };
    let scheme = ["https://", "http://"].into_iter().find(begins).map_or(0, str::len);
    let rest = &value.as_bytes()[scheme..];
    let is_of_host = |byte: &&u8| byte.is_ascii_alphanumeric() || b".-_".contains(byte);
    let (host, rest) = rest.split_at(rest.iter().take_while(is_of_host).count());
    if !host.contains(&b'.') {
        return 0;
    }
    let port = match rest.strip_prefix(b":") {
        Some(port) => 1 + port.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        None => 0,
    };
    scheme + host.len() + port + usize::from(rest[port..].starts_with(b"/"))
}

/// What usually brought a value into that form.
fn hint(column: Column, value: &str) -> &'static str {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    match column {
        Column::Iccid if value.is_empty() => "give every code its ICCID",
        Column::Iccid if digits == value.len() && digits == 18 => {
            "the check digit at the end is missing; ask the carrier for the whole number"
        }
        Column::Iccid if value.ends_with("0000") => {
            "a spreadsheet rounds long numbers and ends them with zeros; open the file as text"
        }
        Column::Iccid => {
            "compare it with the carrier's list; it begins with 89 and has 19 or 20 digits"
        }
        Column::MatchingId => "copy it from the carrier's list again, without blanks around it",
        Column::Address if value.contains("://") => {
            "write the host alone, without 'https://' before it"
        }
        Column::Address if value.contains(['/', ':']) => {
            "write the host alone, without a port or a path behind it"
        }
        Column::Address => "write the host of the SM-DP+ server, like smdp.example.com",
        Column::Lpa => "it is LPA:1$, the host, $, and the matching id; copy it again",
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, masked};

    #[test]
    fn no_secret_is_shown_and_an_iccid_only_in_part() {
        assert_eq!(masked(Column::MatchingId, "SECRET"), "… (6 characters)");
        assert_eq!(masked(Column::Lpa, "LPA:1$a$SECRET"), "… (14 characters)");
        assert_eq!(masked(Column::Iccid, "8944500102198304826"), "894450… (19 characters)");
        assert_eq!(masked(Column::Iccid, ""), "");
        assert_eq!(masked(Column::MatchingId, "M"), "… (1 character)");
        assert_eq!(masked(Column::Iccid, "8,94E+18"), "8,94E+18");
        // That may as well be a matching id.
        assert_eq!(masked(Column::Iccid, "123E456"), "… (7 characters)");
        // Columns that were mixed up.
        assert_eq!(masked(Column::Iccid, "SECRET"), "… (6 characters)");
        assert_eq!(masked(Column::Iccid, "271828"), "… (6 characters)");
        assert_eq!(masked(Column::Iccid, "LPA:1$a.b$SECRET"), "… (16 characters)");
    }

    #[test]
    fn of_an_address_nothing_but_a_host_is_shown() {
        for whole in
            ["smdp.example.com", "https://x.com", "HTTP://x_y.com:443/", "x.com:", "x.com/"]
        {
            assert_eq!(masked(Column::Address, whole), whole);
        }
        for (value, shown) in [
            ("SECRET", ""),
            ("LPA:1$smdp.example.com$SECRET", ""),
            ("lpa:smdp.example.com", ""),
            ("1$smdp.example.com$SECRET", ""),
            ("smdp.example.com$SECRET", ""),
            ("SECRET smdp.example.com", ""),
            ("SECRET://smdp.example.com", ""),
            ("SECRET/smdp.example.com", ""),
            ("\u{e4}.SECRET", ""),
            ("smdp.example.com SECRET", "smdp.example.com"),
            ("smdp.example.com|SECRET", "smdp.example.com"),
            ("smdp.example.com:SECRET", "smdp.example.com:"),
            ("https://smdp.example.com:443/SECRET", "https://smdp.example.com:443/"),
        ] {
            let expected = format!("{shown}… ({} characters)", value.chars().count());
            assert_eq!(masked(Column::Address, value), expected);
        }
        let long = format!("{}com", "a.".repeat(100));
        assert_eq!(masked(Column::Address, &long), format!("{}… (203 characters)", &long[..60]));
    }
}
