//! Every method of the store, on both engines, without HTTP.

use std::sync::Arc;

use esimpool::auth::{Read, Write};
use esimpool::clock::Clock;
use esimpool::domain::{
    Audience, Change, ChangeContext, CodeId, DeviceDetails, DeviceFilter, DeviceStateChange,
    DeviceStateValue, DisplayName, Listing, NewAssignment, PoolChange, PoolId, Predicate, Target,
    TargetId, Timestamp, Validation, Value,
};
use esimpool::store::{Conditional, Conflict, EntityKey, Precondition, StoreError};
use esimpool::vault::{KeyId, WrappedKeys};
use tempfile::TempDir;

use crate::support::database::open_store;
use crate::support::store::{TestStore, code, display_name, draft};
use crate::support::{Database, Engine, cases};

cases! {
    both: [
        what_is_created_is_found,
        names_are_compared_by_code_point,
        pages_follow_each_other,
        an_update_says_what_became_of_the_pool,
        a_conflict_is_told_by_its_meaning_and_leaves_nothing,
        moments_keep_their_microseconds,
        what_is_sealed_opens_again,
        assignments_are_kept_by_their_targets,
        device_states_keep_what_they_say,
        what_belongs_to_a_pool_goes_with_it,
        tenants_do_not_meet,
        nothing_is_served_before_the_database_is_prepared,
    ],
}

async fn what_is_created_is_found(engine: Engine) {
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
    bench.store.health().await.expect("healthy");
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
    assert_eq!(page(Some(vec![Value::Id(ids[1].uuid())]), 3).await, (ids[2..].to_vec(), false));
    assert_eq!(page(Some(vec![Value::Id(ids[4].uuid())]), 3).await, (vec![], false));
    assert_eq!(page(None, 5).await, (ids.clone(), false));
}

async fn an_update_says_what_became_of_the_pool(engine: Engine) {
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

async fn a_conflict_is_told_by_its_meaning_and_leaves_nothing(engine: Engine) {
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

async fn moments_keep_their_microseconds(engine: Engine) {
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

async fn tenants_do_not_meet(engine: Engine) {
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

async fn what_is_sealed_opens_again(engine: Engine) {
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
        assert_eq!(keys.open(created.id, id, &sealed), Ok(expected.matching_id.clone()));
        let fingerprint = keys.fingerprint(&expected);
        assert_eq!(print, fingerprint.as_bytes());
    }
}

fn target(audience: Audience) -> Target {
    Target { audience, filter: DeviceFilter::None }
}

fn group(id: &str) -> TargetId {
    TargetId::parse("groupId", id.to_owned(), 255).expect("an id")
}

async fn assignments_are_kept_by_their_targets(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let pool =
        bench.create(&write, draft("x", 0..0, Validation::Lenient)).await.expect("created").id;
    let store = &bench.store;
    let now = || Clock::system().now();
    let create = async |audience| {
        let new = NewAssignment::new(target(audience), &bench.ids, now());
        store.create_assignment(&write, pool, new, bench.change_context()).await
    };
    let all = async || {
        let page = store.assignments(&read, pool, &Listing::first(100)).await.expect("an answer");
        page.expect("the pool is there").items
    };
    let everybody = create(Audience::AllDevices).await.expect("an answer").expect("created");
    let sales = create(Audience::Group(group("sales"))).await.expect("an answer").expect("created");
    create(Audience::ExclusionGroup(group("sales"))).await.expect("another kind");
    let again = create(Audience::Group(group("sales"))).await.expect_err("it is there");
    assert!(matches!(again, StoreError::Conflict(Conflict::TargetExists)), "{again:?}");
    assert_eq!(all().await.len(), 3);

    let filter = DeviceFilter::Include(group("filter"));
    let changed = Target { filter, ..target(Audience::Group(group("support"))) };
    let place = EntityKey { pool, id: sales.id };
    let update = async |precondition, target| {
        store
            .update_assignment(&write, place, &precondition, target, bench.change_context())
            .await
            .expect("an answer")
    };
    assert_eq!(
        update(Precondition::Revisions(vec![2]), Some(changed.clone())).await,
        Conditional::PreconditionFailed
    );
    let Conditional::Done(updated) =
        update(Precondition::Revisions(vec![1]), Some(changed.clone())).await
    else {
        panic!("it is at that revision")
    };
    assert_eq!((updated.revision, &updated.target), (2, &changed));
    assert_eq!(
        update(Precondition::Any, None).await,
        Conditional::Done(updated.clone()),
        "nothing to do"
    );
    assert_eq!(store.assignment(&read, place).await.expect("an answer"), Some(updated.clone()));

    // A whole set: what stays keeps its id, of two for one audience the first counts.
    let targets = vec![
        changed.clone(),
        target(Audience::AllLicensedUsers),
        target(Audience::Group(group("support"))),
    ];
    let set = NewAssignment::set(targets, &bench.ids, now());
    let assigned = store
        .assign(&write, pool, set, bench.change_context())
        .await
        .expect("an answer")
        .expect("the pool is there");
    assert_eq!((assigned.len(), &assigned[0]), (2, &updated));
    let mut stored = all().await;
    stored.sort_by_key(|assignment| assignment.id);
    let mut expected = assigned.clone();
    expected.sort_by_key(|assignment| assignment.id);
    assert_eq!(stored, expected);
    let gone = EntityKey { pool, id: everybody.id };
    assert_eq!(store.assignment(&read, gone).await.expect("an answer"), None);
    assert_eq!(
        store
            .delete_assignment(&write, gone, &Precondition::Any, bench.change_context())
            .await
            .expect("an answer"),
        Conditional::NotFound
    );
    assert_eq!(
        store
            .delete_assignment(&write, place, &Precondition::Any, bench.change_context())
            .await
            .expect("an answer"),
        Conditional::Done(())
    );
    assert_eq!(
        store.assign(&write, pool, vec![], bench.change_context()).await.expect("an answer"),
        Some(vec![])
    );
    assert_eq!(all().await, vec![]);

    let nowhere: PoolId = bench.ids.next();
    assert!(
        store
            .assign(&write, nowhere, vec![], bench.change_context())
            .await
            .expect("an answer")
            .is_none()
    );
    assert!(
        store.assignments(&read, nowhere, &Listing::first(1)).await.expect("an answer").is_none()
    );
    assert!(
        store
            .count_assignments(&read, nowhere, &Predicate::always())
            .await
            .expect("an answer")
            .is_none()
    );
}

async fn device_states_keep_what_they_say(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let pool =
        bench.create(&write, draft("x", 0..0, Validation::Lenient)).await.expect("created").id;
    let store = &bench.store;
    let details = DeviceDetails {
        last_sync_at: Some(Timestamp::from_micros(1)),
        universal_iccid: Some("89049032123451234512345678901235".to_owned()),
        device_name: Some("Größe".to_owned()),
        user_name: None,
        state: DeviceStateValue::Installing,
        state_details: Some(String::new()),
    };
    let new = details.clone().into_new(&bench.ids, Timestamp::from_micros(1000));
    let created = store
        .create_device_state(&write, pool, new, bench.change_context())
        .await
        .expect("an answer")
        .expect("created");
    let place = EntityKey { pool, id: created.id };
    assert_eq!(store.device_state(&read, place).await.expect("an answer"), Some(created.clone()));
    let change = || DeviceStateChange {
        user_name: Change::Set("Ann".to_owned()),
        device_name: Change::Clear,
        state: Some(DeviceStateValue::Installed),
        ..DeviceStateChange::default()
    };
    let update = async |place, expected, change| {
        let context = ChangeContext { at: Timestamp::from_micros(2000), ..bench.change_context() };
        store
            .update_device_state(&write, place, &expected, change, context)
            .await
            .expect("an answer")
    };
    assert_eq!(
        update(place, Precondition::Revisions(vec![]), change()).await,
        Conditional::PreconditionFailed
    );
    let Conditional::Done(changed) = update(place, Precondition::Any, change()).await else {
        panic!("it is there")
    };
    let expected = DeviceDetails {
        user_name: Some("Ann".to_owned()),
        device_name: None,
        state: DeviceStateValue::Installed,
        ..details
    };
    assert_eq!((&changed.details, changed.revision), (&expected, 2));
    assert_eq!(
        (changed.created_at, changed.modified_at),
        (created.created_at, Timestamp::from_micros(2000))
    );
    assert_eq!(
        update(place, Precondition::Any, change()).await,
        Conditional::Done(changed.clone()),
        "nothing new"
    );
    assert_eq!(store.device_state(&read, place).await.expect("an answer"), Some(changed));
    let elsewhere = EntityKey { pool: bench.ids.next(), id: created.id };
    assert_eq!(store.device_state(&read, elsewhere).await.expect("an answer"), None);
    assert_eq!(update(elsewhere, Precondition::Any, change()).await, Conditional::NotFound);
    assert_eq!(
        store.count_device_states(&read, pool, &Predicate::always()).await.expect("an answer"),
        Some(1)
    );
    assert_eq!(
        store
            .delete_device_state(&write, place, &Precondition::Any, bench.change_context())
            .await
            .expect("an answer"),
        Conditional::Done(())
    );
    assert_eq!(
        store.count_device_states(&read, pool, &Predicate::always()).await.expect("an answer"),
        Some(0)
    );
}

async fn what_belongs_to_a_pool_goes_with_it(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let mut pools = Vec::new();
    for number in 0..3 {
        let pool =
            bench.create(&write, draft("x", 0..2, Validation::Lenient)).await.expect("created").id;
        for state in 0..number {
            let new = NewAssignment::new(
                target(Audience::Group(group(&state.to_string()))),
                &bench.ids,
                Clock::system().now(),
            );
            bench
                .store
                .create_assignment(&write, pool, new, bench.change_context())
                .await
                .expect("an answer");
        }
        pools.push(pool);
    }
    let listing = Listing { count: true, ..Listing::first(1) };
    let of = bench.store.assignments_of(&read, &pools, &listing).await.expect("an answer");
    let seen: Vec<_> =
        pools.iter().map(|pool| (of[pool].items.len(), of[pool].more, of[pool].count)).collect();
    assert_eq!(seen, [(0, false, Some(0)), (1, false, Some(1)), (1, true, Some(2))]);
    bench
        .store
        .delete_pool(&write, pools[2], &Precondition::Any, bench.change_context())
        .await
        .expect("an answer");
    assert_eq!(bench.database.number("select count(*) from assignments").await, 1);
    assert_eq!(bench.database.number("select count(*) from activation_codes").await, 4);
}
