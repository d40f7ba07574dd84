//! Paths in one form, made once: a version prefix, plain segments, no escapes.

use percent_encoding::percent_decode_str;

/// A path that was put into the table's form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Normalised {
    /// `/beta/deviceManagement/…`, or the path itself where it is not Graph's.
    pub(super) path: String,
    /// The prefix that the client wrote: `/beta` or nothing.
    pub(super) prefix: &'static str,
}

/// The segments that stand at Graph's root, with or without a version before them.
const ROOTS: [&str; 1] = ["deviceManagement"];

/// Puts a raw path into the form that the route table uses: `('id')` becomes `/id`, escapes are
/// undone, a slash at the end is dropped, and Graph's paths begin with `/beta`.
pub(super) fn normalise(raw: &str) -> Normalised {
    let mut segments: Vec<String> = Vec::new();
    for segment in raw.split('/').skip(1) {
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        match key(&decoded) {
            Some((name, id)) => segments.extend([name.to_owned(), id]),
            None => segments.push(decoded.into_owned()),
        }
    }
    if segments.last().is_some_and(String::is_empty) {
        segments.pop();
    }
    let prefix = if segments.first().is_some_and(|first| first == "beta") { "/beta" } else { "" };
    if segments.first().is_some_and(|first| ROOTS.contains(&first.as_str())) {
        segments.insert(0, "beta".to_owned());
    }
    let path = segments.iter().fold(String::new(), |path, segment| path + "/" + &escape(segment));
    Normalised { path: if path.is_empty() { "/".to_owned() } else { path }, prefix }
}

/// `name('id')`, the other way to write `name/id` in OData. Quotes inside are doubled.
fn key(segment: &str) -> Option<(&str, String)> {
    let (name, rest) = segment.split_once("('")?;
    let id = rest.strip_suffix("')")?;
    Some((name, id.replace("''", "'")))
}

/// What a URI can hold of a segment.
fn escape(segment: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'$');
    utf8_percent_encode(segment, KEPT).to_string()
}

/// The segments of a normalised path, unescaped.
pub(super) fn segments(path: &str) -> impl Iterator<Item = String> + '_ {
    path.split('/')
        .skip(1)
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn every_spelling_of_a_path_becomes_one() {
        for (raw, path, prefix) in [
            ("/beta/deviceManagement/pools", "/beta/deviceManagement/pools", "/beta"),
            ("/deviceManagement/pools", "/beta/deviceManagement/pools", ""),
            ("/beta/deviceManagement/pools/", "/beta/deviceManagement/pools", "/beta"),
            ("/beta/deviceManagement/pools('a-1')", "/beta/deviceManagement/pools/a-1", "/beta"),
            (
                "/beta/deviceManagement/pools(%27a-1%27)/x",
                "/beta/deviceManagement/pools/a-1/x",
                "/beta",
            ),
            (
                "/beta/deviceManagement/pools('it''s')",
                "/beta/deviceManagement/pools/it%27s",
                "/beta",
            ),
            ("/beta/device%4Danagement", "/beta/deviceManagement", "/beta"),
            ("/beta/deviceManagement/pools/a%2Fb", "/beta/deviceManagement/pools/a%2Fb", "/beta"),
            ("/beta/deviceManagement//pools", "/beta/deviceManagement//pools", "/beta"),
            ("/v1.0/deviceManagement", "/v1.0/deviceManagement", ""),
            ("/livez", "/livez", ""),
            ("/", "/", ""),
        ] {
            let normalised = normalise(raw);
            assert_eq!((normalised.path.as_str(), normalised.prefix), (path, prefix), "{raw}");
            assert_eq!(normalise(&normalised.path).path, path, "a second time changes nothing");
        }
    }
}
