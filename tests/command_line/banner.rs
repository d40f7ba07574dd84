//! The banner, whose commands are pasted into a shell.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::app::private_file;
use crate::support::commands::text;
use crate::support::data_folder::{data_folder, path_text};
use crate::support::process::{Server, run, shell};
use crate::support::{Actor, Database, Engine, POOLS, cases};

cases! {
    both: [
        the_banners_command_creates_a_pool_that_outlives_the_server,
    ],
    once: [
        the_banner_is_the_same_with_json_logs,
        the_banners_token_command_works_wherever_it_is_pasted,
    ],
}

async fn the_banners_command_creates_a_pool_that_outlives_the_server(engine: Engine) {
    let folder = data_folder();
    let database = Database::create(engine, folder.path()).await;
    let server = Server::start(folder.path(), &database.url);
    // As a person would: from the first "curl" to the empty line, into another shell elsewhere.
    let start = server.banner.find("curl").expect("a command");
    let command = server.banner[start..].split("\n\n").next().expect("an empty line");
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
    let token = run(&["--data-dir", path_text(&folder), "token"], folder.path());
    let reader = Actor::new(server.addr, Some(text(&token.stdout).trim()));
    let id = created["id"].as_str().expect("an id");
    let found = reader.get(&format!("{POOLS}/{id}")).await.is(200).json();
    for property in ["id", "displayName", "createdDateTime", "activationCodeCount"] {
        assert_eq!(found[property], created[property]);
    }
}

async fn the_banner_is_the_same_with_json_logs() {
    let folder = data_folder();
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
    let folder = data_folder();
    let key = esimpool::vault::MasterKey::generate();
    private_file(&folder.path().join("master.key"), key.as_bytes());
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
