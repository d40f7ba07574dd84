//! A pool that many devices drain while the server is killed again and again: each code goes out at
//! most once, none is lost, and all that is written of them agrees.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use esimpool::auth::{DevelopmentIssuer, Permission};
use esimpool::clock::Clock;
use reqwest::Method;
use serde_json::json;
use tokio::sync::watch;

use crate::support::app::{development_issuer, new_folder, token_request};
use crate::support::import::{IMPORT, carrier_file, send_csv};
use crate::support::operator::stock_counts;
use crate::support::process::Server;
use crate::support::{Actor, Answer, Database, Engine, POOLS, cases, codes};

cases! {
    both: [a_pool_of_twenty_thousand_codes_is_drained_once_though_the_server_dies_ten_times],
}

const CODES: u32 = 20_000;
const WORKERS: usize = 64;
const DEATHS: u32 = 10;

async fn a_pool_of_twenty_thousand_codes_is_drained_once_though_the_server_dies_ten_times(
    engine: Engine,
) {
    let folder = new_folder();
    let database = Database::create(engine, folder.path()).await;
    let issuer = development_issuer(folder.path());
    let token = |permission: Permission| {
        let request = token_request(DevelopmentIssuer::TENANT.into(), &[permission.name()]);
        issuer.token(&request, Clock::system().now())
    };
    let (write, claim) =
        (token(Permission::ConfigurationReadWriteAll), token(Permission::ActivationCodeClaimAll));

    let mut server = Server::start(folder.path(), &database.url);
    let writer = Actor::new(server.addr, Some(&write));
    let report = send_csv(&writer, IMPORT, carrier_file(0..CODES as usize)).await.is(201).json();
    let pool = format!("{POOLS}/{}", report["pool"]["id"].as_str().expect("an id"));

    let (place, places) = watch::channel(server.addr);
    let given = Arc::new(AtomicU32::new(0));
    let workers: Vec<_> = (0..WORKERS)
        .map(|number| {
            let path = format!("{pool}/esimpool.claim");
            tokio::spawn(drain(number, path, claim.clone(), places.clone(), given.clone()))
        })
        .collect();
    for death in 1..=DEATHS {
        while given.load(Ordering::Relaxed) < death * CODES / (DEATHS + 1) {
            tokio::task::yield_now().await;
        }
        server.kill();
        server = Server::start(folder.path(), &database.url);
        place.send_replace(server.addr);
    }
    let mut holders: HashMap<String, String> = HashMap::new();
    for worker in workers {
        for (device, iccid) in worker.await.expect("a worker") {
            if let Some(other) = holders.insert(iccid, device.clone()) {
                panic!("{device} and {other} have one code");
            }
        }
    }
    assert_eq!(holders.len(), CODES as usize, "a code was lost");

    let all = i64::from(CODES);
    let writer = Actor::new(server.addr, Some(&write));
    let stock = writer.get(&format!("{pool}/esimpool.stock")).await.is(200).json();
    assert_eq!(stock_counts(&stock), [all, 0, all, 0, 0]);
    let count = writer.get(&format!("{pool}/deviceStates/$count")).await.is(200).text();
    assert_eq!(count, CODES.to_string());
    for (what, expected) in [
        ("handouts", all),
        ("(select distinct fingerprint from handouts) as one", all),
        // Each code, its ledger entry and its device state name one another.
        (
            "handouts
             join activation_codes as code on code.tenant_id = handouts.tenant_id
               and code.pool_id = handouts.pool_id and code.position = handouts.code_position
               and code.id = handouts.code_id and code.fingerprint = handouts.fingerprint
             join device_states as device on device.tenant_id = handouts.tenant_id
               and device.pool_id = handouts.pool_id and device.id = handouts.device_state_id
               and device.handout_id = handouts.id
             where handouts.outcome = 2 and code.state = 2 and device.state = 2",
            all,
        ),
        // Each hand-out is in the log once; a repeated claim adds an entry of its own.
        ("audit_events where activity = 'claim'", all),
    ] {
        let found = database.number(&format!("select count(*) from {what}")).await;
        assert_eq!(found, expected, "{what}");
    }
    // Removed, and the same list uploaded again: not one of them goes out twice.
    writer.delete(&pool).await.is(204);
    let list = json!({ "displayName": "again", "activationCodes": codes(CODES as usize) });
    let again = writer.post(POOLS, list).await.is(201).header("location").to_owned();
    let stock = writer.get(&format!("{again}/esimpool.stock")).await.is(200).json();
    assert_eq!(stock_counts(&stock), [all, 0, 0, 0, all]);
    let claimer = Actor::new(server.addr, Some(&claim));
    let claims = (0..WORKERS).map(|number| {
        let body = json!({ "deviceName": format!("device {number}-0") });
        let (claimer, path) = (&claimer, format!("{again}/esimpool.claim"));
        async move { claimer.post(&path, body).await }
    });
    for answer in futures_util::future::join_all(claims).await {
        answer.is_refused(409, "ActivationCodesHandedOutElsewhere");
    }
    assert_eq!(database.number("select count(*) from handouts").await, all);
    assert_eq!(server.terminate(), 0, "a graceful end");
}

/// Claims for one device after another until there is nothing left, and says which got what. A
/// device whose answer was lost asks again, wherever the server is then.
async fn drain(
    number: usize,
    path: String,
    token: String,
    mut places: watch::Receiver<SocketAddr>,
    given: Arc<AtomicU32>,
) -> Vec<(String, String)> {
    let mut got = Vec::new();
    let mut claimer = Actor::new(*places.borrow_and_update(), Some(&token));
    for turn in 0.. {
        let device = format!("device {number}-{turn}");
        let answer = loop {
            let body = json!({ "deviceName": device });
            let asked = Answer::try_of(claimer.request(Method::POST, &path).json(&body)).await;
            match asked {
                // A server that has just come up may not have its database yet.
                Ok(answer) if answer.status.as_u16() == 503 => {}
                Ok(answer) => break answer,
                Err(_) => {
                    places.changed().await.expect("it comes back");
                    claimer = Actor::new(*places.borrow_and_update(), Some(&token));
                }
            }
        };
        match answer.status.as_u16() {
            200 | 201 => {
                let iccid = &answer.json()["activationCode"]["integratedCircuitCardIdentifier"];
                got.push((device, iccid.as_str().expect("an ICCID").to_owned()));
                given.fetch_add(1, Ordering::Relaxed);
            }
            _ => {
                answer.is_refused(409, "NoFreeActivationCode");
                break;
            }
        }
    }
    got
}
