//! Imports of codes.

use esimpool::auth::{IdempotencyKey, Write};
use esimpool::domain::{ImportReport, PoolId};
use esimpool::store::{Conditional, Import, ImportInto};

use crate::support::store::{TestStore, code, display_name};
use crate::support::{Engine, cases};

cases! {
    both: [
        an_import_fills_a_new_pool_or_an_old_one,
        an_import_under_a_key_is_stored_once,
    ],
}

/// Adds codes in two pieces, as lines from 2 on.
async fn add(import: Import, numbers: std::ops::Range<usize>) -> Import {
    let mut codes: Vec<_> = (2..).zip(numbers.map(|number| code(number).into())).collect();
    let rest = codes.split_off(codes.len() / 2);
    let import = import.add(codes).await.expect("added");
    import.add(rest).await.expect("added")
}

fn counts(report: &ImportReport) -> (u64, u64, u64) {
    (report.inserted, report.duplicates, report.rejected_count)
}

async fn an_import_fills_a_new_pool_or_an_old_one(engine: Engine) {
    let test = TestStore::new(engine).await;
    let (store, write) = (&test.store, test.permit::<Write>("a").await);
    let pool: PoolId = test.ids.next();
    let begin =
        async |into| store.begin_import(&write, into, true, &test.ids).await.expect("begun");
    let import = begin(ImportInto::New(pool)).await.expect("a new pool");
    let checked = add(import, 0..4).await.check().await.expect("checked");
    assert_eq!(counts(&checked.report), (4, 0, 0));
    let name = Some(display_name("Spring"));
    let stored = checked.store(&write, name, test.change_context()).await.expect("stored");
    let Conditional::Done(report) = stored else { panic!("{stored:?}") };
    let created = report.pool.expect("the pool");
    assert_eq!((created.id, created.code_count, created.revision), (pool, 4, 1));

    let import = begin(ImportInto::Existing(pool)).await.expect("the pool exists");
    let checked = add(import, 2..7).await.check().await.expect("checked");
    let stored = checked.store(&write, None, test.change_context()).await.expect("stored");
    let Conditional::Done(report) = stored else { panic!("{stored:?}") };
    assert_eq!(counts(&report), (3, 2, 0));
    assert_eq!(report.pool.map(|pool| pool.code_count), Some(7));
    assert_eq!(test.database.number("select count(*) from activation_codes").await, 7);

    // A checked import that is dropped stores nothing. Where ICCIDs are unique, a code that another
    // pool has is known.
    let import = begin(ImportInto::New(test.ids.next())).await.expect("a new pool");
    let checked = add(import, 6..8).await.check().await.expect("checked");
    assert_eq!(counts(&checked.report), (1, 1, 0));
    let report = checked.report(&write, test.change_context()).await.expect("audited");
    assert_eq!((counts(&report), report.groups[0].first_line), ((1, 1, 0), None), "not told which");
    assert_eq!(test.database.number("select count(*) from pools").await, 1);
    assert!(begin(ImportInto::Existing(test.ids.next())).await.is_none());
}

async fn an_import_under_a_key_is_stored_once(engine: Engine) {
    let test = TestStore::new(engine).await;
    let key = IdempotencyKey { key: "spring".to_owned(), digest: [7; 32] };
    let write = test.permit::<Write>("a").await.with_idempotency_key(Some(key));
    let context = test.change_context();
    let replayed =
        async || test.store.replayed_import(&write, context.at).await.expect("an answer");
    assert!(replayed().await.is_none());
    let pool = ImportInto::New(test.ids.next());
    let import = test.store.begin_import(&write, pool, true, &test.ids).await.expect("begun");
    let checked = add(import.expect("a new pool"), 0..4).await.check().await.expect("checked");
    let name = Some(display_name("Spring"));
    let stored = checked.store(&write, name, context).await.expect("stored");
    let Conditional::Done(report) = stored else { panic!("{stored:?}") };
    let again = replayed().await.expect("a report");
    assert_eq!((counts(&again), again.pool), (counts(&report), report.pool));
}
