//! The servers of one database, and how a connection to the one that writes is opened.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::{ConnectOptions, Connection, Database, Error};

type Options<D> = <<D as Database>::Connection as Connection>::Options;

/// A database whose connections can be pooled.
pub(super) trait Pooled: Database {
    /// What a new connection is prepared with.
    type Session: Clone + Send + Sync;

    /// Prepares a new connection. Once `abandoned` is set, what the connection is executing has to
    /// end.
    ///
    /// # Errors
    ///
    /// The server cannot be used: another one is tried.
    fn set_up(
        connection: &mut Self::Connection,
        session: &Self::Session,
        abandoned: &Arc<AtomicBool>,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// An open connection.
pub(super) struct Open<D: Database> {
    pub(super) connection: D::Connection,
    pub(super) abandoned: Arc<AtomicBool>,
}

/// The servers of a database, of which one writes, and how a connection to it is prepared.
pub(super) struct Servers<D: Pooled> {
    options: Vec<Options<D>>,
    session: D::Session,
    /// The one that was connected to last.
    current: AtomicUsize,
}

impl<D: Pooled> Clone for Servers<D> {
    fn clone(&self) -> Self {
        Self::new(self.options.clone(), self.session.clone())
    }
}

impl<D: Pooled> Servers<D> {
    /// At least one server.
    pub(super) fn new(options: Vec<Options<D>>, session: D::Session) -> Self {
        Self { options, session, current: AtomicUsize::new(0) }
    }

    /// Connects to the first server that can be used, beginning with that of the last connection.
    /// Waits no longer than `patience` for one of several.
    pub(super) async fn connect(&self, patience: Duration) -> Result<Open<D>, Error> {
        if let [only] = self.options.as_slice() {
            return self.open(only).await;
        }
        let (count, current) = (self.options.len(), self.current.load(Ordering::Relaxed));
        let mut failure = Error::PoolClosed;
        for server in (current..current + count).map(|server| server % count) {
            let opened = tokio::time::timeout(patience, self.open(&self.options[server])).await;
            match opened.unwrap_or_else(|_| Err(Error::Io(ErrorKind::TimedOut.into()))) {
                Ok(open) => {
                    self.current.store(server, Ordering::Relaxed);
                    return Ok(open);
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn open(&self, server: &Options<D>) -> Result<Open<D>, Error> {
        let (mut connection, abandoned) = (server.connect().await?, Arc::default());
        D::set_up(&mut connection, &self.session, &abandoned).await?;
        Ok(Open { connection, abandoned })
    }
}
