//! The audit log, and what is forgotten.

use esimpool::auth::{ReadAudit, Write};
use esimpool::domain::{Listing, Predicate, Timestamp, Validation};

use crate::support::store::{TestStore, draft};
use crate::support::{Engine, cases};

cases! {
    both: [
        audit_events_are_found_counted_and_listed,
        old_audit_events_and_keys_are_forgotten,
    ],
}

async fn audit_events_are_found_counted_and_listed(engine: Engine) {
    let test = TestStore::new(engine).await;
    let (store, write) = (&test.store, test.permit::<Write>("a").await);
    let (read, other) = (test.permit::<ReadAudit>("a").await, test.permit::<ReadAudit>("b").await);
    let mut events = Vec::new();
    for _ in 0..3 {
        let context = test.change_context();
        let new = draft("x", 0..0, Validation::Lenient).into_new(&test.ids, context.at);
        store.create_pool(&write, &std::sync::Arc::new(new), context).await.expect("created");
        events.push(context.event);
    }
    let count = async |read| store.count_audit_events(read, &Predicate::always()).await;
    assert_eq!(count(&read).await.expect("an answer"), 3);
    assert_eq!(count(&other).await.expect("an answer"), 0);
    let page = store.audit_events(&read, &Listing::first(2)).await.expect("a page");
    assert_eq!((page.items.len(), page.more), (2, true));
    assert!(page.items.iter().all(|event| event.iccid.is_none()), "it was done to no code");
    let found = store.audit_event(&read, events[1]).await.expect("an answer").expect("an event");
    assert_eq!(found.id, events[1]);
    assert!(store.audit_event(&other, events[1]).await.expect("an answer").is_none());
}

async fn old_audit_events_and_keys_are_forgotten(engine: Engine) {
    let test = TestStore::new(engine).await;
    let write = test.permit::<Write>("a").await;
    let context = test.change_context();
    test.create(&write, draft("x", 0..1, Validation::Lenient)).await.expect("created");
    let events = "select count(*) from audit_events";
    let newest = test.store.newest_audit_event().await.expect("read");
    assert!(newest >= Some(context.at), "{newest:?}");
    let later = Timestamp::from_micros(context.at.micros() + 3_600_000_000);
    test.store.forget(None, later).await.expect("forgotten");
    assert_eq!(test.database.number(events).await, 1, "events are kept for ever");
    test.store.forget(Some(context.at), later).await.expect("forgotten");
    assert_eq!(test.database.number(events).await, 1, "it is not older");
    test.store.forget(Some(later), later).await.expect("forgotten");
    assert_eq!(test.database.number(events).await, 0);
    assert_eq!(test.store.newest_audit_event().await.expect("read"), None);
}
