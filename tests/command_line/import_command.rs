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
        (&["--dry-run"][..], "nothing was stored; 2 codes would be imported\n"),
        (&[], "nothing was imported\n"),
    ] {
        let output = run(&app, &[&["import", &damaged], options].concat());
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stderr), "esimpool: 2 lines were rejected\n");
        let told = text(&output.stdout);
        assert!(told.starts_with(said), "{told}");
        let line = |number: &str| {
            let mut lines = told.lines().map(str::trim_start);
            lines.find(|line| line.starts_with(number)).expect("a line").to_owned()
        };
        assert!(line("line ").contains("what to do"), "{told}");
        let rounded = line("4 ");
        assert!(rounded.contains("rounded") && rounded.contains("open it as text"), "{told}");
        assert!(line("5 ").contains(&iccid(7)), "{told}");
        assert_eq!(told.contains("--partial"), options.is_empty(), "{told}");
        assert!(!told.contains("OTHER"), "a secret: {told}");
    }
    assert_eq!(development_pools(&app).await.len(), 1, "nothing was stored");
    let output = run(&app, &["import", &damaged, "--partial", "--pool", "Spring 'n more"]);
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
