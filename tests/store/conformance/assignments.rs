//! Assignments of a pool.

use esimpool::auth::{Read, Write};
use esimpool::clock::Clock;
use esimpool::domain::{
    Audience, DeviceFilter, Listing, NewAssignment, PoolId, Predicate, Target, TargetId, Validation,
};
use esimpool::store::{Conditional, Conflict, EntityKey, Precondition, StoreError};

use crate::support::store::{TestStore, draft};
use crate::support::{Engine, cases};

cases! {
    both: [
        assignments_are_identified_by_their_targets,
        an_unknown_pool_has_no_assignments,
        what_belongs_to_a_pool_is_deleted_with_it,
    ],
}

fn target(audience: Audience) -> Target {
    Target { audience, filter: DeviceFilter::None }
}

fn group(id: &str) -> TargetId {
    TargetId::parse("groupId", id.to_owned(), 255).expect("an id")
}

async fn assignments_are_identified_by_their_targets(engine: Engine) {
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
}

async fn an_unknown_pool_has_no_assignments(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let store = &bench.store;
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

async fn what_belongs_to_a_pool_is_deleted_with_it(engine: Engine) {
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
