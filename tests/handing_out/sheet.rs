//! Sheets of QR codes to print.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esimpool::auth::Permission;
use reqwest::Method;
use serde_json::json;

use crate::support::operator::{Operator, device_state_path, shown_in_audit_log};
use crate::support::{Actor, Answer, Engine, POOLS, TestApp, cases, code, codes, iccid};

cases! {
    both: [
        a_sheet_has_a_card_for_each_device_that_has_a_code,
        a_sheet_is_filtered_ordered_and_paged_as_device_states_are,
        a_sheet_has_two_hundred_cards_at_most,
    ],
    once: [
        text_of_users_is_escaped,
        a_code_that_no_device_can_read_has_a_card_without_it,
        options_that_make_no_sense_on_a_sheet_are_refused_by_name,
    ],
}

async fn sheet(claimer: &Actor, pool: &str, query: &str) -> String {
    claimer.get(&format!("{pool}/esimpool.sheet{query}")).await.is(200).text()
}

/// The names of the devices, in the order of their cards.
fn names(sheet: &str) -> Vec<&str> {
    let cards = sheet.split("<h2 dir=\"auto\">").skip(1);
    cards.map(|card| card.split('<').next().expect("a name")).collect()
}

/// Where the next sheet is.
fn next(sheet: &str) -> Option<String> {
    let link = sheet.split("<a href=\"").nth(1)?;
    link.split('"').next().map(|link| link.replace("&amp;", "&"))
}

async fn a_sheet_has_a_card_for_each_device_that_has_a_code(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(6)).await;
    let nothing = sheet(&operator.claimer, &pool, "").await;
    assert!(names(&nothing).is_empty() && nothing.contains("None of the devices"), "{nothing}");
    for (device, state) in
        [("a", "installing"), ("b", "installed"), ("c", "failed"), ("d", "removedByUser")]
    {
        let claimed = operator.claim(&pool, device).await.is(201);
        let path = device_state_path(&pool, &claimed);
        operator.writer.patch(&path, json!({ "state": state })).await.is(200);
    }
    operator.claim(&pool, "e").await.is(201);
    let release = json!({ "integratedCircuitCardIdentifier": iccid(4) });
    operator.writer.post(&format!("{pool}/esimpool.release"), release).await.is(200);
    let made = json!({ "deviceName": "f", "state": "installed" });
    operator.writer.post(&format!("{pool}/deviceStates"), made).await.is(201);
    let other = operator.pool(vec![code(10)]).await;
    operator.claim(&other, "g").await.is(201);

    let answer = operator.claimer.get(&format!("{pool}/esimpool.sheet")).await.is(200);
    let text = answer.text();
    let (_, style) = text.split_once("<style>").expect("a style");
    let (style, _) = style.split_once("</style>").expect("its end");
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
        STANDARD.encode(digest(&SHA256, style.as_bytes()).as_ref())
    );
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("content-security-policy", policy.as_str()),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    assert_eq!(names(&text), ["a", "b"]);
    assert_eq!(text.matches("<svg ").count(), 2);
    for said in [
        "<h1 dir=\"auto\">Spring</h1>",
        &iccid(0),
        &iccid(1),
        ">smdp.example.com<",
        ">LPA:1$smdp.example.com$MATCH-000001<",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("MATCH-000002") && !text.contains("class=\"more\""), "{text}");
    // One entry, of which the pool has no name; none for the sheet with nothing on it.
    let [a, b] = [("a", 0), ("b", 1)].map(|(name, number)| [iccid(number), name.to_owned()]);
    assert_eq!(shown_in_audit_log(&app).await, [[a, b].concat()]);

    let stranger = app.tenant("fabrikam").caller(Permission::ActivationCodeClaimAll);
    for (actor, path) in [(&stranger, &pool), (&operator.claimer, &format!("{POOLS}/none"))] {
        let refused = actor.get(&format!("{path}/esimpool.sheet")).await;
        refused.is_refused(404, "ResourceNotFound");
    }
    let refused = operator.writer.get(&format!("{pool}/esimpool.sheet")).await;
    refused.is_refused(403, "Forbidden");
}

async fn a_sheet_is_filtered_ordered_and_paged_as_device_states_are(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(7)).await;
    for device in ["B", "d", "a", "E", "c", "gone"] {
        let claimed = operator.claim(&pool, device).await.is(201);
        let state = match device {
            "a" | "B" => "installed",
            "gone" => "deleted",
            _ => continue,
        };
        let path = device_state_path(&pool, &claimed);
        operator.writer.patch(&path, json!({ "state": state })).await.is(200);
    }
    for (query, expected) in [
        ("", &["B", "d", "a", "E", "c"][..]),
        ("?$filter=state eq 'installing'", &["d", "E", "c"]),
        ("?$filter=state ne 'installing'", &["B", "a"]),
        ("?$filter=tolower(deviceName) lt 'c'&$orderby=deviceName desc", &["a", "B"]),
        ("?$search=\"gone\"", &[]),
        ("?$orderby=tolower(deviceName)&$skip=1&$top=2", &["B", "c"]),
        ("?$top=0", &[]),
    ] {
        assert_eq!(names(&sheet(&operator.claimer, &pool, query).await), expected, "{query}");
    }
    let mut seen = Vec::new();
    let query = "?$orderby=tolower(deviceName) desc&$top=2&$filter=deviceName ne 'd'";
    let mut link = Some(format!("{pool}/esimpool.sheet{query}"));
    while let Some(path) = link {
        let page = operator.claimer.get(&path).await.is(200).text();
        assert!(names(&page).len() <= 2);
        seen.extend(names(&page).into_iter().map(str::to_owned));
        link = next(&page);
    }
    assert_eq!(seen, ["E", "c", "B", "a"]);
}

async fn a_sheet_has_two_hundred_cards_at_most(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(203)).await;
    let claims = (0..203).map(|device| {
        let (operator, pool) = (&operator, &pool);
        async move { operator.claim(pool, &format!("{device:03}")).await.is(201) }
    });
    futures_util::future::join_all(claims).await;
    let packed = operator
        .claimer
        .request(Method::GET, &format!("{pool}/esimpool.sheet?$orderby=deviceName&$top=900"))
        .header("accept-encoding", "gzip");
    let packed = Answer::of(packed).await.is(200);
    assert_eq!(packed.header("content-encoding"), "gzip");
    let mut first = String::new();
    let mut unpacked = flate2::read::GzDecoder::new(packed.body.as_slice());
    std::io::Read::read_to_string(&mut unpacked, &mut first).expect("gzip");
    assert_eq!(names(&first).len(), 200);
    assert!(first.contains("There are more than these 200"), "{first}");
    assert!(first.contains("@media print { .more { display: none; }"), "not on paper");
    let second = operator.claimer.get(&next(&first).expect("a link")).await.is(200).text();
    assert_eq!(names(&second), ["200", "201", "202"]);
    assert_eq!(next(&second), None);
    let shown: Vec<_> = shown_in_audit_log(&app).await.iter().map(Vec::len).collect();
    assert_eq!(shown, [400, 6], "a code and a device each");
}

async fn text_of_users_is_escaped() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let evil = "<script>alert('\"&')</script>";
    let mut odd = code(0);
    odd["integratedCircuitCardIdentifier"] = evil.into();
    odd["smdpPlusServerAddress"] = evil.into();
    odd["matchingIdentifier"] = evil.into();
    let body = json!({ "displayName": evil, "activationCodes": [odd] });
    let created = operator.writer.post(POOLS, body).await.is(201);
    let pool = created.header("location");
    let device = json!({ "deviceName": evil, "userName": evil });
    operator.claimer.post(&format!("{pool}/esimpool.claim"), device).await.is(201);
    let text = sheet(&operator.claimer, pool, "").await;
    let escaped = "&lt;script&gt;alert('&quot;&amp;')&lt;/script&gt;";
    // The title and the heading, the device, its user, the ICCID, the host, and twice in the code.
    assert_eq!(text.matches(escaped).count(), 8, "{text}");
    assert!(!text.contains("<script") && !text.contains("src="), "{text}");
    // A link repeats what the caller wrote.
    operator.writer.patch(pool, json!({ "activationCodes": [code(1)] })).await.is(200);
    operator.claim(pool, "second").await.is(201);
    let query = "?$top=1&$filter=deviceName ne '\"><script>'";
    let text = sheet(&operator.claimer, pool, query).await;
    assert!(next(&text).is_some() && !text.contains("<script"), "{text}");
}

async fn a_code_that_no_device_can_read_has_a_card_without_it() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let mut torn = code(0);
    torn["matchingIdentifier"] = "TORN$APART".into();
    let pool = operator.pool(vec![torn, code(1)]).await;
    operator.claim(&pool, "torn").await.is(201);
    let text = sheet(&operator.claimer, &pool, "").await;
    assert!(shown_in_audit_log(&app).await.is_empty(), "nothing was shown");
    assert_eq!((names(&text), text.matches("<svg ").count()), (vec!["torn"], 0));
    assert!(text.contains("No QR code") && !text.contains("APART"), "{text}");
    operator.claim(&pool, "whole").await.is(201);
    let text = sheet(&operator.claimer, &pool, "").await;
    assert_eq!((names(&text), text.matches("<svg ").count()), (vec!["torn", "whole"], 1));
    assert_eq!(shown_in_audit_log(&app).await, [[iccid(1), "whole".to_owned()]]);
}

async fn options_that_make_no_sense_on_a_sheet_are_refused_by_name() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1)).await;
    for name in ["$select", "$count", "$expand", "$format", "top_secret"] {
        let refused = operator.claimer.get(&format!("{pool}/esimpool.sheet?{name}=id")).await;
        let message = refused.is_refused(400, "BadRequest");
        assert_eq!(message, format!("'{name}' is not a query option of this operation"));
        assert_eq!(refused.json()["error"]["target"], name);
    }
    let refused = operator.claimer.get(&format!("{pool}/esimpool.sheet?$filter=secret eq 1")).await;
    refused.is_refused(400, "BadRequest");
}
