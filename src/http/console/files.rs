//! The files of the console, which are parts of the program.

use std::sync::LazyLock;

use aws_lc_rs::digest::{Context, SHA256};

use crate::http::prepared_document::PreparedDocument;

/// Names and contents.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../web/", $name)))),*]
    };
}

/// Every file of `web/` that a browser loads, and the page. A test compares the list with the folder.
const FILES: &[(&str, &str)] = files![
    "app.css",
    "icon.svg",
    "src/api.js",
    "src/app.js",
    "src/csv.js",
    "src/devices.js",
    "src/main.js",
    "src/paths.js",
    "src/places.js",
    "src/router.js",
    "src/screens/activity.js",
    "src/screens/code.js",
    "src/screens/developer.js",
    "src/screens/find.js",
    "src/screens/give.js",
    "src/screens/give/holders.js",
    "src/screens/give/installation.js",
    "src/screens/give/list.js",
    "src/screens/give/one.js",
    "src/screens/import.js",
    "src/screens/import/report.js",
    "src/screens/overview.js",
    "src/screens/permissions.js",
    "src/screens/pool.js",
    "src/sentences.js",
    "src/session.js",
    "src/ui/bars.js",
    "src/ui/events.js",
    "src/ui/form.js",
    "src/ui/lacks.js",
    "src/ui/problem.js",
    "src/words.js",
    "vendor/directive-helpers.js",
    "vendor/directive.js",
    "vendor/directives/live.js",
    "vendor/directives/repeat.js",
    "vendor/lit-html.js",
    "vendor/oauth4webapi.js",
];

/// The page, with `ASSETS` and `BASE` instead of the paths of the files and of the service.
pub(super) const INDEX: &str = include_str!("../../../web/index.html");

/// A file as it is sent.
pub(in crate::http) struct File {
    pub(super) content_type: &'static str,
    pub(super) content: PreparedDocument,
}

/// All files, compressed once.
static PREPARED: LazyLock<Vec<(&str, File)>> = LazyLock::new(|| {
    let file = |(name, text): &(&'static str, &'static str)| {
        let content = PreparedDocument::new((*text).to_owned());
        (*name, File { content_type: content_type(name), content })
    };
    FILES.iter().map(file).collect()
});

/// A hash of all files: the part of their paths that changes with any of them.
pub(super) static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut context = Context::new(&SHA256);
    for (name, text) in FILES {
        for part in [name, text] {
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
    }
    let digest = context.finish();
    let digest = digest.as_ref().first_chunk().expect("a digest of 32 bytes");
    format!("{:016x}", u64::from_be_bytes(*digest))
});

/// The file of that name.
pub(super) fn file(name: &str) -> Option<&'static File> {
    PREPARED.iter().find(|(known, _)| *known == name).map(|(_, file)| file)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "image/svg+xml",
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{FILES, HASH, file};

    /// The names of the files below a folder that a browser can load.
    fn below(folder: &Path, prefix: &str, names: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().expect("a type").is_dir() {
                below(&entry.path(), &format!("{name}/"), names);
            } else if [".js", ".css", ".svg"].iter().any(|end| name.ends_with(end)) {
                names.push(name);
            }
        }
    }

    #[test]
    fn the_list_is_the_folder() {
        let mut names = Vec::new();
        below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("web"), "", &mut names);
        names.sort();
        assert_eq!(FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    }

    #[test]
    fn a_file_is_found_by_its_whole_name() {
        assert!(
            file("src/main.js").is_some_and(|it| it.content_type.starts_with("text/javascript"))
        );
        for name in ["", "main.js", "src", "src/", "src/main.j", "../index.html", "SRC/main.js"] {
            assert!(file(name).is_none(), "{name}");
        }
        assert_eq!(HASH.len(), 16);
    }
}
