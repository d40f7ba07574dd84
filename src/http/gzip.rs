//! Writes gzip.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Shorter bodies fit into a packet or two as they are.
pub(super) const MIN_COMPRESSED_BYTES: usize = 1024;

/// A body in gzip.
pub(super) fn gzip(body: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    let compressed = encoder.write_all(body).and_then(|()| encoder.finish());
    compressed.expect("writing to memory does not fail")
}
