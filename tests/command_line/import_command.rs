//! `esimpool import`.

use std::io::Write;
use std::net::SocketAddr;
use std::process::Stdio;

use crate::support::commands::{command, command_in, data_file, development_pools, run, text};
use crate::support::import::carrier_file;
use crate::support::{Engine, TestApp, cases, iccid, raw};

cases! {
    once: [
        a_file_is_imported_and_its_rejected_lines_are_shown_in_a_table,
        a_file_sent_again_is_no_mistake,
        a_file_may_be_read_from_a_pipe,
        a_busy_service_is_asked_again_under_the_same_key,
    ],
}

async fn a_file_is_imported_and_its_rejected_lines_are_shown_in_a_table() {
    let app = TestApp::start(Engine::Sqlite).await;
    let good = data_file(&app, "good.csv", &carrier_file(0..1200));
    let output = run(&app, &["import", &good]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("imported 1,200 codes into smdp ("), "{output:?}");
    assert_eq!(text(&output.stderr), "", "no bar where there is no terminal");

    let damaged = carrier_file(2000..2002) + "8.94E+18,MATCH-X\n" + &iccid(7) + ",OTHER\n";
    let damaged = data_file(&app, "damaged.csv", &damaged);
    for (options, said) in [
        (
            &["--dry-run"][..],
            "nothing was stored; 2 codes would be imported into a new pool named smdp\n",
        ),
        (&[], "nothing was imported\n"),
    ] {
        let output = run(&app, &[&["import", &damaged], options].concat());
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stderr), "esimpool: 2 lines were rejected\n");
        let told = text(&output.stdout);
        assert!(told.starts_with(said), "{told}");
        let after = |reason: &str| told.split(reason).nth(1).expect("a reason").to_owned();
        let rounded = after("1 line rejected: is a number that a spreadsheet has rounded");
        assert!(rounded.contains("open it as text"), "{told}");
        let row = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert!(rounded.lines().any(|line| row(line) == ["4", "1", "8.94E+18"]), "{told}");
        let other = after("1 line rejected: exists in the tenant already with another secret");
        assert!(other.lines().any(|line| row(line) == ["5", &iccid(7)]), "{told}");
        assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
        assert_eq!(told.contains("--partial"), options.is_empty(), "{told}");
        assert!(!told.contains("OTHER"), "a secret: {told}");
    }
    assert_eq!(development_pools(&app).await.len(), 1, "nothing was stored");
    let named = ["import", &damaged, "--partial", "--pool", "Spring 'n more"];
    let output = run(&app, &named);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    assert_eq!(
        text(&output.stderr),
        "esimpool: no pool is named 'Spring 'n more'; the nearest name is 'smdp'; to create it, add \
         --create\n"
    );
    let output = run(&app, &[&named[..], &["--create"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).starts_with("imported 2 codes into Spring 'n more ("));
    let output = run(&app, &["import", &damaged, "--mode", "graph", "--partial", "--pool", "smdp"]);
    let told = text(&output.stdout);
    assert!(
        told.starts_with("imported 3 codes into smdp (") && told.contains("now has 1,203"),
        "{told}"
    );
    assert_eq!(text(&output.stderr), "esimpool: 1 line was rejected\n");
}

async fn a_file_sent_again_is_no_mistake() {
    let app = TestApp::start(Engine::Sqlite).await;
    let file = data_file(&app, "codes.csv", &carrier_file(0..2000));
    assert!(run(&app, &["import", &file]).status.success());
    let pool = development_pools(&app).await.remove(0);
    let id = pool["id"].as_str().expect("an id");
    for options in [&[][..], &["--pool", "smdp"], &["--pool", "smdp", "--create"]] {
        let output = run(&app, &[&["import", &file], options].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(
            text(&output.stdout),
            "nothing was imported: every code is known\n2,000 lines: already in pool smdp\n"
        );
    }
    // A file that was wrong is undone; the pool stays.
    let wrong = data_file(&app, "wrong.csv", &carrier_file(5000..5003));
    let told = text(&run(&app, &["import", &wrong, "--pool", "smdp"]).stdout);
    let import = told.split("--undo ").nth(1).expect("how to undo it").trim().to_owned();
    let output = run(&app, &["import", "--undo", &import]);
    assert_eq!(
        text(&output.stdout),
        format!("removed 3 codes from smdp ({id}), which stays and has 2,000 codes\n")
    );
    let output = run(&app, &["import", "--undo", &import]);
    assert!(text(&output.stderr).contains("no code is of an import"), "{output:?}");
    let more = data_file(&app, "more.csv", &carrier_file(1000..2001));
    let output = run(&app, &["import", &more, "--pool", id, "--dry-run"]);
    assert_eq!(
        text(&output.stdout),
        format!(
            "nothing was stored; 1 code would be imported into smdp ({id}), which has 2,000\n\
             1,000 lines: already in pool smdp\n"
        )
    );
    assert_eq!(development_pools(&app).await.len(), 1);
}

async fn a_file_may_be_read_from_a_pipe() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut child = command(&app, &["import", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut pipe = child.stdin.take().expect("piped");
    let output = tokio::task::block_in_place(|| {
        pipe.write_all(carrier_file(0..30_000).as_bytes()).expect("it reads");
        drop(pipe);
        child.wait_with_output().expect("it ends")
    });
    assert!(text(&output.stdout).starts_with("imported 30,000 codes"), "{output:?}");
}

async fn a_busy_service_is_asked_again_under_the_same_key() {
    let app = TestApp::start(Engine::Sqlite).await;
    let codes = data_file(&app, "codes.csv", &carrier_file(0..3));
    // A service that is busy at first, and whose answer is then lost after it did its work.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    let real = app.addr;
    let between = std::thread::spawn(move || lossy(&listener, real));
    let output = tokio::task::block_in_place(|| {
        command_in(app.folder.path(), addr, &["import", &codes]).output().expect("the program runs")
    });
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("imported 3 codes"), "{output:?}");
    let said = text(&output.stderr);
    assert_eq!(said.matches("retrying").count(), 2, "{said}");
    let keys = between.join().expect("no panic");
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(development_pools(&app).await.len(), 1, "imported once");
}

/// Passes requests on, but answers the first import with 503 and loses the answer to the second.
/// Gives the keys that imports came with.
fn lossy(listener: &std::net::TcpListener, real: SocketAddr) -> Vec<String> {
    use std::io::Read;

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut keys = Vec::new();
    while keys.len() < 3 {
        let (mut client, _) = listener.accept().expect("a client");
        let mut request = Vec::new();
        let mut part = [0; 4096];
        let whole = |request: &[u8]| {
            let text = text(request);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
            let length = head.to_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length: ").and_then(|it| it.parse::<usize>().ok())
            });
            body.len() >= length.unwrap_or_default()
        };
        while !whole(&request) {
            let length = client.read(&mut part).expect("a request");
            request.extend_from_slice(&part[..length]);
        }
        let head = text(&request).to_lowercase();
        let key = head.lines().find_map(|line| line.strip_prefix("idempotency-key: "));
        keys.extend(key.map(str::to_owned));
        if key.is_some() && keys.len() == 1 {
            let busy = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\n\
                        Content-Length: 0\r\nConnection: close\r\n\r\n";
            client.write_all(busy.as_bytes()).expect("it listens");
            continue;
        }
        let request = text(&request).replacen("\r\n", "\r\nconnection: close\r\n", 1);
        let answer = runtime.block_on(raw(real, request.as_bytes()));
        if key.is_none() || keys.len() == 3 {
            client.write_all(answer.as_bytes()).expect("it listens");
        }
    }
    keys
}
