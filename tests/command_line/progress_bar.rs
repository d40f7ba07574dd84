//! What a person sees on a terminal while a file is sent: `script` makes the terminal.

use std::process::{Command, Stdio};

use indicatif::HumanBytes;

use crate::support::commands::{command, data_file, is_installed};
use crate::support::import::carrier_file;
use crate::support::{Engine, TestApp, cases};

cases! {
    needs: missing_terminal,
    once: [a_bar_shows_how_much_of_a_file_was_sent],
}

fn missing_terminal() -> Option<&'static str> {
    (!is_installed("script")).then_some("no script of util-linux: apt-get install bsdutils")
}

async fn a_bar_shows_how_much_of_a_file_was_sent() {
    let app = TestApp::start(Engine::Sqlite).await;
    let codes = data_file(&app, "codes.csv", &carrier_file(0..20_000));
    let import = command(&app, &["import", &codes]);
    let line = format!("'{}' import '{codes}'", import.get_program().display());
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(app.folder.path()).stdin(Stdio::null());
    for (name, value) in import.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    script.env("TERM", "xterm");
    let output = tokio::task::block_in_place(|| script.output().expect("script is there"));
    let seen = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{seen}");
    let total = HumanBytes(carrier_file(0..20_000).len() as u64);
    assert!(seen.contains("sending [=") && seen.contains(&format!("/{total}")), "{seen:?}");
    // The bar was wiped away.
    let last = seen.trim_end().rsplit('\u{1b}').next().expect("an end");
    assert!(last.contains("imported 20,000 codes into smdp ("), "{seen:?}");
    assert!(last.contains("which now has 20,000") && !last.contains("sending"), "{seen:?}");
}
