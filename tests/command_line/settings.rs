//! Where settings come from, and what is wrong with them.

use std::fs;

use crate::support::cases;
use crate::support::commands::text;
use crate::support::data_folder::{data_folder, path_text};
use crate::support::process::{program, run};

cases! {
    once: [
        settings_have_four_sources_and_later_ones_override_earlier_ones,
        every_error_in_the_settings_has_a_line,
        wrong_usage_exits_with_two_and_a_failure_with_one,
        an_environment_that_is_not_utf8_is_harmless,
    ],
}

async fn settings_have_four_sources_and_later_ones_override_earlier_ones() {
    let folder = data_folder();
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

async fn every_error_in_the_settings_has_a_line() {
    let folder = data_folder();
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

async fn wrong_usage_exits_with_two_and_a_failure_with_one() {
    let folder = data_folder();
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
        let output = run(
            &["--data-dir", path_text(&folder), "--database-url", url, "migrate"],
            folder.path(),
        );
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

async fn an_environment_that_is_not_utf8_is_harmless() {
    use std::os::unix::ffi::OsStrExt;

    let junk = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    let output = program().arg("config").env("JUNK", junk).output().expect("it runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
}
