//! Work that would keep a thread from serving others.

/// Fewer items than this are done faster than handed to another thread.
const LIGHT: usize = 256;

/// Does `work` on `items` things: here if they are few, else on a thread of its own, so that
/// other requests go on meanwhile.
pub(crate) async fn heavy<T: Send + 'static>(
    items: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    if items < LIGHT {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}
