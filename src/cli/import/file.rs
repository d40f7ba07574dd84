//! The upload of a file, with a progress bar.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::stream;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, RequestBuilder};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, stdin};

use crate::cli::common::Failure;

/// How much is read and sent at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// A file to send, possibly several times.
#[derive(Debug)]
pub(super) struct Upload {
    /// `None` for standard input.
    path: Option<PathBuf>,
    /// In bytes; `None` for a pipe, which can be read only once.
    length: Option<u64>,
    bar: ProgressBar,
}

impl Upload {
    /// The file at `path`, or standard input for `-`.
    pub(super) async fn of(path: &Path) -> Result<Self, Failure> {
        let path = Some(path).filter(|path| *path != Path::new("-")).map(Path::to_owned);
        let length = match &path {
            Some(path) => length(path).await?,
            None => None,
        };
        let (bar, template) = match length {
            Some(length) => (
                ProgressBar::new(length),
                "{msg} [{wide_bar}] {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left",
            ),
            None => (ProgressBar::new_spinner(), "{msg} {spinner} {bytes}  {bytes_per_sec}"),
        };
        let style = ProgressStyle::with_template(template).expect("the template is valid");
        bar.set_style(style.progress_chars("=> "));
        Ok(Self { path, length, bar })
    }

    /// Adds the file to a request as its body.
    pub(super) async fn fill(&self, request: RequestBuilder) -> Result<RequestBuilder, Failure> {
        self.bar.reset();
        self.bar.set_message("sending");
        let Some(path) = &self.path else {
            return Ok(request.body(body(stdin(), self.bar.clone())));
        };
        let file = File::open(path).await.map_err(|error| fault(path, &error))?;
        let request = match self.length {
            Some(length) => request.header(CONTENT_LENGTH, length),
            None => request,
        };
        Ok(request.body(body(file, self.bar.clone())))
    }

    /// Whether the file can be read again from the start.
    pub(super) fn can_be_sent_again(&self) -> bool {
        self.length.is_some()
    }

    /// Prints a message above the bar.
    pub(super) fn print(&self, text: &str) {
        self.bar.suspend(|| eprintln!("esimpool: {text}"));
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// The length of a regular file; `None` for a pipe or a device.
async fn length(path: &Path) -> Result<Option<u64>, Failure> {
    let metadata = tokio::fs::metadata(path).await.map_err(|error| fault(path, &error))?;
    if metadata.is_dir() {
        return Err(format!("{} is a folder, not a file", path.display()).into());
    }
    Ok(metadata.is_file().then_some(metadata.len()))
}

fn fault(path: &Path, error: &io::Error) -> Failure {
    format!("{}: {error}", path.display()).into()
}

/// A body that streams from a reader and advances the bar. Once everything is sent, the bar shows that
/// the service is storing the codes.
fn body(reader: impl AsyncRead + Send + Unpin + 'static, bar: ProgressBar) -> Body {
    Body::wrap_stream(stream::unfold(reader, move |mut reader| {
        let bar = bar.clone();
        async move {
            let mut chunk = vec![0; CHUNK_BYTES];
            match reader.read(&mut chunk).await {
                Ok(0) => {
                    let style = ProgressStyle::with_template("{msg} {spinner} {elapsed}");
                    bar.set_style(style.expect("the template is valid"));
                    bar.set_message("storing");
                    bar.enable_steady_tick(Duration::from_millis(120));
                    None
                }
                Ok(length) => {
                    chunk.truncate(length);
                    bar.inc(length as u64);
                    Some((Ok(chunk), reader))
                }
                Err(error) => Some((Err(error), reader)),
            }
        }
    }))
}
