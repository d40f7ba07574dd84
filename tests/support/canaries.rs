//! Codes whose matching ids are searched for, and requests that carry them everywhere.

use std::ops::Range;
use std::path::Path;

use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::bodies::{device_state, group};
use crate::support::import::{IMPORT, send_csv};
use crate::support::operations::docs_file;
use crate::support::operator::device_state_path;
use crate::support::process::{Server, program};
use crate::support::{Actor, Answer, POOLS, code, iccid};

pub const CANARIES: usize = 10_000;

pub const PERMISSIONS: [&str; 2] = [
    "DeviceManagementConfiguration.ReadWrite.All DeviceManagementApps.Read.All",
    "EmbeddedSIMActivationCode.Claim.All",
];

/// A secret that is known again wherever it turns up.
pub fn canary(number: usize) -> String {
    format!("CANARY-{number:05}-MATCHING-ID")
}

pub fn with_canary(number: usize) -> Value {
    let mut code = code(number);
    code["matchingIdentifier"] = canary(number).into();
    code
}

/// A carrier's file of these canaries.
pub fn canary_file(numbers: Range<usize>) -> String {
    let line = |number| format!("{},{}\n", iccid(number), canary(number));
    "smdp.example.com\n".to_owned() + &numbers.map(line).collect::<String>()
}

/// Hands out each code of these pools.
pub async fn send_claims(claimer: &Actor, pools: &[String]) {
    let claims = pools.iter().flat_map(|pool| {
        (0..1000).map(move |device| async move {
            let body = json!({ "deviceName": format!("device {device}") });
            let given = claimer.post(&format!("{pool}/esimpool.claim"), body).await.is(201);
            assert!(given.text().contains("CANARY"), "the claimer may see it");
        })
    });
    futures_util::stream::iter(claims).buffer_unordered(32).collect::<Vec<_>>().await;
}

/// Everything that the commands print which talk to a service.
pub fn run_commands(folder: &Path, server: &Server, pool: &str) -> String {
    let pool = pool.rsplit('/').next().expect("an id");
    let good = folder.join("good.csv");
    std::fs::write(&good, canary_file(2 * CANARIES..2 * CANARIES + 2)).expect("written");
    // The same in the wrong columns, and half of it as if for another carrier.
    let bad = folder.join("bad.csv");
    let mixed_up = (0..20).map(|number| format!("{},{}\n{0}\n", canary(number), iccid(number)));
    let mixed_up = "smdp.example.com\n".to_owned() + &mixed_up.collect::<String>();
    std::fs::write(&bad, mixed_up).expect("written");
    let [good, bad] = [&good, &bad].map(|path| path.to_str().expect("a path"));
    let mut printed = String::new();
    for (arguments, status) in [
        (&["import", good][..], 0),
        (&["import", good, "--pool", pool, "--mode", "graph", "--dry-run"], 0),
        (&["import", bad, "--pool", pool], 1),
        (&["import", bad, "--mode", "graph", "--partial"], 1),
        (&["stock"], 0),
        (&["find", "device 7"], 0),
        (&["stock", "--pool", pool], 0),
        (&["stock", "--pool", pool, "--format", "json"], 0),
        (&["qr", "device 7", "--pool", pool], 0),
    ] {
        let output = program()
            .args(arguments)
            .current_dir(folder)
            .env("ESIMPOOL__DATA_DIR", folder)
            .env("ESIMPOOL_SERVER", format!("http://{}", server.addr))
            .output()
            .expect("it runs");
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {text}");
        printed.push_str(&text);
    }
    printed
}

/// In as many ways as there are to be careless.
pub async fn send_refused_requests(writer: &Actor, pool: &str) {
    let codes = json!({ "displayName": "x", "activationCodes": [canary(1)] });
    let unknown = json!({ "displayName": "x", canary(1): 1 });
    let nul = json!({ "displayName": "x\u{0}", "activationCodes": [with_canary(1)] });
    let long = json!({ "activationCodes": [{ "matchingIdentifier": canary(1).repeat(50) }] });
    writer.post(POOLS, codes).await.is(400);
    // A name that is no property is named, whatever it is: it is the caller's own.
    writer.post(POOLS, unknown).await.is(400);
    writer.post(POOLS, nul).await.is(400);
    writer.patch(pool, long).await.is(400);
    // Files with columns mixed up, with quotes that do not end, with nothing but a secret.
    for line in [
        format!("{},{}", canary(1), iccid(1)),
        format!("{},{}_", iccid(1), canary(1)),
        format!("{},\"{}", canary(1), canary(2)),
        canary(1),
        format!("LPA:1$smdp.example.com${}", canary(1)),
        format!("1$${},{}", canary(1), iccid(1)),
        format!("https://smdp.example.com/{},{}", canary(1), iccid(1)),
    ] {
        for file in [
            format!("smdp.example.com\n{line}\n"),
            format!("{line}\n"),
            format!("ICCID,LPA,SMDP\n{line}\n"),
        ] {
            let refused = send_csv(writer, IMPORT, file).await.is(400);
            assert!(!refused.text().contains("CANARY"), "{}", refused.text());
        }
    }
    send_partial_imports(writer).await;
    let filter = format!("{POOLS}?$filter=displayName eq '{}' x", canary(1));
    let refused = writer.get(&filter).await.is(400);
    assert!(!refused.text().contains("CANARY"), "{}", refused.text());
    let other = json!({ "displayName": "x", "activationCodes": [with_canary(1)] });
    let request = writer.request(Method::POST, POOLS).header("idempotency-key", 0);
    Answer::of(request.json(&other)).await.is(409);
}

/// A file of which a part is taken, with secrets wherever they may stand: what is said of the rest
/// is kept for a repeated request.
pub async fn send_partial_imports(writer: &Actor) {
    let mut file = "ICCID,MatchingID,SMDP\n".to_owned();
    let mut rejected = 0;
    for form in [
        "@",
        "LPA:1$smdp.example.com$@",
        "lpa:1$@",
        "1$smdp.example.com$@",
        "smdp.example.com$@",
        "smdp.example.com @",
        "smdp.example.com|@",
        "smdp.example.com:@",
        "https://smdp.example.com/@",
        "@ smdp.example.com",
    ] {
        for column in 0..3 {
            let mut fields = [iccid(CANARIES + 100), canary(3), "smdp.example.com".to_owned()];
            fields[column] = form.replace('@', &canary(4));
            // Where a matching id belongs it may be, and a whole code that holds it: the same code.
            let holds_it = ["@", "LPA:1$smdp.example.com$@", "1$smdp.example.com$@"];
            rejected += usize::from(column != 1 || !holds_it.contains(&form));
            file.extend([&fields.join(","), "\n"]);
        }
    }
    for _ in 0..2 {
        let request = writer
            .request(Method::POST, &format!("{IMPORT}?partial=true"))
            .header("content-type", "text/csv")
            .header("idempotency-key", "partial");
        let taken = Answer::of(request.body(file.clone())).await.is(201);
        assert!(!taken.text().contains("CANARY"), "{}", taken.text());
        let report = taken.json();
        assert_eq!((&report["inserted"], &report["rejectedCount"]), (&json!(1), &json!(rejected)));
    }
}

/// Every operation of the table but the creates, and what is in their answers.
pub async fn send_other_requests(writer: &Actor, claimer: &Actor, pools: &[String]) {
    let (pool, last) = (&pools[0], &pools[pools.len() - 1]);
    let quiet = async |answer: Answer| {
        assert!(answer.status.as_u16() < 300, "{}", answer.text());
        assert!(!answer.text().contains("CANARY"), "{}", answer.text());
        answer
    };
    quiet(
        writer
            .patch(pool, json!({ "displayName": "y", "activationCodes": [with_canary(0)] }))
            .await,
    )
    .await;
    for path in [
        POOLS.to_owned(),
        format!("{POOLS}/$count"),
        pool.clone(),
        format!("{POOLS}?$expand=assignments,deviceStates"),
        format!("{pool}/assignments"),
        format!("{pool}/assignments/$count"),
        format!("{pool}/deviceStates"),
        format!("{pool}/deviceStates/$count"),
        format!("{pool}/esimpool.codes?$top=999"),
        format!("{pool}/esimpool.codes/$count"),
        format!("{POOLS}/esimpool.codes?$top=999"),
        format!("{POOLS}/esimpool.codes/$count"),
        format!("{POOLS}/esimpool.deviceStates?$top=999"),
        format!("{POOLS}/esimpool.deviceStates/$count"),
        format!("{pool}/esimpool.export"),
        format!("{pool}/esimpool.stock"),
        format!("{POOLS}/esimpool.stock"),
    ] {
        quiet(writer.get(&path).await).await;
    }
    let file = |number: usize| {
        let code = |number| format!("{},{}\n", iccid(CANARIES + number), canary(number));
        format!("smdp.example.com\n{}{}", code(number), code(number + 1))
    };
    quiet(send_csv(writer, IMPORT, file(0)).await).await;
    quiet(send_csv(writer, &format!("{pool}/esimpool.import"), file(2)).await).await;
    for (kind, body, change) in [
        ("assignments", json!({ "target": group("a") }), json!({ "target": group("b") })),
        ("deviceStates", device_state(), json!({ "state": "deleting" })),
    ] {
        let made = quiet(writer.post(&format!("{pool}/{kind}"), body).await).await;
        let made = made.header("location").to_owned();
        quiet(writer.get(&made).await).await;
        quiet(writer.patch(&made, change).await).await;
        quiet(writer.delete(&made).await).await;
    }
    let assign = json!({ "assignments": [{ "target": group("c") }] });
    quiet(writer.post(&format!("{pool}/assign"), assign).await).await;
    quiet(
        writer.patch(&format!("{pool}/esimpool.stock"), json!({ "lowStockThreshold": 999 })).await,
    )
    .await;
    for device in 0..100 {
        let request = claimer
            .request(Method::POST, &format!("{pool}/esimpool.claim"))
            .header("idempotency-key", format!("claim-{device}"));
        let body = json!({ "deviceName": format!("device {device}") });
        assert!(Answer::of(request.json(&body)).await.is(201).text().contains("CANARY"));
    }
    show_installations(claimer, pool).await;
    let name = json!({ "integratedCircuitCardIdentifier": iccid(3) });
    quiet(writer.post(&format!("{pool}/esimpool.release"), name.clone()).await).await;
    quiet(writer.post(&format!("{pool}/esimpool.reinstate"), name).await).await;
    let of_one =
        format!("esimpool.codes?$filter=integratedCircuitCardIdentifier eq '{}'", iccid(7));
    quiet(writer.delete(&format!("{POOLS}/{of_one}")).await).await;
    quiet(writer.delete(&format!("{last}/{of_one}")).await).await;
    quiet(writer.delete(last).await).await;

    for version in ["beta", "v1.0"] {
        let audit = format!("/{version}/deviceManagement/auditEvents");
        let log = quiet(writer.get(&format!("{audit}?$top=999")).await).await.json();
        let id = log["value"][0]["id"].as_str().expect("an id");
        quiet(writer.get(&format!("{audit}/{id}")).await).await;
        quiet(writer.get(&format!("{audit}/$count")).await).await;
    }
    let part = json!({ "id": "1", "method": "GET", "url": "/deviceManagement/embeddedSIMActivationCodePools" });
    quiet(writer.post("/beta/$batch", json!({ "requests": [part] })).await).await;
    for path in [
        "/beta",
        "/beta/$metadata",
        "/openapi.json",
        "/docs",
        "/",
        "/console",
        "/console/x",
        "/livez",
        "/readyz",
    ] {
        quiet(writer.get(path).await).await;
    }
    quiet(writer.get(&docs_file(writer).await).await).await;
    use_development_issuer(claimer).await;
}

/// What is shown to those who may see it.
pub async fn show_installations(claimer: &Actor, pool: &str) {
    let claim = format!("{pool}/esimpool.claim");
    let again = claimer.post(&claim, json!({ "deviceName": "device 7" })).await.is(200);
    let state = device_state_path(pool, &again);
    for format in ["svg", "png", "text"] {
        claimer.get(&format!("{state}/esimpool.qr?format={format}")).await.is(200);
    }
    for path in [format!("{state}/esimpool.windows"), format!("{pool}/esimpool.sheet")] {
        assert!(claimer.get(&path).await.is(200).text().contains("CANARY"), "{path}");
    }
}

/// What is there only while the development issuer is on.
pub async fn use_development_issuer(claimer: &Actor) {
    let refused = claimer.get(POOLS).await.is(403);
    let decision = format!("/beta/esimpool/decisions/{}", refused.header("request-id"));
    claimer.get(&decision).await.is(200);
    claimer.get("/beta/esimpool/decisions").await.is(200);
    claimer.get("/beta/esimpool/permissions/used").await.is(200);
    let tenant = "/11111111-2222-3333-4444-555555555555";
    for path in [
        "/v2.0/.well-known/openid-configuration",
        "/.well-known/openid-configuration",
        "/discovery/v2.0/keys",
        "/discovery/keys",
        "/discovery/instance",
        "/oauth2/deviceauth",
        "/oauth2/v2.0/logout",
    ] {
        claimer.get(&format!("{tenant}{path}")).await.is(200);
    }
    let secret = canary(1);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", esimpool::auth::DevelopmentIssuer::APP),
        ("client_secret", &secret),
    ];
    let request = claimer.request(Method::POST, &format!("{tenant}/oauth2/v2.0/token"));
    let refused = Answer::of(request.form(&form)).await.is(401);
    assert!(!refused.text().contains("CANARY"), "{}", refused.text());
    let page = format!("{tenant}/oauth2/v2.0/authorize?state={secret}&code_challenge={secret}");
    let refused = claimer.get(&page).await.is(400);
    assert!(!refused.text().contains("CANARY"), "{}", refused.text());
    for path in ["v2.0/authorize", "v2.0/devicecode", "deviceauth"] {
        let form = [("ticket", &secret), ("user_code", &secret), ("client_secret", &secret)];
        let request = claimer.request(Method::POST, &format!("{tenant}/oauth2/{path}"));
        let refused = Answer::of(request.form(&form)).await.is(400);
        assert!(!refused.text().contains("CANARY"), "{}", refused.text());
    }
}
