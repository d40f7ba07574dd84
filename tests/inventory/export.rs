//! A pool's codes as a file.

use esimpool::auth::Permission;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::bodies::eid;
use crate::support::database::execute;
use crate::support::import::{IMPORT, carrier_file, send_csv};
use crate::support::operator::{Operator, device_state_path};
use crate::support::tls::{CERTIFICATE, client};
use crate::support::{Answer, Engine, POOLS, TestApp, cases, code, codes, iccid};

cases! {
    both: [
        every_code_has_a_line_in_order_with_its_device,
        the_outcome_of_a_claim_is_in_its_line,
        an_export_that_fails_midway_is_cut_off,
    ],
    once: [
        text_of_users_is_quoted_and_never_a_spreadsheet_formula,
        a_file_is_named_after_its_pool,
        an_export_accepts_no_options_and_is_refused_in_a_batch,
    ],
}

const HEAD: &str = "integratedCircuitCardIdentifier,smdpPlusServerAddress,state,\
    stateChangedDateTime,deviceName,userName,universalIntegratedCircuitCardIdentifier,\
    claimedDateTime,deviceStateId";

/// The lines of a pool's file without the first one, each taken apart where nothing is quoted.
async fn lines(operator: &Operator, pool: &str) -> Vec<Vec<String>> {
    let answer = operator.writer.get(&format!("{pool}/esimpool.export")).await.is(200);
    let text = answer.text();
    let text = text.strip_suffix("\r\n").expect("each line ends");
    let mut lines = text.split("\r\n");
    assert_eq!(lines.next(), Some(HEAD));
    lines.map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

async fn every_code_has_a_line_in_order_with_its_device(engine: Engine) {
    const MANY: usize = 5_000;
    // About where one piece ends and the next begins, and at the end.
    const TAKEN: [usize; 6] = [0, 1_999, 2_000, 2_001, 3_999, MANY - 1];

    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let made = send_csv(&operator.writer, IMPORT, carrier_file(0..MANY)).await.is(201).json();
    let pool = format!("{POOLS}/{}", made["pool"]["id"].as_str().expect("an id"));
    let mut claims = Vec::new();
    for number in TAKEN {
        let device = json!({
            "deviceName": format!("device {number}"),
            "userName": format!("user{number}@contoso.com"),
            "universalIntegratedCircuitCardIdentifier": eid(u32::try_from(number).expect("few")),
            "integratedCircuitCardIdentifier": iccid(number),
        });
        let claim = format!("{pool}/esimpool.claim");
        claims.push((number, operator.claimer.post(&claim, device).await.is(201).json()));
    }
    let reader = app.tenant("contoso").caller(Permission::ConfigurationReadAll);
    let answer = reader.get(&format!("{pool}/esimpool.export")).await.is(200);
    for (name, value) in [
        ("content-type", "text/csv; charset=utf-8"),
        ("content-disposition", "attachment; filename=\"smdp.csv\""),
        ("cache-control", "no-cache"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    assert!(!answer.text().contains("MATCH-"), "no secrets");

    let lines = lines(&operator, &pool).await;
    assert_eq!(lines.len(), MANY);
    for (number, line) in lines.iter().enumerate() {
        assert_eq!([&line[0], &line[1]], [&iccid(number), "smdp.example.com"], "{line:?}");
        let Some((_, claimed)) = claims.iter().find(|(taken, _)| *taken == number) else {
            assert_eq!(line[2], "notEvaluated", "{line:?}");
            assert!(line[3].ends_with('Z') && line[4..].iter().all(String::is_empty), "{line:?}");
            continue;
        };
        let state = &claimed["deviceState"];
        let expected = ["state", "createdDateTime", "deviceName", "userName"]
            .into_iter()
            .chain(["universalIntegratedCircuitCardIdentifier", "createdDateTime", "id"])
            .map(|name| state[name].as_str().expect("text"));
        assert!(line[2..].iter().eq(expected), "{line:?}");
    }

    let stranger = app.tenant("fabrikam").caller(Permission::ConfigurationReadAll);
    for (actor, path) in [(&stranger, &pool), (&reader, &format!("{POOLS}/none"))] {
        let refused = actor.get(&format!("{path}/esimpool.export")).await;
        refused.is_refused(404, "ResourceNotFound");
    }
    let refused = operator.claimer.get(&format!("{pool}/esimpool.export")).await;
    refused.is_refused(403, "Forbidden");
    let empty = operator.pool(vec![]).await;
    let nothing = reader.get(&format!("{empty}/esimpool.export")).await.is(200).text();
    assert_eq!(nothing, format!("{HEAD}\r\n"));
}

async fn the_outcome_of_a_claim_is_in_its_line(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(5)).await;
    let mut states = Vec::new();
    for device in ["installed", "released", "reinstated", "gone"] {
        let claimed = operator.claim(&pool, device).await.is(201);
        states.push(device_state_path(&pool, &claimed));
    }
    operator.writer.patch(&states[0], json!({ "state": "installed" })).await.is(200);
    for number in [1, 2] {
        let name = json!({ "integratedCircuitCardIdentifier": iccid(number) });
        operator.writer.post(&format!("{pool}/esimpool.release"), name.clone()).await.is(200);
        if number == 2 {
            operator.writer.post(&format!("{pool}/esimpool.reinstate"), name).await.is(200);
        }
    }
    operator.writer.delete(&states[3]).await.is(204);
    let found = lines(&operator, &pool).await;
    let of = |line: &[String]| {
        let claimed = !line[7].is_empty();
        (line[2].clone(), line[4].clone(), claimed, line[8].clone())
    };
    let id = |state: usize| states[state].rsplit('/').next().expect("an id").to_owned();
    let expected = [
        ("installed", "installed", Some(id(0))),
        ("quarantined", "released", Some(id(1))),
        ("notEvaluated", "", None),
        // The device is no longer known; that a device had the code is.
        ("quarantined", "", Some(id(3))),
        ("notEvaluated", "", None),
    ];
    let expected = expected.map(|(state, name, device)| {
        let (state, name) = (state.to_owned(), name.to_owned());
        (state, name, device.is_some(), device.unwrap_or_default())
    });
    assert!(found.iter().map(|line| of(line)).eq(expected), "{found:?}");
    // The same codes in another pool were handed out from this one.
    let other = operator.pool(codes(1)).await;
    operator.claim(&other, "late").await.is_refused(409, "ActivationCodesHandedOutElsewhere");
    let found = lines(&operator, &other).await;
    assert_eq!(found[0][2], "handedOutElsewhere");
    assert!(found[0][4..].iter().all(String::is_empty), "{found:?}");
}

async fn an_export_that_fails_midway_is_cut_off(engine: Engine) {
    let app = TestApp::with(engine).set("server.tls.listen", "127.0.0.1:0").start().await;
    let operator = Operator::of(&app);
    let made = send_csv(&operator.writer, IMPORT, carrier_file(0..5_000)).await.is(201).json();
    let pool = format!("{POOLS}/{}", made["pool"]["id"].as_str().expect("an id"));
    // A code that cannot be read, in the third piece: the least number has no absolute value.
    execute(&app.database, "alter table activation_codes rename to hidden").await;
    execute(
        &app.database,
        "create view activation_codes as
         select tenant_id, pool_id, position, id, iccid, smdp_address, fingerprint, state_changed_at,
                bound_eid, label, import_id,
                cast(case position when 4500 then abs(-9223372036854771308 - position) else state end
                  as smallint) as state
         from hidden",
    )
    .await;
    let path = format!("{pool}/esimpool.export");
    let port = app.tls_addr.expect("it listens").port();
    let secure = client(&app.folder.path().join(CERTIFICATE)).build().expect("a client");
    let secure = secure.get(format!("https://localhost:{port}{path}"));
    let secure = secure.bearer_auth(app.writer_token());
    for request in [operator.writer.request(Method::GET, &path), secure] {
        let mut response = request.send().await.expect("it begins");
        assert_eq!(response.status().as_u16(), 200);
        let mut came = Vec::new();
        let ended = loop {
            match response.chunk().await {
                Ok(Some(piece)) => came.extend_from_slice(&piece),
                ended => break ended,
            }
        };
        assert!(ended.is_err(), "it ended as if it were whole");
        let text = String::from_utf8(came).expect("text");
        // No line comes that is not as it should be.
        assert!(text.is_empty() || text.starts_with(HEAD), "{text}");
        assert!(text.lines().count() <= 1 + 4_000 && !text.contains(&iccid(4_000)));
    }

    // What is amiss from the first line on is said.
    execute(&app.database, "drop view activation_codes").await;
    let answer = operator.writer.get(&format!("{pool}/esimpool.export")).await;
    answer.is_refused(500, "InternalError");
}

async fn text_of_users_is_quoted_and_never_a_spreadsheet_formula() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let mut odd = code(0);
    odd["integratedCircuitCardIdentifier"] = "=HYPERLINK(\"http://evil.example.com\")".into();
    odd["smdpPlusServerAddress"] = "-smdp, really".into();
    let pool = operator.pool(vec![odd, code(1), code(2)]).await;
    let claim = format!("{pool}/esimpool.claim");
    let device = json!({
        "deviceName": "=1+1",
        "userName": "Ann \"the boss\" O'Hara,\r\nsecond floor",
    });
    operator.claimer.post(&claim, device).await.is(201);
    let device = json!({ "deviceName": "+49 30 1234", "userName": "Größe;=cmd|' /C calc'!A0" });
    operator.claimer.post(&claim, device).await.is(201);
    operator.claimer.post(&claim, json!({ "deviceName": "\t@SUM(A1)" })).await.is(201);
    let answer = operator.writer.get(&format!("{pool}/esimpool.export")).await.is(200);
    let text = answer.text();
    for cell in [
        "\r\n\"'=HYPERLINK(\"\"http://evil.example.com\"\")\",\"'-smdp, really\",installing,",
        "Z,'=1+1,\"Ann \"\"the boss\"\" O'Hara,\r\nsecond floor\",,",
        "Z,'\t'@SUM(A1),,,",
        &format!("\r\n{},smdp.example.com,installing,", iccid(1)),
        // In some places a semicolon begins the next cell.
        "Z,'+49 30 1234,Größe;'=cmd|' /C calc'!A0,,",
    ] {
        assert!(text.contains(cell), "{cell}: {text}");
    }
    assert!(!text.starts_with('\u{feff}'), "the first column has a name of its own");
}

async fn a_file_is_named_after_its_pool() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    for (name, file) in [
        ("Spring", "Spring"),
        ("Field engineers, spring 2027 (A4)", "Field-engineers-spring-2027-A4"),
        ("../../etc/passwd", "etc-passwd"),
        ("a\"; filename=\"evil.exe", "a-filename-evil-exe"),
        ("Größe\r\nX: y", "Gr-e-X-y"),
        ("日本", ""),
    ] {
        let made = writer.post(POOLS, json!({ "displayName": name })).await.is(201);
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        let file = if file.is_empty() { id } else { file.to_owned() };
        let answer = writer.get(&format!("{}/esimpool.export", made.header("location"))).await;
        let expected = format!("attachment; filename=\"{file}.csv\"");
        assert_eq!(answer.is(200).header("content-disposition"), expected);
    }
}

async fn an_export_accepts_no_options_and_is_refused_in_a_batch() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(1)).await;
    let refused = operator.writer.get(&format!("{pool}/esimpool.export?$top=1")).await;
    let message = refused.is_refused(400, "BadRequest");
    assert!(message.contains("'$top' is not a query option"), "{message}");
    let part = json!({ "id": "1", "method": "GET", "url": format!("{pool}/esimpool.export") });
    let batch: Answer =
        operator.writer.post("/beta/$batch", json!({ "requests": [part] })).await.is(200);
    let response: &Value = &batch.json()["responses"][0];
    assert_eq!(
        (&response["status"], &response["body"]["error"]["target"]),
        (&json!(400), &json!("url"))
    );
}
