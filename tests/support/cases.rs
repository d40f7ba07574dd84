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
}

/// Lists the tests of a module. On `both` engines a test takes the engine as its argument; of the
/// `once` ones each takes nothing. A test that is not listed is dead code, which the compiler
/// tells.
macro_rules! cases {
    (both: [$($both:ident),* $(,)?], once: [$($once:ident),* $(,)?] $(,)?) => {
        pub fn cases() -> Vec<crate::support::Case> {
            use crate::support::{Case, Engine};
            let module = module_path!().rsplit("::").next().unwrap_or_default();
            vec![
                $(Case {
                    name: format!("{module}::{}", stringify!($both)),
                    engines: &[Engine::Sqlite, Engine::Postgres],
                    run: |engine| Box::pin($both(engine)),
                },)*
                $(Case {
                    name: format!("{module}::{}", stringify!($once)),
                    engines: &[Engine::Sqlite],
                    run: |_| Box::pin($once()),
                },)*
            ]
        }
    };
}
pub(crate) use cases;

impl Case {
    /// The trials of this case. Where there is no Postgres, its trials are shown as ignored, with
    /// the reason; never as passed.
    pub fn trials(self) -> Vec<Trial> {
        let Self { name, engines, run } = self;
        let several = engines.len() > 1;
        engines
            .iter()
            .map(|&engine| {
                let name = if several { format!("{name} ({engine})") } else { name.clone() };
                let trial = Trial::test(name, move || {
                    block_on(run(engine));
                    Ok::<(), Failed>(())
                });
                match (engine, Postgres::get()) {
                    (Engine::Postgres, Err(reason)) => {
                        trial.with_kind(reason).with_ignored_flag(true)
                    }
                    _ => trial,
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
