//! A store without HTTP.

use std::path::Path;
use std::sync::Arc;

use esimpool::auth::{Access, Authenticator, Permit, ServiceUrls, Write};
use esimpool::clock::Clock;
use esimpool::domain::{
    ActivationCode, ChangeContext, ClaimDraft, DisplayName, IdGenerator, NewClaim, PoolDraft,
    Rules, Validation,
};
use esimpool::store::{MasterKeySource, Store, StoreError};
use esimpool::vault::{MasterKey, MasterKeys};
use tempfile::TempDir;

use super::app::{development_issuer, new_folder, tenant_id, token_request};
use super::database::open_store;
use super::{Database, Engine, iccid};

/// A store, and who may use it.
pub struct TestStore {
    pub store: Store,
    folder: TempDir,
    pub database: Database,
    pub ids: IdGenerator,
    pub masters: Arc<MasterKeys>,
    pub source: MasterKeySource,
}

impl TestStore {
    pub async fn new(engine: Engine) -> Self {
        Self::with(engine, |_, masters| MasterKeySource::Given(masters.clone())).await
    }

    /// One whose master key is in a file, which a rotation can change.
    pub async fn with_key_file(engine: Engine) -> Self {
        Self::with(engine, |folder, _| MasterKeySource::Beside(folder.join("encryption.key"))).await
    }

    async fn with(
        engine: Engine,
        source: impl FnOnce(&Path, &Arc<MasterKeys>) -> MasterKeySource,
    ) -> Self {
        let folder = new_folder();
        let database = Database::create(engine, folder.path()).await;
        let store = open_store(&database).await;
        let masters = Arc::new(MasterKeys::parse(&MasterKey::generate()).expect("a key"));
        let source = source(folder.path(), &masters);
        store.prepare(true, &source).await.expect("it is prepared");
        Self { store, folder, database, ids: IdGenerator::random(), masters, source }
    }

    /// A permit is made of a token and of nothing else, here as well.
    pub async fn permit<A: Access>(&self, tenant: &str) -> Permit<A> {
        let issuer = development_issuer(self.folder.path());
        let names: Vec<_> = A::PERMISSIONS.iter().map(|permission| permission.name()).collect();
        let token = issuer.token(&token_request(tenant_id(tenant), &names), Clock::system().now());
        let urls = ServiceUrls::new(None, ([127, 0, 0, 1], 8080).into(), None);
        let authenticator = Authenticator::new(vec![issuer.issuer(urls)], 30, 0, Clock::system());
        let caller = authenticator.authenticate(&token).await.expect("a good token");
        caller.permit(self.ids.next()).expect("granted")
    }

    /// A timestamp and an id for the audit log.
    pub fn change_context(&self) -> ChangeContext {
        ChangeContext { at: Clock::system().now(), event: self.ids.next() }
    }

    pub async fn create(
        &self,
        permit: &Permit<Write>,
        draft: PoolDraft,
    ) -> Result<esimpool::domain::Pool, StoreError> {
        let new = Arc::new(draft.into_new(&self.ids, Clock::system().now()));
        self.store.create_pool(permit, &new, self.change_context()).await
    }
}

/// A claim of the device of that name.
pub fn claim_by(bench: &TestStore, device: &str) -> NewClaim {
    let rules = Rules {
        validation: Validation::Lenient,
        text_length: 255,
        max_codes: 1000,
        json_depth: 32,
    };
    let draft = ClaimDraft::new(Some(device.to_owned()), None, None, None, false, &rules);
    draft.expect("a draft").into_new(&bench.ids, bench.change_context())
}

pub fn draft(name: &str, numbers: std::ops::Range<usize>, validation: Validation) -> PoolDraft {
    PoolDraft::new(display_name(name), numbers.map(code).collect(), None, validation)
        .expect("a draft")
}

pub fn display_name(name: &str) -> DisplayName {
    DisplayName::parse(name.to_owned(), 255).expect("a name")
}

pub fn code(number: usize) -> ActivationCode {
    let parts = (iccid(number), format!("M-{number}"), "smdp.example.com".to_owned());
    ActivationCode::parse(parts.0, parts.1, parts.2, Validation::Strict, 255).expect("a code")
}
