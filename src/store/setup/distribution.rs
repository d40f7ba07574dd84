//! Distributing the tables over several servers of PostgreSQL, by the extension Citus: each tenant's
//! rows are on one of them. Servers of the service go on meanwhile, having learnt of it before.

use std::time::{Duration, Instant};

use super::migrate::lock_schema;
use crate::store::db::{Completion, Dialect, Statement, Transaction, Unit, params};
use crate::store::error::{OpenError, StoreError};
use crate::store::handle::Store;

/// What was done to distribute the tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distributed {
    /// The names of the tables that were distributed: none if all of them were before.
    pub tables: Vec<String>,
    /// The number of nodes that have tenants, or will have them.
    pub nodes: u64,
    /// The running servers that have not answered that they know of it, by machine and process: they
    /// have to be restarted.
    pub silent: Vec<String>,
}

/// The tables of which each row belongs to a tenant. Those that others reference come before them.
const BY_TENANT: [&str; 11] = [
    "tenants",
    "pools",
    "activation_codes",
    "imports",
    "stock_entries",
    "handouts",
    "assignments",
    "device_states",
    "audit_events",
    "audit_codes",
    "idempotency_keys",
];
/// The tables that each node has.
const EVERYWHERE: [&str; 6] = [
    "schema_compatibility",
    "encryption_checks",
    "tenant_keys",
    "key_state",
    "servers",
    "refinery_schema_history",
];

/// The tables without a primary key. Their rows could be copied to another node only while nothing is
/// written, if they were not identified by all of their columns.
const WITHOUT_KEY: [&str; 3] = ["stock_entries", "schema_compatibility", "key_state"];

/// How long copying the rows may take.
const DISTRIBUTE_TIMEOUT: Duration = Duration::from_hours(24);
/// How long the tables are waited for at a time: what needs one of them waits behind this.
const TABLE_LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// How long it is tried to lock the tables: an import may have one of them.
const MAX_WAIT: Duration = Duration::from_mins(10);
/// How long a statement on a worker waits for a lock, whose transaction may have lost its coordinator.
const WORKER_LOCK_TIMEOUT: &str = "5s";

/// Whether the tables are distributed, or about to be.
pub(super) async fn is_distributed(transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
    let read = Statement::new("select distributed from key_state", params![]);
    let read: Option<(bool,)> = transaction.row(read).await?;
    Ok(read.is_some_and(|(distributed,)| distributed))
}

impl Store {
    /// Distributes the tables of a prepared database over the nodes that its coordinator knows, and
    /// prepares nodes that were added. Doing it again changes nothing more.
    ///
    /// # Errors
    ///
    /// [`OpenError::CannotDistribute`]: the database is SQLite, has not the extension, or is not the
    /// coordinator.
    pub async fn distribute(&self) -> Result<Distributed, OpenError> {
        if self.dialect() == Dialect::Sqlite {
            let cause = "SQLite is one file; PostgreSQL with the extension citus is needed";
            return Err(OpenError::CannotDistribute(cause.to_owned()));
        }
        self.check_coordinator().await?;
        let silent = self.announce_distribution().await?;
        let unit = Unit::new("distribute");
        let attempt = || {
            self.engine().transaction(unit, DISTRIBUTE_TIMEOUT, |transaction| {
                Box::pin(async move { Ok(Completion::Commit(distribute_all(transaction).await?)) })
            })
        };
        let until = Instant::now() + MAX_WAIT;
        let tables: Vec<String> = self.engine().lock_retries().run(None, until, attempt).await?;
        let nodes = self.prepare_nodes().await?;
        Ok(Distributed { tables, nodes, silent })
    }

    async fn check_coordinator(&self) -> Result<(), OpenError> {
        let unit = Unit::new("distribute");
        let found = "select 1 as one from pg_extension where extname = 'citus'";
        let found: Option<(i32,)> =
            self.engine().read_one(unit, Statement::new(found, params![])).await?;
        if found.is_none() {
            let cause = "the extension citus is not in this database; put citus into \
                         shared_preload_libraries of each node, restart them, and execute 'create \
                         extension citus' on each of them";
            return Err(OpenError::CannotDistribute(cause.to_owned()));
        }
        let is_coordinator = Statement::new("select citus_is_coordinator()", params![]);
        let found: Option<(bool,)> = self.engine().read_one(unit, is_coordinator).await?;
        if found.is_none_or(|(is_coordinator,)| !is_coordinator) {
            let cause = "this server is not the coordinator; set database.url to that one";
            return Err(OpenError::CannotDistribute(cause.to_owned()));
        }
        Ok(())
    }

    /// Lets all servers use statements that fit both kinds of tables. Returns those that have not
    /// answered.
    async fn announce_distribution(&self) -> Result<Vec<String>, OpenError> {
        let unit = Unit::new("distribute");
        let deadline = self.engine().deadline();
        let known = self.engine().transaction(unit, deadline, |transaction| {
            Box::pin(async move {
                lock_schema(transaction).await?;
                if is_distributed(transaction).await? {
                    return Ok(Completion::Rollback(true));
                }
                let announce = Statement::new("update key_state set distributed = true", params![]);
                transaction.execute(announce).await?;
                Ok::<_, StoreError>(Completion::Commit(false))
            })
        });
        let known = known.await?;
        self.engine().set_distributed(true);
        // If it was interrupted, whether they have learnt of it is not known.
        if known && self.are_distributed().await? {
            return Ok(Vec::new());
        }
        Ok(self.ask_servers(None).await?.silent)
    }

    async fn are_distributed(&self) -> Result<bool, StoreError> {
        let unit = Unit::new("distribute");
        let done = self.engine().transaction(unit, self.engine().deadline(), |transaction| {
            Box::pin(async move {
                let done = missing(transaction).await?.is_empty();
                Ok::<_, StoreError>(Completion::Rollback(done))
            })
        });
        done.await
    }

    /// Makes the settings of the workers, of which some may be new. Returns how many nodes have tenants.
    async fn prepare_nodes(&self) -> Result<u64, OpenError> {
        // The coordinator's sessions have settings of their own.
        const SET: &str = "select nodename
            from run_command_on_workers(format(
                   'set citus.enable_ddl_propagation to off;
                    alter role %I in database %I set lock_timeout = %L',
                   current_user, current_database(), $1::text))
            where not success";
        const NODES: &str = "select count(*)
            from pg_dist_node
            where noderole = 'primary' and isactive and shouldhaveshards";
        let unit = Unit::new("distribute");
        let done = self.engine().transaction(unit, self.engine().deadline(), |transaction| {
            Box::pin(async move {
                let set = Statement::new(SET, params![WORKER_LOCK_TIMEOUT]);
                let failed: Vec<(String,)> = transaction.rows(set).await?;
                let nodes = transaction.row::<(i64,)>(Statement::new(NODES, params![])).await?;
                let nodes = nodes.map_or(0, |(nodes,)| nodes);
                Ok::<_, StoreError>(Completion::Commit((failed, nodes)))
            })
        });
        let (failed, nodes) = done.await?;
        if let Some((node,)) = failed.first() {
            let cause = format!("the worker {node} did not take a setting; run this again");
            return Err(OpenError::CannotDistribute(cause));
        }
        Ok(u64::try_from(nodes).unwrap_or_default())
    }
}

/// The tables that are not distributed yet.
async fn missing(transaction: &mut Transaction<'_>) -> Result<Vec<&'static str>, StoreError> {
    let done =
        "select cast(logicalrelid as text) from pg_dist_partition where partmethod in ('h', 'n')";
    let done: Vec<(String,)> = transaction.rows(Statement::new(done, params![])).await?;
    let is_missing = |table: &&str| !done.iter().any(|(done,)| done == table);
    Ok(BY_TENANT.into_iter().chain(EVERYWHERE).filter(is_missing).collect())
}

/// Distributes the tables that are not yet, with their rows. Returns their names.
async fn distribute_all(transaction: &mut Transaction<'_>) -> Result<Vec<String>, StoreError> {
    lock_schema(transaction).await?;
    let missing = missing(transaction).await?;
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    // All at once and before anything else: transactions that have one of them would wait for another.
    transaction.wait_for_locks(TABLE_LOCK_TIMEOUT).await?;
    let lock = format!("lock table {} in access exclusive mode", missing.join(", "));
    transaction.script(lock).await?;
    for table in &missing {
        transaction.script(distribution(table)).await?;
    }
    // The rows that were copied are invisible here, and would stay.
    for table in &missing {
        let clear = format!("select truncate_local_data_after_distributing_table('{table}')");
        transaction.script(clear).await?;
    }
    Ok(missing.into_iter().map(str::to_owned).collect())
}

/// What distributes a table.
fn distribution(table: &str) -> String {
    let identify = if WITHOUT_KEY.contains(&table) {
        format!("alter table {table} replica identity full; ")
    } else {
        String::new()
    };
    let distribute = if EVERYWHERE.contains(&table) {
        format!("select create_reference_table('{table}')")
    } else {
        let beside = if table == BY_TENANT[0] { "none" } else { BY_TENANT[0] };
        format!(
            "select create_distributed_table('{table}', 'tenant_id', colocate_with => '{beside}')"
        )
    };
    identify + &distribute
}
