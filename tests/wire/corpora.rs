//! What fuzzing has found, or begins with, breaks no promise.

use std::fs;

use crate::support::cases;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

cases! {
    once: [every_input_of_the_corpora_is_read_or_refused],
}

async fn every_input_of_the_corpora_is_read_or_refused() {
    let corpora = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus");
    // Some of them start a runtime of their own.
    let read = move || {
        for (name, target) in targets::TARGETS {
            let folder = fs::read_dir(format!("{corpora}/{name}")).expect("a corpus");
            let inputs: Vec<_> = folder.flatten().map(|entry| entry.path()).collect();
            assert!(!inputs.is_empty(), "{name} is empty");
            for input in inputs {
                target(&fs::read(&input).expect("readable"));
            }
        }
    };
    tokio::task::spawn_blocking(read).await.expect("no promise is broken");
}
