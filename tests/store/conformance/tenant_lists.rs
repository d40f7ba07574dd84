//! Codes and device states of all pools of a tenant.

use std::sync::Arc;

use esimpool::auth::{Claim, Read, Write};
use esimpool::domain::{ClaimOutcome, Iccid, Listing, Predicate, Removal, Validation};

use crate::support::store::{TestStore, claim_by, draft};
use crate::support::{Engine, cases, iccid};

cases! {
    both: [codes_and_device_states_of_all_pools_are_counted_and_listed],
}

async fn codes_and_device_states_of_all_pools_are_counted_and_listed(engine: Engine) {
    let test = TestStore::new(engine).await;
    let (store, write) = (&test.store, test.permit::<Write>("a").await);
    let (read, other) = (test.permit::<Read>("a").await, test.permit::<Read>("b").await);
    let claim = test.permit::<Claim>("a").await;
    let mut pools = Vec::new();
    for first in [0, 10] {
        let new = draft("x", first..first + 3, Validation::Lenient);
        pools.push(test.create(&write, new).await.expect("created").id);
    }
    pools.sort_unstable();
    for pool in &pools {
        let (new, context) = (claim_by(&test, "phone"), test.change_context());
        let outcome = store.claim(&claim, *pool, new, context).await.expect("an answer");
        assert!(matches!(outcome, ClaimOutcome::Claimed(_)), "{outcome:?}");
    }
    let always = Predicate::always();
    assert_eq!(store.count_tenant_codes(&read, &always).await.expect("an answer"), 6);
    assert_eq!(store.count_tenant_codes(&other, &always).await.expect("an answer"), 0);
    let always = Predicate::always();
    assert_eq!(store.count_tenant_device_states(&read, &always).await.expect("an answer"), 2);
    let page = store.tenant_codes(&read, &Listing::first(4)).await.expect("a page");
    let listed: Vec<_> = page.items.iter().map(|it| (it.pool, it.code.position)).collect();
    assert_eq!(listed, [(pools[0], 0), (pools[0], 1), (pools[0], 2), (pools[1], 0)]);
    assert_eq!((page.more, page.items[0].device_name.as_deref()), (true, Some("phone")));
    let states = store.tenant_device_states(&read, &Listing::first(4)).await.expect("a page");
    let codes = states.items.iter().filter_map(|it| it.iccid.as_ref().map(Iccid::as_str));
    let mut codes: Vec<_> = codes.map(str::to_owned).collect();
    codes.sort_unstable();
    assert_eq!(codes, [iccid(0), iccid(10)]);
    let always = Arc::new(Predicate::always());
    assert_eq!(store.pools_with_codes(&write, &always).await.expect("an answer"), pools);
    let context = test.change_context();
    let removal = store.remove_tenant_codes(&write, pools[0], &always, None, context).await;
    assert_eq!(removal.expect("an answer"), Some(Removal { removed: 2, left: 1 }));
    let (context, nowhere) = (test.change_context(), test.ids.next());
    let removal = store.remove_codes(&write, nowhere, Predicate::always(), None, context).await;
    assert_eq!(removal.expect("an answer"), None);
    let none = store.tenant_device_states(&other, &Listing::first(4)).await.expect("a page");
    assert!(none.items.is_empty());
}
