//! Codes that are ready to be stored, in a file until all of them have come: whoever sends slowly
//! holds neither a transaction nor a writer. The file has no name and goes with the process; the
//! secrets in it are sealed.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use uuid::Uuid;

use crate::store::sealed_codes::SealedCode;

/// A code as it will be stored, and where it stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: u32,
    pub(super) code: SealedCode,
}

/// Rows in a file, in the order they came.
#[derive(Debug)]
pub(super) struct Spool {
    writer: BufWriter<File>,
    count: u64,
}

/// The same while they are read.
#[derive(Debug)]
pub(super) struct Unspool {
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

    pub(super) fn add(&mut self, row: &Row) -> io::Result<()> {
        self.writer.write_all(&row.line.to_be_bytes())?;
        let code = &row.code;
        self.writer.write_all(code.id.as_bytes())?;
        self.writer.write_all(&code.fingerprint)?;
        for part in [code.iccid.as_bytes(), code.address.as_bytes(), &code.matching_id] {
            let length = u16::try_from(part.len()).map_err(io::Error::other)?;
            self.writer.write_all(&length.to_be_bytes())?;
            self.writer.write_all(part)?;
        }
        self.count += 1;
        Ok(())
    }

    pub(super) fn finish(self) -> io::Result<Unspool> {
        let mut file = self.writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Unspool { reader: BufReader::with_capacity(256 * 1024, file), left: self.count })
    }
}

impl Unspool {
    /// Begins again, with all of so many rows.
    pub(super) fn rewind(&mut self, count: u64) -> io::Result<()> {
        self.left = count;
        self.reader.seek(SeekFrom::Start(0)).map(drop)
    }

    /// The next row, if there is one.
    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let line = u32::from_be_bytes(self.array()?);
        let id = Uuid::from_bytes(self.array()?);
        let fingerprint = self.array()?;
        let iccid = self.text()?;
        let address = self.text()?;
        let matching_id = self.part()?;
        let code = SealedCode { id, iccid, address, matching_id, fingerprint };
        Ok(Some(Row { line, code }))
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn part(&mut self) -> io::Result<Vec<u8>> {
        let length = u16::from_be_bytes(self.array()?);
        let mut bytes = vec![0; usize::from(length)];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn text(&mut self) -> io::Result<String> {
        String::from_utf8(self.part()?).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, SealedCode, Spool};
    use crate::domain::Ids;

    #[test]
    fn rows_come_back_as_they_went() {
        let ids = Ids::counting();
        let row = |line: u32| Row {
            line,
            code: SealedCode {
                id: ids.next(),
                iccid: "8".repeat(line as usize % 300),
                address: "smdp.example.com".to_owned(),
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
