//! The handle to the store, which every operation is a method of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::batch::{BatchJob, Policy, Queues};
use super::db::{Dialect, Engine, StoreOptions, UnitDurations};
use super::error::{OpenError, StoreError};
use super::free_code_hints::FreeCodeHints;
use super::health::Health;
use super::key_locks::{KeyLocks, KeyName, RowName};
use super::keys::TenantKeyCache;
use super::spool_space::SpoolSpace;
use super::unsettled::Unsettled;
use super::write::AuditEntry;
use crate::domain::TenantId;
use crate::vault::{KeyId, TenantKeys};

/// The database, behind one contract. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    engine: Engine,
    tenant_keys: TenantKeyCache,
    key_locks: KeyLocks<KeyName>,
    row_locks: KeyLocks<RowName>,
    free_code_hints: FreeCodeHints,
    queues: Queues,
    health: Health,
    /// How often codes were changed.
    stock_changes: AtomicU64,
    spool_space: Arc<SpoolSpace>,
    unsettled: Unsettled<AuditEntry>,
}

impl Store {
    /// A store that has yet to be [prepared](Self::prepare).
    ///
    /// # Errors
    ///
    /// A URL that names no engine, or a file that another server holds. A database that is away is
    /// no error yet.
    pub async fn open(options: &StoreOptions) -> Result<Self, OpenError> {
        let engine = Engine::open(options).await?;
        let policy = Policy {
            max_waiting: options.max_waiting,
            threshold: options.threshold(),
            single_writer: engine.dialect() == Dialect::Sqlite,
            patience: engine.acquire_timeout(),
        };
        let queues = Queues::new(policy, engine.tasks().clone(), engine.lock_retries().clone());
        Ok(Self(Arc::new(Inner {
            engine,
            tenant_keys: TenantKeyCache::default(),
            key_locks: KeyLocks::default(),
            row_locks: KeyLocks::default(),
            free_code_hints: FreeCodeHints::default(),
            queues,
            health: Health::default(),
            stock_changes: AtomicU64::new(0),
            spool_space: SpoolSpace::new(
                options.spool_dir.clone(),
                options.spool_max_bytes,
                options.spool_reserve_bytes,
            ),
            unsettled: Unsettled::default(),
        })))
    }

    /// The engine's name, for people.
    #[must_use]
    pub fn engine_name(&self) -> &'static str {
        self.0.engine.name()
    }

    /// Where the data is, for people: without a password.
    #[must_use]
    pub fn location(&self) -> &str {
        self.0.engine.location()
    }

    /// Open connections, and how many of them are idle.
    #[must_use]
    pub fn connections(&self) -> (u32, u32) {
        self.0.engine.connections()
    }

    /// How many operations waited for a connection in vain, because too many did or too many of the
    /// same tenant.
    #[must_use]
    pub fn refused_connections(&self) -> u64 {
        self.0.engine.refused()
    }

    /// Reads and units of work since the store was opened.
    #[must_use]
    pub fn work_done(&self) -> (u64, u64) {
        self.0.engine.counts()
    }

    /// How long units of work took, in seconds, by name.
    #[must_use]
    pub fn unit_durations(&self) -> &UnitDurations {
        self.0.engine.durations()
    }

    /// Waits for what is in progress and closes every connection.
    pub async fn close(&self) {
        self.0.engine.close().await;
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.0.engine.dialect()
    }

    pub(super) fn key_cache(&self) -> &TenantKeyCache {
        &self.0.tenant_keys
    }

    pub(super) fn key_locks(&self) -> &KeyLocks<KeyName> {
        &self.0.key_locks
    }

    pub(super) fn row_locks(&self) -> &KeyLocks<RowName> {
        &self.0.row_locks
    }

    pub(super) fn free_code_hints(&self) -> &FreeCodeHints {
        &self.0.free_code_hints
    }

    pub(super) fn known_health(&self) -> &Health {
        &self.0.health
    }

    /// Counts a change of codes. Returns how many there have been.
    pub(super) fn count_stock_change(&self) -> u64 {
        self.0.stock_changes.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn unsettled(&self) -> &Unsettled<AuditEntry> {
        &self.0.unsettled
    }

    pub(super) fn spool_space(&self) -> &Arc<SpoolSpace> {
        &self.0.spool_space
    }

    /// The keys of a tenant, made when it is first seen.
    pub(super) async fn tenant_keys(
        &self,
        tenant: TenantId,
    ) -> Result<Arc<TenantKeys>, StoreError> {
        self.0.tenant_keys.get(&self.0.engine, tenant).await
    }

    /// The keys of a tenant as they are now: other servers have made newer ones.
    pub(super) async fn newer_tenant_keys(
        &self,
        tenant: TenantId,
    ) -> Result<Arc<TenantKeys>, StoreError> {
        self.0.tenant_keys.forget(tenant);
        self.tenant_keys(tenant).await
    }

    /// The keys of a tenant, among them the data keys of these numbers.
    pub(super) async fn tenant_keys_with(
        &self,
        tenant: TenantId,
        mut data_keys: impl Iterator<Item = KeyId>,
    ) -> Result<Arc<TenantKeys>, StoreError> {
        let keys = self.tenant_keys(tenant).await?;
        if data_keys.all(|id| keys.has(id)) {
            Ok(keys)
        } else {
            self.newer_tenant_keys(tenant).await
        }
    }

    /// Executes a job in a batch with others of its kind.
    pub(super) async fn submit<J: BatchJob<Context = Self>>(
        &self,
        job: J,
    ) -> Result<J::Output, StoreError> {
        self.0.queues.submit(self, job).await
    }

    /// Executes a job by itself, which waits until then at the latest.
    pub(super) async fn run_alone<J: BatchJob<Context = Self>>(
        &self,
        job: J,
        until: Instant,
    ) -> Result<J::Output, StoreError> {
        self.0.queues.run_alone(self, &Arc::new(job), until).await
    }
}
