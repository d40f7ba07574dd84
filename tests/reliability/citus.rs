//! A database that Citus distributes over several servers, which crash, and of which one is added while
//! the service is in use.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use esimpool::auth::Permission;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{new_folder, tenant_id};
use crate::support::citus::{CitusCluster, missing};
use crate::support::database::execute;
use crate::support::everything::ask_for_everything;
use crate::support::operator::claimed_iccid;
use crate::support::plans::fill_tenant;
use crate::support::process::{Server, run};
use crate::support::{Actor, Answer, Database, Engine, POOLS, TestApp, cases, code};

cases! {
    needs: missing,
    postgres: [
        every_operation_is_served_by_a_distributed_database,
        tables_are_distributed_and_nodes_crash_while_servers_go_on,
    ],
}

async fn every_operation_is_served_by_a_distributed_database() {
    let cluster = CitusCluster::start().await;
    cluster.add_worker(1).await;
    let app = TestApp::with(Engine::Postgres);
    let app = app.start_on(new_folder(), cluster.database()).await.expect("it starts");
    fill_tenant(&app.database, &tenant_id("contoso").to_string(), 2, 200).await;
    distribute(&app.folder, &app.database);
    let app = app.restart().await;
    ask_for_everything(&app).await;
    app.stop().await;
    cluster.stop().await;
}

/// `esimpool migrate --distribute`. Returns what it said.
fn distribute(folder: &tempfile::TempDir, database: &Database) -> String {
    let folder = folder.path();
    let path = folder.to_str().expect("a path");
    let arguments =
        ["--data-dir", path, "--database-url", &database.url, "migrate", "--distribute"];
    let done = tokio::task::block_in_place(|| run(&arguments, folder));
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).expect("text")
}

/// Callers of several tenants, whose rows are on several nodes.
const TENANTS: usize = 8;
const CODES_OF_TENANT: usize = 80;
const CODES_OF_POOL: usize = 7;
/// What a caller may be told while a node is away.
const AWAY: [u16; 2] = [503, 504];

/// A caller of a tenant, who sends what is not acknowledged again, with its key.
#[derive(Clone)]
struct Caller {
    servers: Vec<Actor>,
    /// What was answered while a node was away.
    refusals: Arc<Mutex<Vec<String>>>,
}

impl Caller {
    fn refusals(&self) -> Vec<String> {
        self.refusals.lock().expect("no panic while it is locked").clone()
    }

    #[expect(clippy::disallowed_methods, reason = "a crashed node is back when it is back")]
    async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        for attempt in 0.. {
            let server = &self.servers[(attempt + key.len()) % self.servers.len()];
            let request = server.request(Method::POST, path).header("idempotency-key", key);
            let answer = Answer::of(request.json(body)).await;
            if !AWAY.contains(&answer.status.as_u16()) {
                return answer;
            }
            assert!(attempt < 200, "{}", answer.text());
            self.refusals.lock().expect("no panic while it is locked").push(answer.text());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        unreachable!("it ends by an answer")
    }

    /// Creates a pool of codes from a number on. Returns its path.
    async fn create(&self, numbers: std::ops::Range<usize>) -> String {
        let key = format!("create-{}", numbers.start);
        let codes: Vec<_> = numbers.map(code).collect();
        let body = json!({ "displayName": "pool", "activationCodes": codes });
        let pool = self.post(POOLS, &key, &body).await.is(201).json();
        format!("{POOLS}/{}", pool["id"].as_str().expect("an id"))
    }

    async fn claim(&self, pool: &str, device: &str) -> String {
        let body = json!({ "deviceName": device });
        let claim = format!("{pool}/esimpool.claim");
        let answer = self.post(&claim, device, &body).await.is(201).json();
        claimed_iccid(&answer).to_owned()
    }
}

async fn tables_are_distributed_and_nodes_crash_while_servers_go_on() {
    let cluster = CitusCluster::start().await;
    let (folder, database) = (new_folder(), cluster.database());
    // Time enough for a copy of all rows on a busy machine.
    let patient = [("ESIMPOOL__DATABASE__ACQUIRE_TIMEOUT", "60")];
    let servers = [0; 2].map(|_| Server::try_start(folder.path(), &database.url, &patient));
    let servers = servers.map(|server| server.expect("it starts"));
    let callers: Vec<_> = (1..=TENANTS).map(|tenant| caller(&folder, tenant, &servers)).collect();

    // Distributed while pools are created: no request is refused.
    let ended = Arc::new(AtomicBool::new(false));
    let creating: Vec<_> = callers
        .iter()
        .map(|caller| tokio::spawn(create_until(caller.clone(), 100_000, ended.clone())))
        .collect();
    let said = distribute(&folder, &database);
    assert!(said.contains("distributed 17 tables; 1 nodes"), "{said}");
    cluster.add_worker(1).await;
    let said = distribute(&folder, &database);
    assert!(said.contains("the tables are distributed; 2 nodes"), "{said}");
    let balance = "select rebalance_table_shards(shard_transfer_mode => 'force_logical')";
    execute(&database, balance).await;
    ended.store(true, Ordering::Relaxed);
    let mut created = 0;
    for task in creating {
        created += task.await.expect("all are created").len();
    }
    assert!(created >= TENANTS, "{created}");
    let nodes =
        "select count(distinct nodename) from citus_shards where table_name = 'pools'::regclass";
    assert_eq!(database.number(nodes).await, 2);
    for caller in &callers {
        assert_eq!(caller.refusals(), [""; 0], "refused during the distribution");
    }

    // 640 claims by two servers.
    let claims = callers.iter().map(async |caller| {
        let pool = caller.create(0..CODES_OF_TENANT).await;
        let claims = (0..CODES_OF_TENANT).map(|n| {
            let (caller, pool) = (caller.clone(), pool.clone());
            tokio::spawn(async move { caller.claim(&pool, &format!("device-{n}")).await })
        });
        let mut given = BTreeSet::new();
        for claim in claims.collect::<Vec<_>>() {
            given.insert(claim.await.expect("claimed"));
        }
        assert_eq!(given.len(), CODES_OF_TENANT);
    });
    futures_util::future::join_all(claims).await;

    let claimed = crashes(&cluster, &callers).await;
    check(&database).await;
    // Each change was sent until it was acknowledged.
    let stored = |table: &str| format!("select count(*) from {table}");
    let claims = TENANTS * CODES_OF_TENANT + claimed;
    assert_eq!(database.number(&stored("handouts")).await, i64::try_from(claims).expect("few"));
    let pools = created + TENANTS + claimed / CODES_OF_POOL;
    assert_eq!(database.number(&stored("pools")).await, i64::try_from(pools).expect("few"));
    for server in servers {
        assert_eq!(server.terminate(), 0);
    }
    cluster.stop().await;
}

fn caller(folder: &tempfile::TempDir, tenant: usize, servers: &[Server]) -> Caller {
    let tenant = Uuid::from_u128(tenant as u128).to_string();
    let arguments = [
        "--data-dir",
        folder.path().to_str().expect("a path"),
        "token",
        "--tenant",
        &tenant,
        "--permission",
        Permission::ConfigurationReadWriteAll.name(),
        "--permission",
        Permission::ActivationCodeClaimAll.name(),
    ];
    let token = tokio::task::block_in_place(|| run(&arguments, folder.path()));
    let token = String::from_utf8(token.stdout).expect("text").trim().to_owned();
    let servers = servers.iter().map(|server| Actor::new(server.addr, Some(&token))).collect();
    Caller { servers, refusals: Arc::default() }
}

/// Creates pools one after another. Returns their paths.
async fn create_until(caller: Caller, from: usize, ended: Arc<AtomicBool>) -> Vec<String> {
    let mut pools = Vec::new();
    let mut number = from;
    while pools.is_empty() || !ended.load(Ordering::Relaxed) {
        pools.push(caller.create(number..number + CODES_OF_POOL).await);
        number += CODES_OF_POOL;
    }
    pools
}

/// The coordinator and the workers crash in turn while pools are created and each of their codes is claimed. Returns how many
/// claims were acknowledged.
async fn crashes(cluster: &CitusCluster, callers: &[Caller]) -> usize {
    const CRASHES: usize = 6;
    let ended = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicUsize::new(0));
    let work = |(caller, lane): (&Caller, usize)| {
        let (caller, ended, done) = (caller.clone(), ended.clone(), done.clone());
        tokio::spawn(async move {
            let mut number = 200_000 + lane * 50_000;
            let mut given = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                let pool = caller.create(number..number + CODES_OF_POOL).await;
                for device in 0..CODES_OF_POOL {
                    given.push(caller.claim(&pool, &format!("device-{number}-{device}")).await);
                }
                number += CODES_OF_POOL;
                done.fetch_add(1, Ordering::Relaxed);
                let reader = &caller.servers[0];
                let stored = reader.get(&pool).await;
                if !AWAY.contains(&stored.status.as_u16()) {
                    assert_eq!(stored.is(200).json()["activationCodeCount"], CODES_OF_POOL);
                }
            }
            given
        })
    };
    let lanes: Vec<_> =
        callers.iter().zip(0..).chain(callers.iter().zip(100..)).map(work).collect();
    for crash in 0..CRASHES {
        let before = done.load(Ordering::Relaxed);
        while done.load(Ordering::Relaxed) < before + 8 {
            tokio::task::yield_now().await;
        }
        cluster.crash(crash % 3).await;
    }
    ended.store(true, Ordering::Relaxed);
    let mut claimed = 0;
    for lane in lanes {
        let given = lane.await.expect("it ends");
        let distinct: BTreeSet<_> = given.iter().collect();
        assert_eq!(distinct.len(), given.len(), "a code twice");
        claimed += given.len();
    }
    claimed
}

/// Nothing is half, twice or unaudited.
async fn check(database: &Database) {
    for (what, sql) in [
        (
            "half pools",
            "select count(*) from pools where code_count <>
               (select count(*) from activation_codes as code
                where code.tenant_id = pools.tenant_id and code.pool_id = pools.id)",
        ),
        (
            "codes given twice",
            "select count(*) from (select 1 from handouts
                                   group by tenant_id, fingerprint having count(*) > 1) as twice",
        ),
        (
            "hand-outs without a code",
            "select count(*) from handouts left join activation_codes as code
               on code.tenant_id = handouts.tenant_id and code.pool_id = handouts.pool_id
                  and code.position = handouts.code_position and code.state = 2
             where code.tenant_id is null",
        ),
        (
            "changes without an entry",
            "select (select count(*) from handouts) + (select count(*) from pools)
                    - (select count(*) from audit_events where activity in ('claim', 'createPool'))",
        ),
    ] {
        assert_eq!(database.number(sql).await, 0, "{what}");
    }
}
