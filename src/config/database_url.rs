//! The syntax of `database.url`.

use percent_encoding::percent_decode_str;

/// The parameters that the Postgres driver understands, besides `options[name]`. It ignores others;
/// the SQLite driver rejects them itself.
const POSTGRES_PARAMETERS: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// What is wrong with a database URL, without its values: they may be secret.
pub(super) fn fault(url: &str) -> Option<String> {
    if url.starts_with("sqlite://") {
        return None;
    }
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Some("must begin with 'postgres://' or 'sqlite://'".to_owned());
    }
    let (_, query) = url.split_once('?')?;
    query.split('&').filter(|parameter| !parameter.is_empty()).find_map(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default();
        let name = percent_decode_str(name).decode_utf8_lossy();
        let known = POSTGRES_PARAMETERS.contains(&&*name) || name.starts_with("options[");
        (!known).then(|| format!("has the unknown parameter '{name}'"))
    })
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn an_unknown_parameter_is_named_without_its_value() {
        for url in [
            "sqlite:///data/esimpool.db",
            "postgres://user:secret@host/db",
            "postgresql://host/db?sslmode=require&application_name=x&options%5Bstatement_timeout%5D=5",
            "postgres:///db?host=/run/postgresql&",
        ] {
            assert_eq!(fault(url), None, "{url}");
        }
        for (url, name) in [
            ("postgres://host/db?sslmod=secret", "sslmod"),
            ("postgres://host/db?sslmode=require&pool%5Fsize=secret", "pool_size"),
        ] {
            assert_eq!(fault(url), Some(format!("has the unknown parameter '{name}'")));
        }
        assert!(fault("mysql://host/db").is_some());
    }
}
