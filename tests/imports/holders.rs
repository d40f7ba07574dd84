//! Codes that a file gives to somebody, and many who want them.

use std::collections::HashMap;
use std::fmt::Write as _;

use futures_util::future::join_all;

use crate::support::bodies::eid;
use crate::support::import::{IMPORT, pool_path, send_csv};
use crate::support::operator::{Operator, claimed_iccid};
use crate::support::{Engine, TestApp, cases, iccid};

cases! {
    both: [
        no_code_that_a_file_marks_used_or_bound_is_claimed_by_another_device,
    ],
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

async fn no_code_that_a_file_marks_used_or_bound_is_claimed_by_another_device(engine: Engine) {
    const CODES: usize = 40;
    const DEVICES: u32 = 12;
    for round in 0..9 {
        let app = TestApp::start(engine).await;
        let operator = Operator::of(&app);
        let mut dice = Dice(round * 7 + 1);
        let mut file = "ICCID,Matching ID,SM-DP+,State,Device,EID\n".to_owned();
        // To whom each code belongs that is not free: a name, or an EID; nobody if that is empty.
        let mut owners: HashMap<String, String> = HashMap::new();
        for number in 0..CODES {
            let device = u32::try_from(dice.roll(u64::from(DEVICES))).expect("few");
            let (name, own) = (format!("device {device}"), eid(device));
            let (state, by_name, by_eid) = match dice.roll(8) {
                0 => ("installed", "", ""),
                1 => ("used", name.as_str(), ""),
                2 => ("", name.as_str(), ""),
                3 => ("assigned", name.as_str(), own.as_str()),
                4 => ("deleted", "", own.as_str()),
                5 => ("", "", own.as_str()),
                6 => ("available", "", own.as_str()),
                _ => ("available", "", ""),
            };
            writeln!(
                file,
                "{},M-{number},smdp.example.com,{state},{by_name},{by_eid}",
                iccid(number)
            )
            .expect("memory takes all");
            if (state, by_name, by_eid) != ("available", "", "") {
                let owner = if by_eid.is_empty() { by_name } else { by_eid };
                owners.insert(iccid(number), owner.to_owned());
            }
        }
        let mode = ["strict", "graph", "lenient"][usize::try_from(round % 3).expect("few")];
        let report = send_csv(&operator.writer, &format!("{IMPORT}?mode={mode}"), file).await;
        let pool = pool_path(&report.is(201).json()["pool"]);
        let mut wishes = Vec::new();
        for _ in 0..120 {
            let device = u32::try_from(dice.roll(u64::from(DEVICES))).expect("few");
            let name = format!("device {device}");
            let own = if dice.roll(2) == 0 { eid(device) } else { String::new() };
            let wish = match dice.roll(2) {
                0 => iccid(usize::try_from(dice.roll(CODES as u64)).expect("few")),
                _ => String::new(),
            };
            wishes.push((device, name, own, wish));
        }
        let claims = wishes.iter().map(|(device, name, own, wish)| {
            let (operator, pool) = (&operator, &pool);
            async move { (*device, name, operator.claim_as(pool, [name, own, wish]).await) }
        });
        for (device, name, answer) in join_all(claims).await {
            if answer.status == 409 || answer.status == 404 {
                continue;
            }
            assert!(answer.status == 200 || answer.status == 201, "{}", answer.text());
            let given = claimed_iccid(&answer.json()).to_owned();
            if let Some(owner) = owners.get(&given) {
                // Name and EID are those of one device, whichever of them it tells.
                assert!(*owner == eid(device) || owner == name, "{given}: {owner}, {name}");
            }
        }
    }
}
