//! Finds what stands twice among more things than memory holds: keys are sorted a run at a time,
//! runs go to a file, and all of them are merged at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// So many are sorted in memory: three megabytes.
const RUN: usize = 128 * 1024;
/// The bytes of one in a run.
const WIDTH: usize = 28;

/// Something that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sighting {
    /// Equal for equal things.
    pub(super) key: u128,
    /// Where: of equal things the one with the least place was first.
    pub(super) place: u32,
    /// Whatever else tells equal things apart.
    pub(super) tag: u64,
}

/// All that was seen so far.
#[derive(Debug)]
pub(super) struct Seen {
    run: Vec<Sighting>,
    folder: PathBuf,
    file: Option<File>,
    /// Where each run in the file ends.
    ends: Vec<u64>,
}

impl Seen {
    /// Nothing yet; runs will go to a nameless file in `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        Self { run: Vec::new(), folder: folder.to_owned(), file: None, ends: Vec::new() }
    }

    pub(super) fn add(&mut self, sighting: Sighting) -> io::Result<()> {
        self.run.push(sighting);
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
            writer.write_all(&it.place.to_be_bytes())?;
            writer.write_all(&it.tag.to_be_bytes())?;
        }
        writer.flush()?;
        drop(writer);
        self.ends.push(file.stream_position()?);
        Ok(())
    }

    /// Tells every thing that was seen before, and the first one that it equals.
    pub(super) fn repeated(mut self, mut tell: impl FnMut(Sighting, Sighting)) -> io::Result<()> {
        if self.ends.is_empty() {
            self.run.sort_unstable();
            tell_repeated(self.run.into_iter().map(Ok), &mut tell)
        } else {
            self.write_run()?;
            let file = self.file.expect("there are runs");
            let begins = [0].into_iter().chain(self.ends.iter().copied());
            let runs = begins.zip(self.ends.iter().copied());
            let runs = runs.map(|(begin, end)| Run::open(&file, begin, end));
            tell_repeated(Merge::new(runs.collect::<io::Result<_>>()?)?, &mut tell)
        }
    }
}

/// Among sorted things equal ones are neighbours.
fn tell_repeated(
    sorted: impl Iterator<Item = io::Result<Sighting>>,
    tell: &mut impl FnMut(Sighting, Sighting),
) -> io::Result<()> {
    let mut first: Option<Sighting> = None;
    for next in sorted {
        let next = next?;
        match first {
            Some(first) if first.key == next.key => tell(next, first),
            _ => first = Some(next),
        }
    }
    Ok(())
}

/// A run of the file, a part of it in memory.
struct Run {
    reader: BufReader<At>,
}

impl Run {
    fn open(file: &File, begin: u64, end: u64) -> io::Result<Self> {
        let at = At { file: file.try_clone()?, place: begin, end };
        Ok(Self { reader: BufReader::with_capacity(64 * 1024, at) })
    }

    fn next(&mut self) -> io::Result<Option<Sighting>> {
        let mut bytes = [0; WIDTH];
        match self.reader.read_exact(&mut bytes) {
            Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let (key, rest) = bytes.split_first_chunk().expect("28 bytes");
        let (place, tag) = rest.split_first_chunk().expect("12 bytes");
        Ok(Some(Sighting {
            key: u128::from_be_bytes(*key),
            place: u32::from_be_bytes(*place),
            tag: u64::from_be_bytes(tag.try_into().expect("8 bytes")),
        }))
    }
}

/// A part of a file that several read from.
struct At {
    file: File,
    place: u64,
    end: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.place).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        self.file.seek(SeekFrom::Start(self.place))?;
        let read = self.file.read(&mut buffer[..length])?;
        self.place += read as u64;
        Ok(read)
    }
}

/// Several runs as one.
struct Merge {
    runs: Vec<Run>,
    next: BinaryHeap<Reverse<(Sighting, usize)>>,
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
    type Item = io::Result<Sighting>;

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
    use super::{RUN, Seen, Sighting};

    fn repeated(keys: impl Iterator<Item = u128>) -> Vec<(u32, u32)> {
        let mut seen = Seen::new(&std::env::temp_dir());
        for (place, key) in (0..).zip(keys) {
            seen.add(Sighting { key, place, tag: 0 }).expect("a file");
        }
        let mut told = Vec::new();
        seen.repeated(|again, first| told.push((again.place, first.place))).expect("a file");
        told.sort_unstable();
        told
    }

    #[test]
    fn what_stands_twice_is_told_with_where_it_stood_first() {
        assert_eq!(repeated([5, 7, 5, 9, 7, 5].into_iter()), [(2, 0), (4, 1), (5, 0)]);
        assert_eq!(repeated([].into_iter()), []);
    }

    #[test]
    fn runs_in_a_file_are_merged() {
        let count = RUN as u128 * 3 + 17;
        // Each key once, in no order; then two of them again.
        let keys = (0..count).map(|n| n * 7_919 % count).chain([3, 1]);
        let first = |key: u128| (0..count).position(|n| n * 7_919 % count == key).expect("there");
        let last = u32::try_from(count).expect("few");
        let place = |key| u32::try_from(first(key)).expect("few");
        assert_eq!(repeated(keys), [(last, place(3)), (last + 1, place(1))]);
    }
}
