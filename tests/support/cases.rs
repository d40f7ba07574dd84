//! Tests as values: each on the engines that it is for.

use std::pin::Pin;

use libtest_mimic::{Failed, Trial};

use super::Engine;
use super::postgres::Postgres;

/// A test, and what it runs on.
pub struct Case {
    pub name: String,
    pub engines: &'static [Engine],
    pub run: fn(Engine) -> Pin<Box<dyn Future<Output = ()>>>,
    /// Why it cannot be run here, if so.
    pub ignored: Option<&'static str>,
}

/// Lists the tests of a module. On `both` engines a test takes the engine as its argument; of the
/// `once` ones each takes nothing and needs no Postgres; the `postgres` ones need it. A test that
/// is not listed is dead code, which the compiler tells.
macro_rules! cases {
    ($($on:ident: [$($test:ident),* $(,)?]),* $(,)?) => {
        pub fn cases() -> Vec<crate::support::Case> {
            let module = module_path!().split_once("::").expect("a module").1;
            vec![$($(crate::support::cases::case!($on, module, $test)),*),*]
        }
    };
}
pub(crate) use cases;

/// Gathers the tests of a folder's modules. One that is left out is dead code as well.
macro_rules! gather {
    ($($module:ident),* $(,)?) => {
        pub fn cases() -> Vec<crate::support::Case> {
            [$($module::cases()),*].into_iter().flatten().collect()
        }
    };
}
pub(crate) use gather;

macro_rules! case {
    (both, $module:ident, $test:ident) => {
        crate::support::cases::case!($module, $test, &[Sqlite, Postgres], |engine| Box::pin($test(
            engine
        )))
    };
    (once, $module:ident, $test:ident) => {
        crate::support::cases::case!($module, $test, &[Sqlite], |_| Box::pin($test()))
    };
    (postgres, $module:ident, $test:ident) => {
        crate::support::cases::case!($module, $test, &[Postgres], |_| Box::pin($test()))
    };
    ($module:ident, $test:ident, $engines:expr, $run:expr) => {{
        use crate::support::Engine::*;
        crate::support::Case {
            name: format!("{}::{}", $module, stringify!($test)),
            engines: $engines,
            run: $run,
            ignored: None,
        }
    }};
}
pub(crate) use case;

impl Case {
    /// The trials of this case. What cannot be run, for want of a Postgres or of something else, is
    /// shown as ignored, with the reason; never as passed.
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
