//! The program as a person runs it.

use std::fs;
use std::path::Path;
use std::process::Output;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::issuer::TENANT;
use crate::support::process::{Server, program, run, shell};
use crate::support::{Actor, Database, Engine, POOLS, cases};

cases! {
    both: [
        the_banners_command_creates_a_pool_that_outlives_the_server,
        migrate_brings_the_schema_up_to_date_and_ends,
    ],
    postgres: [
        two_servers_come_up_on_one_empty_database_and_a_stranger_does_not,
    ],
    once: [
        a_token_is_the_one_thing_printed,
        a_token_says_what_was_asked_for,
        every_wrong_kind_is_listed_and_taken,
        the_permission_report_is_a_table_or_json,
        a_new_data_folder_is_warned_of,
        settings_come_from_four_places_the_later_over_the_earlier,
        every_fault_of_the_settings_has_a_line,
        a_setting_under_its_old_name_is_taken_with_a_warning,
        an_unknown_variable_or_parameter_is_named,
        wrong_usage_ends_with_two_and_a_failure_with_one,
        a_port_that_is_taken_is_named_with_its_setting,
        the_development_issuer_is_off_where_others_could_reach_it,
        a_start_with_an_unreachable_issuer_serves_and_says_so,
        the_banner_is_the_same_with_json_logs,
        the_banners_token_command_works_wherever_it_is_pasted,
        a_server_that_is_told_to_stop_at_once_ends_well,
        an_environment_of_more_than_text_does_no_harm,
        a_data_folder_may_have_any_name,
    ],
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn folder() -> TempDir {
    crate::support::app::new_folder()
}

async fn the_banners_command_creates_a_pool_that_outlives_the_server(engine: Engine) {
    let folder = folder();
    let database = Database::create(engine, folder.path()).await;
    let server = Server::start(folder.path(), &database.url);
    // As a person would: from the first "curl" to the blank line, into another shell elsewhere.
    let start = server.banner.find("curl").expect("a command");
    let command = server.banner[start..].split("\n\n").next().expect("a blank line");
    let elsewhere = TempDir::new().expect("a folder");
    let output = shell(command).current_dir(elsewhere.path()).output().expect("bash");
    let answer = text(&output.stdout);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}{}", text(&output.stderr));
    let created: Value =
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).expect("a body")).expect("JSON");
    assert_eq!(created["displayName"], "Display Name value");
    assert_eq!(created["activationCodes"][0]["matchingIdentifier"], "Matching Identifier value");
    assert!(server.banner.contains(if engine == Engine::Sqlite { "SQLite" } else { "PostgreSQL" }));
    assert_eq!(server.terminate(), 0);

    let server = Server::start(folder.path(), &database.url);
    let token = run(&["--data-dir", path(&folder), "token"], folder.path());
    let reader = Actor::new(server.addr, Some(text(&token.stdout).trim()));
    let id = created["id"].as_str().expect("an id");
    let found = reader.get(&format!("{POOLS}/{id}")).await.is(200).json();
    for property in ["id", "displayName", "createdDateTime", "activationCodeCount"] {
        assert_eq!(found[property], created[property]);
    }
}

fn path(folder: &TempDir) -> &str {
    folder.path().to_str().expect("a path")
}

async fn migrate_brings_the_schema_up_to_date_and_ends(engine: Engine) {
    let folder = folder();
    let database = Database::create(engine, folder.path()).await;
    let migrate = || {
        run(
            &["--data-dir", path(&folder), "--database-url", &database.url, "migrate"],
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

async fn two_servers_come_up_on_one_empty_database_and_a_stranger_does_not() {
    let (one, two, stranger) = (folder(), folder(), folder());
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

async fn a_token_is_the_one_thing_printed() {
    let folder = folder();
    let output = run(&["--data-dir", path(&folder), "token"], folder.path());
    assert!(output.status.success());
    let printed = text(&output.stdout);
    assert_eq!(printed.lines().count(), 1);
    assert_eq!(printed.split('.').count(), 3);
    assert_eq!(text(&output.stderr), "");
}

fn claims(output: &Output) -> Value {
    let token = text(&output.stdout);
    let part = token.split('.').nth(1).unwrap_or_else(|| panic!("{}", text(&output.stderr)));
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

async fn a_token_says_what_was_asked_for() {
    let folder = folder();
    let token = |arguments: &[&str]| {
        claims(&run(&[&["--data-dir", path(&folder), "token"], arguments].concat(), folder.path()))
    };
    let plain = token(&[]);
    assert_eq!(plain["roles"], serde_json::json!(["DeviceManagementConfiguration.ReadWrite.All"]));
    assert_eq!(
        plain["exp"].as_i64().zip(plain["iat"].as_i64()).map(|(exp, iat)| exp - iat),
        Some(3600)
    );
    assert_eq!(plain["tid"], token(&["--application"])["tid"], "a fixed development tenant");
    let asked = token(&[
        "--delegated",
        "--permission",
        "A.B",
        "--permission",
        "any text",
        "--tenant",
        "11111111-2222-3333-4444-555555555555",
        "--audience",
        "api://x",
        "--ttl",
        "90s",
    ]);
    assert_eq!(asked["scp"], "A.B any text");
    assert_eq!(asked["roles"], Value::Null);
    assert_eq!(asked["tid"], "11111111-2222-3333-4444-555555555555");
    assert_eq!(asked["aud"], "api://x");
    assert_eq!(
        asked["exp"].as_i64().zip(asked["iat"].as_i64()).map(|(exp, iat)| exp - iat),
        Some(90)
    );
}

async fn every_wrong_kind_is_listed_and_taken() {
    let folder = folder();
    let list = text(&run(&["token", "--wrong", "list"], folder.path()).stdout);
    let names: Vec<_> = list.lines().map(|line| line.split(' ').next().expect("a name")).collect();
    assert!(names.len() >= 20 && names.contains(&"expired"), "{list}");
    // Read by somebody who wants no more than the beginning.
    let beginning = r#""$0" token --wrong list | head -1; exit "${PIPESTATUS[0]}""#;
    let output = shell(beginning).output().expect("bash");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
    assert!(list.starts_with(&text(&output.stdout)));
    let expired =
        claims(&run(&["--data-dir", path(&folder), "token", "--wrong", "expired"], folder.path()));
    assert!(expired["exp"].as_i64() < expired["iat"].as_i64());
    let unknown = run(&["token", "--wrong", "nonsense"], folder.path());
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("--wrong list"));
}

/// What is in it is held to the running service by `permission_matrix`.
async fn the_permission_report_is_a_table_or_json() {
    use esimpool::http::{TokenKind, operations};

    let folder = folder();
    let table = text(&run(&["permissions"], folder.path()).stdout);
    let create = table.lines().find(|line| line.starts_with(&format!("POST {POOLS} ")));
    let cells: Vec<_> = create.expect("a line").split_whitespace().skip(2).collect();
    assert_eq!(
        cells,
        ["401", "401", "403", "403", "201", "403", "403", "403", "201", "403"],
        "none, bad, then an application's and a user's with nothing, R, RW and C: {table}"
    );
    let json = run(&["permissions", "--format", "json"], folder.path()).stdout;
    let report: Value = serde_json::from_slice(&json).expect("JSON");
    let report = report.as_array().expect("a list");
    assert_eq!(report.len(), operations().len());
    for (line, operation) in report.iter().zip(operations()) {
        assert_eq!(line["operation"], operation.name);
        assert!(table.contains(&format!("{} {}", operation.method, operation.path)));
        let answers = line["answers"].as_array().expect("a list");
        assert_eq!(answers.len(), TokenKind::all().len());
        for (answer, token) in answers.iter().zip(TokenKind::all()) {
            assert_eq!(answer["token"], token.name());
            assert_eq!(answer["status"], operation.status(token), "{line}");
        }
    }
    assert_eq!(run(&["permissions", "--format", "x"], folder.path()).status.code(), Some(2));
}

async fn a_new_data_folder_is_warned_of() {
    let folder = TempDir::new().expect("a folder");
    let output = run(&["token"], folder.path());
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("no development issuer yet"));
    let again = run(&["token"], folder.path());
    assert_eq!(text(&again.stderr), "");
}

async fn settings_come_from_four_places_the_later_over_the_earlier() {
    let folder = folder();
    let file = folder.path().join("my.toml");
    fs::write(
        &file,
        "data_dir = 'from-file'\n[server]\nlisten = '127.0.0.1:1'\n[limits]\ntop_max = 500\n",
    )
    .expect("written");
    let output = program()
        .args(["--config", file.to_str().expect("a path"), "--listen", "127.0.0.1:3", "config"])
        .env("ESIMPOOL__SERVER__LISTEN", "127.0.0.1:2")
        .env("ESIMPOOL__LIMITS__TOP_DEFAULT", "50")
        .env("DATABASE_URL", "postgres://u:p@h/d")
        .output()
        .expect("it runs");
    let table = text(&output.stdout);
    let row = |key: &str| {
        table.lines().find(|line| line.starts_with(&format!("{key} "))).expect(key).to_owned()
    };
    assert!(
        row("data_dir").contains("from-file") && row("data_dir").contains("my.toml"),
        "{table}"
    );
    assert!(
        row("server.listen").contains("127.0.0.1:3")
            && row("server.listen").ends_with("flag --listen")
    );
    assert!(row("limits.top_max").contains("500"));
    assert!(row("limits.top_default").ends_with("environment ESIMPOOL__LIMITS__TOP_DEFAULT"));
    assert!(row("limits.body_bytes").ends_with("default"));
    assert!(row("database.url").ends_with("environment DATABASE_URL"));
    // A file named by the environment serves as well.
    let output = program().arg("config").env("ESIMPOOL_CONFIG", &file).output().expect("it runs");
    assert!(text(&output.stdout).contains("from-file"));
}

async fn every_fault_of_the_settings_has_a_line() {
    let folder = folder();
    let file = folder.path().join("my.toml");
    let bad = "[server]\nlisen = 'x'\nlisten = 'nowhere'\npublic_base_url = 'ftp://x'\n\
               [limits]\ntop_max = 'many'\njson_depth = 1000\n[codes]\nvalidation = 'loose'\n\
               [encryption]\nkey = 'short'\nkey_file = '/nowhere'\n\
               [[identity.issuers]]\nissuer = 'x'\n";
    fs::write(&file, bad).expect("written");
    let output = program()
        .args(["--config", file.to_str().expect("a path"), "config"])
        .env("ESIMPOOL__NO__SUCH", "1")
        .env("ESIMPOOL__DATABASE__MAX_CONNECTIONS", "lots")
        .env("ESIMPOOL__LOG__FILTER", "esimpool=nonsense")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let faults = text(&output.stderr);
    for (key, reason) in [
        ("server.lisen", "unknown setting"),
        ("server.listen", "invalid socket address"),
        ("server.public_base_url", "must be http:// or https://"),
        ("limits.top_max", "invalid type"),
        ("limits.json_depth", "is 1000, but must be from 8 to 100"),
        ("codes.validation", "unknown variant"),
        ("encryption.key_file", "remove one of them"),
        ("encryption.key", "32 random bytes"),
        ("identity.issuers", "missing field"),
        ("no.such", "unknown setting (environment ESIMPOOL__NO__SUCH)"),
        ("database.max_connections", "must be a whole number"),
        ("log.filter", "level filter"),
    ] {
        let line = faults.lines().find(|line| line.contains(&format!("{key}: ")));
        assert!(line.is_some_and(|line| line.contains(reason)), "{key}: {faults}");
    }
    let missing = run(&["--config", "/nowhere.toml", "config"], folder.path());
    assert!(text(&missing.stderr).contains("/nowhere.toml"));
    fs::write(&file, "a = 1\nb = \n").expect("written");
    let broken = run(&["--config", file.to_str().expect("a path"), "serve"], folder.path());
    assert!(text(&broken.stderr).contains("line 2"), "{}", text(&broken.stderr));
}

async fn a_setting_under_its_old_name_is_taken_with_a_warning() {
    let folder = folder();
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
    let folder = folder();
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

async fn wrong_usage_ends_with_two_and_a_failure_with_one() {
    let folder = folder();
    for arguments in [
        &["nonsense"][..],
        &["--nonsense"],
        &["token", "--ttl", "soon"],
        &["token", "--tenant", "x"],
        &["token", "--delegated", "--application"],
    ] {
        let output = run(arguments, folder.path());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    for url in ["mysql://x", "nonsense", "sqlite::memory:", "postgres://[bad"] {
        let output =
            run(&["--data-dir", path(&folder), "--database-url", url, "migrate"], folder.path());
        assert_eq!(output.status.code(), Some(1), "{url}");
        assert_eq!(
            text(&output.stderr).lines().count(),
            1,
            "one clear line: {}",
            text(&output.stderr)
        );
        assert!(text(&output.stderr).contains("database.url"));
    }
    assert!(run(&["--version"], folder.path()).status.success());
}

async fn a_port_that_is_taken_is_named_with_its_setting() {
    let folder = folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    let refused = Server::try_start(folder.path(), &url, &[("ESIMPOOL__SERVER__LISTEN", &address)])
        .err()
        .expect("taken");
    assert!(refused.contains(&address) && refused.contains("server.listen"), "{refused}");
}

async fn the_development_issuer_is_off_where_others_could_reach_it() {
    let folder = folder();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    for environment in [
        [("ESIMPOOL__SERVER__LISTEN", "0.0.0.0:0")],
        [("ESIMPOOL__SERVER__PUBLIC_BASE_URL", "https://esim.example.com")],
    ] {
        let server = Server::try_start(folder.path(), &url, &environment).expect("it starts");
        assert!(server.banner.contains("none: every request will be refused"), "{}", server.banner);
        let addr = std::net::SocketAddr::from(([127, 0, 0, 1], server.addr.port()));
        let token = run(&["--data-dir", path(&folder), "token"], folder.path());
        let caller = Actor::new(addr, Some(text(&token.stdout).trim()));
        caller.get(POOLS).await.is_refused(401, "InvalidAuthenticationToken");
        caller.get("/readyz").await.is_refused(503, "ServiceUnavailable");
        caller.get("/livez").await.is(200);
    }
}

async fn a_start_with_an_unreachable_issuer_serves_and_says_so() {
    let folder = folder();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    // A port that was free a moment ago, and that nobody listens at.
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

async fn the_banner_is_the_same_with_json_logs() {
    let folder = folder();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    let banner = |format: &str| {
        let server = Server::try_start(folder.path(), &url, &[("ESIMPOOL__LOG__FORMAT", format)])
            .expect("it starts");
        server
            .banner
            .replace(&server.addr.to_string(), "ADDR")
            .lines()
            .filter(|line| !line.contains("metrics"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(banner("json"), banner("pretty"));
}

async fn the_banners_token_command_works_wherever_it_is_pasted() {
    let folder = folder();
    let key = esimpool::vault::MasterKey::generate();
    fs::write(folder.path().join("master.key"), key).expect("written");
    fs::write(folder.path().join("my.toml"), "[encryption]\nkey_file = 'master.key'\n")
        .expect("written");
    let url = format!("sqlite://{}/x.db", folder.path().display());
    let config = [("ESIMPOOL_CONFIG", "my.toml")];
    let server = Server::try_start(folder.path(), &url, &config).expect("it starts");
    let start = server.banner.find("$(").expect("a command") + 2;
    let command = server.banner[start..].split(" token)").next().expect("its end");
    let elsewhere = TempDir::new().expect("a folder");
    let mut token = shell(&format!("{command} token"));
    let token = token.current_dir(elsewhere.path()).output().expect("bash");
    let caller = Actor::new(server.addr, Some(text(&token.stdout).trim()));
    caller.get(POOLS).await.is(200);
}

async fn a_server_that_is_told_to_stop_at_once_ends_well() {
    let folder = folder();
    let url = format!("sqlite://{}/x.db", folder.path().display());
    for _ in 0..3 {
        assert_eq!(Server::start(folder.path(), &url).terminate(), 0);
    }
}

async fn an_environment_of_more_than_text_does_no_harm() {
    use std::os::unix::ffi::OsStrExt;

    let junk = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    let output = program().arg("config").env("JUNK", junk).output().expect("it runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
}

async fn a_data_folder_may_have_any_name() {
    let folder = folder();
    let data = folder.path().join("100%41 of? #1");
    let data = data.to_str().expect("a path");
    let migrated = run(&["--data-dir", data, "migrate"], folder.path());
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    assert!(
        Path::new(data).join("esimpool.db").is_file()
            && Path::new(data).join("encryption.key").is_file()
    );
}
