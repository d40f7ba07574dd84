//! What spreadsheets and people make of the fields of a code, told by its own name.

use super::rejection::Column;

/// Why a field is no part of a code in any mode, and what to do.
pub(super) type Damage = (&'static str, &'static str);

/// What was done to a field, if it is something known.
pub(super) fn damage(column: Column, value: &str) -> Option<Damage> {
    match column {
        Column::Iccid if is_rounded(value) => Some((
            "is a number that a spreadsheet has rounded: its digits are lost",
            "ask the carrier for the file again and open it as text",
        )),
        // No host holds that sign, and what follows it may be a secret.
        Column::Address if value.contains('$') => Some(WHOLE_CODE),
        Column::Iccid | Column::MatchingId | Column::Address if is_whole_code(value) => {
            Some(WHOLE_CODE)
        }
        _ if value.starts_with("=\"") || value.starts_with('\'') => Some((
            "has signs around it that make a spreadsheet take it as text",
            "leave out the '=' and the quotes",
        )),
        _ => None,
    }
}

/// A field with the next one, where a comma in a number was taken for one between fields.
pub(super) fn rejoined(field: &str, next: &str) -> Option<String> {
    let is_begin = matches!(field.as_bytes(), [b'1'..=b'9']);
    let whole = format!("{field},{next}");
    (is_begin && is_rounded(&whole)).then_some(whole)
}

const WHOLE_CODE: Damage =
    ("is a whole activation code", "call its column LPA, in a header above the codes");

/// Whether a text is meant as an activation code string, well-formed or not.
pub(super) fn is_whole_code(text: &str) -> bool {
    text.starts_with("1$")
        || text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("LPA:"))
}

/// A number that a spreadsheet has shortened, like 8.94E+18. Its digits are lost, and no secret is
/// among them.
pub(super) fn is_rounded(value: &str) -> bool {
    let Some((mantissa, exponent)) = value.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = mantissa.replacen(['.', ','], "", 1);
    digits(exponent) && digits(&mantissa)
}

#[cfg(test)]
mod tests {
    use super::{Column, WHOLE_CODE, damage, is_rounded, rejoined};

    #[test]
    fn rounded_numbers_are_told_from_hexadecimal_and_from_names() {
        for rounded in ["8.94E+18", "8,94723E+18", "8.94e18", "9E+18"] {
            assert!(is_rounded(rounded), "{rounded}");
        }
        for other in ["8944500102198304826", "E+18", "8.94E", "8.9.4E+18", "8.94E+", "ME2", ""] {
            assert!(!is_rounded(other), "{other}");
        }
    }

    #[test]
    fn a_number_with_a_decimal_comma_is_put_together_again() {
        assert_eq!(rejoined("8", "94E+18").as_deref(), Some("8,94E+18"));
        for (field, next) in [("8", "MATCH-2"), ("8", ""), ("", "94E+18"), ("88", "94E+18")] {
            assert_eq!(rejoined(field, next), None, "{field} {next}");
        }
    }

    #[test]
    fn what_makes_a_spreadsheet_take_it_as_text_is_named_in_every_column() {
        for column in [Column::Iccid, Column::MatchingId, Column::Address, Column::Lpa] {
            for value in ["=\"8944500102198304826\"", "'8944500102198304826", "'LPA:1$a.b$SECRET"] {
                let (reason, _) = damage(column, value).expect("damage");
                let expected = match (column, value.contains('$')) {
                    (Column::Address, true) => WHOLE_CODE.0,
                    _ => "has signs around it that make a spreadsheet take it as text",
                };
                assert_eq!(reason, expected);
            }
        }
    }

    #[test]
    fn an_activation_code_is_known_in_every_column_but_its_own() {
        for column in [Column::Iccid, Column::MatchingId, Column::Address] {
            for value in ["LPA:1$a.b$SECRET", "lpa:1$a.b", "1$a.b$SECRET", "LPA:"] {
                assert_eq!(damage(column, value), Some(WHOLE_CODE), "{column:?} {value}");
            }
            for value in ["8944500102198304826", "smdp.example.com", "LPA", "LP\u{e4}:", ""] {
                assert_eq!(damage(column, value), None, "{column:?} {value}");
            }
        }
        assert_eq!(damage(Column::Address, "a.b$SECRET"), Some(WHOLE_CODE));
        assert_eq!(damage(Column::Lpa, "LPA:1$a.b$SECRET"), None);
    }
}
