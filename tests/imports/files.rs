//! Imports of CSV files into pools.

use esimpool::auth::Permission;
use serde_json::{Value, json};

use crate::support::import::{
    IMPORT, carrier_file, import_counts, pool_path, pooled_iccids, send_csv,
};
use crate::support::operator::{Operator, stock_counts};
use crate::support::{Engine, POOLS, TestApp, cases, codes, iccid};

cases! {
    both: [
        a_file_creates_a_pool_or_extends_one,
        a_file_is_stored_completely_or_not_at_all_unless_partial_is_allowed,
        a_dry_run_reports_what_an_import_would_do_and_stores_nothing,
        a_code_that_was_handed_out_is_rejected_by_name_in_every_mode,
        an_iccid_is_unique_in_the_tenant_where_imports_are_strict,
    ],
    once: [
        the_first_thousand_rejected_lines_are_reported,
    ],
}

async fn a_file_creates_a_pool_or_extends_one(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let writer = &operator.writer;
    let created = send_csv(writer, IMPORT, carrier_file(0..3)).await.is(201);
    let report = created.json();
    assert_eq!(import_counts(&report), [3, 0, 0]);
    assert!(
        report["@odata.context"].as_str().expect("a context").ends_with("#esimpool.importReport")
    );
    let pool = pool_path(&report["pool"]);
    assert!(created.header("location").ends_with(&pool), "{}", created.header("location"));
    let stored = writer.get(&pool).await.is(200).json();
    assert_eq!(
        (&stored["displayName"], &stored["activationCodeCount"]),
        (&json!("smdp"), &json!(3))
    );
    assert_eq!(stored["modifiedDateTime"], report["pool"]["modifiedDateTime"]);
    let path = format!("{IMPORT}?displayName=Spring%202");
    let named = send_csv(writer, &path, carrier_file(10..12)).await;
    assert_eq!(named.is(201).json()["pool"]["displayName"], "Spring 2");

    let append = format!("{pool}/esimpool.import");
    let report = send_csv(writer, &append, carrier_file(1..6)).await.is(200).json();
    assert_eq!(import_counts(&report), [3, 2, 0]);
    assert_eq!(report["pool"]["activationCodeCount"], 6);
    assert_ne!(report["pool"]["modifiedDateTime"], stored["modifiedDateTime"]);
    assert_eq!(pooled_iccids(writer, &pool).await, (0..6).map(iccid).collect::<Vec<_>>());
    let again = send_csv(writer, &append, carrier_file(0..6)).await.is(200).json();
    assert_eq!(import_counts(&again), [0, 6, 0]);
    assert_eq!(again["pool"], report["pool"], "nothing was changed");
    // A code that occurs twice in one file is stored once.
    let twice = carrier_file(20..22) + &carrier_file(20..22).replace("smdp.example.com\n", "");
    assert_eq!(import_counts(&send_csv(writer, &append, twice).await.is(200).json()), [2, 2, 0]);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [8, 8, 0, 0, 0]);
    for device in 0..8 {
        operator.claim(&pool, &format!("device {device}")).await.is(201);
    }

    send_csv(writer, &format!("{POOLS}/none/esimpool.import"), carrier_file(0..1))
        .await
        .is_refused(404, "ResourceNotFound");
    let stranger = app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll);
    send_csv(&stranger, &append, carrier_file(0..1)).await.is_refused(404, "ResourceNotFound");
    let events = writer.get("/beta/deviceManagement/auditEvents").await.is(200).json();
    let count = |activity: &str| {
        let events = events["value"].as_array().expect("a list");
        events
            .iter()
            .filter(|it| it["activity"].as_str().is_some_and(|it| it.starts_with(activity)))
            .count()
    };
    assert_eq!((count("Import into a new pool"), count("Import into a pool")), (2, 2), "{events}");
    assert_eq!(count("Check an import"), 1, "the file that added nothing: {events}");
}

async fn a_file_is_stored_completely_or_not_at_all_unless_partial_is_allowed(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let file = carrier_file(0..2) + "12,MATCH-X\n" + &iccid(3) + ",MATCH-3\n";
    let refused = send_csv(&writer, IMPORT, file.clone()).await;
    let message = refused.is_refused(400, "ImportRejected");
    assert!(
        message.starts_with("1 line was rejected, and nothing was imported. Line 4, column 1: "),
        "{message}"
    );
    let refused = refused.json();
    assert_eq!((import_counts(&refused), &refused["pool"]), ([0, 0, 1], &Value::Null));
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");

    let report = send_csv(&writer, &format!("{IMPORT}?partial=true"), file.clone()).await.is(201);
    let report = report.json();
    assert_eq!(import_counts(&report), [3, 0, 1]);
    assert_eq!(report["rejected"], refused["rejected"]);
    let pool = pool_path(&report["pool"]);
    assert_eq!(pooled_iccids(&writer, &pool).await, [0, 1, 3].map(iccid));
    let append = format!("{pool}/esimpool.import");
    let refused = send_csv(&writer, &append, file.clone()).await;
    refused.is_refused(400, "ImportRejected");
    assert_eq!(import_counts(&refused.json()), [0, 3, 1]);
    assert_eq!(refused.json()["pool"]["activationCodeCount"], 3, "the pool as it is");
    let report = send_csv(&writer, &format!("{append}?partial=true"), file).await.is(200).json();
    assert_eq!(import_counts(&report), [0, 3, 1]);
    // A part that is nothing is not enough.
    let nothing = "smdp.example.com\n12,MATCH-X\n";
    for path in [IMPORT, &append] {
        let refused = send_csv(&writer, &format!("{path}?partial=true"), nothing).await;
        refused.is_refused(400, "ImportRejected");
    }
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "1");
}

async fn a_dry_run_reports_what_an_import_would_do_and_stores_nothing(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.writer();
    let file = carrier_file(0..2) + "12,MATCH-X\n";
    let report =
        send_csv(&writer, &format!("{IMPORT}?dryRun=true"), file.clone()).await.is(200).json();
    assert_eq!((import_counts(&report), &report["pool"]), ([2, 0, 1], &Value::Null));
    assert_eq!(writer.get(&format!("{POOLS}/$count")).await.text(), "0");
    let created = send_csv(&writer, IMPORT, carrier_file(0..1)).await.is(201).json();
    let pool = pool_path(&created["pool"]);
    let append = format!("{pool}/esimpool.import");
    let report =
        send_csv(&writer, &format!("{append}?dryRun=true"), file.clone()).await.is(200).json();
    assert_eq!(import_counts(&report), [1, 1, 1]);
    assert_eq!(report["pool"], created["pool"]);
    assert_eq!(pooled_iccids(&writer, &pool).await, [iccid(0)]);
    // What it said is what comes of it.
    let real = send_csv(&writer, &format!("{append}?partial=true"), file).await.is(200).json();
    assert_eq!(import_counts(&real), import_counts(&report));
    assert_eq!(real["rejected"], report["rejected"]);
}

async fn a_code_that_was_handed_out_is_rejected_by_name_in_every_mode(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let writer = &operator.writer;
    let pool = operator.pool(codes(3)).await;
    operator.claim(&pool, "phone").await.is(201);
    writer.delete(&pool).await.is(204);
    for mode in ["strict", "graph", "lenient"] {
        let path = format!("{IMPORT}?mode={mode}");
        let refused = send_csv(&app.importer(), &path, carrier_file(0..3)).await;
        refused.is_refused(400, "ImportRejected");
        assert_eq!(
            refused.json()["rejected"],
            json!([{
                "line": 2,
                "column": null,
                "value": iccid(0),
                "reason": "was handed out before: a device knows its secret",
                "hint": "leave the line out; no code is handed out twice",
            }])
        );
    }
    let report = send_csv(writer, &format!("{IMPORT}?partial=true"), carrier_file(0..3)).await;
    let report = report.is(201).json();
    assert_eq!(import_counts(&report), [2, 0, 1]);
    let pool = pool_path(&report["pool"]);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [2, 2, 0, 0, 0]);
    // Another tenant's ledger is its own.
    let stranger = app.tenant("fabrikam").caller(Permission::ConfigurationReadWriteAll);
    assert_eq!(
        import_counts(&send_csv(&stranger, IMPORT, carrier_file(0..3)).await.is(201).json()),
        [3, 0, 0]
    );
    // A code that was taken back and put back is as good as new.
    let claimed = operator.claim(&pool, "tablet").await.is(201).json();
    let released = json!({ "deviceStateId": claimed["deviceState"]["id"] });
    writer.post(&format!("{pool}/esimpool.release"), released).await.is(200);
    let code = json!({
        "integratedCircuitCardIdentifier": claimed["activationCode"]["integratedCircuitCardIdentifier"],
    });
    writer.post(&format!("{pool}/esimpool.reinstate"), code).await.is(200);
    writer.delete(&pool).await.is(204);
    assert_eq!(
        import_counts(&send_csv(writer, IMPORT, carrier_file(1..3)).await.is(201).json()),
        [2, 0, 0]
    );
}

async fn an_iccid_is_unique_in_the_tenant_where_imports_are_strict(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.importer();
    let first = send_csv(&writer, IMPORT, carrier_file(0..2)).await.is(201).json();
    let pool = pool_path(&first["pool"]);
    // The same code is known, and is not added to another pool.
    let again = send_csv(&writer, IMPORT, carrier_file(1..3)).await.is(201).json();
    assert_eq!(import_counts(&again), [1, 1, 0]);
    let reason = "exists in the tenant already with another secret";
    // The same ICCID with another secret is no duplicate.
    let other = format!("smdp.example.com\n{},OTHER\n", iccid(1));
    let append = format!("{pool}/esimpool.import");
    let refused = send_csv(&writer, &append, other.clone()).await;
    refused.is_refused(400, "ImportRejected");
    let rejected = &refused.json()["rejected"];
    assert_eq!((&rejected[0]["line"], &rejected[0]["value"]), (&json!(2), &json!(iccid(1))));
    assert_eq!(rejected[0]["reason"], reason);
    for path in [IMPORT, &append] {
        let taken = send_csv(&writer, &format!("{path}?mode=graph"), other.clone()).await.json();
        assert_eq!(import_counts(&taken), [1, 0, 0]);
    }
    let twice = format!("smdp.example.com\n{0},A\n{0},B\n{0},A\n", iccid(7));
    let taken = send_csv(&writer, &format!("{IMPORT}?mode=graph"), twice).await.is(201).json();
    assert_eq!(import_counts(&taken), [2, 1, 0]);
}

async fn the_first_thousand_rejected_lines_are_reported() {
    let app = TestApp::start(Engine::Sqlite).await;
    let writer = app.writer();
    let file = format!("smdp.example.com\n{}", "12,MATCH-1\n".repeat(5_000));
    let refused = send_csv(&writer, IMPORT, file).await;
    let message = refused.is_refused(400, "ImportRejected");
    assert!(message.starts_with("5000 lines were rejected, and nothing was imported. Line 2,"));
    let report = refused.json();
    assert_eq!(import_counts(&report), [0, 0, 5_000]);
    let lines: Vec<_> = report["rejected"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["line"].clone())
        .collect();
    assert_eq!(lines, (2..1_002).collect::<Vec<_>>());
}
