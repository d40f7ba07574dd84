//! Memory is given back after a peak.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::support::process::{Server, memory, peak_memory, token};
use crate::support::{Actor, POOLS, cases, codes};

cases! {
    once: [memory_is_returned_to_the_system_after_a_peak],
}

/// A peak that no allocator keeps in caches by design.
const MIN_PEAK: u64 = 128 * 1024 * 1024;

#[expect(clippy::disallowed_methods, reason = "the allocator tells nobody when it is done")]
async fn memory_is_returned_to_the_system_after_a_peak() {
    let folder = crate::support::app::new_folder();
    let url = format!("sqlite://{}/esimpool.db", folder.path().display());
    // On a busy machine the writers wait long for each other.
    let patient = [("ESIMPOOL__DATABASE__ACQUIRE_TIMEOUT", "120")];
    let server = Server::try_start(folder.path(), &url, &patient).expect("it starts");
    let token = token(folder.path(), "DeviceManagementConfiguration.ReadWrite.All");
    let writer = Actor::new(server.addr, Some(&token));
    let body = json!({ "displayName": "large", "activationCodes": codes(20_000) }).to_string();
    let peak = async {
        while peak_memory(server.pid()) < MIN_PEAK {
            let creates = (0..8).map(|_| writer.post(POOLS, body.as_str()));
            join_all(creates).await.into_iter().for_each(|answer| drop(answer.is(201)));
        }
    };
    timeout(Duration::from_mins(5), peak).await.expect("it takes memory");
    let returned = async {
        while memory(server.pid()) > peak_memory(server.pid()) / 2 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_mins(1), returned).await.expect("it returns memory");
}
