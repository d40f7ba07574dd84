//! Codes of another inventory: used, bound to one device, or with a second secret.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::bodies::eid;
use crate::support::commands::{rotate, said};
use crate::support::import::{IMPORT, import_counts, pool_path, send_csv};
use crate::support::operator::{Operator, claimed_iccid, device_state_path, stock_counts};
use crate::support::{AUDIT_EVENTS, Engine, TestApp, cases, iccid};

cases! {
    both: [
        used_codes_enter_the_ledger_with_their_devices,
        one_secret_that_is_used_under_two_iccids_rejects_the_second_line,
        a_code_that_is_bound_to_an_eid_goes_to_it_alone_and_first,
        oid_flag_and_confirmation_code_come_back_letter_for_letter,
        what_a_file_says_of_known_codes_is_not_lost,
        many_codes_with_facts_are_stored_at_once,
        confirmation_codes_are_sealed_again_when_keys_are_rotated,
    ],
}

const EID: &str = "89049032123451234512345678901235";

async fn used_codes_enter_the_ledger_with_their_devices(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.import(include_str!("cases/used-codes.csv")).await;
    let export = operator.writer.get(&format!("{pool}/esimpool.export")).await.is(200).text();
    let line = export.lines().nth(1).expect("the used code");
    assert!(
        line.contains("installed,2026-01-02T00:00:00.0000000Z,Laptop 3,,,2026-01-02T00"),
        "{line}"
    );
    let states = operator.writer.get(&format!("{pool}/deviceStates")).await.is(200).json();
    assert_eq!(states["value"][0]["deviceName"], "Laptop 3");
    assert_eq!(states["value"][0]["state"], "installed");
    assert_eq!(states["value"].as_array().map(Vec::len), Some(1));
    // Nobody else gets it, in whatever way he asks for it.
    let used = "8944500102198304859";
    let refused = operator.claim_as(&pool, ["other", "", used]).await;
    refused.is_refused(409, "ActivationCodeNotFree");
    let given = operator.claim_as(&pool, ["other", "", ""]).await.is(201).json();
    assert_eq!(claimed_iccid(&given), "8944500102198304867");
    operator.claim_as(&pool, ["third", "", ""]).await.is_refused(409, "NoFreeActivationCode");
    let own = operator.claim_as(&pool, ["Laptop 3", "", ""]).await.is(200).json();
    assert_eq!(own["lpaString"], "LPA:1$smdp2.example.com$QR-0005");
    // The ledger has it: a list that is removed and imported again is recognised.
    operator.writer.delete(&pool).await.is(204);
    let plain = "smdp2.example.com\n8944500102198304859,QR-0005\n";
    send_csv(&operator.writer, IMPORT, plain).await.is_refused(400, "ImportRejected");
    // Every way to say it.
    let file = format!(
        "ICCID,LPA,Status,Device name,User,EID\n\
         {},LPA:1$a.example.com$M-1,In use,,,\n\
         {},LPA:1$a.example.com$M-2,,Laptop 5,ann,\n\
         {},LPA:1$a.example.com$M-3,,Laptop 5,,\n\
         {},LPA:1$a.example.com$M-4,Deleted,,,{EID}\n\
         {},LPA:1$a.example.com$M-5,available,Laptop 6,,\n",
        iccid(1),
        iccid(2),
        iccid(3),
        iccid(4),
        iccid(5),
    );
    let pool = operator.import(file).await;
    for number in 1..=5 {
        let refused = operator.claim_as(&pool, ["other", "", &iccid(number)]).await;
        refused.is_refused(409, "ActivationCodeNotFree");
    }
    operator.claim_as(&pool, ["other", "", ""]).await.is_refused(409, "NoFreeActivationCode");
    let own = operator.claim_as(&pool, ["Laptop 6", "", ""]).await.is(200).json();
    assert_eq!(
        (claimed_iccid(&own), &own["deviceState"]["state"]),
        (&*iccid(5), &json!("installing"))
    );
    let own = operator.claim_as(&pool, ["Laptop 5", "", ""]).await.is(200).json();
    assert_eq!((claimed_iccid(&own), &own["deviceState"]["userName"]), (&*iccid(2), &json!("ann")));
}

async fn one_secret_that_is_used_under_two_iccids_rejects_the_second_line(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let line =
        |number: usize, facts: &str| format!("{},M-1,a.example.com,{facts}\n", iccid(number));
    let file = [
        "ICCID,Matching ID,SM-DP+,Status,Device name\n".to_owned(),
        line(1, "installed,Laptop 1"),
        // The same line again is no second code.
        line(1, "installed,Laptop 1"),
        line(2, "installed,Laptop 2"),
        line(3, ","),
    ];
    for mode in ["lenient", "strict", "graph"] {
        let path = format!("{IMPORT}?mode={mode}&partial=true&dryRun=true");
        let report = send_csv(&operator.writer, &path, file.concat()).await.is(200).json();
        assert_eq!(import_counts(&report), [2, 1, 1], "{report}");
        assert_eq!(report["rejected"][0]["line"], 4, "{report}");
        let reason = report["rejected"][0]["reason"].as_str().expect("a reason");
        assert!(reason.contains("so is an earlier code of the file"), "{reason}");
    }
    let refused = send_csv(&operator.writer, IMPORT, file.concat()).await;
    refused.is_refused(400, "ImportRejected");
    let path = format!("{IMPORT}?partial=true");
    let report = send_csv(&operator.writer, &path, file.concat()).await.is(201).json();
    let stock = operator.stock(&pool_path(&report["pool"])).await;
    // The twin is not given to another device.
    assert_eq!(stock_counts(&stock), [2, 0, 1, 0, 1]);
}

async fn a_code_that_is_bound_to_an_eid_goes_to_it_alone_and_first(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let pool = operator.import(include_str!("cases/bound-to-eid.csv")).await;
    let bound = "8944500102198304826";
    let append = format!("{pool}/esimpool.import");
    let free = format!("smdp.example.com\n{},FREE-1\n{},FREE-2\n", iccid(1), iccid(2));
    for device in [["thief", "", ""], ["thief", &eid(7), ""]] {
        operator.claim_as(&pool, device).await.is_refused(409, "NoFreeActivationCode");
    }
    send_csv(&operator.writer, &append, free).await.is(200);
    for device in [["thief", "", bound], ["thief", &eid(7), bound]] {
        let message =
            operator.claim_as(&pool, device).await.is_refused(409, "CodeBoundToAnotherDevice");
        assert!(message.contains("bound to the EID of another device"), "{message}");
    }
    let listed = operator.writer.get(&format!("{pool}/esimpool.codes")).await.is(200);
    assert_eq!(listed.json()["value"][0]["boundToEid"], EID);
    let spaced = "8904 9032 1234 5123 4512 3456 7890 1235";
    let claimed = operator.claim_as(&pool, ["owner", spaced, ""]).await.is(201);
    let own = claimed.json();
    let lpa = "LPA:1$smdp.example.com$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746$1";
    assert_eq!((&own["lpaString"], &own["confirmationCode"]), (&json!(lpa), &json!("4711")));
    assert_eq!(own["links"]["windows"], lpa.replace("LPA:", "lpa:"));
    let carddata = lpa.replace(':', "%3A").replace('$', "%24");
    assert!(own["links"]["apple"].as_str().is_some_and(|link| link.ends_with(&carddata)));
    let state = device_state_path(&pool, &claimed);
    let windows = operator.claimer.get(&format!("{state}/esimpool.windows")).await.is(200).text();
    let sheet = operator.claimer.get(&format!("{pool}/esimpool.sheet")).await;
    for shown in [windows, sheet.is(200).text()] {
        assert!(shown.contains(lpa) && shown.contains("4711"), "{shown}");
    }
    // Once it is used, the device gets what others get.
    operator.writer.patch(&state, json!({ "state": "failed" })).await.is(200);
    let next = operator.claim_as(&pool, ["owner", EID, ""]).await.is(201).json();
    assert_eq!(claimed_iccid(&next), iccid(1));
}

async fn oid_flag_and_confirmation_code_come_back_letter_for_letter(engine: Engine) {
    const SECRET: &str = "CONFIRM-90125-AGAIN";
    const ID: &str = "04386-AGYFT-A74Y8-3F815";
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let file = include_str!("cases/confirmation-code-column.csv").replace("5751", SECRET);
    let pool = operator.import(file).await;
    let own = operator.claim_as(&pool, ["a", "", ""]).await.is(201).json();
    assert_eq!(own["confirmationCode"], SECRET);
    assert_eq!(own["lpaString"], "LPA:1$rsp.example.net$JQ-1AB2CD-3EF4GH5$$1");
    let pool = operator.import(include_str!("cases/confirmation-flag-empty-oid.csv")).await;
    let own = operator.claim_as(&pool, ["a", "", ""]).await.is(201).json();
    assert_eq!(own["lpaString"], "LPA:1$smdp.example.com$LBHW-0001$$1");
    // The examples of the specification, and parts in columns of their own.
    let codes = [
        format!("1$SMDP.GSMA.COM${ID}"),
        format!("1$SMDP.GSMA.COM${ID}2$$1"),
        format!("1$SMDP.GSMA.COM${ID}3$1.3.6.1.4.1.31746$1"),
        format!("1$SMDP.GSMA.COM${ID}4$1.3.6.1.4.1.31746"),
        "1$SMDP.GSMA.COM$$1.3.6.1.4.1.31746".to_owned(),
    ];
    let mut file = "ICCID,LPA,Matching ID,SM-DP+,OID,CC,Note\n".to_owned();
    for (number, code) in codes.iter().enumerate() {
        writeln!(file, "{},{code},,,,,note {number}", iccid(number)).expect("memory takes all");
    }
    writeln!(file, "{},,PART-1,smdp.gsma.com,1.3.6,,", iccid(5)).expect("memory takes all");
    writeln!(file, "{},,PART-2,smdp.gsma.com,1.3.6,{SECRET},", iccid(6)).expect("memory takes all");
    let pool = operator.import(file).await;
    let parts = ["1$smdp.gsma.com$PART-1$1.3.6", "1$smdp.gsma.com$PART-2$1.3.6$1"];
    for (number, code) in codes.iter().map(String::as_str).chain(parts).enumerate() {
        let device = format!("device {number}");
        let own = operator.claim_as(&pool, [&device, "", &iccid(number)]).await.is(201).json();
        assert_eq!(own["lpaString"], format!("LPA:{code}"));
        assert_eq!(own["confirmationCode"], if number == 6 { json!(SECRET) } else { Value::Null });
        let again = operator.claim_as(&pool, [&device, "", ""]).await.is(200).json();
        assert_eq!(again["confirmationCode"], own["confirmationCode"]);
    }
    let labelled = format!("{pool}/esimpool.codes?$filter=label eq 'note 3'");
    let found = operator.writer.get(&labelled).await.is(200).json();
    assert_eq!(found["value"][0]["integratedCircuitCardIdentifier"], iccid(3));
    // It is shown where the code is shown, and nowhere else.
    for path in [
        format!("{pool}/esimpool.codes"),
        format!("{pool}/esimpool.export"),
        format!("{pool}/deviceStates"),
        AUDIT_EVENTS.to_owned(),
    ] {
        assert!(!operator.writer.get(&path).await.is(200).text().contains(SECRET), "{path}");
    }
    let bytes = app.database.bytes().await;
    assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    let torn = format!("ICCID,LPA,OID\n{},1$a.example.com$M$1.2$1,1.3\n", iccid(9));
    let refused = send_csv(&operator.writer, IMPORT, torn).await;
    assert!(refused.is_refused(400, "ImportRejected").contains("says something else"));
    for (column, value, reason) in [
        ("OID", "1.2.x", "is not an object identifier"),
        ("Date", "01/02/2026", "is not a date that can be read unambiguously"),
    ] {
        let (head, code) = ("ICCID,Matching ID,SM-DP+,State", "M,a.example.com,used");
        let file = format!("{head},{column}\n{},{code},{value}\n", iccid(9));
        let message = send_csv(&operator.writer, IMPORT, file).await;
        let message = message.is_refused(400, "ImportRejected");
        assert!(message.contains(reason), "{message}");
    }
}

async fn what_a_file_says_of_known_codes_is_not_lost(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let importer = app.importer();
    let head = "ICCID,LPA,State,EID\n";
    let line = |rest: &str| format!("{},LPA:1$a.example.com$M,{rest}\n", iccid(1));
    for mode in ["strict", "graph", "lenient"] {
        let path = format!("{IMPORT}?mode={mode}");
        // Twice in one file, and not the same.
        for (one, other) in [("", "used,"), ("used,", ""), ("", &*format!(",{EID}"))] {
            let file = format!("{head}{}{}", line(one), line(other));
            let message = send_csv(&importer, &path, file).await.is_refused(400, "ImportRejected");
            assert!(message.contains("with another secret, state or device"), "{message}");
        }
        let twice = format!("{head}{0}{0}", line("used,"));
        let dry = send_csv(&importer, &format!("{path}&dryRun=true"), twice).await.is(200).json();
        assert_eq!(import_counts(&dry), [1, 1, 0]);
    }
    let pool = operator.import(format!("{head}{}", line(""))).await;
    let append = format!("{pool}/esimpool.import");
    for rest in ["used,", &*format!(",{EID}")] {
        let message = send_csv(&importer, &append, format!("{head}{}", line(rest))).await;
        let message = message.is_refused(400, "ImportRejected");
        assert!(message.contains("is in a pool already, and the file says"), "{message}");
    }
    let same = send_csv(&importer, &append, format!("{head}{}", line(""))).await.is(200).json();
    assert_eq!(import_counts(&same), [0, 1, 0]);
}

async fn many_codes_with_facts_are_stored_at_once(engine: Engine) {
    const MANY: usize = 6_000;
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    for (name, used) in [("plain", false), ("used", true)] {
        let mut file = "ICCID,Matching ID,SM-DP+,State,EID,CC,Label\n".to_owned();
        for number in 0..MANY {
            let number = if used { number + MANY } else { number };
            let state = if used && number % 2 == 0 { "installed" } else { "" };
            let bound = if number % 3 == 0 {
                eid(u32::try_from(number).expect("few"))
            } else {
                String::new()
            };
            writeln!(
                file,
                "{},M-{number},smdp.example.com,{state},{bound},CC-{number},{name}",
                iccid(number)
            )
            .expect("memory takes all");
        }
        let pool = operator.import(file).await;
        let count = |filter: &str| format!("{pool}/esimpool.codes/$count?$filter={filter}");
        let labelled = operator.writer.get(&count(&format!("label eq '{name}'"))).await.text();
        assert_eq!(labelled, MANY.to_string());
        let free = operator.writer.get(&count("state eq 'notEvaluated'")).await.text();
        assert_eq!(free, if used { MANY / 2 } else { MANY }.to_string());
        let number = if used { MANY + 3 } else { 3 };
        let own = eid(u32::try_from(number).expect("few"));
        let given = operator.claim_as(&pool, ["", &own, ""]).await.is(201).json();
        assert_eq!(
            (claimed_iccid(&given), &given["confirmationCode"]),
            (&*iccid(number), &json!(format!("CC-{number}")))
        );
        let given = operator.claim_as(&pool, ["anyone", "", ""]).await.is(201).json();
        let first = if used { MANY + 1 } else { 1 };
        assert_eq!(claimed_iccid(&given), iccid(first));
    }
}

async fn confirmation_codes_are_sealed_again_when_keys_are_rotated(engine: Engine) {
    const SEALED: &str =
        "select confirmation_code from activation_codes where confirmation_code is not null";
    let app = TestApp::start(engine).await;
    let pool = Operator::of(&app).import(include_str!("cases/bound-to-eid.csv")).await;
    let before = app.database.bytes_of(SEALED).await;
    assert_eq!(before.len(), 1);
    let output = rotate(&app, &[]);
    assert!(output.status.success(), "{}", said(&output));
    let after = app.database.bytes_of(SEALED).await;
    assert!(after.len() == 1 && after != before, "it was sealed again");
    let app = app.restart().await;
    let own = Operator::of(&app).claim_as(&pool, ["owner", EID, ""]).await.is(201).json();
    assert_eq!(own["confirmationCode"], "4711");
}
