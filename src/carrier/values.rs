//! What the value of a field says of itself: whether it is a host, a whole activation code or
//! something else, whatever the heading of its column.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form<'v> {
    Empty,
    /// A whole activation code, well-formed or not.
    Code(Cow<'v, str>),
    Host,
    /// Perhaps a matching id.
    Other,
}

impl<'v> Form<'v> {
    pub(super) fn of(value: &'v str) -> Self {
        if value.is_empty() {
            Self::Empty
        } else if is_activation_code(value) {
            Self::Code(value.into())
        } else if let Some(code) = code_of_link(value) {
            Self::Code(code)
        } else if resembles_host(value) {
            Self::Host
        } else {
            Self::Other
        }
    }
}

/// Whether a field is meant as an activation code string, well-formed or not.
pub(super) fn is_activation_code(field: &str) -> bool {
    field.starts_with("1$")
        || field.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("LPA:"))
}

/// The activation code in an installation link of Apple or Android.
fn code_of_link(value: &str) -> Option<Cow<'_, str>> {
    const PARAMETER: &str = "carddata=";
    let (_, query) = without_scheme(value)?.split_once('?')?;
    let data = query.split('&').find_map(|part| {
        let name = part.get(..PARAMETER.len())?;
        name.eq_ignore_ascii_case(PARAMETER).then(|| &part[PARAMETER.len()..])
    })?;
    let code = percent_decode_str(data).decode_utf8().ok()?;
    is_activation_code(&code).then_some(code)
}

/// Whether a value is meant as a host, perhaps with a scheme, a port or a path.
pub(super) fn resembles_host(value: &str) -> bool {
    let rest = without_scheme(value).unwrap_or(value);
    let host = rest.split([':', '/']).next().unwrap_or_default();
    let is_host_character = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    // A number that a spreadsheet has made, such as 8.94E+18, has only one letter.
    host.contains('.')
        && host.bytes().all(is_host_character)
        && host.bytes().filter(u8::is_ascii_alphabetic).count() > 1
}

fn without_scheme(value: &str) -> Option<&str> {
    ["https://", "http://"].into_iter().find_map(|scheme| {
        let start = value.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| &value[scheme.len()..])
    })
}

/// Removes what is around a value and no part of it: space, invisible characters, and the marks that
/// make a spreadsheet keep a number as text (`="8944…"`, `'8944…`).
pub(super) fn cleaned(value: &str) -> &str {
    // Most values have nothing around them.
    if let (Some(first), Some(last)) = (value.as_bytes().first(), value.as_bytes().last())
        && first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
    {
        return value;
    }
    let outer = |character: char| character.is_whitespace() || is_invisible(character);
    let value = value.trim_matches(outer);
    let guarded = value.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    guarded.or_else(|| value.strip_prefix('\'')).map_or(value, |inner| inner.trim_matches(outer))
}

/// The first character of a value that no one sees.
pub(super) fn invisible_character(value: &str) -> Option<char> {
    if value.is_ascii() { None } else { value.chars().find(|it| is_invisible(*it)) }
}

/// Marks of direction, joiners, byte-order marks and the like: text that is copied from a web page or
/// a document has them.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::{Form, cleaned, invisible_character};

    #[test]
    fn a_value_tells_what_it_is() {
        for code in ["LPA:1$a.b$SECRET", "lpa:1$a.b", "1$a.b$SECRET", "LPA:"] {
            assert_eq!(Form::of(code), Form::Code(code.into()));
        }
        for link in [
            "https://esimsetup.apple.com/esim_qrcode_provisioning?carddata=LPA:1$a.b$M",
            "https://esimsetup.android.com/esim_qrcode_provisioning?carddata=LPA%3A1%24a.b%24M",
            "HTTPS://esimsetup.apple.com/x?a=b&CardData=LPA:1$a.b$M&c",
        ] {
            assert_eq!(Form::of(link), Form::Code("LPA:1$a.b$M".into()), "{link}");
        }
        for host in ["smdp.io", "https://smdp.example.com", "smdp.example.com:443/x", "a_b.example"]
        {
            assert_eq!(Form::of(host), Form::Host, "{host}");
        }
        for other in [
            "K2-1V5B9M-DD9VC9",
            "8.94E+18",
            "FORMAT:IDI/x.y",
            "a b.c",
            "LPA",
            "https://x?carddata=M",
        ] {
            assert_eq!(Form::of(other), Form::Other, "{other}");
        }
    }

    #[test]
    fn what_is_around_a_value_is_removed() {
        for (given, bare) in [
            ("=\"8944\"", "8944"),
            ("'8944", "8944"),
            ("\u{200b}LPA:1$a\u{200b} ", "LPA:1$a"),
            ("\u{a0}\u{feff}x", "x"),
            ("=\"8944", "=\"8944"),
            ("", ""),
        ] {
            assert_eq!(cleaned(given), bare, "{given:?}");
        }
        assert_eq!(invisible_character("a\u{200d}b"), Some('\u{200d}'));
        assert_eq!(invisible_character("Gr\u{f6}\u{df}e"), None);
    }
}
