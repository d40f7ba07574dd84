//! What the service serves of the console, to whom and with which headers.

use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::Value;
use std::io::Read;

use crate::support::{Actor, Answer, Engine, TestApp, cases};

cases! {
    once: [
        the_root_sends_browsers_to_the_console_and_others_to_the_service_document,
        the_page_may_load_and_ask_for_nothing_but_the_service_and_its_issuer,
        the_files_of_the_page_are_cached_for_good_and_those_of_another_version_are_not_there,
        the_page_names_all_that_the_first_screen_needs,
        everything_on_the_first_screen_is_less_than_60_kilobytes,
        the_console_can_be_turned_off,
        the_settings_name_another_issuer,
        a_service_below_a_path_has_its_console_there,
        no_other_page_may_read_the_console,
    ],
}

/// What Chromium sends when a person enters an address.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

async fn get(actor: &Actor, path: &str, accept: &str) -> Answer {
    Answer::of(actor.request(Method::GET, path).header("accept", accept)).await
}

async fn the_root_sends_browsers_to_the_console_and_others_to_the_service_document() {
    let app = TestApp::start(Engine::Sqlite).await;
    let stranger = app.anonymous();
    let root = get(&stranger, "/", BROWSER).await.is(302);
    assert_eq!(root.header("location"), format!("http://{}/console/", app.addr));
    assert_eq!(root.header("vary"), "Accept");
    for accept in ["*/*", "application/json", "text/html;q=0, */*", "text/*", "text/htmlx"] {
        let document = get(&stranger, "/", accept).await.is(200).json();
        assert_eq!(document["value"][0]["name"], "deviceManagement", "{accept}");
    }
    assert_eq!(stranger.get("/").await.is(200).json()["value"][0]["url"], "deviceManagement");
}

async fn the_page_may_load_and_ask_for_nothing_but_the_service_and_its_issuer() {
    let app = TestApp::start(Engine::Sqlite).await;
    let stranger = app.anonymous();
    let page = stranger.get("/console/").await.is(200);
    let policy = page.header("content-security-policy");
    let origin = format!("http://{}", app.addr);
    for part in [
        "default-src 'none'; ",
        "script-src 'self'; ",
        "style-src 'self' 'sha256-",
        &format!("connect-src 'self' {origin}; "),
        "base-uri 'none'; ",
        "frame-ancestors 'none'; ",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(part), "{part}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-cache"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(page.header(name), value, "{name}");
    }
    let text = page.text();
    for inline in ["<style", "style=", "onclick", "onload", "javascript:"] {
        assert!(!text.contains(inline), "{inline}");
    }
    for path in
        ["/console", "/console/pools/x/codes", "/console/?code=x&state=y", "/console/a/b/c/d"]
    {
        assert_eq!(stranger.get(path).await.is(200).text(), text, "{path}");
    }
    let settings = settings(&text);
    assert_eq!(settings["clientId"], esimpool::auth::DevelopmentIssuer::CONSOLE_APP);
    assert_eq!(settings["development"], true);
    let issuer = settings["issuer"].as_str().expect("an issuer");
    let discovery = issuer.strip_prefix(&origin).expect("the service itself");
    let discovery = stranger.get(&format!("{discovery}/.well-known/openid-configuration")).await;
    assert_eq!(discovery.is(200).json()["issuer"], issuer);
}

/// What the page tells its scripts.
fn settings(page: &str) -> Value {
    let settings = page.split("data-settings=\"").nth(1).and_then(|rest| rest.split('"').next());
    let settings = settings.expect("settings").replace("&quot;", "\"");
    serde_json::from_str(&settings).expect("JSON")
}

/// The addresses in attributes of a page.
fn addresses(page: &str) -> Vec<String> {
    let all = page.split("href=\"").chain(page.split("src=\"")).skip(1);
    let all = all.filter_map(|rest| rest.split('"').next());
    all.filter(|address| address.contains("/assets/")).map(str::to_owned).collect()
}

async fn the_files_of_the_page_are_cached_for_good_and_those_of_another_version_are_not_there() {
    let app = TestApp::start(Engine::Sqlite).await;
    let stranger = app.anonymous();
    let files = addresses(&stranger.get("/console/").await.text());
    assert!(files.iter().any(|file| file.ends_with("/src/main.js")), "{files:?}");
    for file in &files {
        let answer = stranger.get(file).await.is(200);
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{file}");
        let kind = match file.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(answer.header("content-type"), kind, "{file}");
    }
    let hash = files[0].split('/').nth(3).expect("a hash");
    for missing in [
        files[0].replace(hash, "0123456789abcdef"),
        format!("/console/assets/{hash}/index.html"),
        format!("/console/assets/{hash}/package.json"),
        format!("/console/assets/{hash}/..%2F..%2FCargo.toml"),
        format!("/console/assets/{hash}"),
        "/console/assets/x".to_owned(),
    ] {
        stranger.get(&missing).await.is_refused(404, "ResourceNotFound");
    }
}

/// The paths of the modules that the script at a path imports.
fn imported(script: &str, at: &str) -> Vec<String> {
    let folder = at.rsplit_once('/').expect("a path").0;
    let names = script.split("from").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
    let names = names.filter_map(|rest| rest.split('"').next());
    let names = names.filter(|name| name.starts_with('.'));
    let resolved = names.map(|name| {
        let mut path: Vec<_> = folder.split('/').collect();
        for part in name.split('/') {
            match part {
                "." => {}
                ".." => drop(path.pop()),
                _ => path.push(part),
            }
        }
        path.join("/")
    });
    // Types are for the compiler.
    resolved.filter(|path| !path.contains("/types/")).collect()
}

/// These files and what they import, and how many bytes a browser gets.
async fn with_imports(stranger: &Actor, mut files: Vec<String>) -> (Vec<String>, usize) {
    let (mut bytes, mut next) = (0, 0);
    while let Some(file) = files.get(next).cloned() {
        let (script, length) = loaded(stranger, &file).await;
        bytes += length;
        for module in imported(&script, &file) {
            if !files.contains(&module) {
                files.push(module);
            }
        }
        next += 1;
    }
    files.sort();
    (files, bytes)
}

/// A file as a browser gets it, and how many bytes that took.
async fn loaded(stranger: &Actor, file: &str) -> (String, usize) {
    let request = stranger.request(Method::GET, file).header("accept-encoding", "gzip");
    let answer = Answer::of(request).await.is(200);
    assert_eq!(answer.header("content-encoding"), "gzip", "{file}");
    let mut text = String::new();
    GzDecoder::new(&*answer.body).read_to_string(&mut text).expect("gzip");
    (text, answer.body.len())
}

/// Every module that the first script needs is named by the page, so that none waits for another.
async fn the_page_names_all_that_the_first_screen_needs() {
    let app = TestApp::start(Engine::Sqlite).await;
    let stranger = app.anonymous();
    let page = stranger.get("/console/").await.text();
    let mut named = addresses(&page);
    named.retain(|file| file.rsplit('.').next() == Some("js"));
    let main = named.iter().filter(|it| it.ends_with("main.js")).cloned().collect();
    let (needed, _) = with_imports(&stranger, main).await;
    named.sort();
    assert_eq!(named, needed);
}

/// What the page names, and what is loaded while a person signs in: the library for it, and the overview.
async fn everything_on_the_first_screen_is_less_than_60_kilobytes() {
    let app = TestApp::start(Engine::Sqlite).await;
    let stranger = app.anonymous();
    let page = stranger.get("/console/").await.text();
    let mut files = addresses(&page);
    let folder = files[0].split('/').take(4).collect::<Vec<_>>().join("/");
    files.extend(["issuer.js", "screens/overview.js"].map(|name| format!("{folder}/src/{name}")));
    let (files, bytes) = with_imports(&stranger, files).await;
    let bytes = page.len() + bytes;
    eprintln!("the first screen: {bytes} bytes in {} files", files.len() + 1);
    assert!(bytes < 60_000, "{bytes} bytes");
}

async fn the_console_can_be_turned_off() {
    let app = TestApp::with(Engine::Sqlite).set("console.enabled", "false").start().await;
    let stranger = app.anonymous();
    for path in ["/console", "/console/", "/console/pools", "/console/assets/x/app.css"] {
        stranger.get(path).await.is_refused(400, "BadRequest");
    }
    get(&stranger, "/", BROWSER).await.is(200);
}

async fn the_settings_name_another_issuer() {
    let app = TestApp::with(Engine::Sqlite)
        .set("console.issuer", "https://login.example.com/tenant/v2.0")
        .set("console.client_id", "the console")
        .set("console.scopes", "openid api://esimpool/.default")
        .start()
        .await;
    let stranger = app.anonymous();
    let settings = settings(&stranger.get("/console/").await.is(200).text());
    assert_eq!(settings["issuer"], "https://login.example.com/tenant/v2.0");
    assert_eq!(settings["clientId"], "the console");
    assert_eq!(settings["scopes"], "openid api://esimpool/.default");
    assert_eq!(settings["development"], false);
    let policy = stranger.get("/console/").await.header("content-security-policy").to_owned();
    assert!(policy.contains("connect-src 'self' https://login.example.com; "), "{policy}");
}

async fn a_service_below_a_path_has_its_console_there() {
    let base = "http://localhost:8080/esim";
    let app = TestApp::with(Engine::Sqlite).set("server.public_base_url", base).start().await;
    let stranger = app.anonymous();
    assert_eq!(get(&stranger, "/", BROWSER).await.header("location"), format!("{base}/console/"));
    let page = stranger.get("/console/").await.text();
    assert!(page.contains("src=\"/esim/console/assets/"), "{page}");
    assert!(page.contains("href=\"/esim/docs\""), "{page}");
    let settings = settings(&page);
    assert!(settings["issuer"].as_str().is_some_and(|issuer| issuer.starts_with(base)));
}

async fn no_other_page_may_read_the_console() {
    let app = TestApp::start(Engine::Sqlite).await;
    let request = app.anonymous().request(Method::GET, "/console/");
    let answer = Answer::of(request.header("origin", "https://page.example.com")).await.is(200);
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}
