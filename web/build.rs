//! Compresses the files of `web/` that browsers load. The program holds them as they are sent, in gzip.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// The endings of files that a browser loads.
const KINDS: [&str; 3] = ["css", "js", "svg"];

fn main() {
    println!("cargo::rerun-if-changed=web");
    let folder = |name| PathBuf::from(std::env::var_os(name).expect("cargo sets it"));
    let (web, out) = (folder("CARGO_MANIFEST_DIR").join("web"), folder("OUT_DIR"));
    let mut names = Vec::new();
    collect(&web, "", &mut names);
    names.sort();
    let mut list = String::from("&[\n");
    for (index, name) in names.iter().enumerate() {
        let text = fs::read(web.join(name)).expect("a file of web/ can be read");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&text).expect("writing to memory does not fail");
        let compressed = encoder.finish().expect("writing to memory does not fail");
        fs::write(out.join(format!("{index}.gz")), compressed).expect("OUT_DIR can be written");
        let file = format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{index}.gz\"))");
        writeln!(list, "    ({name:?}, {file}),").expect("writing to memory does not fail");
    }
    fs::write(out.join("web_files.rs"), list + "]\n").expect("OUT_DIR can be written");
}

/// The names of all such files below a folder, relative to `web/`.
fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder of web/ can be read") {
        let entry = entry.expect("a folder of web/ can be read");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), names);
        } else if entry.path().extension().is_some_and(|it| KINDS.iter().any(|kind| it == *kind)) {
            names.push(name);
        }
    }
}
