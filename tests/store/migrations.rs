//! Preparing an empty database, also by several servers at once.

use std::sync::Arc;

use esimpool::store::{MasterKeySource, OpenError, Store};
use esimpool::vault::{MasterKey, MasterKeys};
use tempfile::TempDir;

use crate::support::app::private_file;
use crate::support::database::{execute, open_store};
use crate::support::{Database, Engine, cases};

cases! {
    both: [
        an_empty_database_becomes_current_and_stays_so,
        a_schema_that_is_behind_is_refused_where_migrating_is_off,
        a_schema_of_a_newer_program_is_refused_only_if_it_says_so,
        another_master_key_is_refused_and_named,
        a_key_is_made_for_an_empty_database_only,
    ],
    postgres: [two_migrators_at_once_migrate_once, of_two_concurrent_master_keys_one_is_refused],
    once: [sqlite_is_for_one_server_at_a_time],
}

fn new_key() -> MasterKeySource {
    MasterKeySource::Given(Arc::new(MasterKeys::parse(&MasterKey::generate()).expect("a key")))
}

async fn fresh(engine: Engine) -> (TempDir, Database) {
    let folder = TempDir::new().expect("a folder");
    let database = Database::create(engine, folder.path()).await;
    (folder, database)
}

async fn an_empty_database_becomes_current_and_stays_so(engine: Engine) {
    let (_folder, database) = fresh(engine).await;
    let key = new_key();
    let store = open_store(&database).await;
    let prepared = store.prepare(true, &key).await.expect("prepared");
    assert!(
        prepared.migrations.first().is_some_and(|first| first.starts_with("V1__")),
        "{prepared:?}"
    );
    store.probe().await.expect("healthy");
    store.close().await;
    drop(store);

    let store = open_store(&database).await;
    let prepared = store.prepare(true, &key).await.expect("prepared again");
    assert!(prepared.migrations.is_empty());
    store.close().await;
    drop(store);
    let store = open_store(&database).await;
    store.prepare(false, &key).await.expect("current without migrating");
}

async fn a_schema_that_is_behind_is_refused_where_migrating_is_off(engine: Engine) {
    let (_folder, database) = fresh(engine).await;
    let store = open_store(&database).await;
    let refused = store.prepare(false, &new_key()).await.expect_err("an empty database");
    assert!(matches!(refused, OpenError::SchemaTooOld { found: 0, .. }), "{refused}");
    assert!(refused.to_string().contains("esimpool migrate"));
}

async fn a_schema_of_a_newer_program_is_refused_only_if_it_says_so(engine: Engine) {
    let (_folder, database) = fresh(engine).await;
    let key = new_key();
    let prepare = async || {
        let store = open_store(&database).await;
        let prepared = store.prepare(true, &key).await;
        store.close().await;
        prepared
    };
    prepare().await.expect("prepared");
    // A newer program has added something that this one need not know: a rolling upgrade.
    let applied = "insert into refinery_schema_history (version, name, applied_on, checksum)
                   values (9999, 'later', '2030-01-01T00:00:00Z', '1')";
    execute(&database, applied).await;
    prepare().await.expect("it may still serve");
    // And then it has taken something away.
    execute(&database, "update schema_compatibility set oldest_program = 9999").await;
    let refused = prepare().await.expect_err("it may not");
    assert!(matches!(refused, OpenError::SchemaTooNew(9999)), "{refused}");
}

async fn another_master_key_is_refused_and_named(engine: Engine) {
    let (_folder, database) = fresh(engine).await;
    let store = open_store(&database).await;
    store.prepare(true, &new_key()).await.expect("prepared");
    store.close().await;
    drop(store);
    let store = open_store(&database).await;
    let refused = store.prepare(true, &new_key()).await.expect_err("another key");
    assert!(matches!(refused, OpenError::WrongMasterKey { .. }), "{refused}");
    assert!(refused.to_string().contains("encryption.key_file"));
}

async fn a_key_is_made_for_an_empty_database_only(engine: Engine) {
    let (folder, database) = fresh(engine).await;
    let file = folder.path().join("encryption.key");
    let prepare = async || {
        let store = open_store(&database).await;
        let prepared = store.prepare(true, &MasterKeySource::Beside(file.clone())).await;
        store.close().await;
        prepared
    };
    let prepared = prepare().await.expect("prepared");
    assert_eq!(prepared.new_key_file.as_deref(), Some(file.as_path()));
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(&file).expect("it is there").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600, "for its owner only");
    assert_eq!(prepare().await.expect("prepared again").new_key_file, None);

    let key = std::fs::read(&file).expect("it is there");
    std::fs::remove_file(&file).expect("it goes");
    let refused = prepare().await.expect_err("the database knows a key");
    assert!(matches!(refused, OpenError::NoMasterKey { .. }), "{refused}");
    assert!(!file.exists(), "and no other is made");
    private_file(&file, "not a key");
    assert!(matches!(prepare().await.expect_err("not a key"), OpenError::BadMasterKey { .. }));
    private_file(&file, key);
    prepare().await.expect("the right key again");
}

async fn two_migrators_at_once_migrate_once() {
    for _ in 0..5 {
        let (_folder, database) = fresh(Engine::Postgres).await;
        let key = new_key();
        let stores: Vec<Store> =
            [open_store(&database).await, open_store(&database).await, open_store(&database).await]
                .into();
        let all = stores.iter().map(|store| store.prepare(true, &key));
        let outcomes = futures_util::future::join_all(all).await;
        let counts: Vec<_> = outcomes
            .iter()
            .map(|outcome| outcome.as_ref().expect("prepared").migrations.len())
            .collect();
        assert_eq!(counts.iter().filter(|count| **count > 0).count(), 1, "{counts:?}");
        let versions = "select count(*) - count(distinct version) from refinery_schema_history";
        assert_eq!(database.number(versions).await, 0);
        assert_eq!(database.number("select count(*) from encryption_checks").await, 1);
    }
}

async fn of_two_concurrent_master_keys_one_is_refused() {
    for _ in 0..5 {
        let (_folder, database) = fresh(Engine::Postgres).await;
        let (one, two) = (open_store(&database).await, open_store(&database).await);
        let (first, second) = (new_key(), new_key());
        let (one, two) = tokio::join!(one.prepare(true, &first), two.prepare(true, &second));
        let refused: Vec<_> = [one, two].into_iter().filter_map(Result::err).collect();
        assert!(matches!(refused.as_slice(), [OpenError::WrongMasterKey { .. }]), "{refused:?}");
    }
}

async fn sqlite_is_for_one_server_at_a_time() {
    let (_folder, database) = fresh(Engine::Sqlite).await;
    let first = open_store(&database).await;
    let second = crate::support::database::try_open_store(&database).await;
    assert!(matches!(second, Err(OpenError::Locked(_))), "{second:?}");
    first.close().await;
    drop(first);
    open_store(&database).await;
}
