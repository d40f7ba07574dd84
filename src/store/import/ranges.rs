//! Parts of an import's one file.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use crate::store::spool_space::SpoolFile;

/// Where something is that was appended piece by piece.
#[derive(Debug, Default)]
pub(super) struct Ranges(Vec<Range<u64>>);

/// Reads such parts as one.
#[derive(Debug)]
pub(super) struct RangesReader {
    file: Arc<SpoolFile>,
    ranges: Ranges,
    /// The index of the range that is being read, and the position in the file.
    current: usize,
    offset: u64,
}

impl Ranges {
    pub(super) fn push(&mut self, range: Range<u64>) {
        match self.0.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.0.push(range),
        }
    }

    pub(super) fn reader(self, file: Arc<SpoolFile>) -> RangesReader {
        let offset = self.0.first().map_or(0, |first| first.start);
        RangesReader { file, ranges: self, current: 0, offset }
    }
}

impl RangesReader {
    /// The same from the beginning.
    pub(super) fn rewound(&mut self) -> Self {
        std::mem::take(&mut self.ranges).reader(self.file.clone())
    }
}

impl Read for RangesReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(range) = self.ranges.0.get(self.current) else { return Ok(0) };
        let left = usize::try_from(range.end - self.offset).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        let read = self.file.read_at(&mut buffer[..length], self.offset)?;
        self.offset += read as u64;
        if self.offset == range.end {
            self.current += 1;
            self.offset = self.ranges.0.get(self.current).map_or(0, |next| next.start);
        }
        Ok(read)
    }
}
