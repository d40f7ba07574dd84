//! Finds duplicates among more keys than fit into memory: an external merge sort. Keys are sorted a
//! run at a time, runs are written to a file, and all of them are merged at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::sync::Arc;

use super::ranges::{Ranges, RangesReader};
use crate::store::spool_space::SpoolFile;

/// Occurrences that are sorted in memory: 4 MiB.
const RUN: usize = 128 * 1024;
/// The bytes of an occurrence in a run.
const OCCURRENCE_BYTES: usize = 28;
/// How much of a run is written at a time.
const WRITE_BYTES: usize = 256 * 1024;
/// The bytes of all runs that are in memory when they are merged, and of one run at most and at least.
const MERGE_BYTES: usize = 2 * 1024 * 1024;
const MAX_RUN_BUFFER_BYTES: usize = 64 * 1024;
const MIN_RUN_BUFFER_BYTES: usize = 16 * OCCURRENCE_BYTES;

/// An occurrence of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Occurrence {
    /// Equal for duplicates.
    pub(super) key: u128,
    /// The index of the occurrence: among duplicates the least is the first.
    pub(super) index: u32,
    /// What else may tell duplicates apart.
    pub(super) tag: u64,
}

/// Collects occurrences and finds the duplicates among them.
#[derive(Debug, Default)]
pub(super) struct DuplicateFinder {
    run: Vec<Occurrence>,
    /// Where each run is in the file.
    runs: Vec<Range<u64>>,
}

impl DuplicateFinder {
    pub(super) fn add(&mut self, occurrence: Occurrence, file: &mut SpoolFile) -> io::Result<()> {
        self.run.push(occurrence);
        if self.run.len() >= RUN { self.write_run(file) } else { Ok(()) }
    }

    /// Writes the last run, unless it is the only one.
    pub(super) fn finish(&mut self, file: &mut SpoolFile) -> io::Result<()> {
        if self.runs.is_empty() {
            return Ok(());
        }
        self.write_run(file)?;
        self.run = Vec::new();
        Ok(())
    }

    fn write_run(&mut self, file: &mut SpoolFile) -> io::Result<()> {
        self.run.sort_unstable();
        let mut bytes = Vec::with_capacity(WRITE_BYTES);
        let mut written: Option<Range<u64>> = None;
        for part in self.run.chunks(WRITE_BYTES / OCCURRENCE_BYTES) {
            bytes.clear();
            for it in part {
                bytes.extend_from_slice(&it.key.to_be_bytes());
                bytes.extend_from_slice(&it.index.to_be_bytes());
                bytes.extend_from_slice(&it.tag.to_be_bytes());
            }
            let range = file.append(&bytes)?;
            written = Some(written.map_or(range.start, |all| all.start)..range.end);
        }
        self.runs.extend(written);
        self.run.clear();
        Ok(())
    }

    /// Reports every duplicate, together with the first occurrence of its key. All runs have been
    /// written to this file.
    pub(super) fn duplicates(
        mut self,
        file: &Arc<SpoolFile>,
        mut report: impl FnMut(Occurrence, Occurrence),
    ) -> io::Result<()> {
        if self.runs.is_empty() {
            self.run.sort_unstable();
            report_duplicates(self.run.into_iter().map(Ok), &mut report)
        } else {
            let buffer = MERGE_BYTES / self.runs.len();
            let buffer = buffer.clamp(MIN_RUN_BUFFER_BYTES, MAX_RUN_BUFFER_BYTES);
            let runs = self.runs.into_iter().map(|range| Run::open(file, range, buffer));
            report_duplicates(Merge::new(runs.collect())?, &mut report)
        }
    }
}

/// Among sorted occurrences duplicates are neighbours.
fn report_duplicates(
    sorted: impl Iterator<Item = io::Result<Occurrence>>,
    report: &mut impl FnMut(Occurrence, Occurrence),
) -> io::Result<()> {
    let mut first: Option<Occurrence> = None;
    for next in sorted {
        let next = next?;
        match first {
            Some(first) if first.key == next.key => report(next, first),
            _ => first = Some(next),
        }
    }
    Ok(())
}

/// A run of the file, buffered.
struct Run {
    reader: BufReader<RangesReader>,
}

impl Run {
    fn open(file: &Arc<SpoolFile>, range: Range<u64>, buffer: usize) -> Self {
        let mut ranges = Ranges::default();
        ranges.push(range);
        Self { reader: BufReader::with_capacity(buffer, ranges.reader(file.clone())) }
    }

    fn next(&mut self) -> io::Result<Option<Occurrence>> {
        let mut bytes = [0; OCCURRENCE_BYTES];
        match self.reader.read_exact(&mut bytes) {
            Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let (key, rest) = bytes.split_first_chunk().expect("28 bytes");
        let (index, tag) = rest.split_first_chunk().expect("12 bytes");
        Ok(Some(Occurrence {
            key: u128::from_be_bytes(*key),
            index: u32::from_be_bytes(*index),
            tag: u64::from_be_bytes(tag.try_into().expect("8 bytes")),
        }))
    }
}

/// Several runs merged into one.
struct Merge {
    runs: Vec<Run>,
    next: BinaryHeap<Reverse<(Occurrence, usize)>>,
}

impl Merge {
    fn new(mut runs: Vec<Run>) -> io::Result<Self> {
        let mut next = BinaryHeap::with_capacity(runs.len());
        for (number, run) in runs.iter_mut().enumerate() {
            next.extend(run.next()?.map(|first| Reverse((first, number))));
        }
        Ok(Self { runs, next })
    }
}

impl Iterator for Merge {
    type Item = io::Result<Occurrence>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((least, number)) = self.next.pop()?;
        match self.runs[number].next() {
            Ok(following) => self.next.extend(following.map(|it| Reverse((it, number)))),
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(least))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{DuplicateFinder, Occurrence, RUN};
    use crate::store::spool_space::SpoolSpace;

    fn duplicates(keys: impl Iterator<Item = u128>) -> Vec<(u32, u32)> {
        let space = SpoolSpace::new(std::env::temp_dir(), u64::MAX, 0);
        let mut file = space.create_file().expect("a file");
        let mut finder = DuplicateFinder::default();
        for (index, key) in (0..).zip(keys) {
            finder.add(Occurrence { key, index, tag: 0 }, &mut file).expect("a file");
        }
        finder.finish(&mut file).expect("a file");
        let mut found = Vec::new();
        let report = |again: Occurrence, first: Occurrence| found.push((again.index, first.index));
        finder.duplicates(&Arc::new(file), report).expect("a file");
        found.sort_unstable();
        found
    }

    #[test]
    fn a_duplicate_is_reported_with_its_first_occurrence() {
        assert_eq!(duplicates([5, 7, 5, 9, 7, 5].into_iter()), [(2, 0), (4, 1), (5, 0)]);
        assert_eq!(duplicates([].into_iter()), []);
    }

    #[test]
    fn runs_in_a_file_are_merged() {
        let count = RUN as u128 * 3 + 17;
        // Each key once, in no order; then two of them again.
        let keys = (0..count).map(|n| n * 7_919 % count).chain([3, 1]);
        let first = |key: u128| (0..count).position(|n| n * 7_919 % count == key).expect("there");
        let last = u32::try_from(count).expect("few");
        let place = |key| u32::try_from(first(key)).expect("few");
        assert_eq!(duplicates(keys), [(last, place(3)), (last + 1, place(1))]);
    }
}
