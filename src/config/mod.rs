//! The settings: built-in defaults, overridden by a file, by the environment, and by flags, in this
//! order. Only this module reads the environment. Depends on `domain`, `vault` and `auth` for the
//! types of values; opens nothing but settings files and secret files.

mod database_url;
mod environment;
mod faults;
mod identity;
mod known;
mod layers;
mod origin;
mod read;
mod sections;
mod sign_in;
mod values;

use std::path::Path;

pub use environment::Environment;
pub use faults::{Fault, Faults};
pub use identity::{ClaimSettings, ClientSettings, Development, Identity, IssuerSettings};
pub use known::{SETTINGS, Setting};
pub use layers::Flags;
pub use origin::Origin;
pub use read::Secrets;
pub use sections::{
    Admin, Audit, Codes, Console, Database, Encryption, Imports, Limits, Log, Server, Settings, Tls,
};
pub use sign_in::{ApplicationSettings, RedirectSettings, UserSettings};
pub use values::{LogFormat, Secret, Switch, ValidationName};

use layers::Layers;

/// The effective settings, and the source of each.
#[derive(Debug)]
pub struct Config {
    /// The values.
    pub settings: Settings,
    layers: Layers,
}

impl Config {
    /// Loads the settings. The settings file is the one that `file` or `ESIMPOOL_CONFIG` names, if any.
    ///
    /// # Errors
    /// All faults of the settings at once.
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

    /// What should be changed although the settings are valid, such as renamed keys; one line each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.layers.warnings()
    }

    /// Every setting: its key, its value with secrets masked, and its source.
    #[must_use]
    pub fn table(&self) -> Vec<[String; 3]> {
        let values = self.settings.printable();
        SETTINGS
            .iter()
            .map(|Setting { key, .. }| {
                let value = values.get(*key).cloned().unwrap_or_else(|| "(unset)".to_owned());
                [(*key).to_owned(), value, self.layers.origin(key).to_string()]
            })
            .collect()
    }
}
