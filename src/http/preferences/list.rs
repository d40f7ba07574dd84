//! Headers that are comma-separated lists (RFC 9110, section 5.6.1).

use actix_web::http::header::{HeaderMap, HeaderName};

/// How much of a header is read, so that a hostile one costs no more than a genuine one.
const MAX_LIST_BYTES: usize = 2048;
const MAX_LIST_ITEMS: usize = 64;

/// The items of all headers called `name`, in order and without the empty ones. Reads at most
/// [`MAX_LIST_BYTES`] and [`MAX_LIST_ITEMS`].
pub(super) fn items<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'h str> {
    let mut left = MAX_LIST_BYTES;
    let bounded = move |text: &'h str| {
        let end = if text.len() <= left {
            text.len()
        } else {
            // Half an item could mean the opposite of the whole: `gzip;q=0`.
            text[..left].rfind(',').unwrap_or_default()
        };
        left = left.saturating_sub(text.len());
        &text[..end]
    };
    headers
        .get_all(name)
        // A value that passes is ASCII, which may be cut anywhere.
        .filter_map(|value| value.to_str().ok())
        .map(bounded)
        .flat_map(|text| split_unquoted(text, ','))
        .filter(|item| !item.is_empty())
        .take(MAX_LIST_ITEMS)
}

/// The parts of `text` between separators that are not inside a quoted string, without the spaces
/// and tabs around them.
pub(super) fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let separates = move |character| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match character {
            '"' => quoted = !quoted,
            '\\' => escaped = quoted,
            _ => return !quoted && character == separator,
        }
        false
    };
    text.split(separates).map(|part| part.trim_matches([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue};

    use super::{MAX_LIST_BYTES, MAX_LIST_ITEMS, items};

    fn read(values: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT, HeaderValue::from_str(value).expect("a value"));
        }
        items(&headers, &ACCEPT).map(str::to_owned).collect()
    }

    #[test]
    fn the_values_of_all_headers_of_a_name_are_one_list() {
        assert_eq!(read(&["a, b;q=1 ,,c", "", " d\t"]), ["a", "b;q=1", "c", "d"]);
    }

    #[test]
    fn a_comma_in_a_quoted_string_separates_nothing() {
        assert_eq!(read(&[r#"a="x, \", y", b"#]), [r#"a="x, \", y""#, "b"]);
        assert_eq!(read(&[r#"a="x, b"#]), [r#"a="x, b"#], "an unterminated string");
    }

    #[test]
    fn only_so_much_of_a_list_is_read() {
        assert!(read(&[&",".repeat(4000)]).is_empty());
        assert_eq!(read(&[&"a,".repeat(4000)]).len(), MAX_LIST_ITEMS);
        let spaces = " ".repeat(MAX_LIST_BYTES - 4);
        assert_eq!(read(&[&format!("a,{spaces}b;q=0"), "c"]), ["a"], "no half item");
        assert!(read(&[&"a".repeat(MAX_LIST_BYTES + 1)]).is_empty());
    }
}
