//! Moves CPU-heavy or blocking work off the async worker.

/// Fewer items than this are processed faster in place than on another thread.
const MIN_OFFLOADED_ITEMS: usize = 256;

/// Runs `work` on `items` items: in place if there are few, else on a blocking thread, so that the
/// worker keeps serving other requests. Pass [`usize::MAX`] for blocking I/O.
pub(crate) async fn offload<T: Send + 'static>(
    items: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    if items < MIN_OFFLOADED_ITEMS {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}
