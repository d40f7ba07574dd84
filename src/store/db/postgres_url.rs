//! URLs of PostgreSQL that name several servers, as libpq takes them:
//! `postgres://user@one,two:5433/database`.

use std::str::FromStr;

use sqlx::Error;
use sqlx::postgres::PgConnectOptions;

/// The parameter by which libpq is told to look for the server that writes. It is always looked for.
const TARGET: &str = "target_session_attrs=";

/// How to connect to each server that a URL names, in its order.
///
/// # Errors
///
/// It is not a URL of PostgreSQL.
pub(super) fn servers(url: &str) -> Result<Vec<PgConnectOptions>, Error> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    let path = without_target(path);
    let server = |host| PgConnectOptions::from_str(&format!("{scheme}://{user}{host}{path}"));
    hosts.split(',').map(server).collect()
}

fn without_target(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let kept: Vec<_> = query.split('&').filter(|it| !it.starts_with(TARGET)).collect();
    format!("{path}?{}", kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::servers;

    fn named(url: &str) -> Vec<String> {
        let servers = servers(url).expect("a URL");
        let name = |it: &sqlx::postgres::PgConnectOptions| {
            format!(
                "{}@{}:{}/{:?}",
                it.get_username(),
                it.get_host(),
                it.get_port(),
                it.get_database()
            )
        };
        servers.iter().map(name).collect()
    }

    #[test]
    fn each_server_has_the_rest_of_the_url() {
        assert_eq!(
            named(
                "postgres://me:secret@one,two:5433,[::1]:5434/codes?target_session_attrs=read-write"
            ),
            [
                "me@one:5432/Some(\"codes\")",
                "me@two:5433/Some(\"codes\")",
                "me@[::1]:5434/Some(\"codes\")"
            ]
        );
    }

    #[test]
    fn one_server_is_a_list_of_one() {
        assert_eq!(named("postgres://me@one/codes?sslmode=disable").len(), 1);
        assert_eq!(named("postgres:///codes?host=/run/postgresql&user=me").len(), 1);
    }
}
