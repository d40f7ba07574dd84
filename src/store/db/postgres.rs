//! PostgreSQL, the engine of record.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Error, Postgres};

use super::dialect::Dialect;
use super::options::StoreOptions;
use super::pool::ConnectionPool;
use super::postgres_session::Session;
use super::postgres_url;
use super::servers::{Pooled, Servers};
use crate::store::error::OpenError;

#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) connections: ConnectionPool<Postgres>,
    pub(super) location: String,
    pub(super) session: Session,
}

impl Database {
    /// Connects lazily, with the first statement.
    pub(super) fn open(options: &StoreOptions) -> Result<Self, OpenError> {
        // The cause may quote the URL with its password.
        let bad = |_| OpenError::BadUrl("it is not a PostgreSQL connection URL".to_owned());
        let servers = postgres_url::servers(&options.url).map_err(bad)?;
        let name = servers.first().and_then(PgConnectOptions::get_database).unwrap_or("postgres");
        let place = |server: &PgConnectOptions| match server.get_socket() {
            Some(socket) => format!("in {}", socket.display()),
            None => format!("on {}:{}", server.get_host(), server.get_port()),
        };
        let places: Vec<_> = servers.iter().map(place).collect();
        let location = format!("{name} {}", places.join(", "));
        // A pooler refuses parameters of the startup that it does not know, so settings follow by SET.
        let connect = |server: PgConnectOptions| {
            let server = server.application_name("esimpool").extra_float_digits(None);
            server.disable_statement_logging()
        };
        let session = Session::new(options);
        let servers = Servers::new(servers.into_iter().map(connect).collect(), session.clone());
        let (max, timeout) = (options.max_connections, options.acquire_timeout);
        let connections = ConnectionPool::new(servers, max, timeout, options.threshold());
        Ok(Self { connections, location, session })
    }

    pub(super) fn dialect(&self) -> Dialect {
        if self.session.is_distributed() { Dialect::Citus } else { Dialect::Postgres }
    }

    /// Notes whether Citus distributes the tables. Connections that were prepared for the contrary are
    /// used no more.
    pub(super) fn set_distributed(&self, distributed: bool) {
        if self.session.set_distributed(distributed) {
            self.connections.liveness().lose();
        }
    }

    /// The same database, by a single connection of its own.
    pub(super) fn with_own_connection(&self) -> Self {
        Self { connections: self.connections.sibling(1), ..self.clone() }
    }
}

impl Pooled for Postgres {
    type Session = Session;

    async fn set_up(
        connection: &mut PgConnection,
        session: &Session,
        _: &Arc<AtomicBool>,
    ) -> Result<(), Error> {
        session.begin(connection).await
    }
}
