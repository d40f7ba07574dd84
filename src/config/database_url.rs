//! The syntax of `database.url`.

use percent_encoding::percent_decode_str;

/// The parameters that are understood, besides `options[name]`. The Postgres driver ignores others; the
/// SQLite driver rejects them itself.
const POSTGRES_PARAMETERS: [&str; 19] = [
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
    "target_session_attrs",
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
    if is_torn(url) {
        return Some(
            "has a user or a password with '@', '/', '?' or '#' in it: write them as %40, %2F, %3F, %23"
                .to_owned(),
        );
    }
    let (_, query) = url.split_once('?')?;
    // The others look for servers that only read.
    let targets = query.split('&').filter_map(|it| it.strip_prefix("target_session_attrs="));
    if targets.into_iter().any(|target| !["any", "primary", "read-write"].contains(&target)) {
        return Some(
            "must have target_session_attrs=read-write, if any: the service writes".to_owned(),
        );
    }
    query.split('&').filter(|parameter| !parameter.is_empty()).find_map(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default();
        let name = percent_decode_str(name).decode_utf8_lossy();
        let known = POSTGRES_PARAMETERS.contains(&&*name) || name.starts_with("options[");
        (!known).then(|| format!("has the unknown parameter '{name}'"))
    })
}

/// Whether a character of the password would end what is before the host.
fn is_torn(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    // Of what follows, only the database's name and the parameters' values might have one.
    authority.matches('@').count() > 1 || rest[authority.len()..].contains('@')
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
        assert!(fault("postgres://one,two:5433/db?target_session_attrs=read-write").is_none());
        assert!(fault("postgres://host/db?target_session_attrs=standby").is_some());
    }

    #[test]
    fn a_password_that_tears_the_url_is_not_repeated() {
        for password in ["p@zz", "p/zz", "p?zz", "p#zz", "?x=p&zz"] {
            let fault = fault(&format!("postgres://me:{password}@host/db")).expect("a fault");
            assert!(fault.contains("%40") && !fault.contains("zz"), "{fault}");
        }
    }
}
