//! Random concurrent writes: each caller gets a true answer, whatever fails.

use std::collections::HashSet;
use std::sync::Arc;

use esimpool::auth::{Claim, Read, Write};
use esimpool::domain::{
    ClaimOutcome, DeviceStateChange, DeviceStateValue, NewPool, PoolId, Validation,
};
use esimpool::store::{Conditional, Conflict, EntityKey, Precondition, StoreError};
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::database::{administer, execute};
use crate::support::store::{TestStore, claim_by, draft};
use crate::support::{Engine, cases};

cases! {
    both: [
        each_caller_gets_a_true_answer_whatever_fails,
    ],
    postgres: [
        broken_connections_give_no_caller_a_wrong_answer,
    ],
}

/// One of many concurrent writes.
#[derive(Clone, Debug)]
enum Wanted {
    /// A pool with these codes, each of which the tenant may have once.
    Pool(std::ops::Range<usize>),
    /// One that the database refuses, whatever the reason.
    Poison,
    /// A code of the pool for one of a few devices.
    Code(u8),
    /// Another state of one of a few devices.
    State(u8, DeviceStateValue),
}

fn wanted() -> impl Strategy<Value = Wanted> {
    prop_oneof![
        4 => (0..60_usize, 0..3_usize).prop_map(|(begin, len)| Wanted::Pool(begin..begin + len)),
        1 => Just(Wanted::Poison),
        4 => (0..30_u8).prop_map(Wanted::Code),
        2 => (0..4_u8, prop_oneof![
            Just(DeviceStateValue::Installed), Just(DeviceStateValue::Failed),
            Just(DeviceStateValue::Installing)])
            .prop_map(|(device, state)| Wanted::State(device, state)),
    ]
}

/// What came of one of them.
enum Came {
    Pool(Arc<NewPool>, Result<(), StoreError>),
    Code(String, Result<ClaimOutcome, StoreError>),
    State(Result<Conditional<esimpool::domain::DeviceState>, StoreError>),
}

/// A store with a pool of some codes, of which four devices have one each.
struct Scene {
    bench: TestStore,
    pool: PoolId,
    devices: Vec<esimpool::domain::DeviceStateId>,
}

impl Scene {
    async fn new(engine: Engine) -> Self {
        let bench = TestStore::new(engine).await;
        let poison = match engine {
            Engine::Sqlite => {
                "create trigger poison before insert on pools when new.display_name = 'poison'
                 begin select raise(abort, 'poisoned'); end"
            }
            Engine::Postgres => {
                "create function poison() returns trigger language plpgsql as $$ begin
                   if new.display_name = 'poison' then raise exception 'poisoned'; end if;
                   return new; end $$;
                 create trigger poison before insert on pools
                   for each row execute function poison()"
            }
        };
        execute(&bench.database, poison).await;
        let (write, claim) = (bench.permit::<Write>("a").await, bench.permit::<Claim>("a").await);
        let stock = bench.create(&write, draft("stock", 1000..1020, Validation::Strict)).await;
        let pool = stock.expect("created").id;
        let mut devices = Vec::new();
        for n in 0..4 {
            let new = claim_by(&bench, &format!("known {n}"));
            match bench
                .store
                .claim(&claim, pool, new, bench.change_context())
                .await
                .expect("an answer")
            {
                ClaimOutcome::Claimed(claimed) => devices.push(claimed.device_state.id),
                other => panic!("{other:?}"),
            }
        }
        Self { bench, pool, devices }
    }

    async fn want(&self, wanted: Wanted) -> Came {
        let Self { bench, pool, devices } = self;
        let write = bench.permit::<Write>("a").await;
        match wanted {
            Wanted::Pool(_) | Wanted::Poison => {
                let draft = match wanted {
                    Wanted::Pool(numbers) => draft("good", numbers, Validation::Strict),
                    _ => draft("poison", 0..0, Validation::Strict),
                };
                let context = bench.change_context();
                let new = Arc::new(draft.into_new(&bench.ids, context.at));
                let done = bench.store.create_pool(&write, &new, context).await.map(drop);
                Came::Pool(new, done)
            }
            Wanted::Code(device) => {
                let claim = bench.permit::<Claim>("a").await;
                let device = format!("device {device}");
                let new = claim_by(bench, &device);
                Came::Code(
                    device,
                    bench.store.claim(&claim, *pool, new, bench.change_context()).await,
                )
            }
            Wanted::State(device, state) => {
                let place = EntityKey { pool: *pool, id: devices[usize::from(device)] };
                let change =
                    DeviceStateChange { state: Some(state), ..DeviceStateChange::default() };
                let (any, context) = (Precondition::Any, bench.change_context());
                Came::State(
                    bench.store.update_device_state(&write, place, &any, change, context).await,
                )
            }
        }
    }

    /// Asserts that every caller got a true answer. Where nothing was broken on purpose, none may
    /// have been told to retry either.
    async fn check(&self, came: Vec<Came>, broken: bool) {
        let read = self.bench.permit::<Read>("a").await;
        let (mut taken, mut holders) = (HashSet::new(), HashSet::new());
        let mut refused = Vec::new();
        for it in came {
            match it {
                Came::Pool(new, done) => {
                    let found = self.bench.store.pool(&read, new.id).await.expect("an answer");
                    assert_eq!(found.is_some(), done.is_ok(), "{done:?}");
                    let mut codes = new.codes.iter().map(|it| it.code.iccid.as_str().to_owned());
                    match done {
                        Ok(()) => assert!(codes.all(|it| taken.insert(it))),
                        Err(StoreError::Failed(_)) => {
                            assert_eq!(new.display_name.as_str(), "poison");
                        }
                        Err(StoreError::Conflict(Conflict::IccidExists)) => {
                            refused.push(codes.collect::<Vec<_>>());
                        }
                        Err(error) => assert!(broken, "{error}"),
                    }
                }
                Came::Code(device, Ok(ClaimOutcome::Claimed(claimed))) => {
                    holders.insert((device, claimed.code.iccid.as_str().to_owned()));
                }
                // A device may not have two codes.
                Came::Code(_, Ok(ClaimOutcome::NoFreeCode))
                | Came::State(
                    Ok(Conditional::Done(_)) | Err(StoreError::Conflict(Conflict::DeviceHasCode)),
                ) => {}
                Came::Code(_, Ok(other)) => panic!("{other:?}"),
                Came::State(Ok(other)) => panic!("{other:?}"),
                Came::Code(_, Err(error)) | Came::State(Err(error)) => {
                    assert!(broken, "{error}");
                }
            }
        }
        // No caller was refused because of another one's write.
        for codes in refused {
            assert!(broken || codes.iter().any(|it| taken.contains(it)), "{codes:?}");
        }
        // A device has one code, however often it asked, and a code one device.
        for part in [|it: &(String, String)| it.0.clone(), |it: &(String, String)| it.1.clone()] {
            let different: HashSet<_> = holders.iter().map(part).collect();
            assert_eq!(different.len(), holders.len(), "{holders:?}");
        }
        for (what, sql) in [
            (
                "every pool is whole",
                "select count(*) from pools where code_count <> (
                   select count(*) from activation_codes as code
                   where code.tenant_id = pools.tenant_id and code.pool_id = pools.id)",
            ),
            (
                "every pool is written down once",
                "select abs((select count(*) from pools) - (
                   select count(*) from audit_events where activity = 'createPool'))",
            ),
            (
                "every hand-out is written down once",
                "select abs((select count(*) from handouts) - (
                   select count(*) from audit_events where activity = 'claim'))",
            ),
            (
                "code, ledger and device agree",
                "select abs((select count(*) from handouts) - (
                   select count(*) from handouts
                   join activation_codes as code on code.id = handouts.code_id
                   join device_states as device on device.handout_id = handouts.id
                   where code.state = handouts.outcome
                     and (device.state = code.state
                       -- It failed while it was installing: its code is in quarantine, and follows it
                       -- no more.
                       or code.state = 8)))",
            ),
        ] {
            assert_eq!(self.bench.database.number(sql).await, 0, "{what}");
        }
    }
}

async fn each_caller_gets_a_true_answer_whatever_fails(engine: Engine) {
    let runtime = tokio::runtime::Handle::current();
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let outcome = tokio::task::block_in_place(|| {
        runner.run(&prop::collection::vec(wanted(), 1..80), |all| {
            runtime.block_on(async {
                let scene = Scene::new(engine).await;
                let came = join_all(all.into_iter().map(|wanted| scene.want(wanted))).await;
                scene.check(came, false).await;
                scene.bench.store.close().await;
            });
            Ok(())
        })
    });
    outcome.expect("the truth");
}

async fn broken_connections_give_no_caller_a_wrong_answer() {
    let scene = Arc::new(Scene::new(Engine::Postgres).await);
    let name = scene.bench.database.url.rsplit('/').next().expect("a name").to_owned();
    let cut =
        format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
    let mut came = Vec::new();
    for round in 0..12 {
        let all = (0..120_usize).map(|n| {
            let begin = 2000 + (round * 120 + n) * 2;
            let wanted = match n % 3 {
                0 => Wanted::Code(u8::try_from(n % 30).expect("few")),
                _ => Wanted::Pool(begin..begin + 2),
            };
            let scene = scene.clone();
            tokio::spawn(async move { scene.want(wanted).await })
        });
        let all: Vec<_> = all.collect();
        administer(&cut).await;
        for it in all {
            came.push(it.await.expect("an answer"));
        }
    }
    let made = came.iter().filter(|it| matches!(it, Came::Pool(_, Ok(())))).count();
    assert!(made > 100, "only {made} were made");
    scene.check(came, true).await;
}
