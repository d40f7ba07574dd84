//! Brings every spelling of a path into one form.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// A path in the form of the route table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `beta`, `deviceManagement`, …: percent-decoded.
    pub(super) segments: Vec<String>,
    /// The version prefix that the client sent: `/beta`, `/v1.0`, or empty.
    pub(super) prefix: &'static str,
}

/// The version prefixes of Graph.
const VERSIONS: [&str; 2] = ["beta", "v1.0"];

/// The segments at Graph's root, which may follow a version prefix or not.
const ROOTS: [&str; 4] = ["deviceManagement", "esimpool", "$metadata", "$batch"];

/// The collections whose members can be addressed in parentheses, and the types of their members.
const COLLECTIONS: [(&str, &str); 4] = [
    ("embeddedSIMActivationCodePools", "embeddedSIMActivationCodePool"),
    ("assignments", "embeddedSIMActivationCodePoolAssignment"),
    ("deviceStates", "embeddedSIMDeviceState"),
    ("auditEvents", "auditEvent"),
];

/// The other segments of Graph's paths, as the route table spells them.
const NAMES: [&str; 16] = [
    "$count",
    "assign",
    "decisions",
    "esimpool.claim",
    "esimpool.codes",
    "esimpool.deviceStates",
    "esimpool.export",
    "esimpool.import",
    "esimpool.qr",
    "esimpool.reinstate",
    "esimpool.release",
    "esimpool.sheet",
    "esimpool.stock",
    "esimpool.windows",
    "permissions",
    "used",
];

/// The namespace of Graph's types and actions, and its alias.
const NAMESPACES: [&str; 2] = ["microsoft.graph.", "graph."];

impl Address {
    /// The address of a raw path: `('id')` becomes a segment of its own, a trailing slash is
    /// dropped, and Graph's paths begin with `beta`. In Graph's paths, names are spelled as in the
    /// route table whatever their letter case, an action has no namespace, and a cast of entities to
    /// their own type is dropped.
    pub(super) fn parse(raw: &str) -> Self {
        let mut segments: Vec<String> = Vec::with_capacity(8);
        let raw = raw.strip_prefix('/').unwrap_or(raw);
        let raw = raw.strip_suffix('/').unwrap_or(raw);
        let mut graphs = false;
        for segment in raw.split('/').filter(|_| !raw.is_empty()) {
            let decoded = percent_decode_str(segment).decode_utf8_lossy();
            if segments.is_empty() {
                let roots = || VERSIONS.iter().chain(&ROOTS);
                graphs = roots().any(|root| root.eq_ignore_ascii_case(&decoded));
            }
            if !graphs {
                segments.push(decoded.into_owned());
            } else if let Some((name, id)) = key(&decoded) {
                segments.extend([name.to_owned(), id]);
            } else if !is_cast(&segments, &decoded) {
                segments.push(spelled(decoded).into_owned());
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

/// A segment as the route table spells it, if it has such a name.
fn spelled(segment: Cow<'_, str>) -> Cow<'_, str> {
    let names = VERSIONS.iter().chain(&ROOTS).chain(&NAMES).copied();
    let mut names = names.chain(COLLECTIONS.map(|(name, _)| name));
    if let Some(name) = names.find(|name| name.eq_ignore_ascii_case(&segment)) {
        return Cow::Borrowed(name);
    }
    // Actions of this service have its own namespace, which belongs to their names in the table.
    match unqualified(&segment) {
        Some(name) if name.eq_ignore_ascii_case("assign") => Cow::Borrowed("assign"),
        _ => segment,
    }
}

/// The name in a segment that begins with Graph's namespace.
fn unqualified(segment: &str) -> Option<&str> {
    NAMESPACES.into_iter().find_map(|namespace| {
        let (start, name) = segment.split_at_checked(namespace.len())?;
        start.eq_ignore_ascii_case(namespace).then_some(name)
    })
}

/// Whether a segment casts the collection or the entity before it to its own type.
fn is_cast(before: &[String], segment: &str) -> bool {
    let Some(name) = unqualified(segment) else { return false };
    let of = |collection: &String| {
        COLLECTIONS.iter().find(|(known, _)| known == collection).map(|(_, member)| *member)
    };
    let mut before = before.iter().rev();
    let member = before.next().and_then(of).or_else(|| before.next().and_then(of));
    member.is_some_and(|member| member.eq_ignore_ascii_case(name))
}

/// The name and the id in `name('id')`, which is `name/id` in OData. Quotes in the id are doubled.
fn key(segment: &str) -> Option<(&'static str, String)> {
    let (name, rest) = segment.split_once("('")?;
    let id = rest.strip_suffix("')")?;
    let known = COLLECTIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some((known.0, id.replace("''", "'")))
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
            ("/Beta/devicemanagement/p", "beta deviceManagement p", "/beta"),
            ("/BETA/DeviceManagement/P/x/$Count", "beta deviceManagement P x $count", "/beta"),
            ("/V1.0/devicemanagement/AuditEvents", "v1.0 deviceManagement auditEvents", "/v1.0"),
            ("/DeviceManagement/P", "beta deviceManagement P", ""),
            ("/beta/$BATCH", "beta $batch", "/beta"),
            ("/beta/x/graph.assign", "beta x assign", "/beta"),
            ("/beta/x/Microsoft.Graph.Assign", "beta x assign", "/beta"),
            ("/beta/x/microsoft.graph.claim", "beta x microsoft.graph.claim", "/beta"),
            ("/beta/x/graph.", "beta x graph.", "/beta"),
            ("/beta/P/graph.embeddedSIMActivationCodePool", "beta P", "/beta"),
            (
                "/beta/P/x/microsoft.graph.embeddedSimActivationCodePool/assign",
                "beta P x assign",
                "/beta",
            ),
            ("/beta/P/graph.auditEvent", "beta P graph.auditEvent", "/beta"),
            (
                "/beta/P/x/y/graph.embeddedSIMActivationCodePool",
                "beta P x y graph.embeddedSIMActivationCodePool",
                "/beta",
            ),
            ("/Contoso/Assign", "Contoso Assign", ""),
            ("/LIVEZ", "LIVEZ", ""),
            ("/livez", "livez", ""),
            ("/", "", ""),
        ] {
            let raw = raw.replace("/P", &format!("/{POOLS}"));
            let path = path.replace(" P", &format!(" {POOLS}"));
            let address = Address::parse(&raw);
            assert_eq!((address.segments.join(" "), address.prefix), (path, prefix), "{raw}");
        }
    }
}
