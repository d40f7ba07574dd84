//! Tests as values, each with the engines that it runs on.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::OnceLock;

use libtest_mimic::{Failed, Trial};

use super::Engine;
use super::postgres::Postgres;

/// A test and the engines it runs on.
pub struct Case {
    pub name: String,
    pub engines: &'static [Engine],
    pub run: fn(Engine) -> Pin<Box<dyn Future<Output = ()>>>,
    /// Why it cannot be run here, if so.
    pub ignored: Option<&'static str>,
}

/// The names of all tests, set before any runs.
static REGISTERED: OnceLock<BTreeSet<String>> = OnceLock::new();

/// Keeps the names of all tests, for tests about them.
pub fn register<'c>(cases: impl IntoIterator<Item = &'c Case>) {
    let names = cases.into_iter().map(|case| case.name.clone()).collect();
    REGISTERED.set(names).expect("registered once");
}

/// The names of all tests, such as `wire::lists::links_use_the_public_base_url_if_it_is_set`.
pub fn registered() -> &'static BTreeSet<String> {
    REGISTERED.get().expect("registered by main")
}

/// Lists the tests of a module. A test on `both` engines takes the engine as its argument; one that
/// runs `once` takes nothing and needs no Postgres; a `postgres` one needs it. Where the module
/// `needs` something else, a function returns why it is missing. A test that is not listed is dead
/// code, which the compiler reports.
macro_rules! cases {
    (needs: $missing:expr, $($on:ident: [$($test:ident),* $(,)?]),* $(,)?) => {
        pub fn cases() -> Vec<crate::support::Case> {
            let missing: Option<&'static str> = $missing();
            let mut cases = vec![$($(crate::support::cases::case!($on, $test)),*),*];
            for case in &mut cases {
                case.ignored = missing;
            }
            cases
        }
    };
    ($($on:ident: [$($test:ident),* $(,)?]),* $(,)?) => {
        pub fn cases() -> Vec<crate::support::Case> {
            vec![$($(crate::support::cases::case!($on, $test)),*),*]
        }
    };
}
pub(crate) use cases;

/// Gathers the tests of a folder's modules. A module that is not listed is dead code as well.
macro_rules! gather {
    ($($module:ident),* $(,)?) => {
        pub fn cases() -> Vec<crate::support::Case> {
            [$($module::cases()),*].into_iter().flatten().collect()
        }
    };
}
pub(crate) use gather;

macro_rules! case {
    (both, $test:ident) => {
        crate::support::cases::case!($test, &[Sqlite, Postgres], |engine| Box::pin($test(engine)))
    };
    (once, $test:ident) => {
        crate::support::cases::case!($test, &[Sqlite], |_| Box::pin($test()))
    };
    (postgres, $test:ident) => {
        crate::support::cases::case!($test, &[Postgres], |_| Box::pin($test()))
    };
    ($test:ident, $engines:expr, $run:expr) => {{
        use crate::support::Engine::*;
        // The first segment is the binary's name.
        let (_, module) = module_path!().split_once("::").expect("a module of the binary");
        crate::support::Case {
            name: format!("{module}::{}", stringify!($test)),
            engines: $engines,
            run: $run,
            ignored: None,
        }
    }};
}
pub(crate) use case;

impl Case {
    /// One trial for each engine. A trial that cannot run here, because Postgres or a tool is
    /// missing, is reported as ignored with the reason, never as passed.
    pub fn trials(self) -> Vec<Trial> {
        let Self { name, engines, run, ignored } = self;
        let several = engines.len() > 1;
        engines
            .iter()
            .map(|&engine| {
                let name = if several { format!("{name} ({engine})") } else { name.clone() };
                let trial = Trial::test(name, move || {
                    block_on(run(engine));
                    Ok::<(), Failed>(())
                });
                let missing = ignored.or_else(|| match (engine, Postgres::get()) {
                    (Engine::Postgres, Err(reason)) => Some(reason),
                    _ => None,
                });
                match missing {
                    Some(reason) => trial.with_kind(reason).with_ignored_flag(true),
                    None => trial,
                }
            })
            .collect()
    }
}

fn block_on(test: Pin<Box<dyn Future<Output = ()>>>) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(test);
}
