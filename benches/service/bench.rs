//! The context of a benchmark.

use std::path::PathBuf;

use super::database::Postgres;
use super::options::Options;
use super::tools::Tools;

pub struct Bench {
    pub options: Options,
    pub tools: Tools,
    pub postgres: Postgres,
    /// The folder for results, in Cargo's target folder.
    pub folder: PathBuf,
}

impl Bench {
    pub fn start(options: Options) -> Result<Self, String> {
        let tools = Tools::find(options.url.is_none())?;
        let postgres = Postgres::start(&options, &tools)?;
        Ok(Self { options, tools, postgres, folder: folder() })
    }
}

/// The folder for results, in Cargo's target folder, which is two levels above this program's folder.
pub fn folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.ancestors().nth(3).unwrap_or(&program).join("bench")
}
