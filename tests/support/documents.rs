//! The documents of the project, for tests that compare them with the code.

use std::path::{Path, PathBuf};

/// The path of a document, from the root of the repository.
pub fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// README.md and every page below `docs`, with their text.
pub fn documents() -> Vec<(PathBuf, String)> {
    let mut pages = vec![document("README.md")];
    let mut folders = vec![document("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of documents") {
            let path = entry.expect("an entry of the folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a document");
        (path, text)
    };
    pages.into_iter().map(read).collect()
}
