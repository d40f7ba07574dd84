//! Rejections of lines and fields, with hints and without secrets.

use std::borrow::Cow;

use super::columns::CsvColumn;
use super::spreadsheet_damage::damage;
use super::values::invisible_character;
use crate::domain::{Invalid, Rejection, is_rounded};

/// Why a line is rejected. Of millions of lines, only the first are reported: the report is made of it
/// only for these.
pub(super) struct Fault<'f> {
    /// The invalid field: its index, its column and its value. `None` if the line is invalid as a whole.
    field: Option<(usize, CsvColumn, Cow<'f, str>)>,
    reason: Cow<'static, str>,
    /// `None` if the form of the value tells what to do.
    hint: Option<&'static str>,
}

impl<'f> Fault<'f> {
    pub(super) fn of_line(reason: impl Into<Cow<'static, str>>, hint: &'static str) -> Self {
        Self { field: None, reason: reason.into(), hint: Some(hint) }
    }

    pub(super) fn of_field(
        index: usize,
        column: CsvColumn,
        value: impl Into<Cow<'f, str>>,
        reason: impl Into<Cow<'static, str>>,
        hint: &'static str,
    ) -> Self {
        let field = Some((index, column, value.into()));
        Self { field, reason: reason.into(), hint: Some(hint) }
    }

    /// Of a field that contradicts another one of its line.
    pub(super) fn of_contradiction(index: usize, column: CsvColumn, value: &'f str) -> Self {
        let hint = "ask the carrier which of the two is right";
        let reason = "says something else than another field of the line";
        Self::of_field(index, column, value, reason, hint)
    }

    /// Of a field that violates a rule of codes.
    pub(super) fn of_rule(
        index: usize,
        column: CsvColumn,
        value: impl Into<Cow<'f, str>>,
        invalid: Invalid,
    ) -> Self {
        let field = Some((index, column, value.into()));
        Self { field, reason: invalid.reason.into(), hint: None }
    }

    /// The report of the line.
    pub(super) fn rejection(self, line: u32) -> Rejection {
        let Some((index, column, value)) = self.field else {
            return Rejection::of_line(line, &self.reason, self.hint.unwrap_or_default());
        };
        Rejection {
            line,
            column: u32::try_from(index + 1).ok(),
            value: masked(column, &value),
            reason: self.reason.into_owned(),
            hint: self.hint.unwrap_or_else(|| hint(column, &value)).to_owned(),
        }
    }

    /// The reason and the hint, without the value.
    pub(super) fn reason_and_hint(self) -> (Cow<'static, str>, &'static str) {
        let of_value = || self.field.as_ref().map(|(_, column, value)| hint(*column, value));
        let hint = self.hint.or_else(of_value).unwrap_or_default();
        (self.reason, hint)
    }
}

/// A field without known damage and invisible characters.
pub(super) fn checked(
    fields: &[String],
    column: CsvColumn,
    index: usize,
) -> Result<&str, Fault<'_>> {
    let field = fields.get(index).map_or("", String::as_str);
    if let Some((reason, hint)) = damage(column, field) {
        return Err(Fault::of_field(index, column, field, reason, hint));
    }
    if let Some(character) = invisible_character(field) {
        let reason = format!("holds the invisible character U+{:04X}", u32::from(character));
        let hint =
            "write it again by hand; text that is copied from a page may hold such characters";
        return Err(Fault::of_field(index, column, field, reason, hint));
    }
    Ok(field)
}

/// Enough of a value to find it in the file. Of what may be a secret, perhaps in the wrong column, only
/// the length is shown.
fn masked(column: CsvColumn, value: &str) -> String {
    let length = value.chars().count();
    let shown = match column {
        CsvColumn::Iccid if is_rounded(value) && value.contains(['.', ',', '+']) => length,
        // A short number is not an ICCID, and may be a secret.
        CsvColumn::Iccid if length > 12 => {
            value.bytes().take(6).take_while(u8::is_ascii_digit).count()
        }
        CsvColumn::SmdpAddress => host_length(value).min(60),
        CsvColumn::State | CsvColumn::Date if length <= 24 && !value.contains('$') => length,
        _ => 0,
    };
    if shown == length {
        return value.to_owned();
    }
    let plural = if length == 1 { "" } else { "s" };
    format!("{}… ({length} character{plural})", &value[..shown])
}

/// The length of the host at the start of an address, including a scheme and a port; 0 if there is no
/// host. What follows may be anything.
fn host_length(value: &str) -> usize {
    if damage(CsvColumn::SmdpAddress, value).is_some() {
        return 0;
    }
    let has_scheme = |scheme: &&str| {
        value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let scheme = ["https://", "http://"].into_iter().find(has_scheme).map_or(0, str::len);
    let rest = &value.as_bytes()[scheme..];
    let is_host_character = |byte: &&u8| byte.is_ascii_alphanumeric() || b".-_".contains(byte);
    let (host, rest) = rest.split_at(rest.iter().take_while(is_host_character).count());
    if !host.contains(&b'.') {
        return 0;
    }
    let port = match rest.strip_prefix(b":") {
        Some(port) => 1 + port.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        None => 0,
    };
    scheme + host.len() + port + usize::from(rest[port..].starts_with(b"/"))
}

/// What to do about an invalid value, judging by its form.
fn hint(column: CsvColumn, value: &str) -> &'static str {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    match column {
        CsvColumn::Iccid if value.is_empty() => "every code needs an ICCID",
        CsvColumn::Iccid if digits == value.len() && digits == 18 => {
            "the check digit at the end is missing; ask the carrier for the complete number"
        }
        CsvColumn::Iccid if value.ends_with("0000") => {
            "a spreadsheet has probably rounded it; open the file as text"
        }
        CsvColumn::Iccid => {
            "compare it with the carrier's list; an ICCID begins with 89 and has 19 or 20 digits"
        }
        CsvColumn::MatchingId => "copy it from the carrier's list again, without spaces around it",
        CsvColumn::SmdpAddress if value.contains("://") => {
            "write only the host, without 'https://'"
        }
        CsvColumn::SmdpAddress if value.contains(['/', ':']) => {
            "write only the host, without a port or path"
        }
        CsvColumn::SmdpAddress => "write the host of the SM-DP+ server, such as smdp.example.com",
        CsvColumn::ActivationCode => "copy it again; its form is LPA:1$host$matching-id",
        _ => "correct it, or leave it empty if it is not known",
    }
}

#[cfg(test)]
mod tests {
    use super::{CsvColumn, masked};

    #[test]
    fn no_secret_is_shown_and_an_iccid_only_in_part() {
        assert_eq!(masked(CsvColumn::MatchingId, "SECRET"), "… (6 characters)");
        assert_eq!(masked(CsvColumn::ActivationCode, "LPA:1$a$SECRET"), "… (14 characters)");
        assert_eq!(masked(CsvColumn::Iccid, "8944500102198304826"), "894450… (19 characters)");
        assert_eq!(masked(CsvColumn::Iccid, ""), "");
        assert_eq!(masked(CsvColumn::MatchingId, "M"), "… (1 character)");
        assert_eq!(masked(CsvColumn::Iccid, "8,94E+18"), "8,94E+18");
        // This could be a matching id.
        assert_eq!(masked(CsvColumn::Iccid, "123E456"), "… (7 characters)");
        // Values in the wrong column.
        assert_eq!(masked(CsvColumn::Iccid, "SECRET"), "… (6 characters)");
        assert_eq!(masked(CsvColumn::Iccid, "271828"), "… (6 characters)");
        assert_eq!(masked(CsvColumn::Iccid, "LPA:1$a.b$SECRET"), "… (16 characters)");
    }

    #[test]
    fn of_an_address_nothing_but_a_host_is_shown() {
        for whole in
            ["smdp.example.com", "https://x.com", "HTTP://x_y.com:443/", "x.com:", "x.com/"]
        {
            assert_eq!(masked(CsvColumn::SmdpAddress, whole), whole);
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
            assert_eq!(masked(CsvColumn::SmdpAddress, value), expected);
        }
        let long = format!("{}com", "a.".repeat(100));
        assert_eq!(
            masked(CsvColumn::SmdpAddress, &long),
            format!("{}… (203 characters)", &long[..60])
        );
    }
}
