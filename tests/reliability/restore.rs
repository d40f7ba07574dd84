//! The drill after a restore: what was handed out after the backup does not go out again.

use std::collections::BTreeSet;

use esimpool::clock::Clock;
use serde_json::json;

use crate::support::audit::{activity_types, audit_entries};
use crate::support::bodies::eid;
use crate::support::commands::{said, text};
use crate::support::import::{IMPORT, pool_path, send_csv};
use crate::support::operator::{Operator, claimed_iccid, stock_counts};
use crate::support::process::program;
use crate::support::{Engine, TestApp, cases, code, iccid};

cases! {
    both: [codes_that_were_free_at_the_backup_are_put_aside_after_a_restore],
    once: [a_time_is_given_with_its_zone_and_is_not_in_the_future],
}

async fn codes_that_were_free_at_the_backup_are_put_aside_after_a_restore(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.pool((0..8).map(code).collect()).await;
    let bound = format!("ICCID,LPA,EID\n{},LPA:1$a.example.com$M,{}\n", iccid(50), eid(1));
    let bound = send_csv(&operator.writer, IMPORT, bound).await.is(201).json();
    let bound = pool_path(&bound["pool"]);
    for device in ["before", "before too"] {
        operator.claim(&pool, device).await.is(201);
    }
    let (folder, database) = app.stop().await;
    let backup = database.copy(folder.path()).await;
    let time = Clock::system().now().to_string();

    // Afterwards three devices get codes, before the database is lost.
    let app = TestApp::with(engine).start_on(folder, database).await.expect("it starts");
    let operator = Operator::of(&app);
    let mut handed_out = BTreeSet::new();
    for device in ["after", "after too", "after all"] {
        let given = operator.claim(&pool, device).await.is(201).json();
        handed_out.insert(claimed_iccid(&given).to_owned());
    }
    operator.claim_as(&bound, ["", &eid(1), ""]).await.is(201);
    let (folder, _lost) = app.stop().await;

    let quarantine = || {
        let mut command = program();
        command.args(["quarantine", "--free-at", &time]).current_dir(folder.path());
        command.env("ESIMPOOL__DATA_DIR", folder.path()).env("DATABASE_URL", &backup.url);
        let output = tokio::task::block_in_place(|| command.output().expect("the program runs"));
        assert!(output.status.success(), "{}", said(&output));
        text(&output.stdout)
    };
    let printed = quarantine();
    assert!(printed.contains("codes put in quarantine: 7, in pools: 2\n"), "{printed}");
    assert!(quarantine().contains("codes put in quarantine: 0, in pools: 0\n"));

    let app = TestApp::with(engine).start_on(folder, backup).await.expect("it starts");
    let operator = Operator::of(&app);
    assert_eq!(stock_counts(&operator.stock(&pool).await), [8, 0, 2, 6, 0]);
    let stock = operator.stock(&bound).await;
    assert_eq!((stock_counts(&stock), &stock["bound"]), ([1, 0, 0, 1, 0], &json!(0)));
    operator.claim(&pool, "new").await.is_refused(409, "NoFreeActivationCode");
    operator.claim_as(&bound, ["", &eid(1), ""]).await.is_refused(409, "NoFreeActivationCode");
    operator.claim(&pool, "before").await.is(200);
    let mut asked = json!({ "deviceName": "new" });
    asked["integratedCircuitCardIdentifier"] = iccid(7).into();
    let asked = operator.claimer.post(&format!("{pool}/esimpool.claim"), asked).await;
    let message = asked.is_refused(409, "ActivationCodeNotFree");
    assert!(message.contains("'quarantined'"), "{message}");
    let log = audit_entries(&app, "").await;
    let types = activity_types(&log);
    assert_eq!(types.iter().filter(|it| **it == "quarantine").count(), 2, "{types:?}");

    // The carrier says which codes no device has downloaded.
    for number in (0..8).filter(|number| !handed_out.contains(&iccid(*number))).skip(2) {
        let named = json!({ "integratedCircuitCardIdentifier": iccid(number) });
        operator.writer.post(&format!("{pool}/esimpool.reinstate"), named).await.is(200);
    }
    assert_eq!(stock_counts(&operator.stock(&pool).await), [8, 3, 2, 3, 0]);
    // The command may be run again: reinstated codes and new ones stay free.
    operator.writer.patch(&pool, json!({ "activationCodes": [code(20)] })).await.is(200);
    let mut command = program();
    command.args(["quarantine", "--free-at", &time]).current_dir(app.folder.path());
    command.env("ESIMPOOL__DATA_DIR", app.folder.path()).env("DATABASE_URL", &app.database.url);
    let output = tokio::task::block_in_place(|| command.output().expect("the program runs"));
    let printed = said(&output);
    assert!(printed.contains("codes put in quarantine: 0,"), "{printed}");
    assert!(printed.contains("added or reinstated later: 4\n"), "{printed}");
    for number in 0..4 {
        let given = operator.claim(&pool, &format!("new {number}")).await.is(201).json();
        assert!(!handed_out.contains(claimed_iccid(&given)), "{given}");
    }
    operator.claim(&pool, "one more").await.is_refused(409, "NoFreeActivationCode");
}

async fn a_time_is_given_with_its_zone_and_is_not_in_the_future() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (time, status, message) in [
        ("2026-01-01T00:00:00", 2, "with its zone"),
        ("yesterday", 2, "with its zone"),
        ("9000-01-01T00:00:00Z", 1, "in the future"),
        ("2026-01-01T00:00:00+01:00", 0, "codes put in quarantine: 0"),
    ] {
        let mut command = program();
        command.args(["quarantine", "--free-at", time]).current_dir(app.folder.path());
        command.env("ESIMPOOL__DATA_DIR", app.folder.path());
        command.env("DATABASE_URL", &app.database.url);
        let output = tokio::task::block_in_place(|| command.output().expect("the program runs"));
        assert_eq!(output.status.code(), Some(status), "{time}: {}", said(&output));
        assert!(said(&output).contains(message), "{time}: {}", said(&output));
    }
}
