//! Every method of the store, on both engines, without HTTP.

use std::sync::Arc;

use esimpool::auth::{Access, Authenticator, Permit, Read, Write};
use esimpool::clock::Clock;
use esimpool::domain::{
    ActivationCode, Change, CodeId, DisplayName, Ids, Listing, PoolChange, PoolDraft, PoolId,
    Timestamp, Validation,
};
use esimpool::store::{Conflict, MasterKeySource, Store, StoreError};
use esimpool::vault::{KeyId, MasterKey, WrappedKeys};
use tempfile::TempDir;

use crate::support::app::{development_issuer, new_folder, tenant_id, token_request};
use crate::support::database::open_store;
use crate::support::{Database, Engine, cases, iccid};

cases! {
    both: [
        what_is_created_is_found,
        names_are_compared_by_code_point,
        pages_follow_each_other,
        an_update_says_what_became_of_the_pool,
        a_conflict_is_told_by_its_meaning_and_leaves_nothing,
        moments_keep_their_microseconds,
        what_is_sealed_opens_again,
        tenants_do_not_meet,
        nothing_is_served_before_the_database_is_prepared,
    ],
}

/// A store, and who may use it.
struct Bench {
    store: Store,
    folder: TempDir,
    database: Database,
    ids: Ids,
    master: Arc<MasterKey>,
}

impl Bench {
    async fn new(engine: Engine) -> Self {
        let folder = new_folder();
        let database = Database::create(engine, folder.path()).await;
        let store = open_store(&database).await;
        let master = Arc::new(MasterKey::parse(&MasterKey::generate()).expect("a key"));
        let source = MasterKeySource::Given(master.clone());
        store.prepare(true, &source).await.expect("it is prepared");
        Self { store, folder, database, ids: Ids::random(), master }
    }

    /// A permit is made of a token and of nothing else, here as well.
    async fn permit<A: Access>(&self, tenant: &str) -> Permit<A> {
        let issuer = development_issuer(self.folder.path());
        let names: Vec<_> = A::PERMISSIONS.iter().map(|permission| permission.name()).collect();
        let token = issuer.token(&token_request(tenant_id(tenant), &names), Clock::system().now());
        let authenticator = Authenticator::new(vec![issuer.issuer()], Clock::system());
        let caller = authenticator.authenticate(&token).await.expect("a good token");
        caller.permit(self.ids.next()).expect("granted")
    }

    async fn create(
        &self,
        permit: &Permit<Write>,
        draft: PoolDraft,
    ) -> Result<esimpool::domain::Pool, StoreError> {
        let new = Arc::new(draft.into_new(&self.ids, Clock::system().now()));
        self.store.create_pool(permit, &new).await
    }
}

fn draft(name: &str, numbers: std::ops::Range<usize>, validation: Validation) -> PoolDraft {
    PoolDraft::new(display_name(name), numbers.map(code).collect(), None, validation)
        .expect("a draft")
}

fn display_name(name: &str) -> DisplayName {
    DisplayName::parse(name.to_owned(), 255).expect("a name")
}

fn code(number: usize) -> ActivationCode {
    let parts = (iccid(number), format!("M-{number}"), "smdp.example.com".to_owned());
    ActivationCode::parse(parts.0, parts.1, parts.2, Validation::Strict, 255).expect("a code")
}

async fn what_is_created_is_found(engine: Engine) {
    let bench = Bench::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let created =
        bench.create(&write, draft("Pool", 0..3, Validation::Lenient)).await.expect("created");
    assert_eq!((created.code_count, created.revision), (3, 1));
    assert_eq!(
        bench.store.pool(&read, created.id).await.expect("an answer"),
        Some(created.clone())
    );
    assert_eq!(bench.store.pool(&read, bench.ids.next()).await.expect("an answer"), None);
    assert!(bench.store.delete_pool(&write, created.id).await.expect("an answer"));
    assert!(!bench.store.delete_pool(&write, created.id).await.expect("an answer"));
    assert_eq!(bench.store.pool(&read, created.id).await.expect("an answer"), None);
    bench.store.health().await.expect("healthy");
}

/// On a cluster that sorts by a linguistic locale, and on one that does not.
async fn names_are_compared_by_code_point(engine: Engine) {
    let bench = Bench::new(engine).await;
    let write = bench.permit::<Write>("a").await;
    for name in ["b", "B", "a", "A", "é", "Z", "_", "Äpfel"] {
        bench.create(&write, draft(name, 0..0, Validation::Lenient)).await.expect("created");
    }
    let before_a = "select count(*) from pools where display_name < 'a'";
    assert_eq!(bench.database.number(before_a).await, 4, "A, B, Z and _");
    let folded = "select count(*) from pools where display_name_folded in ('äpfel', 'é', 'b')";
    assert_eq!(bench.database.number(folded).await, 4);
}

async fn pages_follow_each_other(engine: Engine) {
    let bench = Bench::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let mut ids: Vec<PoolId> = Vec::new();
    for _ in 0..5 {
        ids.push(
            bench.create(&write, draft("x", 0..0, Validation::Lenient)).await.expect("created").id,
        );
    }
    let page = async |after, limit| {
        let page = bench.store.pools(&read, &Listing { after, limit }).await.expect("a page");
        (page.items.iter().map(|pool| pool.id).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(page(None, 2).await, (ids[..2].to_vec(), true));
    assert_eq!(page(Some(ids[1]), 3).await, (ids[2..].to_vec(), false));
    assert_eq!(page(Some(ids[4]), 3).await, (vec![], false));
    assert_eq!(page(None, 5).await, (ids.clone(), false));
}

async fn an_update_says_what_became_of_the_pool(engine: Engine) {
    let bench = Bench::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let created =
        bench.create(&write, draft("one", 0..3, Validation::Lenient)).await.expect("created");
    let update = async |id, name: Change<DisplayName>, numbers: std::ops::Range<usize>| {
        let change = PoolChange::new(name, numbers.map(code).collect(), Validation::Lenient)
            .expect("a change");
        let update = Arc::new(change.into_update(&bench.ids, Clock::system().now()));
        bench.store.update_pool(&write, id, &update).await.expect("an answer")
    };
    let renamed = update(created.id, Change::Set(display_name("two")), 0..0).await.expect("there");
    assert_eq!(
        (renamed.display_name.as_str(), renamed.revision, renamed.code_count),
        ("two", 2, 3)
    );
    let grown = update(created.id, Change::Keep, 2..7).await.expect("there");
    assert_eq!((grown.display_name.as_str(), grown.revision, grown.code_count), ("two", 3, 7));
    let same = update(created.id, Change::Keep, 0..7).await.expect("there");
    assert_eq!(same, grown, "nothing new, nothing changed");
    assert_eq!(bench.store.pool(&read, created.id).await.expect("an answer"), Some(grown));
    assert_eq!(update(bench.ids.next(), Change::Keep, 0..1).await, None);
}

async fn a_conflict_is_told_by_its_meaning_and_leaves_nothing(engine: Engine) {
    let bench = Bench::new(engine).await;
    let (write, other) = (bench.permit::<Write>("a").await, bench.permit::<Write>("b").await);
    let strict = |numbers| draft("strict", numbers, Validation::Strict);
    bench.create(&write, strict(0..3)).await.expect("created");
    let conflict = bench.create(&write, strict(2..9)).await.expect_err("one ICCID is there");
    assert!(matches!(conflict, StoreError::Conflict(Conflict::IccidExists)), "{conflict:?}");
    assert_eq!(bench.database.number("select count(*) from pools").await, 1);
    assert_eq!(bench.database.number("select count(*) from activation_codes").await, 3);
    bench.create(&other, strict(0..3)).await.expect("another tenant's own");
    bench
        .create(&write, draft("lenient", 0..3, Validation::Lenient))
        .await
        .expect("no rule of lenient ones");
}

async fn moments_keep_their_microseconds(engine: Engine) {
    let bench = Bench::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    for micros in
        [0, 1, 999_999, 1_795_469_902_123_456, -1, 946_684_799_999_999, 253_402_300_799_999_999]
    {
        let at = Timestamp::from_micros(micros);
        let new = Arc::new(draft("then", 0..1, Validation::Lenient).into_new(&bench.ids, at));
        bench.store.create_pool(&write, &new).await.expect("created");
        let found = bench.store.pool(&read, new.id).await.expect("an answer").expect("there");
        assert_eq!((found.created_at, found.modified_at), (at, at));
    }
}

async fn tenants_do_not_meet(engine: Engine) {
    let bench = Bench::new(engine).await;
    let (mine, theirs) = (bench.permit::<Write>("a").await, bench.permit::<Write>("b").await);
    let created =
        bench.create(&mine, draft("mine", 0..3, Validation::Lenient)).await.expect("created");
    let read = bench.permit::<Read>("b").await;
    assert_eq!(bench.store.pool(&read, created.id).await.expect("an answer"), None);
    assert!(!bench.store.delete_pool(&theirs, created.id).await.expect("an answer"));
    let change =
        PoolChange::new(Change::Set(display_name("x")), vec![code(9)], Validation::Lenient)
            .expect("a change");
    let update = Arc::new(change.into_update(&bench.ids, Clock::system().now()));
    assert_eq!(
        bench.store.update_pool(&theirs, created.id, &update).await.expect("an answer"),
        None
    );
    assert_eq!(bench.database.number("select count(*) from activation_codes").await, 3);
    // One code is as good as another's: fingerprints do not tell across tenants.
    bench.create(&theirs, draft("theirs", 0..3, Validation::Lenient)).await.expect("created");
    assert_eq!(
        bench.database.number("select count(distinct fingerprint) from activation_codes").await,
        6
    );
}

async fn nothing_is_served_before_the_database_is_prepared(engine: Engine) {
    let bench = Bench::new(engine).await;
    let write = bench.permit::<Write>("a").await;
    let folder = TempDir::new().expect("a folder");
    let database = Database::create(engine, folder.path()).await;
    let store = open_store(&database).await;
    let new = Arc::new(
        draft("early", 0..1, Validation::Lenient).into_new(&bench.ids, Clock::system().now()),
    );
    let early = store.create_pool(&write, &new).await.expect_err("not yet");
    assert!(matches!(early, StoreError::Unavailable(_)), "{early:?}");
    assert!(matches!(store.health().await, Err(StoreError::Unavailable(_))));
}

async fn what_is_sealed_opens_again(engine: Engine) {
    let bench = Bench::new(engine).await;
    let write = bench.permit::<Write>("a").await;
    let created =
        bench.create(&write, draft("x", 0..300, Validation::Lenient)).await.expect("created");
    let codes = (290..310).map(code).collect();
    let change = PoolChange::new(Change::Keep, codes, Validation::Lenient).expect("a change");
    let update = Arc::new(change.into_update(&bench.ids, Clock::system().now()));
    bench.store.update_pool(&write, created.id, &update).await.expect("an answer");

    let tenant = write.tenant();
    let keys = bench.database.bytes_of("select data_key, fingerprint_key from tenant_keys").await;
    let [data, fingerprint] = keys[0].clone().try_into().expect("two columns");
    let wrapped = WrappedKeys { id: KeyId(1), data, fingerprint };
    let keys = wrapped.unwrap(tenant, &bench.master).expect("this tenant's keys");
    let id = if engine == Engine::Sqlite { "id" } else { "uuid_send(id)" };
    let text = if engine == Engine::Sqlite { "cast(iccid as blob)" } else { "iccid::bytea" };
    let rows =
        format!("select {id}, {text}, matching_id, fingerprint from activation_codes order by ord");
    let rows = bench.database.bytes_of(&rows).await;
    assert_eq!(rows.len(), 310);
    for (number, row) in rows.into_iter().enumerate() {
        let [id, iccid, sealed, print] = row.try_into().expect("four columns");
        let id = CodeId::from(uuid::Uuid::from_slice(&id).expect("an id"));
        let expected = code(number);
        assert_eq!(iccid, expected.iccid.as_str().as_bytes());
        assert_eq!(keys.open(created.id, id, &sealed), Ok(expected.matching_id.clone()));
        let fingerprint = keys.fingerprint(&expected.smdp_address, &expected.matching_id);
        assert_eq!(print, fingerprint.as_bytes());
    }
}
