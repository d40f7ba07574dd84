//! Several servers of one database: the one that writes is used, and left when it no longer does.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::support::app::new_folder;
use crate::support::cluster::{Cluster, binaries};
use crate::support::database::execute;
use crate::support::issuer_service::is_ready;
use crate::support::proxy::Proxy;
use crate::support::triggers::{Fault, fail};
use crate::support::{Actor, Database, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    postgres: [
        a_standby_is_not_used_until_it_is_promoted,
        the_next_server_is_used_when_one_is_lost_and_a_silent_one_is_passed_over,
        a_server_that_only_reads_is_left_at_once,
    ],
}

/// A server of its own that is a standby from its first start, of no other.
fn standby() -> Cluster {
    let real = binaries().expect("server binaries");
    let folder = TempDir::new().expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("set");
    let initdb = folder.path().join("initdb");
    let script = format!(
        "#!/bin/sh\n'{}' \"$@\" && : > data/standby.signal\n",
        real.join("initdb").display()
    );
    fs::write(&initdb, script).expect("written");
    fs::set_permissions(&initdb, fs::Permissions::from_mode(0o755)).expect("set");
    symlink(real.join("postgres"), folder.path().join("postgres")).expect("linked");
    Cluster::start(folder.path(), &["fsync=off"]).expect("a server")
}

/// The host of a URL, and the name of its database.
fn host_and_name(url: &str) -> (&str, &str) {
    let (_, rest) = url.split_once('@').expect("a user");
    rest.split_once('/').expect("a name")
}

async fn creates(writer: &Actor) {
    let created = async {
        while writer.post(POOLS, EXAMPLE).await.status.as_u16() != 201 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), created).await.expect("it writes at last");
}

async fn start(url: String) -> TestApp {
    let database = Database { engine: Engine::Postgres, url };
    let setup = TestApp::with(Engine::Postgres).set("database.acquire_timeout", 2);
    setup.start_on(new_folder(), database).await.expect("it starts")
}

async fn a_standby_is_not_used_until_it_is_promoted() {
    let mut cluster = tokio::task::spawn_blocking(standby).await.expect("it ran");
    let url = format!("{}/postgres", cluster.server_url());
    let app = start(url.clone()).await;
    let refused = app.anonymous().get("/readyz").await;
    refused.is_refused(503, "ServiceUnavailable");
    app.writer().post(POOLS, EXAMPLE).await.is_refused(503, "ServiceUnavailable");

    // Of two servers, the one that writes.
    let other = Database::create(Engine::Postgres, app.folder.path()).await;
    let (standby, _) = host_and_name(&url);
    let (primary, database) = host_and_name(&other.url);
    let both = format!(
        "postgres://postgres@{standby},{primary}/{database}?target_session_attrs=read-write"
    );
    let with_two = start(both).await;
    is_ready(&with_two).await;
    with_two.writer().post(POOLS, EXAMPLE).await.is(201);

    let promoted = Database { engine: Engine::Postgres, url };
    execute(&promoted, "select pg_promote()").await;
    is_ready(&app).await;
    app.writer().post(POOLS, EXAMPLE).await.is(201);
    app.stop().await;
    with_two.stop().await;
    tokio::task::spawn_blocking(move || cluster.stop()).await.expect("it stops");
}

async fn the_next_server_is_used_when_one_is_lost_and_a_silent_one_is_passed_over() {
    let folder = new_folder();
    let database = Database::create(Engine::Postgres, folder.path()).await;
    let (one, two) = (Proxy::start(&database.url).await, Proxy::start(&database.url).await);
    let ((first, name), (second, _)) = (host_and_name(&one.url), host_and_name(&two.url));
    let app = start(format!("postgres://postgres@{first},{second}/{name}")).await;
    let writer = app.writer();
    writer.post(POOLS, EXAMPLE).await.is(201);
    one.close();
    creates(&writer).await;
    is_ready(&app).await;
    one.open();
    two.fall_silent();
    creates(&writer).await;
    is_ready(&app).await;
}

async fn a_server_that_only_reads_is_left_at_once() {
    let app = TestApp::start(Engine::Postgres).await;
    let writer = app.writer();
    let created = writer.post(POOLS, EXAMPLE).await.is(201);
    fail(&app.database, "trigger t before update on pools", "25006", Fault::Once).await;
    let sessions = "create table before_it as select pid from pg_stat_activity
         where datname = current_database() and application_name = 'esimpool'";
    execute(&app.database, sessions).await;
    let change = json!({ "displayName": "changed" });
    let refused = writer.patch(created.header("location"), change.clone()).await;
    refused.is_refused(503, "ServiceUnavailable");
    writer.patch(created.header("location"), change).await.is(200);
    writer.get(created.header("location")).await.is(200);
    // Connections of the time before are closed when their turn comes, at the latest.
    let answered = "select count(*) from pg_stat_activity
         where datname = current_database() and query like 'update pools%'
           and pid in (select pid from before_it)";
    assert_eq!(app.database.number(answered).await, 0, "an old connection was used again");
}
