//! The settings: built-in defaults, then a file, then the environment, then flags, the later over
//! the earlier. The one place that reads the environment. Leans on `domain`, `vault` and `auth` for
//! the types of what it reads.

mod faults;
mod identity;
mod keys;
mod layers;
mod read;
mod sections;

use std::path::Path;

pub use faults::{Fault, Faults};
pub use identity::{Claims, Client, Development, Identity, Issuer};
pub use keys::{KEYS, Key};
pub use layers::{Environment, Flags, Origin};
pub use read::Secrets;
pub use sections::{
    Admin, Audit, Codes, Database, Encryption, Limits, Log, LogFormat, Secret, Server, Settings,
    Switch, Tls,
};

use layers::Layers;

/// The settings in force, and where each came from.
#[derive(Debug)]
pub struct Config {
    /// What they are.
    pub settings: Settings,
    layers: Layers,
}

impl Config {
    /// Reads the settings. A file is only read if `file` or `ESIMPOOL_CONFIG` names one.
    pub fn load(
        file: Option<&Path>,
        environment: &Environment,
        flags: &Flags,
        secrets: Secrets,
    ) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut layers = Layers::read(file, environment, flags, &mut faults);
        let settings = read::read(&mut layers, secrets, &mut faults);
        if faults.is_empty() { Ok(Self { settings, layers }) } else { Err(faults) }
    }

    /// Every setting: its key, its value as it may be shown, and where it came from.
    #[must_use]
    pub fn table(&self) -> Vec<[String; 3]> {
        let shown = self.settings.shown();
        KEYS.iter()
            .map(|key| {
                let value = shown.get(key.name).cloned().unwrap_or_else(|| "(unset)".to_owned());
                [key.name.to_owned(), value, self.layers.origin(key.name).to_string()]
            })
            .collect()
    }
}
