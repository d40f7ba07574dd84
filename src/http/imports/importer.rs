//! An import in two steps: the complete file is read and checked, and only then stored.

use crate::auth::{Permit, Write};
use crate::carrier::{IgnoredColumns, Line, Reader};
use crate::clock::Clock;
use crate::domain::{
    ChangeContext, DisplayName, IdGenerator, ImportReport, ImportedCode, Invalid, PoolId, Rules,
    Validation,
};
use crate::http::error::{ApiError, done};
use crate::http::extract::{Chunk, Csv, CsvContent};
use crate::http::handler::Extract;
use crate::http::request::Request;
use crate::offload::offload;
use crate::protocol::ImportOptions;
use crate::store::{Checked, Import, ImportInto, MAX_IMPORT_CODES, Store};

/// The length of a short line: an upper estimate of how many lines a chunk has.
const BYTES_PER_LINE: usize = 32;
/// How many codes are looked up, encrypted and spooled at a time, and how many bytes of them if they
/// are few but long.
const CODES_PER_CHUNK: usize = 4096;
const CODE_BYTES_PER_CHUNK: usize = 512 * 1024;
/// How much of a file is read before the codes in it are counted: it cannot hold more codes than are
/// spooled at a time.
const PIECE_BYTES: usize = 16 * 1024;
/// How much of a file is read at a time, so that no thread is used for long if the client has left.
const STEP_BYTES: usize = 1024 * 1024;

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
        file: Csv,
        options: &ImportOptions,
    ) -> Result<CheckedFile, ApiError> {
        let rules = Rules { validation: options.mode, ..self.rules };
        let unique = options.mode == Validation::Strict;
        let import = self.store.begin_import(&permit, into, unique, &self.ids).await?;
        let import = import.ok_or(ApiError::NotFound)?;
        let Csv { mut receiver, content } = file;
        let ignored = IgnoredColumns::parse(&options.ignore_columns);
        let mut file = FileReader::new(content, Reader::new(rules, ignored), import);
        loop {
            let received = receiver.receive().await?;
            let (bytes, ended) = (received.as_ref().map_or(0, Chunk::len), received.is_none());
            file.content.feed(received);
            loop {
                let (read, progress) = file.read(bytes).await?;
                file = read;
                match progress {
                    Progress::Spool => file = file.spool().await?,
                    Progress::Pause => {}
                    Progress::NeedsInput => break,
                }
            }
            if ended {
                break;
            }
        }
        let mut file = file.end().spool().await?;
        let understood = file.reader.columns_understood().iter();
        file.import.report.understood = understood
            .map(|column| (column.name.clone(), column.content.replace('`', "")))
            .collect();
        file.import.report.not_understood = file.reader.columns_not_understood().to_vec();
        let host = file.reader.host().map(str::to_owned);
        let idempotency_key = file.content.idempotency_key();
        let checked = file.import.check().await?;
        let permit = permit.with_idempotency_key(idempotency_key);
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
    content: CsvContent,
    /// The part of the content that is being read.
    part: Chunk,
    reader: Reader,
    /// Valid codes with their line numbers, which are still to be spooled, and the bytes of them.
    codes: Vec<(u32, ImportedCode)>,
    code_bytes: usize,
    /// All valid codes so far.
    count: u64,
    import: Import,
}

/// What is to be done next.
enum Progress {
    /// There are codes to be spooled.
    Spool,
    /// There is more to read.
    Pause,
    /// More of the file has to be received.
    NeedsInput,
}

impl FileReader {
    fn new(content: CsvContent, reader: Reader, import: Import) -> Self {
        let (part, codes) = (Chunk::new(), Vec::new());
        Self { content, part, reader, codes, code_bytes: 0, count: 0, import }
    }

    /// Reads some of what was received, which is that many bytes: decompresses it and validates the
    /// codes in it, off the async worker if it is much.
    async fn read(mut self, bytes: usize) -> Result<(Self, Progress), ApiError> {
        let lines = if self.content.expands() { usize::MAX } else { bytes / BYTES_PER_LINE };
        let step = move || self.step().map(|progress| (self, progress));
        offload(lines, step).await
    }

    fn step(&mut self) -> Result<Progress, ApiError> {
        let mut bytes = 0;
        while bytes < STEP_BYTES {
            if self.part.is_empty() {
                match self.content.next()? {
                    Some(part) => self.part = part,
                    None => return Ok(Progress::NeedsInput),
                }
            }
            let piece = self.part.split_to(self.part.len().min(PIECE_BYTES));
            bytes += piece.len();
            let Self { reader, codes, code_bytes, import, .. } = self;
            let known = codes.len();
            reader.feed(&piece, |line| take(line, codes, code_bytes, import));
            self.count += (self.codes.len() - known) as u64;
            if self.count > MAX_IMPORT_CODES {
                return Err(ApiError::TooManyCodes { max: MAX_IMPORT_CODES });
            }
            if self.codes.len() >= CODES_PER_CHUNK || self.code_bytes >= CODE_BYTES_PER_CHUNK {
                return Ok(Progress::Spool);
            }
        }
        Ok(Progress::Pause)
    }

    /// Takes the last line.
    fn end(mut self) -> Self {
        let Self { reader, codes, code_bytes, import, .. } = &mut self;
        reader.end(|line| take(line, codes, code_bytes, import));
        self
    }

    /// Moves the codes from memory to the store's spool file.
    async fn spool(mut self) -> Result<Self, ApiError> {
        let codes = std::mem::take(&mut self.codes);
        self.code_bytes = 0;
        self.import = self.import.add(codes).await?;
        Ok(self)
    }
}

fn take(
    line: Line,
    codes: &mut Vec<(u32, ImportedCode)>,
    code_bytes: &mut usize,
    import: &mut Import,
) {
    match line {
        Line::Code(number, code) => {
            *code_bytes += code.length();
            codes.push((number, code));
        }
        Line::Rejected(rejection) => import.report.reject(rejection),
        Line::Unlisted(number, reason, hint) => {
            import.report.reject_unlisted(number, &reason, hint);
        }
    }
}
