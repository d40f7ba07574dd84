//! The page of the operations, as it is served. `console` opens it in a browser.

use esimpool::http::operations;
use reqwest::Method;

use crate::support::{Answer, Engine, TestApp, cases};

cases! {
    once: [
        the_page_has_every_operation_once_and_loads_its_own_files_only,
        the_page_tells_a_token_command_to_this_machine_only,
        a_service_below_a_path_has_its_page_there,
    ],
}

async fn the_page_has_every_operation_once_and_loads_its_own_files_only() {
    let app = TestApp::start(Engine::Sqlite).await;
    let answer = app.anonymous().get("/docs").await.is(200);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    let page = answer.text();
    for operation in operations() {
        let title = format!("<h3>{}</h3>", operation.name);
        assert_eq!(page.matches(&title).count(), 1, "{}", operation.name);
    }
    for inline in ["<style", "style=", "<script>", "onclick", "javascript:", "url("] {
        assert!(!page.contains(inline), "{inline}");
    }
    let files: Vec<_> = ["src=\"", "rel=\"stylesheet\" href=\"", "rel=\"icon\" href=\""]
        .iter()
        .flat_map(|before| page.split(before).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        let answer = app.anonymous().get(file).await.is(200);
        assert!(answer.header("cache-control").contains("immutable"), "{file}");
        let other = file.replace("/docs/", "/docs/0");
        app.anonymous().get(&other).await.is_refused(404, "ResourceNotFound");
    }
}

async fn the_page_tells_a_token_command_to_this_machine_only() {
    let command = "'/opt/esimpool' token";
    for (allow_remote, is_told) in [("false", true), ("true", false)] {
        let app = TestApp::with(Engine::Sqlite)
            .token_command(command)
            .set("identity.development.allow_remote", allow_remote)
            .start()
            .await;
        let request = app.anonymous().request(Method::GET, "/docs");
        let answer = Answer::of(request.header("origin", "https://page.example.com")).await.is(200);
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
        let page = answer.text();
        assert_eq!(page.contains("TOKEN=$('/opt/esimpool' token --permission "), is_told);
        assert_eq!(page.contains("TOKEN:?"), !is_told);
    }
}

async fn a_service_below_a_path_has_its_page_there() {
    let base = "http://localhost:8080/esim";
    let app = TestApp::with(Engine::Sqlite).set("server.public_base_url", base).start().await;
    let page = app.anonymous().get("/docs").await.is(200).text();
    assert!(page.contains("href=\"/esim/openapi.json\""), "{page}");
    assert!(page.contains("src=\"/esim/docs/"), "{page}");
    assert!(page.contains("POOLS='http://localhost:8080/esim/beta/deviceManagement/"), "{page}");
    assert!(!page.contains("esimpool://"), "{page}");
}
