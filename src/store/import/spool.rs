//! Codes that are ready to be stored, in a file until all of them have been received: a slow sender
//! holds neither a transaction nor SQLite's writer. The file has no name and is gone when the
//! process ends; the secrets in it are encrypted.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use uuid::Uuid;

use crate::store::codes::SealedCode;

/// A code as it will be stored, and the line of the file it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SpooledCode {
    pub(super) line: u32,
    pub(super) code: SealedCode,
}

/// Codes being written to a file, in the order they are received.
#[derive(Debug)]
pub(super) struct Spool {
    writer: BufWriter<File>,
    count: u64,
}

/// Codes being read from the file.
#[derive(Debug)]
pub(super) struct SpoolReader {
    reader: BufReader<File>,
    left: u64,
}

impl Spool {
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let file = tempfile::tempfile_in(folder)?;
        Ok(Self { writer: BufWriter::with_capacity(256 * 1024, file), count: 0 })
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn add(&mut self, row: &SpooledCode) -> io::Result<()> {
        self.writer.write_all(&row.line.to_be_bytes())?;
        let code = &row.code;
        self.writer.write_all(code.id.as_bytes())?;
        self.writer.write_all(&code.fingerprint)?;
        for field in [code.iccid.as_bytes(), code.smdp_address.as_bytes(), &code.matching_id] {
            let length = u16::try_from(field.len()).map_err(io::Error::other)?;
            self.writer.write_all(&length.to_be_bytes())?;
            self.writer.write_all(field)?;
        }
        self.count += 1;
        Ok(())
    }

    pub(super) fn finish(self) -> io::Result<SpoolReader> {
        let mut file = self.writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(SpoolReader { reader: BufReader::with_capacity(256 * 1024, file), left: self.count })
    }
}

impl SpoolReader {
    /// Starts again from the first of `count` codes.
    pub(super) fn rewind(&mut self, count: u64) -> io::Result<()> {
        self.left = count;
        self.reader.seek(SeekFrom::Start(0)).map(drop)
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
        let code = SealedCode { id, iccid, smdp_address, matching_id, fingerprint };
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
    use super::{SealedCode, Spool, SpooledCode};
    use crate::domain::IdGenerator;

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
            },
        };
        let rows: Vec<_> = (0..5000).map(row).collect();
        let mut spool = Spool::create(&std::env::temp_dir()).expect("a file");
        for row in &rows {
            spool.add(row).expect("written");
        }
        let mut back = spool.finish().expect("a file");
        let mut read = Vec::new();
        while let Some(row) = back.next().expect("read") {
            read.push(row);
        }
        assert_eq!(read, rows);
    }
}
