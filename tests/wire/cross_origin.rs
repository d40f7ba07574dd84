//! What the service tells browsers about pages of other origins (CORS).

use reqwest::Method;

use crate::support::{Answer, EXAMPLE, Engine, POOLS, TestApp, cases};

cases! {
    once: [
        any_page_may_send_what_sdks_send,
        any_page_may_read_answers_and_refusals_and_never_with_credentials,
        a_preflight_needs_no_token_and_no_path,
        only_pages_are_answered_so,
        a_page_at_a_foreign_host_name_is_refused_whatever_its_origin,
        a_page_without_a_token_changes_nothing,
    ],
}

const PAGE: &str = "https://app.example.com";

/// What a browser sends before a request of a page.
async fn preflight(app: &TestApp, path: &str, method: &str, headers: &str) -> Answer {
    let request = app
        .anonymous()
        .request(Method::OPTIONS, path)
        .header("origin", PAGE)
        .header("access-control-request-method", method);
    let request = match headers {
        "" => request,
        headers => request.header("access-control-request-headers", headers),
    };
    Answer::of(request).await
}

async fn any_page_may_send_what_sdks_send() {
    // The headers of microsoft-graph-client for JavaScript, and those of Graph's documentation.
    const HEADERS: &str = "authorization,client-request-id,content-type,consistencylevel,if-match,\
                           if-none-match,prefer,sdkversion,idempotency-key";
    let app = TestApp::start(Engine::Sqlite).await;
    for method in ["GET", "POST", "PATCH", "PUT", "DELETE"] {
        let answer = preflight(&app, POOLS, method, HEADERS).await.is(200);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-headers"), HEADERS);
        let methods = answer.header("access-control-allow-methods");
        assert!(methods.split(", ").any(|known| known == method), "{methods}");
        assert_eq!(answer.header("access-control-max-age"), "600");
        assert!(answer.body.is_empty());
    }
    let none = preflight(&app, POOLS, "GET", "").await.is(200);
    assert_eq!(none.header("access-control-allow-headers"), "");
    // What is no list of names is not repeated.
    for odd in ["a;b", "<script>", &"x".repeat(3000)] {
        let answer = preflight(&app, POOLS, "GET", odd).await.is(200);
        assert_eq!(answer.header("access-control-allow-headers"), "", "{odd}");
    }
}

async fn any_page_may_read_answers_and_refusals_and_never_with_credentials() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (writer, anonymous) = (app.writer(), app.anonymous());
    writer.post(POOLS, EXAMPLE).await.is(201);
    for (actor, method, path, status) in [
        (&writer, Method::GET, POOLS, 200),
        (&writer, Method::HEAD, POOLS, 200),
        (&anonymous, Method::GET, POOLS, 401),
        (&writer, Method::GET, "/beta/deviceManagement/nothing", 400),
        (&writer, Method::PUT, POOLS, 405),
        (&anonymous, Method::OPTIONS, POOLS, 200),
        (&anonymous, Method::GET, "/openapi.json", 200),
        (&anonymous, Method::GET, "/common/v2.0/.well-known/openid-configuration", 200),
        (&anonymous, Method::GET, "/common/discovery/v2.0/keys", 200),
        (&anonymous, Method::GET, "/livez", 200),
    ] {
        for origin in [PAGE, "null", "http://localhost:3000"] {
            let request = actor.request(method.clone(), path).header("origin", origin);
            let answer = Answer::of(request.header("cookie", "a=b")).await.is(status);
            assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
            let exposed = answer.header("access-control-expose-headers");
            for name in ["ETag", "Location", "Retry-After", "request-id", "OData-Version"] {
                assert!(exposed.split(", ").any(|known| known == name), "{name}: {exposed}");
            }
            assert!(!answer.headers.contains_key("access-control-allow-credentials"), "{path}");
            assert!(!answer.headers.contains_key("set-cookie"), "{path}");
        }
    }
    // Also where the head of a request is too large to be read.
    let request = anonymous.request(Method::GET, POOLS).header("origin", PAGE);
    let answer = Answer::of(request.header("x-long", "x".repeat(40_000))).await.is(431);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

/// A page gets the refusal of the request itself, which it could not read if the preflight failed.
async fn a_preflight_needs_no_token_and_no_path() {
    let app = TestApp::start(Engine::Sqlite).await;
    for path in [POOLS, "/beta/$batch", "/beta/nothing", "/v1.0/deviceManagement/auditEvents"] {
        let answer = preflight(&app, path, "DELETE", "authorization").await.is(200);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
    }
}

async fn only_pages_are_answered_so() {
    let app = TestApp::start(Engine::Sqlite).await;
    let answer = app.writer().get(POOLS).await.is(200);
    let options = Answer::of(app.anonymous().request(Method::OPTIONS, POOLS)).await.is(200);
    assert_eq!(options.header("allow"), "GET, POST, HEAD, OPTIONS");
    for answer in [answer, options] {
        let names = answer.headers.keys().map(reqwest::header::HeaderName::as_str);
        let found: Vec<_> = names.filter(|name| name.starts_with("access-control")).collect();
        assert!(found.is_empty(), "{found:?}");
    }
}

/// A page can rebind its own name to 127.0.0.1, and is then of the same origin as the service.
async fn a_page_at_a_foreign_host_name_is_refused_whatever_its_origin() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (method, path) in [
        (Method::GET, POOLS.to_owned()),
        (Method::OPTIONS, POOLS.to_owned()),
        (Method::GET, "/docs".to_owned()),
        (Method::POST, "/common/oauth2/v2.0/token".to_owned()),
    ] {
        for origin in ["http://rebound.example.com", "http://localhost:3000"] {
            let request = app
                .anonymous()
                .request(method.clone(), &path)
                .header("host", "rebound.example.com")
                .header("origin", origin)
                .header("access-control-request-method", "GET");
            Answer::of(request).await.is_refused(403, "RemoteCallerNotAllowed");
        }
    }
}

async fn a_page_without_a_token_changes_nothing() {
    let app = TestApp::start(Engine::Sqlite).await;
    // Without a preflight: what a form can send.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let request = app.anonymous().request(Method::POST, POOLS).header("origin", PAGE);
        let request = request.header("content-type", kind).body(EXAMPLE);
        Answer::of(request).await.is_refused(401, "InvalidAuthenticationToken");
    }
    assert_eq!(app.database.number("select count(*) from pools").await, 0);
}
