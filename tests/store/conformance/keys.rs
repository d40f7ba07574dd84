//! Preparing a database, its keys, and connections.

use std::sync::Arc;

use esimpool::auth::{Claim, Read, Write};
use esimpool::clock::Clock;
use esimpool::domain::{Change, ClaimOutcome, CodeId, PoolChange, Predicate, Validation};
use esimpool::store::{MasterKeySource, OpenError, Precondition, ResealProgress, StoreError};
use esimpool::vault::{KeyId, MasterKey, MasterKeys, WrappedKeys};
use tempfile::TempDir;

use crate::support::database::{open_beside, open_store};
use crate::support::store::{TestStore, claim_by, code, draft};
use crate::support::{Database, Engine, cases};

cases! {
    both: [
        an_encrypted_code_can_be_decrypted,
        a_database_without_citus_is_not_distributed,
        a_rotation_wraps_the_keys_of_each_tenant,
        a_store_with_old_keys_opens_what_another_one_has_sealed_again,
        a_store_reports_its_engine_and_its_connections,
        nothing_is_served_before_the_database_is_prepared,
        settings_of_sessions_are_kept_on_the_role_where_there_are_any,
    ],
}

async fn settings_of_sessions_are_kept_on_the_role_where_there_are_any(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let kept = bench.store.keep_session_settings().await.expect("kept");
    assert_eq!(kept > 0, engine == Engine::Postgres);
    // No change has an unknown outcome.
    bench.store.settle_changes().await;
    assert_eq!(bench.database.number("select count(*) from audit_events").await, 0);
}

async fn a_database_without_citus_is_not_distributed(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let error = bench.store.distribute().await.expect_err("it cannot be");
    assert!(matches!(error, OpenError::CannotDistribute(_)), "{error:?}");
    let (sqlite, postgres) = ("SQLite is one file", "the extension citus is not in this database");
    let expected = if engine == Engine::Sqlite { sqlite } else { postgres };
    assert!(error.to_string().contains(expected), "{error}");
    let marked = "select count(*) from key_state where distributed";
    assert_eq!(bench.database.number(marked).await, 0);
}

async fn nothing_is_served_before_the_database_is_prepared(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let write = bench.permit::<Write>("a").await;
    let folder = TempDir::new().expect("a folder");
    let database = Database::create(engine, folder.path()).await;
    let store = open_store(&database).await;
    let new = Arc::new(
        draft("early", 0..1, Validation::Lenient).into_new(&bench.ids, Clock::system().now()),
    );
    let early = store.create_pool(&write, &new, bench.change_context()).await.expect_err("not yet");
    assert!(matches!(early, StoreError::Unavailable(_)), "{early:?}");
    assert!(matches!(store.health().await, Err(StoreError::Unavailable(_))));
}

async fn an_encrypted_code_can_be_decrypted(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let write = bench.permit::<Write>("a").await;
    let created =
        bench.create(&write, draft("x", 0..300, Validation::Lenient)).await.expect("created");
    let codes = (290..310).map(code).collect();
    let change = PoolChange::new(Change::Keep, codes, Validation::Lenient).expect("a change");
    let update = Arc::new(change.into_update(&bench.ids, Clock::system().now()));
    bench
        .store
        .update_pool(&write, created.id, &Precondition::Any, &update, bench.change_context())
        .await
        .expect("an answer");

    let tenant = write.tenant();
    let keys = bench.database.bytes_of("select data_key, fingerprint_key from tenant_keys").await;
    let [data, fingerprint] = keys[0].clone().try_into().expect("two columns");
    let wrapped = WrappedKeys { id: KeyId(1), data, fingerprint };
    let keys = wrapped.unwrap(tenant, bench.masters.first()).expect("this tenant's keys");
    let id = if engine == Engine::Sqlite { "id" } else { "uuid_send(id)" };
    let text = if engine == Engine::Sqlite { "cast(iccid as blob)" } else { "iccid::bytea" };
    let rows = format!(
        "select {id}, {text}, matching_id, fingerprint from activation_codes order by position"
    );
    let rows = bench.database.bytes_of(&rows).await;
    assert_eq!(rows.len(), 310);
    for (number, row) in rows.into_iter().enumerate() {
        let [id, iccid, sealed, print] = row.try_into().expect("four columns");
        let id = CodeId::from(uuid::Uuid::from_slice(&id).expect("an id"));
        let expected = code(number);
        assert_eq!(iccid, expected.iccid.as_str().as_bytes());
        assert_eq!(keys.open(KeyId(1), created.id, id, &sealed), Ok(expected.matching_id.clone()));
        let fingerprint = keys.fingerprint(&expected);
        assert_eq!(print, fingerprint.as_bytes());
    }
}

async fn a_rotation_wraps_the_keys_of_each_tenant(engine: Engine) {
    let test = TestStore::new(engine).await;
    for tenant in ["a", "b"] {
        let write = test.permit::<Write>(tenant).await;
        test.create(&write, draft("x", 0..1, Validation::Lenient)).await.expect("created");
    }
    let new = MasterKeys::parse(&MasterKey::generate()).expect("a key");
    let both = MasterKeySource::Given(Arc::new(new.and(&test.masters)));
    let rotated = test.store.rotate_master_key(&both).await.expect("rotated");
    let rotated = rotated.expect("a new key");
    let old = test.masters.first().id().as_str();
    assert_ne!(rotated.key.as_str(), old);
    assert_eq!(rotated.tenants, 2);
    let under_old = format!("select count(*) from tenant_keys where master_key_id = '{old}'");
    assert_eq!(test.database.number(&under_old).await, 0);
    let again = test.store.rotate_master_key(&both).await;
    let again = again.expect("rotated").expect("the same key");
    assert_eq!(again.tenants, 0, "nothing is left to wrap");
}

async fn a_store_with_old_keys_opens_what_another_one_has_sealed_again(engine: Engine) {
    let test = TestStore::with_key_file(engine).await;
    let (write, claim) = (test.permit::<Write>("a").await, test.permit::<Claim>("a").await);
    let pool = test.create(&write, draft("x", 0..5, Validation::Lenient)).await.expect("created");
    let source = test.source.clone();

    let other = open_beside(&test.database).await;
    other.prepare(false, &source).await.expect("prepared");
    let rotated = other.rotate_master_key(&source).await.expect("rotated").expect("a new key");
    assert_eq!(rotated.tenants, 1);
    assert!(other.is_resealing().await.expect("an answer"));
    let before = other.reseal(|_| ()).await.expect("sealed again");
    assert_eq!((before.codes, before.seen, before.resealed, before.damaged), (5, 5, 5, 0));
    assert!(!other.is_resealing().await.expect("an answer"));
    // Once more for what was being stored meanwhile, such as this, under the old key.
    test.create(&write, draft("y", 5..6, Validation::Lenient)).await.expect("created");
    let mut reports = 0;
    let last = other.reseal(|_| reports += 1).await.expect("sealed again");
    assert_eq!((last.codes, last.seen, last.resealed), (6, 6, 1));
    assert!(reports >= 2);
    assert_eq!(other.reseal(|_| ()).await.expect("nothing is due"), ResealProgress::default());

    // The first store has cached the old keys, and learns of the new ones when it meets a code.
    let context = test.change_context();
    let new = claim_by(&test, "phone");
    let claimed = test.store.claim(&claim, pool.id, new, context).await.expect("claimed");
    let ClaimOutcome::Claimed(claimed) = claimed else { panic!("{claimed:?}") };
    assert_eq!(claimed.code, code(0));
    other.close().await;
}

async fn a_store_reports_its_engine_and_its_connections(engine: Engine) {
    let test = TestStore::new(engine).await;
    assert_eq!(
        test.store.engine_name(),
        if engine == Engine::Sqlite { "SQLite" } else { "PostgreSQL" }
    );
    let name = test.database.url.rsplit('/').next().expect("a name");
    assert!(test.store.location().contains(name), "{}", test.store.location());
    let (reads, units) = test.store.work_done();
    let write = test.permit::<Write>("a").await;
    test.create(&write, draft("x", 0..1, Validation::Lenient)).await.expect("created");
    let read = test.permit::<Read>("a").await;
    let count = test.store.count_pools(&read, &Predicate::always()).await;
    assert_eq!(count.expect("an answer"), 1);
    let after = test.store.work_done();
    assert!(after.0 > reads && after.1 > units, "{after:?}");
    let mut metrics = prometheus_client::registry::Registry::default();
    metrics.register("unit", "Seconds.", test.store.unit_durations().clone());
    let mut encoded = String::new();
    prometheus_client::encoding::text::encode(&mut encoded, &metrics).expect("text");
    assert!(encoded.contains("unit_count{unit=\"make tenant keys\"} 1"), "{encoded}");
    assert_eq!(test.store.refused_connections(), 0);
    let (open, idle) = test.store.connections();
    assert!(open >= 1 && idle <= open, "{open} open, {idle} idle");
    test.store.close().await;
    assert_eq!(test.store.connections(), (0, 0));
    assert!(test.store.health().await.is_err());
}
