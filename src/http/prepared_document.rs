//! Documents that are the same for every client: built, compressed and tagged once, as every client
//! can ask for them without a token.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use actix_web::http::header::HeaderValue;
use aws_lc_rs::digest::{Context, SHA256};
use flate2::Compression;

use super::gzip::{MIN_COMPRESSED_BYTES, gzip};
use crate::host::path_of;

/// For how many base URLs a document with its base is kept. Without `server.public_base_url` a client
/// chooses the base, by the names and ports of this machine.
const MAX_BASES: usize = 8;

/// Bytes that all responses with them share.
#[expect(clippy::disallowed_types, reason = "not read from a request")]
type SharedBytes = actix_web::web::Bytes;

/// A document as it is sent.
#[derive(Clone, Debug)]
pub(super) struct PreparedDocument {
    pub(super) text: SharedBytes,
    /// The same in gzip, unless it is short.
    pub(super) gzip: Option<SharedBytes>,
    /// A weak tag, which is that of both.
    pub(super) etag: HeaderValue,
}

impl PreparedDocument {
    pub(super) fn new(text: String) -> Self {
        let etag = etag(&[text.as_bytes()]);
        Self::uncompressed(text, etag).compressed()
    }

    fn uncompressed(text: String, etag: HeaderValue) -> Self {
        Self { text: text.into(), gzip: None, etag }
    }

    fn compressed(mut self) -> Self {
        if self.text.len() >= MIN_COMPRESSED_BYTES {
            self.gzip = Some(gzip(&self.text, Compression::best()).into());
        }
        self
    }
}

/// A weak entity tag of these parts.
fn etag(parts: &[&[u8]]) -> HeaderValue {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let digest = context.finish();
    let digest = digest.as_ref().first_chunk().expect("a digest of 32 bytes");
    let tag = format!("W/\"{:016x}\"", u64::from_be_bytes(*digest));
    HeaderValue::from_str(&tag).expect("visible ASCII")
}

/// The documents of a service, each built when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct PreparedDocuments {
    pub(super) metadata: OnceLock<PreparedDocument>,
    pub(super) page: OnceLock<DocumentWithBase>,
    pub(super) openapi: OnceLock<DocumentWithBase>,
}

/// A document that contains the base URL of the request.
#[derive(Debug)]
pub(super) struct DocumentWithBase {
    text: String,
    /// Writes a URL as such a document has it.
    write: fn(&str) -> String,
    /// The tag of the document without its base.
    etag: HeaderValue,
    by_base: Mutex<HashMap<String, PreparedDocument>>,
}

impl DocumentWithBase {
    /// What stands for the base URL in the text of a new document.
    pub(super) const BASE: &str = "esimpool://base";

    /// What stands for the path of the base URL.
    pub(super) const PATH: &str = "esimpool://path";

    /// A document with the strings [`Self::BASE`] and [`Self::PATH`].
    pub(super) fn new(text: String, write: fn(&str) -> String) -> Self {
        Self { etag: etag(&[text.as_bytes()]), text, write, by_base: Mutex::default() }
    }

    /// The document for this base URL. It is kept, and compressed, for the first [`MAX_BASES`] only, so
    /// that a client cannot make the service compress it again and again.
    pub(super) fn at(&self, base: &str) -> PreparedDocument {
        let mut by_base = self.by_base.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = by_base.get(base) {
            return known.clone();
        }
        if by_base.len() == MAX_BASES {
            drop(by_base);
            return self.build(base);
        }
        let document = self.build(base).compressed();
        by_base.insert(base.to_owned(), document.clone());
        document
    }

    fn build(&self, base: &str) -> PreparedDocument {
        let [url, path] = [base, path_of(base)].map(self.write);
        let text = self.text.replace(Self::BASE, &url).replace(Self::PATH, &path);
        PreparedDocument::uncompressed(text, etag(&[self.etag.as_bytes(), url.as_bytes()]))
    }
}

#[cfg(test)]
mod tests {
    use super::{DocumentWithBase, MAX_BASES, PreparedDocument};

    #[test]
    fn a_document_with_a_base_is_kept_for_a_few_bases() {
        let text = format!(r#"{{"url":"{}","x":"{}"}}"#, DocumentWithBase::BASE, "x".repeat(2_000));
        let document = DocumentWithBase::new(text.clone(), str::to_owned);
        for number in 0..2 * MAX_BASES {
            let base = format!("http://localhost:{number}");
            let (one, again) = (document.at(&base), document.at(&base));
            assert_eq!(one.text, text.replace(DocumentWithBase::BASE, &base));
            assert_eq!((&one.text, &one.etag), (&again.text, &again.etag));
            assert_eq!(one.gzip.is_some(), number < MAX_BASES);
            // Kept: the same memory.
            assert_eq!(one.text.as_ptr() == again.text.as_ptr(), number < MAX_BASES);
        }
        assert_ne!(document.at("http://localhost:0").etag, document.at("http://localhost:1").etag);
    }

    #[test]
    fn a_short_document_is_not_compressed() {
        assert!(PreparedDocument::new("x".repeat(1_023)).gzip.is_none());
        assert!(PreparedDocument::new("x".repeat(1_024)).gzip.is_some());
        let [one, other] = ["x", "y"].map(|text| PreparedDocument::new(text.to_owned()));
        assert_ne!(one.etag, other.etag);
    }
}
