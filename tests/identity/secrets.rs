//! A matching id is seen by whoever may have it, and by nobody else: not in logs, not in metrics,
//! not in refusals, not in the database.

use std::ops::Range;
use std::path::Path;

use esimpool::http::operations;
use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::bodies::{device_state, group};
use crate::support::import::{IMPORT, send_csv};
use crate::support::operator::device_state_path;
use crate::support::process::{Server, program, token};
use crate::support::{Actor, Answer, Engine, POOLS, cases, code, iccid};

cases! {
    both: [ten_thousand_matching_ids_are_nowhere_to_be_found],
    once: [settings_and_faults_tell_no_secret],
}

const CANARIES: usize = 10_000;
const PERMISSIONS: [&str; 2] =
    ["DeviceManagementConfiguration.ReadWrite.All", "EmbeddedSIMActivationCode.Claim.All"];

/// A secret that is known again wherever it turns up.
fn canary(number: usize) -> String {
    format!("CANARY-{number:05}-MATCHING-ID")
}

fn with_canary(number: usize) -> Value {
    let mut code = code(number);
    code["matchingIdentifier"] = canary(number).into();
    code
}

async fn ten_thousand_matching_ids_are_nowhere_to_be_found(engine: Engine) {
    let folder = crate::support::app::new_folder();
    let database = crate::support::Database::create(engine, folder.path()).await;
    let verbose = [("ESIMPOOL__LOG__FILTER", "trace")];
    let server = Server::try_start(folder.path(), &database.url, &verbose).expect("it starts");
    let [writer, claimer] =
        PERMISSIONS.map(|name| Actor::new(server.addr, Some(&token(folder.path(), name))));

    let mut pools = Vec::new();
    for first in (0..CANARIES).step_by(1000) {
        let (codes, request) = (first..first + 1000, writer.request(Method::POST, POOLS));
        let body = json!({
            "displayName": "x",
            "activationCodes": codes.clone().map(with_canary).collect::<Vec<_>>(),
        });
        let created = if first < CANARIES / 2 {
            let request = request.header("idempotency-key", first);
            let created = Answer::of(request.json(&body)).await.is(201);
            assert!(created.text().contains(&canary(first + 999)), "the echo is for who sent it");
            created
        } else {
            let imported = send_csv(&writer, IMPORT, file_of(codes)).await.is(201);
            assert!(!imported.text().contains("CANARY"), "{}", imported.text());
            imported
        };
        pools.push(created.header("location").to_owned());
    }
    thousands_of_claims(&claimer, &pools[4..8]).await;
    refused_carelessly(&writer, &pools[0]).await;
    everything_else(&writer, &claimer, &pools).await;

    let printed = commands(folder.path(), &server, &pools[0]);
    let metrics = server.admin_metrics().await;
    let log = server.end_and_read_log();
    let tokens = PERMISSIONS.map(|name| token(folder.path(), name));
    let key = std::fs::read_to_string(folder.path().join("encryption.key")).expect("a key");
    for (name, text) in [("the log", &log), ("the metrics", &metrics), ("a command", &printed)] {
        assert!(!text.contains("CANARY"), "{name}");
        assert!(!text.contains(key.trim()), "{name}");
        for token in &tokens {
            let signature = token.rsplit('.').next().expect("a signature");
            assert!(!text.contains(signature), "{name}");
        }
    }
    for operation in operations() {
        let (method, path) = (operation.method, operation.path);
        let line = format!("\"method\":\"{method}\",\"route\":\"{path}\"");
        assert!(log.contains(&line), "{} was not looked at", operation.name);
    }
    let bytes = database.bytes().await;
    let find = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(find(b"smdp.example.com"), "this is the database");
    assert!(!find(b"CANARY") && !find(key.trim().as_bytes()), "the database");
}

/// A carrier's file of these canaries.
fn file_of(numbers: Range<usize>) -> String {
    let line = |number| format!("{},{}\n", iccid(number), canary(number));
    "smdp.example.com\n".to_owned() + &numbers.map(line).collect::<String>()
}

/// Hands out each code of these pools.
async fn thousands_of_claims(claimer: &Actor, pools: &[String]) {
    let claims = pools.iter().flat_map(|pool| {
        (0..1000).map(move |device| async move {
            let body = json!({ "deviceName": format!("device {device}") });
            let given = claimer.post(&format!("{pool}/esimpool.claim"), body).await.is(201);
            assert!(given.text().contains("CANARY"), "whoever claims it may have it");
        })
    });
    futures_util::stream::iter(claims).buffer_unordered(32).collect::<Vec<_>>().await;
}

/// Everything that the commands print which talk to a service.
fn commands(folder: &Path, server: &Server, pool: &str) -> String {
    let pool = pool.rsplit('/').next().expect("an id");
    let good = folder.join("good.csv");
    std::fs::write(&good, file_of(2 * CANARIES..2 * CANARIES + 2)).expect("written");
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
async fn refused_carelessly(writer: &Actor, pool: &str) {
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
    taken_in_part(writer).await;
    let filter = format!("{POOLS}?$filter=displayName eq '{}' x", canary(1));
    let refused = writer.get(&filter).await.is(400);
    assert!(!refused.text().contains("CANARY"), "{}", refused.text());
    let other = json!({ "displayName": "x", "activationCodes": [with_canary(1)] });
    let request = writer.request(Method::POST, POOLS).header("idempotency-key", 0);
    Answer::of(request.json(&other)).await.is(409);
}

/// A file of which a part is taken, with secrets wherever they may stand: what is said of the rest
/// is kept for whoever sends it again.
async fn taken_in_part(writer: &Actor) {
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
            // Only one of them is a matching id where it belongs.
            rejected += usize::from(form != "@" || column != 1);
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
async fn everything_else(writer: &Actor, claimer: &Actor, pools: &[String]) {
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
    shown(claimer, pool).await;
    let name = json!({ "integratedCircuitCardIdentifier": iccid(3) });
    quiet(writer.post(&format!("{pool}/esimpool.release"), name.clone()).await).await;
    quiet(writer.post(&format!("{pool}/esimpool.reinstate"), name).await).await;
    quiet(writer.delete(last).await).await;

    let audit = "/beta/deviceManagement/auditEvents";
    let log = quiet(writer.get(&format!("{audit}?$top=999")).await).await.json();
    let id = log["value"][0]["id"].as_str().expect("an id");
    quiet(writer.get(&format!("{audit}/{id}")).await).await;
    quiet(writer.get(&format!("{audit}/$count")).await).await;
    let part = json!({ "id": "1", "method": "GET", "url": "/deviceManagement/embeddedSIMActivationCodePools" });
    quiet(writer.post("/beta/$batch", json!({ "requests": [part] })).await).await;
    for path in ["/beta", "/beta/$metadata", "/openapi.json", "/docs", "/livez", "/readyz"] {
        quiet(writer.get(path).await).await;
    }
    development(claimer).await;
}

/// What is shown to those who may see it.
async fn shown(claimer: &Actor, pool: &str) {
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
async fn development(claimer: &Actor) {
    let refused = claimer.get(POOLS).await.is(403);
    let decision = format!("/beta/esimpool/decisions/{}", refused.header("request-id"));
    claimer.get(&decision).await.is(200);
    let tenant = "/11111111-2222-3333-4444-555555555555";
    for path in [
        "/v2.0/.well-known/openid-configuration",
        "/.well-known/openid-configuration",
        "/discovery/v2.0/keys",
        "/discovery/keys",
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
}

async fn settings_and_faults_tell_no_secret() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let shown = |variables: &[(&str, &str)]| {
        let output = program()
            .arg("config")
            .current_dir(folder.path())
            .envs(variables.iter().copied())
            .output()
            .expect("it runs");
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text.into_owned())
    };
    let key = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=";
    let (code, text) =
        shown(&[("ESIMPOOL__ENCRYPTION__KEY", key), ("DATABASE_URL", "postgres://me:HUSH@db/x")]);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains(key) && !text.contains("HUSH"), "{text}");
    assert!(text.contains("environment DATABASE_URL") && text.contains("(secret)"), "{text}");
    let file = folder.path().join("key");
    std::fs::write(&file, key).expect("written");
    let (_, text) = shown(&[("ESIMPOOL__ENCRYPTION__KEY_FILE", file.to_str().expect("a path"))]);
    let row = text.lines().find(|line| line.starts_with("encryption.key ")).expect("a row");
    assert!(
        row.contains("(secret)") && row.ends_with(&format!("file {}", file.display())),
        "{row}"
    );
    let (code, text) = shown(&[("ESIMPOOL__ENCRYPTION__KEY", "HUSH")]);
    assert_eq!(code, Some(1));
    assert!(!text.contains("HUSH") && text.contains("encryption.key"), "{text}");
}
