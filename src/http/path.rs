//! Brings every spelling of a path into one form.

use percent_encoding::percent_decode_str;

/// A path in the form of the route table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `beta`, `deviceManagement`, …: percent-decoded.
    pub(super) segments: Vec<String>,
    /// The version prefix that the client sent: `/beta`, `/v1.0`, or empty.
    pub(super) prefix: &'static str,
}

/// The segments at Graph's root, which may follow a version prefix or not.
const ROOTS: [&str; 4] = ["deviceManagement", "esimpool", "$metadata", "$batch"];

/// The collections whose members can be addressed in parentheses.
const COLLECTIONS: [&str; 4] =
    ["embeddedSIMActivationCodePools", "assignments", "deviceStates", "auditEvents"];

impl Address {
    /// The address of a raw path: `('id')` becomes a segment of its own, a trailing slash is
    /// dropped, and Graph's paths begin with `beta`.
    pub(super) fn parse(raw: &str) -> Self {
        let mut segments: Vec<String> = Vec::with_capacity(8);
        let raw = raw.strip_prefix('/').unwrap_or(raw);
        let raw = raw.strip_suffix('/').unwrap_or(raw);
        for segment in raw.split('/').filter(|_| !raw.is_empty()) {
            let decoded = percent_decode_str(segment).decode_utf8_lossy();
            match key(&decoded) {
                Some((name, id)) => segments.extend([name.to_owned(), id]),
                None => segments.push(decoded.into_owned()),
            }
        }
        let first = segments.first().map(String::as_str);
        let prefix = match first {
            Some("beta") => "/beta",
            Some("v1.0") => "/v1.0",
            _ => "",
        };
        if first.is_some_and(|first| ROOTS.contains(&first)) {
            segments.insert(0, "beta".to_owned());
        }
        Self { segments, prefix }
    }
}

/// The name and the id in `name('id')`, which is `name/id` in OData. Quotes in the id are doubled.
fn key(segment: &str) -> Option<(&str, String)> {
    let (name, rest) = segment.split_once("('")?;
    let id = rest.strip_suffix("')")?;
    COLLECTIONS.contains(&name).then(|| (name, id.replace("''", "'")))
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn every_spelling_of_a_path_becomes_one() {
        const POOLS: &str = "embeddedSIMActivationCodePools";
        for (raw, path, prefix) in [
            ("/beta/deviceManagement/P", "beta deviceManagement P", "/beta"),
            ("/deviceManagement/P", "beta deviceManagement P", ""),
            ("/beta/deviceManagement/P/", "beta deviceManagement P", "/beta"),
            ("/beta/deviceManagement/P('a-1')", "beta deviceManagement P a-1", "/beta"),
            ("/beta/deviceManagement/P(%27a-1%27)/x", "beta deviceManagement P a-1 x", "/beta"),
            ("/beta/deviceManagement/P('it''s')", "beta deviceManagement P it's", "/beta"),
            ("/beta/deviceManagement/P('')", "beta deviceManagement P ", "/beta"),
            ("/beta/deviceManagement/P/x('y')", "beta deviceManagement P x('y')", "/beta"),
            ("/beta/device%4Danagement", "beta deviceManagement", "/beta"),
            ("/beta/deviceManagement/P/a%2Fb", "beta deviceManagement P a/b", "/beta"),
            ("/beta/deviceManagement//P", "beta deviceManagement  P", "/beta"),
            ("/v1.0/deviceManagement", "v1.0 deviceManagement", "/v1.0"),
            ("/livez", "livez", ""),
            ("/", "", ""),
        ] {
            let (raw, path) = (raw.replace('P', POOLS), path.replace('P', POOLS));
            let address = Address::parse(&raw);
            assert_eq!((address.segments.join(" "), address.prefix), (path, prefix), "{raw}");
        }
    }
}
