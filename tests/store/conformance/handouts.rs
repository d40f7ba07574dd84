//! Claims, what becomes of them, and what operators see of a pool's codes.

use esimpool::auth::{Claim, Permit, Read, Write};
use esimpool::domain::{
    ClaimOutcome, Claimed, CodeState, DeviceStateValue, InstallationOutcome, Listing, PoolId,
    Predicate, Release, SoughtIccid, Timestamp, TransitionOutcome, Validation,
};
use esimpool::store::{EntityKey, Quarantine};

use crate::support::store::{TestStore, claim_by, draft};
use crate::support::{Engine, cases, iccid};

cases! {
    both: [
        a_claimed_code_is_released_to_quarantine_and_reinstated,
        a_claim_is_refused_with_its_reason,
        an_installation_is_shown_while_its_claim_is_active,
        codes_are_counted_listed_and_exported,
        stock_is_low_at_the_threshold_of_the_pool_or_of_the_settings,
        codes_that_were_free_at_a_time_are_quarantined_once,
    ],
}

/// A store with a pool of three codes.
struct Fixture {
    store: TestStore,
    pool: PoolId,
    read: Permit<Read>,
    write: Permit<Write>,
    claim: Permit<Claim>,
}

impl Fixture {
    async fn new(engine: Engine) -> Self {
        let store = TestStore::new(engine).await;
        let write = store.permit("a").await;
        let pool = store.create(&write, draft("x", 0..3, Validation::Lenient)).await;
        let pool = pool.expect("created").id;
        Self { read: store.permit("a").await, claim: store.permit("a").await, store, pool, write }
    }

    async fn claim(&self, pool: PoolId, device: &str, number: Option<usize>) -> ClaimOutcome {
        let mut new = claim_by(&self.store, device);
        new.iccid = number.map(|number| SoughtIccid::new(iccid(number)));
        let context = self.store.change_context();
        self.store.store.claim(&self.claim, pool, new, context).await.expect("an answer")
    }

    async fn claimed(&self, device: &str) -> Box<Claimed> {
        match self.claim(self.pool, device, None).await {
            ClaimOutcome::Claimed(claimed) => claimed,
            other => panic!("{other:?}"),
        }
    }

    async fn release(&self, which: Release) -> bool {
        let context = self.store.change_context();
        let outcome = self.store.store.release(&self.write, self.pool, which, context).await;
        matches!(outcome.expect("an answer"), TransitionOutcome::Done(_))
    }

    async fn states(&self) -> Vec<CodeState> {
        let listing = Listing::first(10);
        let page = self.store.store.codes(&self.read, self.pool, &listing).await;
        let page = page.expect("an answer").expect("the pool exists");
        page.items.iter().map(|code| code.state).collect()
    }
}

async fn a_claimed_code_is_released_to_quarantine_and_reinstated(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let first = fixture.claimed("phone").await;
    assert_eq!((first.code.iccid.as_str(), first.again), (iccid(0).as_str(), false));
    let again = fixture.claimed("phone").await;
    assert_eq!((again.code.iccid.as_str(), again.again), (iccid(0).as_str(), true));
    let installing = CodeState::HandedOut(DeviceStateValue::Installing);
    assert_eq!(fixture.states().await, [installing, CodeState::Free, CodeState::Free]);

    assert!(fixture.release(Release::Of(first.device_state.id)).await);
    assert!(!fixture.release(Release::Of(first.device_state.id)).await, "it is released already");
    assert_eq!(fixture.states().await[0], CodeState::Quarantined);
    let reinstate = async |number| {
        let (store, context) = (&fixture.store.store, fixture.store.change_context());
        let sought = SoughtIccid::new(iccid(number));
        store.reinstate(&fixture.write, fixture.pool, sought, context).await.expect("an answer")
    };
    assert!(matches!(reinstate(0).await, TransitionOutcome::Done(code) if code.position == 0));
    let outcome = reinstate(0).await;
    assert!(matches!(outcome, TransitionOutcome::StateConflict(CodeState::Free)), "{outcome:?}");
    assert!(matches!(reinstate(9).await, TransitionOutcome::NotFound));
    assert_eq!(fixture.states().await, [CodeState::Free; 3]);
}

async fn a_claim_is_refused_with_its_reason(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    fixture.claimed("phone").await;
    let pool = fixture.pool;
    let nowhere = fixture.store.ids.next();
    assert!(matches!(fixture.claim(nowhere, "x", None).await, ClaimOutcome::NoPool));
    assert!(matches!(fixture.claim(pool, "x", Some(9)).await, ClaimOutcome::NoSuchIccid));
    let installing = CodeState::HandedOut(DeviceStateValue::Installing);
    let taken = fixture.claim(pool, "x", Some(0)).await;
    assert!(matches!(taken, ClaimOutcome::IccidNotFree(state) if state == installing), "{taken:?}");
    let other = fixture.claim(pool, "phone", Some(1)).await;
    let has = |state| state == installing;
    assert!(matches!(other, ClaimOutcome::DeviceHasAnother(state) if has(state)), "{other:?}");
    let twin = fixture.store.create(&fixture.write, draft("y", 0..1, Validation::Lenient)).await;
    let twin = twin.expect("created").id;
    assert!(matches!(fixture.claim(twin, "x", None).await, ClaimOutcome::AllHandedOutElsewhere));
    fixture.claimed("second").await;
    fixture.claimed("third").await;
    assert!(matches!(fixture.claim(pool, "x", None).await, ClaimOutcome::NoFreeCode));
}

async fn an_installation_is_shown_while_its_claim_is_active(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let (store, pool) = (&fixture.store.store, fixture.pool);
    let state = fixture.claimed("phone").await.device_state.id;
    let shown = async |id| {
        let context = fixture.store.change_context();
        store.installation(&fixture.claim, EntityKey { pool, id }, context).await
    };
    let found = shown(state).await.expect("an answer");
    let InstallationOutcome::Found(found) = found else { panic!("{found:?}") };
    assert_eq!(found.iccid.as_str(), iccid(0));
    let string = found.string.as_ref().expect("a string");
    assert_eq!(string.expose(), "1$smdp.example.com$M-0");
    let sheet = async |pool| {
        let (listing, context) = (Listing::first(10), fixture.store.change_context());
        store.installation_sheet(&fixture.claim, pool, &listing, context).await.expect("an answer")
    };
    let cards = sheet(pool).await.expect("the pool exists").page.items;
    assert_eq!(cards.iter().map(|it| it.device_state.id).collect::<Vec<_>>(), [state]);
    assert!(sheet(fixture.store.ids.next()).await.is_none());
    let log = "select count(*) from audit_events where activity = 'showCode'";
    assert_eq!(fixture.store.database.number(log).await, 2);

    assert!(fixture.release(Release::Iccid(SoughtIccid::new(iccid(0)))).await);
    let deleted = DeviceStateValue::Deleted;
    let outcome = shown(state).await.expect("an answer");
    let expected = matches!(outcome, InstallationOutcome::NoActiveClaim(it) if it == deleted);
    assert!(expected, "{outcome:?}");
    let nobody = fixture.store.ids.next();
    assert!(matches!(shown(nobody).await, Ok(InstallationOutcome::NotFound)));
    assert!(sheet(pool).await.expect("the pool exists").page.items.is_empty());
}

async fn codes_are_counted_listed_and_exported(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let (store, read, pool) = (&fixture.store.store, &fixture.read, fixture.pool);
    let state = fixture.claimed("phone").await.device_state.id;
    let count = store.count_codes(read, pool, &Predicate::always()).await;
    assert_eq!(count.expect("an answer"), Some(3));
    let export = async |pool, after| {
        let page = store.export_page(read, pool, after, 2).await.expect("an answer")?;
        let line = |it: &esimpool::domain::ExportLine| (it.code.position, it.code.device_state);
        Some((page.items.iter().map(line).collect::<Vec<_>>(), page.more))
    };
    assert_eq!(export(pool, None).await, Some((vec![(0, Some(state)), (1, None)], true)));
    assert_eq!(export(pool, Some(1)).await, Some((vec![(2, None)], false)));
    assert_eq!(export(fixture.store.ids.next(), None).await, None);
}

async fn stock_is_low_at_the_threshold_of_the_pool_or_of_the_settings(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let (store, pool) = (&fixture.store.store, fixture.pool);
    fixture.claimed("phone").await;
    let installing = CodeState::HandedOut(DeviceStateValue::Installing);
    let by_state = vec![(CodeState::Free, 2), (installing, 1)];
    let stock = store.stock(&fixture.read, pool).await.expect("an answer").expect("it exists");
    assert_eq!((&stock.by_state, stock.low_stock_threshold), (&by_state, None));
    let of_all = store.stock_of_all(&fixture.read).await.expect("an answer");
    assert_eq!(of_all.by_state, by_state);
    store.fold_stock().await.expect("folded");
    let all = store.stock_summary(1).await.expect("an answer");
    assert_eq!((&all.by_state, all.pools, all.low, all.empty), (&by_state, 1, 0, 0));
    assert_eq!(store.stock_summary(2).await.expect("an answer").low, 1);
    assert!(
        store.stock(&fixture.read, fixture.store.ids.next()).await.expect("an answer").is_none()
    );

    let low =
        async |default| store.low_stock(&fixture.claim, pool, default).await.expect("an answer");
    assert_eq!((low(1).await, low(2).await), (None, Some(2)));
    let set = async |pool, threshold| {
        let context = fixture.store.change_context();
        store
            .set_low_stock_threshold(&fixture.write, pool, threshold, context)
            .await
            .expect("an answer")
    };
    assert!(set(pool, Some(5)).await);
    assert_eq!(low(1).await, Some(2));
    let stock = store.stock(&fixture.read, pool).await.expect("an answer").expect("it exists");
    assert_eq!(stock.low_stock_threshold, Some(5));
    assert!(set(pool, None).await);
    assert_eq!(low(1).await, None);
    assert!(!set(fixture.store.ids.next(), Some(5)).await);
}

async fn codes_that_were_free_at_a_time_are_quarantined_once(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let (store, ids) = (&fixture.store.store, &fixture.store.ids);
    fixture.claimed("phone").await;
    let created = fixture.store.change_context().at;
    let before = Timestamp::from_micros(created.micros() - 3_600_000_000);
    for (free_at, codes, pools, left) in [(before, 0, 0, 2), (created, 2, 1, 0), (created, 0, 0, 0)]
    {
        let now = fixture.store.change_context().at;
        let done = store.quarantine_free(free_at, now, ids).await.expect("an answer");
        assert_eq!(done, Quarantine { codes, pools, left });
    }
    let installing = CodeState::HandedOut(DeviceStateValue::Installing);
    let quarantined = CodeState::Quarantined;
    assert_eq!(fixture.states().await, [installing, quarantined, quarantined]);
    let log = "select count(*) from audit_events where activity = 'quarantine'";
    assert_eq!(fixture.store.database.number(log).await, 1);
}
