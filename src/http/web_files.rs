//! The scripts, styles and pictures of `web/`, which are parts of the program. The build script
//! compresses them.

use std::io::Read;
use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use actix_web::{HttpResponse, HttpResponseBuilder};
use aws_lc_rs::digest::{Context, SHA256};
use flate2::bufread::GzDecoder;

use super::request_context::RequestContext;

/// A file that a browser loads. Its path has [`HASH`] in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct WebFile {
    name: &'static str,
    gzip: &'static [u8],
}

/// Every file of `web/` that a browser loads: its name, and its content in gzip.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/web_files.rs"));

/// A hash of all files: the part of their paths that changes with any of them.
pub(super) static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut context = Context::new(&SHA256);
    for (name, gzip) in FILES {
        for part in [name.as_bytes(), gzip] {
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
    }
    let digest = context.finish();
    let digest = digest.as_ref().first_chunk().expect("a digest of 32 bytes");
    format!("{:016x}", u64::from_be_bytes(*digest))
});

impl WebFile {
    /// The file at `{hash}/{name}`. Those of another version are not there: a page of it has to be
    /// loaded again.
    pub(super) fn at(path: &str) -> Option<Self> {
        Self::named(path.strip_prefix(&**HASH)?.strip_prefix('/')?)
    }

    fn named(name: &str) -> Option<Self> {
        let (name, gzip) = FILES.iter().find(|(known, _)| *known == name)?;
        Some(Self { name, gzip })
    }

    /// A response that is cached for good.
    pub(super) fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(StatusCode::OK);
        response
            .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .insert_header((CONTENT_TYPE, self.content_type()))
            .insert_header((VARY, "Accept-Encoding"));
        if context.preferences.gzip {
            return response.insert_header((CONTENT_ENCODING, "gzip")).body(self.gzip);
        }
        response.body(self.text())
    }

    fn text(self) -> String {
        let mut text = String::new();
        let read = GzDecoder::new(self.gzip).read_to_string(&mut text);
        read.expect("the build script compressed text");
        text
    }

    fn content_type(self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{FILES, HASH, WebFile};

    #[test]
    fn a_file_is_found_by_its_whole_name_and_is_that_of_the_folder() {
        for name in ["src/main.js", "app.css", "icon.svg", "vendor/lit-html.js"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web").join(name);
            let file = WebFile::named(name).expect(name);
            assert_eq!(file.text(), std::fs::read_to_string(path).expect("a file"), "{name}");
        }
        for name in ["", "main.js", "src", "src/", "src/main.j", "../index.html", "SRC/main.js"] {
            assert!(WebFile::named(name).is_none(), "{name}");
        }
        assert!(FILES.iter().all(|(name, _)| !name.contains("node_modules")));
    }

    #[test]
    fn a_file_of_another_version_is_not_there() {
        assert_eq!(HASH.len(), 16);
        assert!(WebFile::at(&format!("{}/app.css", *HASH)).is_some());
        assert!(WebFile::at("0123456789abcdef/app.css").is_none());
        assert!(WebFile::at(&format!("{}app.css", *HASH)).is_none());
    }
}
