//! Sessions of PostgreSQL: nothing is taken from the defaults of a role, a database or a server.

use serde_json::json;

use crate::support::data_folder::{data_folder, path_text};
use crate::support::database::execute;
use crate::support::operator::{Operator, claimed_iccid};
use crate::support::process::{Server, run};
use crate::support::{Database, Engine, POOLS, TestApp, cases, codes};

cases! {
    postgres: [
        claims_do_not_depend_on_the_default_isolation_level,
        commits_are_durable_and_writes_allowed_whatever_the_defaults_are,
        settings_can_be_kept_on_the_role_for_poolers_that_lose_them,
    ],
}

/// An app on a database with such defaults.
async fn with_defaults(defaults: &[(&str, &str)]) -> TestApp {
    let app = TestApp::start(Engine::Postgres).await;
    let (_, name) = app.database.url.rsplit_once('/').expect("a name");
    for (setting, value) in defaults {
        // The connection that does it may be one of those that only read.
        let alter =
            format!("begin read write; alter database \"{name}\" set {setting} = {value}; commit");
        execute(&app.database, &alter).await;
    }
    app.restart().await
}

async fn claims_do_not_depend_on_the_default_isolation_level() {
    for level in ["'repeatable read'", "serializable"] {
        let app = with_defaults(&[("default_transaction_isolation", level)]).await;
        let operator = Operator::of(&app);
        let pool = operator.pool(codes(120)).await;
        let callers = (0..24).map(async |caller| {
            let mut given = Vec::new();
            for number in 0..5 {
                let device = format!("device {caller} {number}");
                let claimed = operator.claim(&pool, &device).await.is(201).json();
                given.push(claimed_iccid(&claimed).to_owned());
            }
            given
        });
        let mut given = futures_util::future::join_all(callers).await.concat();
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 120, "{level}");
    }
}

async fn commits_are_durable_and_writes_allowed_whatever_the_defaults_are() {
    let defaults = [("synchronous_commit", "off"), ("default_transaction_read_only", "on")];
    let app = with_defaults(&defaults).await;
    for statement in [
        "begin read write;
         create function check_session() returns trigger language plpgsql as $$
         begin
           if current_setting('synchronous_commit') <> 'on' then
             raise exception 'a commit that a crash forgets';
           end if;
           return new;
         end $$;
         commit",
        "begin read write;
         create trigger check_session before insert on pools
         for each row execute function check_session();
         commit",
    ] {
        execute(&app.database, statement).await;
    }
    app.writer().post(POOLS, json!({ "displayName": "x" })).await.is(201);
}

async fn settings_can_be_kept_on_the_role_for_poolers_that_lose_them() {
    let folder = data_folder();
    let database = Database::create(Engine::Postgres, folder.path()).await;
    let migrate = ["--data-dir", path_text(&folder), "--database-url", &database.url, "migrate"];
    let kept = run(&[&migrate[..], &["--role-settings"]].concat(), folder.path());
    assert!(kept.status.success(), "{kept:?}");
    let settings = "select count(*) from pg_db_role_setting, unnest(setconfig) as one(value)
         where setdatabase = (select oid from pg_database where datname = current_database())
           and value in ('lock_timeout=200', 'plan_cache_mode=force_generic_plan')";
    assert_eq!(database.number(settings).await, 2);
    // fsync is off in the tests' own server, which is said.
    let server = Server::start(folder.path(), &database.url);
    let log = server.end_and_read_log();
    assert!(log.contains("fsync is off"), "{log}");
    assert!(!log.contains("a pooler loses"), "{log}");
}
