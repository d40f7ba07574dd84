//! One tenant that takes all it can leaves others what they need.

use std::time::Duration;

use esimpool::auth::Permission;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::bodies::group;
use crate::support::database::execute;
use crate::support::{
    Actor, Answer, Database, EXAMPLE, Engine, POOLS, TestApp, bodies_left, cases, measured,
};

cases! {
    both: [
        stalled_bodies_of_a_tenant_cost_others_nothing,
        slow_reads_of_a_tenant_leave_connections_for_others,
    ],
}

/// More than anything here takes.
const LONG: Duration = Duration::from_secs(40);

/// Another tenant creates and reads, without being refused once.
async fn is_served(app: &TestApp, tenant: &str) {
    let other = app.tenant(tenant).caller(Permission::ConfigurationReadWriteAll);
    let requests = async {
        for _ in 0..5 {
            let created = other.post(POOLS, EXAMPLE).await.is(201);
            other.get(created.header("location")).await.is(200);
            other.get(&format!("{POOLS}/$count")).await.is(200);
        }
    };
    timeout(LONG, requests).await.expect("in time");
}

async fn stalled_bodies_of_a_tenant_cost_others_nothing(engine: Engine) {
    const BODY: usize = 2 << 20;

    let app = TestApp::with(engine)
        .set("limits.body_bytes", BODY)
        .set("limits.bodies_in_flight_bytes", 8 << 20)
        .start()
        .await;
    let head = format!(
        "POST {POOLS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {BODY}\r\n\r\n",
        app.writer_token(),
    );
    // Eight bodies of two megabytes, of which the last byte does not come.
    let mut stalled = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(app.addr).await.expect("a connection");
        let request = head.clone() + &" ".repeat(BODY - 1);
        stalled.push(tokio::spawn(async move {
            // What does not get memory is answered 503, and its connection is closed.
            drop(stream.write_all(request.as_bytes()).await);
            stream
        }));
    }
    let full = async {
        while bodies_left(&app).await > 3 << 20 {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, full).await.expect("they are received");
    is_served(&app, "fabrikam").await;
    let other = app.tenant("litware").caller(Permission::ConfigurationReadWriteAll);
    let large = " ".repeat(200_000) + EXAMPLE;
    other.post(POOLS, large.as_str()).await.is(201);
    assert!(bodies_left(&app).await < 7 << 20, "some are still there");
    for stream in stalled {
        drop(stream.await.expect("sent"));
    }
}

/// Makes reads of assignments take for ever.
async fn stop_reads_of_assignments(database: &Database) {
    execute(database, "alter table assignments rename to all_assignments").await;
    let view = match database.engine {
        Engine::Postgres => "select all_assignments.* from all_assignments, pg_sleep(3600)",
        Engine::Sqlite => {
            "select * from all_assignments
             where (with recursive counted (n) as (select 1 union all select n + 1 from counted)
                    select count(*) from counted) > 0"
        }
    };
    execute(database, &format!("create view assignments as {view}")).await;
}

fn get(actor: &Actor, path: &str) -> JoinHandle<Answer> {
    let (actor, path) = (actor.clone(), path.to_owned());
    tokio::spawn(async move { actor.get(&path).await })
}

async fn slow_reads_of_a_tenant_leave_connections_for_others(engine: Engine) {
    // Less than two seconds is what a share's waiting costs here; the reads themselves do not end.
    let app = TestApp::with(engine)
        .set("database.max_connections", 4)
        .set("database.acquire_timeout", 2)
        .set("database.read_timeout", 600)
        .start()
        .await;
    let writer = app.writer();
    let created = writer.post(POOLS, EXAMPLE).await.is(201);
    let assignments = format!("{}/assignments", created.header("location"));
    writer.post(&assignments, json!({ "target": group("a") })).await.is(201);
    stop_reads_of_assignments(&app.database).await;
    let slow: Vec<_> = (0..8).map(|_| get(&writer, &assignments)).collect();
    // A connection is left, but none for this tenant.
    let refused = async {
        let refusals = "share_refusals_total{resource=\"connections\"}";
        while measured(&app, refusals).await < 5 {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, refused).await.expect("no more than three run");
    is_served(&app, "fabrikam").await;
    assert_eq!(slow.iter().filter(|read| !read.is_finished()).count(), 3, "all of it meanwhile");
    slow.iter().for_each(JoinHandle::abort);
}
