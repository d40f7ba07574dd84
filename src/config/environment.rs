//! The environment variables that settings are read from.

use std::collections::BTreeMap;

/// `ESIMPOOL__SECTION__KEY` sets `section.key`.
const PREFIX: &str = "ESIMPOOL__";
/// The other variables: the settings file, and the service and token of the client commands.
const KNOWN: [&str; 4] = ["DATABASE_URL", "ESIMPOOL_CONFIG", "ESIMPOOL_SERVER", "ESIMPOOL_TOKEN"];

/// The environment variables that concern this program, by name.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let ours = std::env::vars_os().filter_map(|(name, value)| {
            // Other variables may have names that are not Unicode.
            let name = name.into_string().ok()?;
            let ours = name.starts_with("ESIMPOOL_") || name == "DATABASE_URL";
            ours.then(|| (name, value.to_string_lossy().into_owned()))
        });
        Self(ours.collect())
    }

    /// An environment of these variables, for tests.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self(variables.into_iter().map(owned).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The variables that set a setting: their names, keys and values.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&str, String, &str)> {
        self.0.iter().filter_map(|(name, value)| {
            let key = name.strip_prefix(PREFIX)?.to_lowercase().replace("__", ".");
            Some((name.as_str(), key, value.as_str()))
        })
    }

    /// The names that are meant for this program, but mean nothing to it.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str).filter(|name| {
            !name.starts_with(PREFIX) && !KNOWN.contains(name) && !is_service_link(name)
        })
    }
}

/// Whether Kubernetes sets this variable in the pods beside a service called `esimpool` or
/// `esimpool-…`: `…_SERVICE_HOST`, `…_SERVICE_PORT`, `…_SERVICE_PORT_HTTP`, `…_PORT`,
/// `…_PORT_8080_TCP_ADDR`.
fn is_service_link(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || name
            .split("_PORT_")
            .skip(1)
            .any(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn a_variable_with_one_underscore_is_unknown_unless_it_is_known_or_a_service_link() {
        let environment = Environment::of([
            ("DATABASE_URL", ""),
            ("ESIMPOOL_CONFIG", ""),
            ("ESIMPOOL__SERVER__LISTEN", ""),
            ("ESIMPOOL_SERVICE_HOST", "10.0.0.1"),
            ("ESIMPOOL_SERVICE_PORT", "80"),
            ("ESIMPOOL_SERVICE_PORT_HTTP", "80"),
            ("ESIMPOOL_PORT", "tcp://10.0.0.1:80"),
            ("ESIMPOOL_ADMIN_PORT_9464_TCP_ADDR", "10.0.0.1"),
            ("ESIMPOOL_SERVER_LISTEN", "0.0.0.0:80"),
        ]);
        assert_eq!(environment.unknown().collect::<Vec<_>>(), ["ESIMPOOL_SERVER_LISTEN"]);
    }
}
