//! Servers of one database, as far as has to be known before something changes for all of them: whether
//! each has the new master key of a rotation, and has dropped the tenants' keys that it had cached; and
//! that each has learnt that the tables are about to be distributed.
//!
//! Who changes it raises a version that every server looks at every few seconds. A server that sees a
//! new one reads its master keys again, forgets its tenants' keys, and answers. So nothing is written
//! while nothing changes.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::store::db::{Bind, Completion, Dialect, Statement, Unit, params, row};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::vault::MasterKeyId;

/// How long a rotation waits for the answers of servers that look every few seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How often it looks for them.
const ANSWER_INTERVAL: Duration = Duration::from_millis(100);

/// A server that follows the keys of its database.
#[derive(Debug)]
pub struct KeyFollower {
    store: Store,
    id: Uuid,
    name: String,
    /// The version by which it has answered.
    answered: AtomicI64,
}

/// What the running servers have answered to a rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerAnswers {
    /// How many have the master key, and have read all keys again.
    pub ready: usize,
    /// The names of those that do not have it.
    pub lacking: Vec<String>,
    /// The names of those that have not answered: they were killed, or cannot reach the database.
    pub silent: Vec<String>,
}

row! {
    struct StateRow {
        version: i64,
        master_key_id: Option<String>,
        distributed: bool,
    }
}

row! {
    struct ServerRow {
        name: String,
        version: i64,
        has_master_key: bool,
    }
}

impl KeyFollower {
    /// The server of that name, which people read.
    #[must_use]
    pub fn new(store: Store, name: String) -> Self {
        let mut id = [0; 16];
        aws_lc_rs::rand::fill(&mut id).expect("the system provides randomness");
        let id = uuid::Builder::from_random_bytes(id).into_uuid();
        Self { store, id, name, answered: AtomicI64::new(-1) }
    }

    /// Reads the keys again and answers, if a rotation has asked for it since the last call, or if
    /// this is the first one. To be called every few seconds.
    pub async fn follow(&self) -> Result<(), StoreError> {
        let known = self.store.key_cache().master_keys()?;
        let state = "select version, master_key_id, distributed from key_state";
        let state: Option<StateRow> =
            self.store.engine().probe(Statement::new(state, params![])).await?;
        let Some(state) = state else { return Ok(()) };
        let first = self.answered.load(Ordering::Relaxed) < 0;
        if self.answered.load(Ordering::Relaxed) == state.version {
            return Ok(());
        }
        self.store.engine().set_distributed(state.distributed);
        let masters = if first { known } else { self.store.key_cache().refresh()? };
        let wanted = state.master_key_id.as_deref();
        let has_it = wanted.is_none_or(|id| masters.by_id(id).is_some());
        let mut answer = Vec::new();
        // Another server cannot be running on this file, so it did not stop in good order.
        if first && self.store.dialect() == Dialect::Sqlite {
            answer.push(Statement::new("delete from servers", params![]));
        }
        answer.push(Statement::new(
            "insert into servers (id, name, version, has_master_key)
             values ($1, $2, $3, $4)
             on conflict (id) do update
             set version = excluded.version, has_master_key = excluded.has_master_key",
            params![self.id, self.name.as_str(), state.version, has_it],
        ));
        self.execute(answer).await?;
        self.answered.store(state.version, Ordering::Relaxed);
        Ok(())
    }

    /// Tells rotations not to wait for this server any more: it is about to stop.
    pub async fn leave(&self) -> Result<(), StoreError> {
        if self.answered.load(Ordering::Relaxed) < 0 {
            return Ok(());
        }
        self.execute(vec![Statement::new("delete from servers where id = $1", params![self.id])])
            .await
    }

    async fn execute(&self, statements: Vec<Statement<'_>>) -> Result<(), StoreError> {
        let engine = self.store.engine();
        let bound = statements.into_iter().map(|statement| statement.bind(engine.dialect()));
        let bound = bound.collect::<Result<Vec<_>, _>>()?;
        engine.execute(Unit::new("answer to a key rotation"), bound).await.map(drop)
    }
}

impl Store {
    /// Asks the running servers to read all keys again, and whether they have this master key, or that
    /// of the last rotation. Those that do not answer are taken for stopped.
    pub(super) async fn ask_servers(
        &self,
        key: Option<&MasterKeyId>,
    ) -> Result<ServerAnswers, StoreError> {
        let unit = Unit::new("ask servers");
        let version = self.raise_key_version(key).await?;
        let until = Instant::now() + ANSWER_TIMEOUT;
        let mut tick = tokio::time::interval(ANSWER_INTERVAL);
        let servers = loop {
            tick.tick().await;
            let servers = "select name, version, has_master_key from servers order by name";
            let servers = Statement::new(servers, params![]);
            let servers: Vec<ServerRow> = self.engine().read(unit, servers).await?;
            let all_answered = servers.iter().all(|server| server.version >= version);
            if all_answered || Instant::now() >= until {
                break servers;
            }
        };
        let mut answers = ServerAnswers::default();
        for server in servers {
            if server.version < version {
                answers.silent.push(server.name);
            } else if server.has_master_key {
                answers.ready += 1;
            } else {
                answers.lacking.push(server.name);
            }
        }
        if !answers.silent.is_empty() {
            let forget = "delete from servers where version < $1";
            let forget = Statement::new(forget, params![version]).bind(self.dialect())?;
            self.engine().execute(unit, vec![forget]).await?;
        }
        Ok(answers)
    }

    async fn raise_key_version(&self, key: Option<&MasterKeyId>) -> Result<i64, StoreError> {
        let key = key.map(|key| key.as_str().to_owned());
        let raised = self.engine().transaction(
            Unit::new("ask servers"),
            self.engine().deadline(),
            move |transaction| {
                Box::pin(async move {
                    let raise = "update key_state
                                 set version = version + 1,
                                     master_key_id = coalesce($1, master_key_id)
                                 returning version";
                    let raised = Statement::new(raise, params![key]);
                    let raised: Option<(i64,)> = transaction.row(raised).await?;
                    Ok::<_, StoreError>(Completion::Commit(raised.map_or(0, |(version,)| version)))
                })
            },
        );
        raised.await
    }
}
