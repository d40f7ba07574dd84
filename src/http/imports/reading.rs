//! From the bytes of a file to codes that can be stored, whoever sends them and how slowly.

use crate::auth::{Permit, Write};
use crate::carrier::{Line, Reader};
use crate::domain::{ActivationCode, DisplayName, ImportReport, Rules, Validation};
use crate::http::extract::Csv;
use crate::http::{ApiError, Service, done};
use crate::offload::offload;
use crate::protocol::ImportOptions;
use crate::store::{Checked, Import, ImportInto};

/// A line is seldom shorter, in bytes.
const BYTES_A_LINE: usize = 32;
/// So many codes are looked up, sealed and spooled together.
const TOGETHER: usize = 4096;

/// A file that was read to its end. Nothing is stored yet.
pub(super) struct Whole {
    pub(super) checked: Checked,
    /// The host that it begins with.
    pub(super) host: Option<String>,
    permit: Permit<Write>,
}

/// Reads a file, and looks at every line of it.
pub(super) async fn read(
    permit: Permit<Write>,
    into: ImportInto,
    mut file: Csv,
    options: &ImportOptions,
    service: &Service,
) -> Result<Whole, ApiError> {
    let rules = Rules { validation: options.mode, ..service.rules };
    let unique = options.mode == Validation::Strict;
    let import = service.store.begin_import(&permit, into, unique, &service.ids).await?;
    let import = import.ok_or(ApiError::NotFound)?;
    let mut reading = Reading { reader: Reader::new(rules), codes: Vec::new(), import };
    while let Some(part) = file.next().await? {
        reading = reading.take(part.len(), move |reader| reader.feed(&part)).await?;
    }
    let reading = reading.take(0, Reader::end).await?.pass_on().await?;
    let host = reading.reader.host().map(str::to_owned);
    let checked = reading.import.check().await?;
    Ok(Whole { checked, host, permit: permit.with_idempotency_key(file.idempotency_key()) })
}

impl Whole {
    /// Stores the codes: all of the file or, where that was asked for, its good lines.
    pub(super) async fn store(
        self,
        name: Option<DisplayName>,
        options: &ImportOptions,
        service: &Service,
    ) -> Result<ImportReport, ApiError> {
        let context = service.change_context();
        let report = &self.checked.report;
        let something = report.inserted + report.duplicates > 0;
        if report.rejected_count == 0 || (options.partial && something) {
            return done(self.checked.store(&self.permit, name, context).await?);
        }
        // Who sends a file again finds its own codes in the way.
        if let Some(before) = service.store.replayed_import(&self.permit, context.at).await? {
            return Ok(before);
        }
        let report = ImportReport { inserted: 0, ..self.checked.report };
        Err(ApiError::ImportRejected(Box::new(report)))
    }
}

/// A file that is being read.
struct Reading {
    reader: Reader,
    codes: Vec<(u32, ActivationCode)>,
    import: Import,
}

impl Reading {
    /// Takes the lines that `read` makes of so many bytes.
    async fn take(
        mut self,
        bytes: usize,
        read: impl FnOnce(&mut Reader) -> Vec<Line> + Send + 'static,
    ) -> Result<Self, ApiError> {
        let mut reader = self.reader;
        let lines = move || {
            let lines = read(&mut reader);
            (lines, reader)
        };
        let (lines, reader) = offload(bytes / BYTES_A_LINE, lines).await;
        self.reader = reader;
        for line in lines {
            match line.code {
                Ok(code) => self.codes.push((line.number, code)),
                Err(rejection) => self.import.report.reject(rejection),
            }
        }
        if self.codes.len() < TOGETHER { Ok(self) } else { self.pass_on().await }
    }

    /// Passes the codes on to the store.
    async fn pass_on(mut self) -> Result<Self, ApiError> {
        let codes = std::mem::take(&mut self.codes);
        self.import = self.import.add(codes).await?;
        Ok(self)
    }
}
