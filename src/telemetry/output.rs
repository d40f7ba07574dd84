//! A stream with a thread that writes to it, so that no caller waits for its reader.
//!
//! Not tracing-appender's `NonBlocking`, which is bounded by lines of any length, does not report in the
//! log that lines are missing, and prints to standard output if it cannot stop: which may block as well.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the thread rests after a write, so that busy times cost a write for many lines and not a
/// wake-up for each.
pub(super) const REST: Duration = Duration::from_millis(5);
/// The capacity that a buffer keeps when it has been written, in bytes.
const KEPT_BYTES: usize = 64 * 1024;

/// A stream that lines are queued for. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Output(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// A line was queued.
    queued: Condvar,
    /// Everything was written.
    written: Condvar,
    max_bytes: usize,
    rest: Duration,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Queue {
    bytes: Vec<u8>,
    /// Lines that were dropped because the queue was full, and are not reported yet.
    unreported: u64,
    /// The thread is writing what was queued before.
    writing: bool,
    /// The thread rests after a write.
    resting: bool,
    /// Someone waits until everything is written.
    hurried: bool,
}

impl Output {
    /// Starts the thread. At most `max_bytes` are queued, and as many are being written. After a write
    /// it leaves lines in the queue for `rest`, unless half of the queue is full. When lines were dropped
    /// and there is room again, the thread calls `report` with their number.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(super) fn start(
        name: &str,
        stream: impl Write + Send + 'static,
        max_bytes: usize,
        rest: Duration,
        report: fn(u64),
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            queued: Condvar::new(),
            written: Condvar::new(),
            max_bytes,
            rest,
            dropped: AtomicU64::new(0),
        });
        let output = Self(shared.clone());
        let thread = std::thread::Builder::new().name(name.to_owned());
        thread.spawn(move || shared.write_all(stream, report))?;
        Ok(output)
    }

    /// Queues a line, or drops and counts it if the queue is full.
    pub(super) fn push(&self, line: &[u8]) {
        let mut queue = self.0.lock();
        let length = queue.bytes.len() + line.len();
        if length > self.0.max_bytes {
            queue.unreported += 1;
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if length > queue.bytes.capacity() {
            // Doubling by itself could exceed the maximum.
            let capacity = (2 * queue.bytes.capacity()).max(length).min(self.0.max_bytes);
            let more = capacity - queue.bytes.len();
            queue.bytes.reserve_exact(more);
        }
        let before = queue.bytes.len();
        queue.bytes.extend_from_slice(line);
        let wake = if queue.resting { self.0.is_crowded(length) } else { before == 0 };
        drop(queue);
        if wake {
            self.0.queued.notify_one();
        }
    }

    /// Waits until everything is written, but no longer than `timeout`.
    pub(super) fn flush(&self, timeout: Duration) {
        let mut queue = self.0.lock();
        queue.hurried = true;
        self.0.queued.notify_one();
        let unwritten = |queue: &mut Queue| queue.writing || !queue.bytes.is_empty();
        // If time has run out, what is left is lost.
        drop(self.0.written.wait_timeout_while(queue, timeout, unwritten));
    }

    /// How many lines were dropped, or could not be written.
    pub(super) fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }
}

impl Write for Output {
    /// Queues `line`, which is a complete line: so `tracing-subscriber` writes it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    /// A panic elsewhere leaves the queue as it should be.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all(&self, mut stream: impl Write, report: fn(u64)) {
        let mut batch = Vec::new();
        loop {
            let unreported = self.take(&mut batch);
            // They follow what is in the batch, and precede what will be queued.
            if unreported > 0 {
                report(unreported);
            }
            if stream.write_all(&batch).and_then(|()| stream.flush()).is_err() {
                // A line that reports it could not be written either.
                let lines = batch.split_inclusive(|byte| *byte == b'\n').count();
                self.dropped.fetch_add(lines as u64, Ordering::Relaxed);
            }
            batch.clear();
            if batch.capacity() > KEPT_BYTES {
                batch = Vec::new();
            }
        }
    }

    /// Whether a queue of that many bytes should be written at once.
    fn is_crowded(&self, bytes: usize) -> bool {
        bytes > self.max_bytes / 2
    }

    /// Waits for lines and exchanges them for the empty `batch`. Returns how many were dropped after
    /// them.
    fn take(&self, batch: &mut Vec<u8>) -> u64 {
        let mut queue = self.lock();
        if std::mem::take(&mut queue.writing) {
            if queue.bytes.is_empty() {
                self.written.notify_all();
            }
            queue.resting = true;
            let rests = |queue: &mut Queue| !queue.hurried && !self.is_crowded(queue.bytes.len());
            let rested = self.queued.wait_timeout_while(queue, self.rest, rests);
            queue = rested.unwrap_or_else(PoisonError::into_inner).0;
            queue.resting = false;
        }
        let is_idle = |queue: &mut Queue| queue.bytes.is_empty();
        queue = self.queued.wait_while(queue, is_idle).unwrap_or_else(PoisonError::into_inner);
        (queue.writing, queue.hurried) = (true, false);
        std::mem::swap(&mut queue.bytes, batch);
        std::mem::take(&mut queue.unreported)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    use super::Output;

    const LONG: Duration = Duration::from_secs(30);

    /// A stream whose every write waits until it is allowed.
    struct Gate(Receiver<()>, Sender<Vec<u8>>);

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(io::Error::other)?;
            self.1.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_beyond_the_queue_are_dropped_counted_and_reported() {
        static REPORTED: AtomicU64 = AtomicU64::new(0);
        let ((open, gate), (written, lines)) = (channel(), channel());
        let output = Output::start("test", Gate(gate, written), 20, LONG, |dropped| {
            REPORTED.fetch_add(dropped, Ordering::Relaxed);
        });
        let output = output.expect("a thread");
        output.push(b"first\n");
        // Being written, so that the queue is empty again.
        while !output.0.lock().writing {
            std::thread::yield_now();
        }
        for line in [&b"second, too long for the queue\n"[..], b"third\n", b"fourth line\n", b"x\n"]
        {
            output.push(line);
        }
        output.push(b"fifth\n");
        output.flush(Duration::ZERO);
        assert_eq!((output.dropped(), output.0.lock().bytes.capacity()), (2, 20));
        open.send(()).expect("it waits");
        open.send(()).expect("it waits");
        output.flush(LONG);
        let text: Vec<_> = lines.try_iter().flatten().collect();
        assert_eq!(String::from_utf8_lossy(&text), "first\nthird\nfourth line\nx\n");
        assert_eq!((output.dropped(), REPORTED.load(Ordering::Relaxed)), (2, 2));
        // A stream that fails loses its lines, which are counted.
        drop(open);
        output.push(b"sixth\n");
        output.flush(LONG);
        assert_eq!(output.dropped(), 3);
    }
    #[test]
    fn lines_that_follow_a_write_are_written_together() {
        let ((open, gate), (written, writes)) = (channel(), channel());
        let output = Output::start("test", Gate(gate, written), 1000, LONG, |_| {});
        let output = output.expect("a thread");
        for _ in 0..2 {
            open.send(()).expect("it waits");
        }
        output.push(b"first\n");
        let first = writes.recv_timeout(LONG).expect("written at once");
        for line in [&b"second\n"[..], b"third\n"] {
            output.push(line);
        }
        output.flush(LONG);
        let rest: Vec<_> = writes.try_iter().collect();
        assert_eq!((first, rest), (b"first\n".to_vec(), vec![b"second\nthird\n".to_vec()]));
    }
}
