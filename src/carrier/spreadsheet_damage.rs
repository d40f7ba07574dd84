//! Recognizes what spreadsheets, and people, do to the fields of a code, so that the rejection can say
//! what happened.

use super::columns::CsvColumn;
use super::values::is_activation_code;
use crate::domain::is_rounded;

/// Why a field is invalid in every mode, and what to do.
pub(super) type Damage = (&'static str, &'static str);

/// The known damage of a field, if it has any.
pub(super) fn damage(column: CsvColumn, value: &str) -> Option<Damage> {
    match column {
        CsvColumn::Iccid if is_rounded(value) => Some((
            "is a number that a spreadsheet has rounded: its digits are lost",
            "ask the carrier for the file again and open it as text",
        )),
        // No host contains a dollar sign, and what follows it may be a secret.
        CsvColumn::SmdpAddress if value.contains('$') => Some(ACTIVATION_CODE),
        CsvColumn::Iccid if is_activation_code(value) => Some(ACTIVATION_CODE),
        _ if value.starts_with("=\"") => Some((
            "has a quote that forces a spreadsheet to treat it as text, and does not end",
            "remove the '=' and the quote",
        )),
        _ => None,
    }
}

/// A field joined with the next one, if together they are a rounded number whose decimal comma was
/// taken for a separator.
pub(super) fn rejoined(field: &str, next: &str) -> Option<String> {
    let is_digit = matches!(field.as_bytes(), [b'1'..=b'9']);
    let joined = format!("{field},{next}");
    (is_digit && is_rounded(&joined)).then_some(joined)
}

const ACTIVATION_CODE: Damage =
    ("is a complete activation code", "add a header that names the columns, such as ICCID,LPA");

#[cfg(test)]
mod tests {
    use super::{ACTIVATION_CODE, CsvColumn, damage, rejoined};

    #[test]
    fn a_number_with_a_decimal_comma_is_joined_again() {
        assert_eq!(rejoined("8", "94E+18").as_deref(), Some("8,94E+18"));
        for (field, next) in [("8", "MATCH-2"), ("8", ""), ("", "94E+18"), ("88", "94E+18")] {
            assert_eq!(rejoined(field, next), None, "{field} {next}");
        }
    }

    #[test]
    fn an_activation_code_is_recognized_in_the_columns_of_the_number_and_the_host() {
        for value in ["LPA:1$a.b$SECRET", "lpa:1$a.b", "1$a.b$SECRET", "LPA:"] {
            assert_eq!(damage(CsvColumn::Iccid, value), Some(ACTIVATION_CODE), "{value}");
        }
        for column in [CsvColumn::Iccid, CsvColumn::MatchingId, CsvColumn::SmdpAddress] {
            for value in ["8944500102198304826", "smdp.example.com", "LPA", "LP\u{e4}:", ""] {
                assert_eq!(damage(column, value), None, "{column:?} {value}");
            }
            assert!(damage(column, "=\"8944").is_some());
        }
        assert_eq!(damage(CsvColumn::SmdpAddress, "a.b$SECRET"), Some(ACTIVATION_CODE));
        assert_eq!(damage(CsvColumn::ActivationCode, "LPA:1$a.b$SECRET"), None);
    }
}
