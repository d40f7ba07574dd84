//! Pools.

use std::sync::Arc;

use esimpool::auth::{Read, Write};
use esimpool::clock::Clock;
use esimpool::domain::{
    Change, DisplayName, Listing, PoolChange, PoolId, Timestamp, Validation, Value,
};
use esimpool::store::{Conditional, Conflict, Precondition, StoreError};

use crate::support::store::{TestStore, code, display_name, draft};
use crate::support::{Engine, cases};

cases! {
    both: [
        a_created_pool_is_found_until_it_is_deleted,
        names_are_compared_by_code_point,
        pages_follow_each_other,
        an_update_returns_the_new_pool,
        a_conflict_is_reported_by_its_meaning_and_stores_nothing,
        timestamps_keep_their_microseconds,
        tenants_are_isolated,
    ],
}

async fn a_created_pool_is_found_until_it_is_deleted(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let created =
        bench.create(&write, draft("Pool", 0..3, Validation::Lenient)).await.expect("created");
    assert_eq!((created.code_count, created.revision), (3, 1));
    assert_eq!(
        bench.store.pool(&read, created.id).await.expect("an answer"),
        Some(created.clone())
    );
    assert_eq!(bench.store.pool(&read, bench.ids.next()).await.expect("an answer"), None);
    let delete = async |id, precondition| {
        bench
            .store
            .delete_pool(&write, id, &precondition, bench.change_context())
            .await
            .expect("an answer")
    };
    assert_eq!(
        delete(created.id, Precondition::Revisions(vec![7, 2])).await,
        Conditional::PreconditionFailed
    );
    assert_eq!(
        delete(created.id, Precondition::Revisions(vec![7, 1])).await,
        Conditional::Done(())
    );
    assert_eq!(delete(created.id, Precondition::Any).await, Conditional::NotFound);
    assert_eq!(bench.store.pool(&read, created.id).await.expect("an answer"), None);
    bench.store.probe().await.expect("healthy");
    bench.store.health().await.expect("known to be healthy");
}

/// On a cluster that sorts by a linguistic locale, and on one that does not.
async fn names_are_compared_by_code_point(engine: Engine) {
    let bench = TestStore::new(engine).await;
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
    let bench = TestStore::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let mut ids: Vec<PoolId> = Vec::new();
    for _ in 0..5 {
        ids.push(
            bench.create(&write, draft("x", 0..0, Validation::Lenient)).await.expect("created").id,
        );
    }
    let page = async |after, limit| {
        let page = bench
            .store
            .pools(&read, &Listing { after, ..Listing::first(limit) })
            .await
            .expect("a page");
        (page.items.iter().map(|pool| pool.id).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(page(None, 2).await, (ids[..2].to_vec(), true));
    assert_eq!(page(Some(vec![Value::Guid(ids[1].uuid())]), 3).await, (ids[2..].to_vec(), false));
    assert_eq!(page(Some(vec![Value::Guid(ids[4].uuid())]), 3).await, (vec![], false));
    assert_eq!(page(None, 5).await, (ids.clone(), false));
}

async fn an_update_returns_the_new_pool(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let created =
        bench.create(&write, draft("one", 0..3, Validation::Lenient)).await.expect("created");
    let update = async |id, name: Change<DisplayName>, numbers: std::ops::Range<usize>| {
        let change = PoolChange::new(name, numbers.map(code).collect(), Validation::Lenient)
            .expect("a change");
        let update = Arc::new(change.into_update(&bench.ids, Clock::system().now()));
        let outcome = bench
            .store
            .update_pool(&write, id, &Precondition::Any, &update, bench.change_context())
            .await;
        match outcome.expect("an answer") {
            Conditional::Done(pool) => Some(pool),
            Conditional::NotFound => None,
            Conditional::PreconditionFailed => unreachable!("anything is expected"),
        }
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

async fn a_conflict_is_reported_by_its_meaning_and_stores_nothing(engine: Engine) {
    let bench = TestStore::new(engine).await;
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

async fn timestamps_keep_their_microseconds(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    for micros in
        [0, 1, 999_999, 1_795_469_902_123_456, -1, 946_684_799_999_999, 253_402_300_799_999_999]
    {
        let at = Timestamp::from_micros(micros);
        let new = Arc::new(draft("then", 0..1, Validation::Lenient).into_new(&bench.ids, at));
        bench.store.create_pool(&write, &new, bench.change_context()).await.expect("created");
        let found = bench.store.pool(&read, new.id).await.expect("an answer").expect("there");
        assert_eq!((found.created_at, found.modified_at), (at, at));
    }
}

async fn tenants_are_isolated(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let (mine, theirs) = (bench.permit::<Write>("a").await, bench.permit::<Write>("b").await);
    let created =
        bench.create(&mine, draft("mine", 0..3, Validation::Lenient)).await.expect("created");
    let read = bench.permit::<Read>("b").await;
    assert_eq!(bench.store.pool(&read, created.id).await.expect("an answer"), None);
    let any = Precondition::Any;
    let deleted = bench
        .store
        .delete_pool(&theirs, created.id, &any, bench.change_context())
        .await
        .expect("an answer");
    assert_eq!(deleted, Conditional::NotFound);
    let change =
        PoolChange::new(Change::Set(display_name("x")), vec![code(9)], Validation::Lenient)
            .expect("a change");
    let update = Arc::new(change.into_update(&bench.ids, Clock::system().now()));
    let updated =
        bench.store.update_pool(&theirs, created.id, &any, &update, bench.change_context()).await;
    assert_eq!(updated.expect("an answer"), Conditional::NotFound);
    assert_eq!(bench.database.number("select count(*) from activation_codes").await, 3);
    // One code is as good as another's: fingerprints do not tell across tenants.
    bench.create(&theirs, draft("theirs", 0..3, Validation::Lenient)).await.expect("created");
    assert_eq!(
        bench.database.number("select count(distinct fingerprint) from activation_codes").await,
        6
    );
}
