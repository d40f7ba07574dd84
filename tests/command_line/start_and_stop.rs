//! Starting the service, and stopping it.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::commands::text;
use crate::support::data_folder::{data_folder, path_text};
use crate::support::issuer::TENANT;
use crate::support::process::{Server, program, run};
use crate::support::{Actor, Database, Engine, POOLS, cases};

cases! {
    both: [
        migrate_brings_the_schema_up_to_date_and_ends,
    ],
    postgres: [
        two_servers_start_on_one_empty_database_and_one_with_another_key_does_not,
    ],
    once: [
        a_new_data_folder_causes_a_warning,
        a_setting_under_its_old_name_is_taken_with_a_warning,
        an_unknown_variable_or_parameter_is_named,
        a_port_that_is_taken_is_named_with_its_setting,
        the_development_issuer_is_off_where_others_could_reach_it,
        a_server_starts_with_an_unreachable_issuer_and_says_so,
        a_server_that_is_stopped_at_once_exits_cleanly,
        a_data_folder_may_have_any_name,
    ],
}

async fn migrate_brings_the_schema_up_to_date_and_ends(engine: Engine) {
    let folder = data_folder();
    let database = Database::create(engine, folder.path()).await;
    let migrate = || {
        run(
            &["--data-dir", path_text(&folder), "--database-url", &database.url, "migrate"],
            folder.path(),
        )
    };
    let first = migrate();
    assert!(first.status.success() && text(&first.stdout).contains("applied V1__"), "{first:?}");
    assert!(text(&first.stdout).contains("encryption.key"), "a key was made, and that is said");
    let second = migrate();
    assert_eq!(text(&second.stdout), "the schema is up to date\n");
    let off = [("ESIMPOOL__DATABASE__MIGRATE_ON_START", "false")];
    Server::try_start(folder.path(), &database.url, &off).expect("it need not migrate");
}

async fn two_servers_start_on_one_empty_database_and_one_with_another_key_does_not() {
    let (one, two, stranger) = (data_folder(), data_folder(), data_folder());
    let database = Database::create(Engine::Postgres, one.path()).await;
    let key = esimpool::vault::MasterKey::generate();
    let start = |folder: &Path, key: &str| {
        Server::try_start(folder, &database.url, &[("ESIMPOOL__ENCRYPTION__KEY", key)])
    };
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| start(one.path(), &key));
        let second = scope.spawn(|| start(two.path(), &key));
        (first.join().expect("no panic"), second.join().expect("no panic"))
    });
    for server in [first.expect("up"), second.expect("up")] {
        // A banner may come before the database is ready.
        let (caller, begun) = (Actor::new(server.addr, None), std::time::Instant::now());
        while caller.get("/readyz").await.status.as_u16() != 200 {
            assert!(begun.elapsed().as_secs() < 30, "never ready");
        }
    }
    assert_eq!(
        database.number("select count(*) from refinery_schema_history where version = 1").await,
        1
    );
    let refused =
        start(stranger.path(), &esimpool::vault::MasterKey::generate()).err().expect("another key");
    assert!(refused.contains("encrypted under another master key"), "{refused}");
    let keyless = Server::try_start(stranger.path(), &database.url, &[]).err().expect("no key");
    assert!(keyless.contains("no key is set"), "{keyless}");
}

async fn a_new_data_folder_causes_a_warning() {
    let folder = TempDir::new().expect("a folder");
    let output = run(&["token"], folder.path());
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("no development issuer yet"));
    let again = run(&["token"], folder.path());
    assert_eq!(text(&again.stderr), "");
}

async fn a_setting_under_its_old_name_is_taken_with_a_warning() {
    let folder = data_folder();
    let file = folder.path().join("my.toml");
    fs::write(&file, "[limits]\nbody_pause = 7\n").expect("written");
    let file = file.to_str().expect("a path");
    let config = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = program();
        command.args(["--config", file]).args(arguments).envs(environment.iter().copied());
        command.current_dir(folder.path()).output().expect("it runs")
    };
    let old_tokens = [("ESIMPOOL__IDENTITY__REMEMBERED_TOKENS", "8")];
    let output = config(&["config"], &old_tokens);
    let (table, warnings) = (text(&output.stdout), text(&output.stderr));
    for (key, value, origin) in [
        ("limits.body_timeout", "7", "my.toml"),
        ("identity.token_cache_size", "8", "environment ESIMPOOL__IDENTITY__REMEMBERED_TOKENS"),
    ] {
        let row = table.lines().find(|line| line.starts_with(key)).expect(key);
        assert!(row.split_whitespace().nth(1) == Some(value) && row.ends_with(origin), "{row}");
    }
    let lines: Vec<_> = warnings.lines().collect();
    let file_warning =
        format!("limits.body_pause has been renamed to limits.body_timeout (file {file})");
    assert_eq!(lines[0], format!("esimpool: warning: {file_warning}"));
    assert!(lines[1].contains("renamed to identity.token_cache_size (environment"), "{warnings}");
    assert_eq!(lines.len(), 2, "{warnings}");

    // A token stays the only thing on standard output.
    let token = config(&["token"], &old_tokens);
    assert_eq!(text(&token.stdout).lines().count(), 1);
    assert!(text(&token.stderr).contains(&file_warning));

    // A service logs it, in its own format.
    let url = format!("sqlite://{}/x.db", folder.path().display());
    let server = Server::try_start(folder.path(), &url, &old_tokens).expect("it starts");
    let log = server.end_and_read_log();
    let line = log.lines().find(|line| line.contains("renamed to identity.token_cache_size"));
    let line: Value = serde_json::from_str(line.expect("a line")).expect("JSON");
    assert_eq!(line["level"], "WARN");

    // Under both names, even in different places, it is not clear what was meant.
    let output = config(&["config"], &[("ESIMPOOL__LIMITS__BODY_TIMEOUT", "9")]);
    assert_eq!(output.status.code(), Some(1));
    let fault = format!(
        "esimpool: limits.body_pause: is now 'limits.body_timeout', which is also set (environment \
         ESIMPOOL__LIMITS__BODY_TIMEOUT): remove 'limits.body_pause' (file {file})\n"
    );
    assert_eq!(text(&output.stderr), fault);
}

async fn an_unknown_variable_or_parameter_is_named() {
    let folder = data_folder();
    let mut command = program();
    command
        .arg("config")
        .env("ESIMPOOL_SERVER_LISTEN", "0.0.0.0:1")
        .env("ESIMPOOL_PORT", "tcp://x");
    command
        .env("DATABASE_URL", "postgres://u:secret@h/d?sslmod=require")
        .current_dir(folder.path());
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let faults = text(&output.stderr);
    assert!(
        faults.contains("setting is ESIMPOOL__SECTION__KEY (environment ESIMPOOL_SERVER_LISTEN)")
    );
    assert!(faults.contains("database.url: has the unknown parameter 'sslmod'"), "{faults}");
    assert!(faults.lines().count() == 2 && !faults.contains("secret"), "{faults}");
}

async fn a_port_that_is_taken_is_named_with_its_setting() {
    let folder = data_folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    let refused = Server::try_start(folder.path(), &url, &[("ESIMPOOL__SERVER__LISTEN", &address)])
        .err()
        .expect("taken");
    assert!(refused.contains(&address) && refused.contains("server.listen"), "{refused}");
}

async fn the_development_issuer_is_off_where_others_could_reach_it() {
    let folder = data_folder();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    for environment in [
        [("ESIMPOOL__SERVER__LISTEN", "0.0.0.0:0")],
        [("ESIMPOOL__SERVER__PUBLIC_BASE_URL", "https://esim.example.com")],
    ] {
        let server = Server::try_start(folder.path(), &url, &environment).expect("it starts");
        assert!(server.banner.contains("none: every request will be refused"), "{}", server.banner);
        let addr = std::net::SocketAddr::from(([127, 0, 0, 1], server.addr.port()));
        let token = run(&["--data-dir", path_text(&folder), "token"], folder.path());
        let caller = Actor::new(addr, Some(text(&token.stdout).trim()));
        caller.get(POOLS).await.is_refused(401, "InvalidAuthenticationToken");
        caller.get("/readyz").await.is_refused(503, "ServiceUnavailable");
        caller.get("/livez").await.is(200);
    }
}

async fn a_server_starts_with_an_unreachable_issuer_and_says_so() {
    let folder = data_folder();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    // A port that was free just now and has no listener.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}/{TENANT}", free.local_addr().expect("an address"));
    drop(free);
    let issuers = format!("[{{ issuer = '{issuer}', audiences = ['api://esimpool'] }}]");
    let environment = [("ESIMPOOL__IDENTITY__ISSUERS", issuers.as_str())];
    let server = Server::try_start(folder.path(), &url, &environment).expect("it starts");
    let told =
        format!("{issuer}  (no keys yet, retrying; requests with its tokens get a 503 until");
    assert!(server.banner.contains(&told), "{}", server.banner);
    let caller = Actor::new(server.addr, None);
    caller.get("/livez").await.is(200);
    caller.get("/readyz").await.is_refused(503, "ServiceUnavailable");
    let log = server.end_and_read_log();
    let line = log.lines().find(|line| line.contains("issuer keys could not be fetched"));
    let line: Value = serde_json::from_str(line.expect("a line")).expect("JSON");
    assert_eq!((&line["level"], &line["kept"]), (&"WARN".into(), &0.into()), "{line}");
    assert!(line["source"].as_str().is_some_and(|source| source.starts_with(&issuer)), "{line}");
}

async fn a_server_that_is_stopped_at_once_exits_cleanly() {
    let folder = data_folder();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    for _ in 0..3 {
        assert_eq!(Server::start(folder.path(), &url).terminate(), 0);
    }
}

async fn a_data_folder_may_have_any_name() {
    let folder = data_folder();
    let data = folder.path().join("100%41 of? #1");
    let data = data.to_str().expect("a path");
    let migrated = run(&["--data-dir", data, "migrate"], folder.path());
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    assert!(
        Path::new(data).join("esimpool.db").is_file()
            && Path::new(data).join("encryption.key").is_file()
    );
}
