//! Files whose codes are stored already: sent again, by whatever has become of the codes since.

use serde_json::{Value, json};

use crate::support::bodies::eid;
use crate::support::import::{IMPORT, carrier_file, import_counts, pool_path, send_csv};
use crate::support::operator::{Operator, claimed_iccid, device_state_path, stock_counts};
use crate::support::{Engine, POOLS, TestApp, cases, iccid};

cases! {
    both: [
        a_file_sent_again_after_codes_of_it_were_handed_out_is_no_mistake,
        a_file_of_known_codes_creates_no_pool,
        a_code_that_another_pool_has_otherwise_is_rejected,
        equal_reasons_are_counted_together,
        what_a_file_says_of_the_use_of_a_code_that_is_not_used_is_not_lost,
    ],
}

/// The groups of a report: outcome, reason, count, first line.
fn groups(report: &Value) -> Vec<(String, String, i64, Option<i64>)> {
    let group = |it: &Value| {
        let text = |name: &str| it[name].as_str().expect("a text").to_owned();
        let count = it["count"].as_i64().expect("a number");
        (text("outcome"), text("reason"), count, it["firstLine"].as_i64())
    };
    report["groups"].as_array().expect("a list").iter().map(group).collect()
}

fn known(reason: &str, count: i64, first_line: Option<i64>) -> (String, String, i64, Option<i64>) {
    ("known".to_owned(), reason.to_owned(), count, first_line)
}

async fn a_file_sent_again_after_codes_of_it_were_handed_out_is_no_mistake(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let importer = app.importer();
    for (number, mode) in ["strict", "graph", "lenient"].into_iter().enumerate() {
        let numbers = number * 10..number * 10 + 6;
        let path = format!("{IMPORT}?mode={mode}&displayName={mode}");
        let report = send_csv(&importer, &path, carrier_file(numbers.clone())).await;
        let report = report.is(201).json();
        let pool = pool_path(&report["pool"]);
        // One is installed, one is installing, one failed, one is quarantined, two are free.
        let mut states = Vec::new();
        for device in 0..4 {
            let claimed = operator.claim(&pool, &format!("device {device}")).await.is(201);
            states.push(device_state_path(&pool, &claimed));
        }
        operator.writer.patch(&states[0], json!({ "state": "installed" })).await.is(200);
        operator.writer.patch(&states[2], json!({ "state": "failed" })).await.is(200);
        let last = states[3].rsplit('/').next().expect("an id");
        let release = json!({ "deviceStateId": last });
        operator.writer.post(&format!("{pool}/esimpool.release"), release).await.is(200);
        let stock = operator.stock(&pool).await;

        let append = format!("{pool}/esimpool.import?mode={mode}");
        let again =
            send_csv(&importer, &append, carrier_file(numbers.clone())).await.is(200).json();
        assert_eq!((import_counts(&again), &again["handedOutCount"]), ([0, 6, 0], &json!(4)));
        let reason = format!("already in pool {mode}");
        assert_eq!(groups(&again), [known(&reason, 6, Some(2))]);
        assert_eq!(again["groups"][0]["poolId"], report["pool"]["id"]);
        // Without permission to claim, it is not told which lines are known.
        let report = send_csv(&operator.writer, &append, carrier_file(numbers.clone())).await;
        assert_eq!(groups(&report.is(200).json()), [known(&reason, 6, None)]);
        let more = carrier_file(numbers.start..numbers.end + 1);
        let more = send_csv(&importer, &append, more).await.is(200).json();
        assert_eq!(import_counts(&more), [1, 6, 0]);
        let added = operator.stock(&pool).await;
        assert_eq!(stock_counts(&added)[1], stock_counts(&stock)[1] + 1);
        // The same ICCID with another secret is another code.
        let other = format!("smdp.example.com\n{},OTHER\n", iccid(numbers.start));
        let other = send_csv(&importer, &append, other).await;
        if mode == "strict" {
            other.is_refused(400, "ImportRejected");
            let reason = "exists in the tenant already with another secret";
            assert_eq!(other.json()["rejected"][0]["reason"], reason);
        } else {
            assert_eq!(import_counts(&other.is(200).json()), [1, 0, 0]);
        }
    }
}

async fn a_file_of_known_codes_creates_no_pool(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let importer = app.importer();
    let pool = operator.import(carrier_file(0..3)).await;
    operator.import("other.example.com\n8944500102198304826,OTHER\n").await;
    operator.claim(&pool, "phone").await.is(201);
    let file = carrier_file(0..3) + "8944500102198304826,MATCH,other.example.com\n";
    let file = file.replace("MATCH,other", "OTHER,other");
    let file = file.replacen("smdp.example.com\n", "ICCID,Matching ID,SM-DP+\n", 1);
    let file: String = file
        .lines()
        .map(|line| {
            if line.contains("MATCH-") {
                format!("{line},smdp.example.com\n")
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    for dry in [true, false] {
        let report = send_csv(&importer, &format!("{IMPORT}?dryRun={dry}"), file.clone()).await;
        let report = report.is(200).json();
        assert_eq!((import_counts(&report), &report["pool"]), ([0, 4, 0], &Value::Null));
        assert_eq!(
            groups(&report),
            [known("already in pool smdp", 3, Some(2)), known("already in pool other", 1, Some(5)),]
        );
    }
    assert_eq!(operator.writer.get(&format!("{POOLS}/$count")).await.text(), "2");
    // A dry run names the pool that would be created.
    let dry = format!("{IMPORT}?dryRun=true");
    let dry = send_csv(&importer, &dry, carrier_file(2..4)).await.is(200).json();
    assert_eq!((import_counts(&dry), &dry["poolDisplayName"]), ([1, 1, 0], &json!("smdp")));
    // Only codes that are in no pool are taken.
    let report = send_csv(&importer, IMPORT, carrier_file(2..4)).await.is(201).json();
    assert_eq!(import_counts(&report), [1, 1, 0]);
    assert_eq!(report["pool"]["activationCodeCount"], 1);
    // Once the pool is gone, the ledger still has the code.
    operator.writer.delete(&pool).await.is(204);
    send_csv(&importer, IMPORT, carrier_file(0..2)).await.is_refused(400, "ImportRejected");
}

async fn a_code_that_another_pool_has_otherwise_is_rejected(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let importer = app.importer();
    let line = |number: usize, bound: &str| {
        format!("{},LPA:1$a.example.com$M-{number},{bound}\n", iccid(number))
    };
    let file = |number, bound: &str| format!("ICCID,LPA,EID\n{}", line(number, bound));
    operator.import(file(1, &eid(1))).await;
    operator.import(file(2, "")).await;
    for mode in ["graph", "lenient"] {
        let path = format!("{IMPORT}?mode={mode}");
        for (number, bound, reason) in [
            // It would go to any device.
            (1, String::new(), "is in another pool already, bound to the EID of one device"),
            (1, eid(2), "is in a pool already, and the file says"),
            // Any device could get it from the other pool.
            (2, eid(2), "is in a pool already, and the file says"),
        ] {
            let refused = send_csv(&importer, &path, file(number, &bound)).await;
            let message = refused.is_refused(400, "ImportRejected");
            assert!(message.contains(reason), "{message}");
        }
        // Where ICCIDs need not be unique, a code may be in several pools.
        for (number, bound) in [(1, eid(1)), (2, String::new())] {
            let twin = send_csv(&importer, &path, file(number, &bound)).await.is(201).json();
            assert_eq!(import_counts(&twin), [1, 0, 0]);
            let twin = pool_path(&twin["pool"]);
            if number == 1 {
                let other = operator.claim_as(&twin, ["thief", &eid(7), ""]).await;
                other.is_refused(409, "NoFreeActivationCode");
            }
        }
    }
    // Where they are, it is known, or what the file says of it would be lost.
    for (number, bound) in [(1, String::new()), (1, eid(1)), (2, String::new())] {
        let report = send_csv(&importer, IMPORT, file(number, &bound)).await.is(200).json();
        assert_eq!(import_counts(&report), [0, 1, 0]);
    }
    send_csv(&importer, IMPORT, file(2, &eid(2))).await.is_refused(400, "ImportRejected");
    let pools = operator.writer.get(&format!("{POOLS}?$filter=displayName eq 'a'")).await.json();
    let first = pool_path(&pools["value"][0]);
    let own = operator.claim_as(&first, ["owner", &eid(1), ""]).await;
    assert_eq!(claimed_iccid(&own.is(201).json()), iccid(1));
}

async fn equal_reasons_are_counted_together(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    operator.import(carrier_file(0..2_000)).await;
    let bad =
        "12,MATCH-1\n".repeat(1_500) + "8.94E+18,MATCH-2\n" + &carrier_file(5_000..5_001)[17..];
    let file = carrier_file(0..2_000) + &bad + &format!("{},OTHER\n", iccid(7));
    let refused =
        send_csv(&app.importer(), IMPORT, file.clone() + &carrier_file(5_000..5_001)[17..]).await;
    let message = refused.is_refused(400, "ImportRejected");
    assert!(message.starts_with("1,502 lines were rejected") || message.starts_with("1502 lines"));
    let groups_of = |report: &Value| -> Vec<_> {
        groups(report).into_iter().map(|(outcome, _, count, line)| (outcome, count, line)).collect()
    };
    let group = |outcome: &str, count, line| (outcome.to_owned(), count, line);
    let report = refused.json();
    assert_eq!(
        groups_of(&report),
        [
            group("known", 2_000, Some(2)),
            group("known", 1, None),
            group("rejected", 1_500, Some(2_002)),
            group("rejected", 1, Some(3_502)),
            group("rejected", 1, Some(3_504)),
        ],
        "{}",
        report["groups"]
    );
    // Who may not claim is told no line that was compared with stored codes.
    let refused = send_csv(&operator.writer, IMPORT, file).await;
    refused.is_refused(400, "ImportRejected");
    assert_eq!(
        groups_of(&refused.json()),
        [
            group("known", 2_000, None),
            group("rejected", 1_500, Some(2_002)),
            group("rejected", 1, None),
            group("rejected", 1, Some(3_502)),
        ]
    );
}

async fn what_a_file_says_of_the_use_of_a_code_that_is_not_used_is_not_lost(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let importer = app.importer();
    let head = "ICCID,LPA,State,EID,User,Activated on\n";
    let line = |rest: &str| format!("{},LPA:1$a.example.com$M,{rest}\n", iccid(1));
    let bound = eid(1);
    for rest in [",,ann,", "available,,ann,", ",,,2026-01-02", &format!(",{bound},ann,")] {
        let refused = send_csv(&importer, IMPORT, format!("{head}{}", line(rest))).await;
        let message = refused.is_refused(400, "ImportRejected");
        assert!(message.contains("does not say that it is used"), "{rest}: {message}");
        assert!(!message.contains("ann"), "{message}");
    }
    let path = format!("{IMPORT}?ignoreColumns=User,Activated on");
    let file = format!("{head}{}", line("available,,ann,2026-01-02"));
    let report = send_csv(&importer, &path, file).await.is(201).json();
    operator.claim(&pool_path(&report["pool"]), "phone").await.is(201);
}
