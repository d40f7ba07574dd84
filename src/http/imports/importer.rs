//! An import in two steps: the complete file is read and checked, and only then stored.

use crate::auth::{Permit, Write};
use crate::carrier::{Line, Reader};
use crate::clock::Clock;
use crate::domain::{
    ActivationCode, ChangeContext, DisplayName, IdGenerator, ImportReport, Invalid, PoolId, Rules,
    Validation,
};
use crate::http::error::{ApiError, done};
use crate::http::extract::Csv;
use crate::http::handler::Extract;
use crate::http::request::Request;
use crate::offload::offload;
use crate::protocol::ImportOptions;
use crate::store::{Checked, Import, ImportInto, Store};

/// The length of a short line: an upper estimate of how many lines a chunk has.
const BYTES_PER_LINE: usize = 32;
/// How many codes are looked up, encrypted and spooled at a time.
const CODES_PER_CHUNK: usize = 4096;

/// Imports files.
pub(in crate::http) struct Importer {
    store: Store,
    rules: Rules,
    clock: Clock,
    ids: IdGenerator,
}

/// A file whose every line has been checked. Nothing of it is stored.
pub(super) struct CheckedFile {
    checked: Checked,
    /// The host on its first line.
    host: Option<String>,
    permit: Permit<Write>,
}

impl Extract for Importer {
    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let service = &request.context.service;
        Ok(Self {
            store: service.store.clone(),
            rules: service.rules,
            clock: service.clock,
            ids: service.ids.clone(),
        })
    }
}

impl Importer {
    pub(super) fn new_pool_id(&self) -> PoolId {
        self.ids.next()
    }

    pub(super) fn display_name(&self, name: &str) -> Result<DisplayName, Invalid> {
        DisplayName::parse(name.to_owned(), self.rules.text_length)
    }

    /// Reads the complete file and checks every line.
    pub(super) async fn check(
        &self,
        permit: Permit<Write>,
        into: ImportInto,
        mut file: Csv,
        options: &ImportOptions,
    ) -> Result<CheckedFile, ApiError> {
        let rules = Rules { validation: options.mode, ..self.rules };
        let unique = options.mode == Validation::Strict;
        let import = self.store.begin_import(&permit, into, unique, &self.ids).await?;
        let import = import.ok_or(ApiError::NotFound)?;
        let mut file_reader = FileReader { reader: Reader::new(rules), codes: Vec::new(), import };
        while let Some(chunk) = file.next().await? {
            let bytes = chunk.len();
            file_reader = file_reader.parse(bytes, move |reader| reader.feed(&chunk)).await?;
        }
        let file_reader = file_reader.parse(0, Reader::end).await?.spool().await?;
        let host = file_reader.reader.host().map(str::to_owned);
        let checked = file_reader.import.check().await?;
        let permit = permit.with_idempotency_key(file.idempotency_key());
        Ok(CheckedFile { checked, host, permit })
    }

    /// Stores the codes of a file: all of them, or the valid ones if the options allow that.
    ///
    /// # Errors
    /// [`ApiError::ImportRejected`] if the file has invalid lines that the options do not allow.
    pub(super) async fn store(
        &self,
        file: CheckedFile,
        name: Option<DisplayName>,
        options: &ImportOptions,
    ) -> Result<ImportReport, ApiError> {
        let change = ChangeContext { at: self.clock.now(), event: self.ids.next() };
        let report = &file.checked.report;
        let any_valid = report.inserted + report.duplicates > 0;
        if report.rejected_count == 0 || (options.partial && any_valid) {
            return done(file.checked.store(&file.permit, name, change).await?);
        }
        // A file that is sent again is rejected because of its own codes.
        if let Some(earlier) = self.store.replayed_import(&file.permit, change.at).await? {
            return Ok(earlier);
        }
        let report = file.checked.report(&file.permit, change).await?;
        let report = ImportReport { inserted: 0, ..report };
        Err(ApiError::ImportRejected(Box::new(report)))
    }

    /// The report of the check, for a dry run.
    pub(super) async fn report(&self, file: CheckedFile) -> Result<ImportReport, ApiError> {
        let change = ChangeContext { at: self.clock.now(), event: self.ids.next() };
        Ok(file.checked.report(&file.permit, change).await?)
    }
}

impl CheckedFile {
    /// The first label of the host in the file.
    pub(super) fn host_label(&self) -> Option<&str> {
        self.host.as_deref()?.split('.').next()
    }
}

/// A file that is being read.
struct FileReader {
    reader: Reader,
    /// Valid codes with their line numbers, which are still to be spooled.
    codes: Vec<(u32, ActivationCode)>,
    import: Import,
}

impl FileReader {
    /// Takes the lines that `parse` finds in that many bytes.
    async fn parse(
        mut self,
        bytes: usize,
        parse: impl FnOnce(&mut Reader) -> Vec<Line> + Send + 'static,
    ) -> Result<Self, ApiError> {
        let mut reader = self.reader;
        let lines = move || {
            let lines = parse(&mut reader);
            (lines, reader)
        };
        let (lines, reader) = offload(bytes / BYTES_PER_LINE, lines).await;
        self.reader = reader;
        for line in lines {
            match line.code {
                Ok(code) => self.codes.push((line.number, code)),
                Err(rejection) => self.import.report.reject(rejection),
            }
        }
        if self.codes.len() < CODES_PER_CHUNK { Ok(self) } else { self.spool().await }
    }

    /// Moves the codes from memory to the store's spool file.
    async fn spool(mut self) -> Result<Self, ApiError> {
        let codes = std::mem::take(&mut self.codes);
        self.import = self.import.add(codes).await?;
        Ok(self)
    }
}
