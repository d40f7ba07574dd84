//! Finds duplicates among more keys than fit into memory: an external merge sort. Keys are sorted a
//! run at a time, runs are written to a file, and all of them are merged at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Occurrences that are sorted in memory: some 4 MB.
const RUN: usize = 128 * 1024;
/// The bytes of an occurrence in a run.
const OCCURRENCE_BYTES: usize = 28;

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
#[derive(Debug)]
pub(super) struct DuplicateFinder {
    run: Vec<Occurrence>,
    folder: PathBuf,
    file: Option<File>,
    /// Where each run in the file ends.
    ends: Vec<u64>,
}

impl DuplicateFinder {
    /// Runs will be written to an unnamed file in `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        Self { run: Vec::new(), folder: folder.to_owned(), file: None, ends: Vec::new() }
    }

    pub(super) fn add(&mut self, occurrence: Occurrence) -> io::Result<()> {
        self.run.push(occurrence);
        if self.run.len() >= RUN { self.write_run() } else { Ok(()) }
    }

    fn write_run(&mut self) -> io::Result<()> {
        self.run.sort_unstable();
        if self.file.is_none() {
            self.file = Some(tempfile::tempfile_in(&self.folder)?);
        }
        let file = self.file.as_mut().expect("just made");
        let mut writer = BufWriter::new(&mut *file);
        for it in self.run.drain(..) {
            writer.write_all(&it.key.to_be_bytes())?;
            writer.write_all(&it.index.to_be_bytes())?;
            writer.write_all(&it.tag.to_be_bytes())?;
        }
        writer.flush()?;
        drop(writer);
        self.ends.push(file.stream_position()?);
        Ok(())
    }

    /// Reports every duplicate, together with the first occurrence of its key.
    pub(super) fn duplicates(
        mut self,
        mut report: impl FnMut(Occurrence, Occurrence),
    ) -> io::Result<()> {
        if self.ends.is_empty() {
            self.run.sort_unstable();
            report_duplicates(self.run.into_iter().map(Ok), &mut report)
        } else {
            self.write_run()?;
            let file = self.file.expect("there are runs");
            let begins = [0].into_iter().chain(self.ends.iter().copied());
            let runs = begins.zip(self.ends.iter().copied());
            let runs = runs.map(|(begin, end)| Run::open(&file, begin, end));
            report_duplicates(Merge::new(runs.collect::<io::Result<_>>()?)?, &mut report)
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
    reader: BufReader<FileRange>,
}

impl Run {
    fn open(file: &File, begin: u64, end: u64) -> io::Result<Self> {
        let at = FileRange { file: file.try_clone()?, offset: begin, end };
        Ok(Self { reader: BufReader::with_capacity(64 * 1024, at) })
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

/// A part of a file that has several readers.
struct FileRange {
    file: File,
    offset: u64,
    end: u64,
}

impl Read for FileRange {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.offset).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        self.file.seek(SeekFrom::Start(self.offset))?;
        let read = self.file.read(&mut buffer[..length])?;
        self.offset += read as u64;
        Ok(read)
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
    use super::{DuplicateFinder, Occurrence, RUN};

    fn duplicates(keys: impl Iterator<Item = u128>) -> Vec<(u32, u32)> {
        let mut finder = DuplicateFinder::new(&std::env::temp_dir());
        for (index, key) in (0..).zip(keys) {
            finder.add(Occurrence { key, index, tag: 0 }).expect("a file");
        }
        let mut found = Vec::new();
        finder.duplicates(|again, first| found.push((again.index, first.index))).expect("a file");
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
