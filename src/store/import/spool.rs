//! Codes that are ready to be stored, in a file until all of them have been received: a slow sender
//! holds neither a transaction nor SQLite's writer. The file has no name and is gone when the
//! process ends; the secrets in it are encrypted.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use uuid::Uuid;

use super::ranges::{Ranges, RangesReader};
use crate::store::codes::{CodeFacts, SealedCode};
use crate::store::spool_space::SpoolFile;

/// How much is written or read at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// A code as it will be stored, and the line of the file it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SpooledCode {
    pub(super) line: u32,
    pub(super) code: SealedCode,
}

/// Codes being written to a file, in the order they are received.
#[derive(Debug, Default)]
pub(super) struct Spool {
    unwritten: Vec<u8>,
    written: Ranges,
    count: u64,
}

/// Codes being read from the file.
#[derive(Debug)]
pub(super) struct SpoolReader {
    reader: BufReader<RangesReader>,
    left: u64,
}

impl SpooledCode {
    /// The bytes of its fields.
    pub(super) fn length(&self) -> usize {
        let code = &self.code;
        code.iccid.len() + code.smdp_address.len() + code.matching_id.len()
    }
}

impl Spool {
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn add(&mut self, row: &SpooledCode, file: &mut SpoolFile) -> io::Result<()> {
        self.unwritten.extend_from_slice(&row.line.to_be_bytes());
        let code = &row.code;
        self.unwritten.extend_from_slice(code.id.as_bytes());
        self.unwritten.extend_from_slice(&code.fingerprint);
        for field in [code.iccid.as_bytes(), code.smdp_address.as_bytes(), &code.matching_id] {
            let length = u16::try_from(field.len()).map_err(io::Error::other)?;
            self.unwritten.extend_from_slice(&length.to_be_bytes());
            self.unwritten.extend_from_slice(field);
        }
        // Most codes have none.
        let facts = match &code.facts {
            Some(facts) => serde_json::to_vec(facts)?,
            None => Vec::new(),
        };
        self.unwritten.extend_from_slice(
            &u16::try_from(facts.len()).map_err(io::Error::other)?.to_be_bytes(),
        );
        self.unwritten.extend_from_slice(&facts);
        self.count += 1;
        if self.unwritten.len() < BUFFER_BYTES { Ok(()) } else { self.write(file) }
    }

    /// Writes the rest of the codes.
    pub(super) fn write(&mut self, file: &mut SpoolFile) -> io::Result<()> {
        if self.unwritten.is_empty() {
            return Ok(());
        }
        self.written.push(file.append(&self.unwritten)?);
        self.unwritten.clear();
        Ok(())
    }

    /// Reads the codes, all of which have been written to this file.
    pub(super) fn reader(self, file: Arc<SpoolFile>) -> SpoolReader {
        let reader = BufReader::with_capacity(BUFFER_BYTES, self.written.reader(file));
        SpoolReader { reader, left: self.count }
    }
}

impl SpoolReader {
    /// Starts again from the first of `count` codes.
    pub(super) fn rewind(&mut self, count: u64) {
        self.left = count;
        self.reader = BufReader::with_capacity(BUFFER_BYTES, self.reader.get_mut().rewound());
    }

    /// The next code, or `None` after the last one.
    pub(super) fn next(&mut self) -> io::Result<Option<SpooledCode>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let line = u32::from_be_bytes(self.array()?);
        let id = Uuid::from_bytes(self.array()?);
        let fingerprint = self.array()?;
        let iccid = self.string()?;
        let smdp_address = self.string()?;
        let matching_id = self.bytes()?;
        let facts = match self.bytes()?.as_slice() {
            [] => None,
            json => Some(Box::new(serde_json::from_slice::<CodeFacts>(json)?)),
        };
        let code = SealedCode { id, iccid, smdp_address, matching_id, fingerprint, facts };
        Ok(Some(SpooledCode { line, code }))
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let length = u16::from_be_bytes(self.array()?);
        let mut bytes = vec![0; usize::from(length)];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn string(&mut self) -> io::Result<String> {
        String::from_utf8(self.bytes()?).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{CodeFacts, SealedCode, Spool, SpooledCode};
    use crate::domain::IdGenerator;
    use crate::store::spool_space::SpoolSpace;

    #[test]
    fn codes_are_read_as_they_were_written() {
        let ids = IdGenerator::counting();
        let row = |line: u32| SpooledCode {
            line,
            code: SealedCode {
                id: ids.next(),
                iccid: "8".repeat(line as usize % 300),
                smdp_address: "smdp.example.com".to_owned(),
                matching_id: vec![7; line as usize % 100],
                fingerprint: [line.to_be_bytes()[3]; 16],
                facts: line.is_multiple_of(3).then(|| {
                    let label = Some("\u{e4}".repeat(line as usize % 50));
                    Box::new(CodeFacts {
                        label,
                        confirmation_code: Some(vec![1, 2]),
                        ..CodeFacts::default()
                    })
                }),
            },
        };
        let rows: Vec<_> = (0..5000).map(row).collect();
        let space = SpoolSpace::new(std::env::temp_dir(), u64::MAX, 0);
        let mut file = space.create_file().expect("a file");
        let mut spool = Spool::default();
        for row in &rows {
            spool.add(row, &mut file).expect("written");
            // Something else that the file is used for.
            if row.line % 1000 == 0 {
                file.append(b"other").expect("written");
            }
        }
        spool.write(&mut file).expect("written");
        let mut back = spool.reader(Arc::new(file));
        for _ in 0..2 {
            let mut read = Vec::new();
            while let Some(row) = back.next().expect("read") {
                read.push(row);
            }
            assert_eq!(read, rows);
            back.rewind(rows.len() as u64);
        }
    }
}
