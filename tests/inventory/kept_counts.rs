//! The kept counts of codes are what a count of all codes would give.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::support::bodies::eid;
use crate::support::import::{IMPORT, carrier_file, pool_path, send_csv};
use crate::support::operator::{Operator, stock_counts};
use crate::support::{Actor, Engine, POOLS, TestApp, cases, code, iccid};

cases! {
    both: [
        kept_counts_equal_a_full_count_after_any_sequence_of_operations,
        the_codes_of_a_large_file_are_counted,
        codes_that_a_file_calls_used_or_bound_are_counted_so,
    ],
    postgres: [a_code_that_is_locked_while_it_is_given_from_another_pool_is_counted_as_given],
}

/// Random numbers that are the same in each run (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).expect("below a usize")
    }

    fn of<'v, T>(&mut self, all: &'v [T]) -> &'v T {
        &all[self.below(all.len())]
    }
}

/// A code of one of two hosts. Some codes are of one secret, but of two ICCIDs.
fn some_code(random: &mut Random) -> Value {
    let number = random.below(60);
    let mut code = code(number);
    code["smdpPlusServerAddress"] = ["smdp.example.com", "OTHER.example.net"][number % 2].into();
    if random.below(5) == 0 {
        code["integratedCircuitCardIdentifier"] = iccid(1000 + number).into();
    }
    code
}

/// Different codes: a pool has none twice.
fn some_codes(random: &mut Random) -> Vec<Value> {
    let codes = (0..=random.below(20)).map(|_| some_code(random));
    let by_iccid = |code: Value| (code["integratedCircuitCardIdentifier"].to_string(), code);
    codes.map(by_iccid).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// A file of another inventory, some of whose codes are used or bound.
fn taken_over(random: &mut Random) -> String {
    let mut file = "ICCID,Matching ID,SM-DP+,State,Device name,EID\n".to_owned();
    let first = random.below(50);
    for number in first..first + 6 {
        let host = ["smdp.example.com", "OTHER.example.net"][number % 2];
        let facts = match random.below(3) {
            0 => format!("installed,device {},", random.below(15)),
            1 => format!(",,{}", eid(u32::try_from(number).expect("few"))),
            _ => ",,".to_owned(),
        };
        file.extend([
            &iccid(number),
            ",",
            &format!("MATCH-{number:06}"),
            ",",
            host,
            ",",
            &facts,
            "\n",
        ]);
    }
    file
}

/// The paths of everything in a collection.
async fn members(reader: &Actor, path: &str) -> Vec<String> {
    let page = reader.get(&format!("{path}?$top=999")).await.is(200).json();
    let values = page["value"].as_array().expect("a list");
    values.iter().map(|it| format!("{path}/{}", it["id"].as_str().expect("an id"))).collect()
}

/// An operation of a pool that changes codes, but adds none.
async fn change(operator: &Operator, pool: &str, [kind, device, number, state]: [usize; 4]) {
    const STATES: [&str; 7] =
        ["installing", "installed", "failed", "deleted", "error", "deleting", "removedByUser"];
    let Operator { writer, .. } = operator;
    let named = json!({ "integratedCircuitCardIdentifier": iccid(number) });
    let answer = match kind {
        0..4 => operator.claim(pool, &format!("device {device}")).await,
        4 => {
            let mut claim = named;
            claim["deviceName"] = format!("device {device}").into();
            if device % 2 == 0 {
                // It may be bound to it.
                claim["universalIntegratedCircuitCardIdentifier"] =
                    eid(u32::try_from(number).expect("few")).into();
            }
            operator.claimer.post(&format!("{pool}/esimpool.claim"), claim).await
        }
        5 => writer.post(&format!("{pool}/esimpool.release"), named).await,
        6..8 => writer.post(&format!("{pool}/esimpool.reinstate"), named).await,
        _ => {
            let states = members(writer, &format!("{pool}/deviceStates")).await;
            let Some(path) = states.get(device % states.len().max(1)) else { return };
            if kind == 8 {
                writer.delete(path).await
            } else {
                writer.patch(path, json!({ "state": STATES[state] })).await
            }
        }
    };
    assert!(answer.status.as_u16() < 500, "{kind}: {}", answer.text());
}

fn changes(random: &mut Random) -> [usize; 4] {
    let number = random.below(60) + 1000 * (random.below(5) / 4);
    [random.below(11), random.below(15), number, random.below(7)]
}

/// The counts by state and by host, of the list of all codes.
fn counted(codes: &[Value]) -> (BTreeMap<String, i64>, BTreeMap<String, [i64; 2]>) {
    let (mut states, mut hosts) = (BTreeMap::new(), BTreeMap::<_, [i64; 2]>::new());
    for code in codes {
        let state = code["state"].as_str().expect("a state");
        *states.entry(state.to_owned()).or_default() += 1;
        let host = code["smdpPlusServerAddress"].as_str().expect("a host").to_lowercase();
        let host = hosts.entry(host).or_default();
        host[0] += 1;
        host[1] += i64::from(state == "notEvaluated" && code["boundToEid"].is_null());
    }
    (states, hosts)
}

/// The same as the stock has it.
fn kept(stock: &Value) -> (BTreeMap<String, i64>, BTreeMap<String, [i64; 2]>) {
    let list = |name: &str| stock[name].as_array().expect("a list").clone();
    let number = |value: &Value| value.as_i64().expect("a number");
    let states = list("byState").into_iter().filter(|it| it["count"] != 0);
    let states =
        states.map(|it| (it["state"].as_str().expect("a state").to_owned(), number(&it["count"])));
    let hosts = list("byOperator").into_iter().map(|it| {
        let host = it["smdpPlusServerAddress"].as_str().expect("a host").to_owned();
        (host, [number(&it["total"]), number(&it["free"])])
    });
    (states.collect(), hosts.collect())
}

async fn compare(operator: &Operator, step: usize) {
    let mut all = Vec::new();
    for pool in members(&operator.writer, POOLS).await {
        let codes = operator.writer.get(&format!("{pool}/esimpool.codes?$top=999")).await;
        let codes = codes.is(200).json()["value"].as_array().expect("a list").clone();
        assert_eq!(kept(&operator.stock(&pool).await), counted(&codes), "{pool} at step {step}");
        all.extend(codes);
    }
    let stock = operator.writer.get(&format!("{POOLS}/esimpool.stock")).await.is(200).json();
    assert_eq!(kept(&stock), counted(&all), "all pools at step {step}");
}

async fn kept_counts_equal_a_full_count_after_any_sequence_of_operations(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let random = &mut Random(13);
    operator.pool(some_codes(random)).await;
    for step in 0..160 {
        let pools = members(&operator.writer, POOLS).await;
        let pool = random.of(&pools).clone();
        match random.below(12) {
            0 if pools.len() < 6 => drop(operator.pool(some_codes(random)).await),
            1 if pools.len() > 2 => drop(operator.writer.delete(&pool).await.is(204)),
            2 => {
                let more = json!({ "activationCodes": some_codes(random) });
                operator.writer.patch(&pool, more).await.is(200);
            }
            3 => {
                let first = random.below(50);
                let path = format!("{pool}/esimpool.import?mode=lenient&partial=true");
                send_csv(&operator.writer, &path, carrier_file(first..first + 5)).await;
                let path = format!("{IMPORT}?mode=lenient&partial=true&displayName=Taken%20over");
                if pools.len() < 6 {
                    let answer = send_csv(&operator.writer, &path, taken_over(random)).await;
                    assert!(answer.status.as_u16() < 500, "{}", answer.text());
                }
            }
            4..6 => {
                // At once, in all pools.
                let all: Vec<_> =
                    (0..12).map(|_| (random.of(&pools).clone(), changes(random))).collect();
                join_all(all.iter().map(|(pool, what)| change(&operator, pool, *what))).await;
            }
            _ => change(&operator, &pool, changes(random)).await,
        }
        if step % 4 == 3 {
            compare(&operator, step).await;
        }
    }
}

async fn the_codes_of_a_large_file_are_counted(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let path = format!("{IMPORT}?mode=graph&displayName=Large");
    let report = send_csv(&operator.writer, &path, carrier_file(0..5000)).await.is(201).json();
    let pool = format!("{POOLS}/{}", report["pool"]["id"].as_str().expect("an id"));
    assert_eq!(stock_counts(&operator.stock(&pool).await), [5000, 5000, 0, 0, 0]);
    let path = format!("{pool}/esimpool.import?mode=graph");
    send_csv(&operator.writer, &path, carrier_file(4990..5010)).await.is(200);
    // So many claims that their entries are folded.
    for round in 0..4 {
        let claims = (0..50).map(|n| {
            let (operator, pool) = (&operator, &pool);
            async move { operator.claim(pool, &format!("{round} {n}")).await.is(201) }
        });
        join_all(claims).await;
    }
    for n in 0..70 {
        operator.claim(&pool, &format!("one by one {n}")).await.is(201);
    }
    let entries = app.database.number("select count(*) from stock_entries").await;
    assert!(entries < 140, "{entries} entries were not folded");
    assert_eq!(stock_counts(&operator.stock(&pool).await), [5010, 4740, 270, 0, 0]);
    operator.writer.delete(&pool).await.is(204);
    assert_eq!(app.database.number("select count(*) from stock_entries").await, 0);
}

async fn codes_that_a_file_calls_used_or_bound_are_counted_so(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let other = operator.pool((1..4).map(code).collect()).await;
    let line = |number: usize, iccid: &str, facts: &str| {
        format!("{iccid},MATCH-{number:06},smdp.example.com,{facts}\n")
    };
    let [second, fourth] = [2, 4].map(eid);
    let file = [
        "ICCID,Matching ID,SM-DP+,State,Device name,EID\n".to_owned(),
        line(1, &iccid(1), "installed,Laptop,"),
        // The same secret under two ICCIDs.
        line(1, &iccid(9), ",,"),
        line(6, &iccid(6), &format!(",,{second}")),
        line(4, &iccid(4), &format!(",,{fourth}")),
        line(5, &iccid(5), ",,"),
    ];
    let path = format!("{IMPORT}?mode=lenient&displayName=Other");
    let report = send_csv(&operator.writer, &path, file.concat()).await.is(201).json();
    let pool = pool_path(&report["pool"]);
    let bound = |stock: &Value| stock["bound"].as_i64().expect("a number");
    let stock = operator.stock(&pool).await;
    assert_eq!((stock_counts(&stock), bound(&stock)), ([5, 1, 1, 0, 1], 2), "{stock}");
    assert_eq!(stock["byState"][0], json!({ "state": "notEvaluated", "count": 3 }));
    assert_eq!(stock["byOperator"][0]["free"], 1);
    assert_eq!(stock_counts(&operator.stock(&other).await), [3, 2, 0, 0, 1]);
    // A bound code is no reserve: the stock is low when the last other one is gone.
    operator.claim(&pool, "a").await.is(201);
    let stock = operator.stock(&pool).await;
    assert_eq!((stock_counts(&stock)[1], bound(&stock)), (0, 2));
    operator.claim(&pool, "b").await.is_refused(409, "ActivationCodesHandedOutElsewhere");
    let metrics = Actor::new(app.admin_addr, None).get("/metrics").await.is(200).text();
    for line in [
        "esimpool_codes{state=\"notEvaluated\"} 2",
        "esimpool_codes{state=\"bound\"} 2",
        "esimpool_codes{state=\"handedOutElsewhere\"} 2",
        "esimpool_pools_empty 1",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}: {metrics}");
    }
    for eid in [&second, &fourth] {
        operator.claim_as(&pool, ["", eid, ""]).await.is(201);
    }
    let stock = operator.stock(&pool).await;
    assert_eq!((stock_counts(&stock), bound(&stock)), ([5, 0, 4, 0, 1], 0));
    assert_eq!(stock_counts(&operator.stock(&other).await), [3, 2, 0, 0, 1]);
}

async fn a_code_that_is_locked_while_it_is_given_from_another_pool_is_counted_as_given() {
    let app = TestApp::start(Engine::Postgres).await;
    let operator = Operator::of(&app);
    let [pool, other] = [operator.pool(vec![code(1)]).await, operator.pool(vec![code(1)]).await];
    // As by a claim that is refused in the end.
    let mut connection = PgConnection::connect(&app.database.url).await.expect("a connection");
    let mut lock = connection.begin().await.expect("a transaction");
    let id = other.rsplit('/').next().expect("an id");
    let row = format!("select * from activation_codes where pool_id = '{id}' for update");
    lock.execute(AssertSqlSafe(row)).await.expect("locked");
    let claim = async { operator.claim(&pool, "phone").await.is(201) };
    let unlock = async {
        while app.database.waiting_for_locks().await == 0 {
            tokio::task::yield_now().await;
        }
        lock.rollback().await.expect("unlocked");
    };
    join(claim, unlock).await;
    assert_eq!(stock_counts(&operator.stock(&other).await), [1, 0, 0, 0, 1]);
}
