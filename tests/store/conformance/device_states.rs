//! Device states of a pool.

use esimpool::auth::{Read, Write};
use esimpool::domain::{
    Change, ChangeContext, DeviceDetails, DeviceStateChange, DeviceStateValue, Listing, Predicate,
    Timestamp, Validation,
};
use esimpool::store::{Conditional, EntityKey, Precondition};

use crate::support::store::{TestStore, draft};
use crate::support::{Engine, cases};

cases! {
    both: [
        device_states_keep_their_details,
        device_states_are_listed_by_pool,
    ],
}

async fn device_states_keep_their_details(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let pool =
        bench.create(&write, draft("x", 0..0, Validation::Lenient)).await.expect("created").id;
    let store = &bench.store;
    let details = DeviceDetails {
        last_sync_at: Some(Timestamp::from_micros(1)),
        eid: Some("89049032123451234512345678901235".to_owned()),
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

async fn device_states_are_listed_by_pool(engine: Engine) {
    let bench = TestStore::new(engine).await;
    let (write, read) = (bench.permit::<Write>("a").await, bench.permit::<Read>("a").await);
    let (store, context) = (&bench.store, bench.change_context());
    let mut pools = Vec::new();
    for count in 0..3 {
        let pool = bench.create(&write, draft("x", 0..0, Validation::Lenient)).await;
        let pool = pool.expect("created").id;
        for _ in 0..count {
            let details = DeviceDetails {
                last_sync_at: None,
                eid: None,
                device_name: None,
                user_name: None,
                state: DeviceStateValue::Installed,
                state_details: None,
            };
            let new = details.into_new(&bench.ids, context.at);
            let created = store.create_device_state(&write, pool, new, bench.change_context());
            created.await.expect("an answer").expect("created");
        }
        pools.push(pool);
    }
    let listing = Listing { count: true, ..Listing::first(1) };
    let of = store.device_states_of(&read, &pools, &listing).await.expect("an answer");
    let seen: Vec<_> =
        pools.iter().map(|pool| (of[pool].items.len(), of[pool].more, of[pool].count)).collect();
    assert_eq!(seen, [(0, false, Some(0)), (1, false, Some(1)), (1, true, Some(2))]);
    let page = store.device_states(&read, pools[2], &Listing::first(10)).await.expect("an answer");
    assert_eq!(page.expect("the pool exists").items.len(), 2);
    let nowhere = store.device_states(&read, bench.ids.next(), &Listing::first(1)).await;
    assert!(nowhere.expect("an answer").is_none());
}
