//! The real app, started by the function that `main` calls.

use std::ffi::OsString;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use esimpool::app::{App, StartError, Surroundings};
use esimpool::auth::{DevelopmentIssuer, Permission, TokenRequest, Wrong};
use esimpool::clock::Clock;
use esimpool::config::{Config, Environment, Flags, Secrets};
use esimpool::domain::TenantId;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{Actor, Database, Engine};

/// A running service with a folder and a database of its own.
pub struct TestApp {
    pub addr: SocketAddr,
    pub tls_addr: Option<SocketAddr>,
    pub admin_addr: SocketAddr,
    pub database: Database,
    pub folder: TempDir,
    clock: Clock,
    handle: ServerHandle,
    running: JoinHandle<Result<(), StartError>>,
}

/// How a service is set up before it starts.
pub struct Setup {
    engine: Engine,
    settings: Vec<(String, String)>,
    surroundings: Surroundings,
}

impl TestApp {
    /// A service with the built-in settings.
    pub async fn start(engine: Engine) -> Self {
        Self::with(engine).start().await
    }

    /// A service with other settings: each `.set("section.key", value)`.
    pub fn with(engine: Engine) -> Setup {
        Setup { engine, settings: Vec::new(), surroundings: Surroundings::default() }
    }

    /// The tenant of that name; equal names are equal tenants.
    pub fn tenant(&self, name: &str) -> Tenant<'_> {
        Tenant { app: self, id: tenant_id(name) }
    }

    /// The tenant of the development issuer's own tokens.
    pub fn development(&self) -> Tenant<'_> {
        Tenant { app: self, id: DevelopmentIssuer::TENANT.into() }
    }

    /// Who may write there.
    pub fn writer_of_development(&self) -> Actor {
        self.development().caller(Permission::ConfigurationReadWriteAll)
    }

    /// Who may write in some tenant.
    pub fn writer(&self) -> Actor {
        self.tenant("contoso").caller(Permission::ConfigurationReadWriteAll)
    }

    /// Who may import and claim in the same tenant.
    pub fn importer(&self) -> Actor {
        let names = [
            Permission::ConfigurationReadWriteAll,
            Permission::ActivationCodeClaimAll,
            Permission::AppsReadAll,
        ];
        self.tenant("contoso")
            .token(&token_request(tenant_id("contoso"), &names.map(Permission::name)))
    }

    /// The token of such a one.
    pub fn writer_token(&self) -> String {
        let permission = Permission::ConfigurationReadWriteAll.name();
        self.issuer().token(&token_request(tenant_id("contoso"), &[permission]), self.clock.now())
    }

    /// Who has no token.
    pub fn anonymous(&self) -> Actor {
        Actor::new(self.addr, None)
    }

    /// Who sends this very token.
    pub fn bearer(&self, token: &str) -> Actor {
        Actor::new(self.addr, Some(token))
    }

    /// The service's own issuer.
    pub fn issuer(&self) -> DevelopmentIssuer {
        development_issuer(self.folder.path())
    }

    /// The secret of the development issuer's own application.
    pub fn client_secret(&self) -> String {
        let file = self.folder.path().join(DevelopmentIssuer::CLIENT_SECRET_FILE);
        std::fs::read_to_string(file).expect("made by the start")
    }

    /// Stops the service as SIGTERM does, and gives back what outlives it.
    pub async fn stop(self) -> (TempDir, Database) {
        self.handle.stop(true).await;
        self.running.await.expect("the service does not panic").expect("the service ends well");
        (self.folder, self.database)
    }

    /// Stops and starts again on the same database and folder.
    pub async fn restart(self) -> Self {
        let engine = self.database.engine;
        let (folder, database) = self.stop().await;
        Self::with(engine).start_on(folder, database).await.expect("it starts again")
    }
}

impl Setup {
    /// Changes a setting.
    pub fn set(mut self, key: &str, value: impl Display) -> Self {
        let name = format!("ESIMPOOL__{}", key.to_uppercase().replace('.', "__"));
        self.settings.push((name, value.to_string()));
        self
    }

    /// Stops the clock.
    pub fn at(mut self, clock: Clock) -> Self {
        self.surroundings.clock = clock;
        self
    }

    /// Tells how a shell gets a token.
    pub fn token_command(mut self, command: &str) -> Self {
        self.surroundings.token_command = Some(command.to_owned());
        self
    }

    /// Makes ids count from one.
    pub fn counting_ids(mut self) -> Self {
        self.surroundings.ids = esimpool::domain::IdGenerator::counting();
        self
    }

    /// Starts it.
    pub async fn start(self) -> TestApp {
        let folder = new_folder();
        let database = Database::create(self.engine, folder.path()).await;
        self.start_on(folder, database).await.expect("the service starts")
    }

    /// Starts it on a folder and a database that exist.
    pub async fn start_on(
        self,
        folder: TempDir,
        database: Database,
    ) -> Result<TestApp, StartError> {
        let Self { mut settings, surroundings, .. } = self;
        let mut set =
            |key: &str, value: String| settings.insert(0, (format!("ESIMPOOL__{key}"), value));
        set("DATA_DIR", folder.path().display().to_string());
        set("DATABASE__URL", database.url.clone());
        set("DATABASE__MAX_CONNECTIONS", "8".to_owned());
        set("SERVER__LISTEN", "127.0.0.1:0".to_owned());
        set("ADMIN__LISTEN", "127.0.0.1:0".to_owned());
        let variables = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let config =
            Config::load(None, &Environment::of(variables), &Flags::default(), Secrets::Read);
        let config = config.expect("good settings");

        let clock = surroundings.clock;
        let app = App::start(&config.settings, surroundings).await?;
        let (addr, tls_addr, admin_addr) = (app.addr(), app.tls_addr(), app.admin_addr());
        let handle = app.handle();
        let running = tokio::spawn(app.run());
        Ok(TestApp { addr, tls_addr, admin_addr, database, folder, clock, handle, running })
    }
}

/// A folder that holds a development issuer: to make a key for each test would take long.
pub fn new_folder() -> TempDir {
    static KEY: OnceLock<(OsString, Vec<u8>)> = OnceLock::new();
    let (name, key) = KEY.get_or_init(|| {
        let folder = TempDir::new().expect("a folder");
        DevelopmentIssuer::open(folder.path()).expect("a key");
        let file = std::fs::read_dir(folder.path()).expect("a folder").flatten().next();
        let file = file.expect("the key's file");
        (file.file_name(), std::fs::read(file.path()).expect("a key"))
    });
    let folder = TempDir::new().expect("a folder");
    private_file(&folder.path().join(name), key);
    folder
}

/// Writes a file that only its owner can read, as files with secrets must be.
pub fn private_file(path: &Path, content: impl AsRef<[u8]>) {
    use std::io::Write as _;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

    let mut create = std::fs::OpenOptions::new();
    let file = create.write(true).create(true).truncate(true).mode(0o600).open(path);
    let mut file = file.expect("created");
    file.set_permissions(std::fs::Permissions::from_mode(0o600)).expect("its mode");
    file.write_all(content.as_ref()).expect("written");
}

/// The issuer whose key is in `folder`.
pub fn development_issuer(folder: &Path) -> DevelopmentIssuer {
    DevelopmentIssuer::open(folder).expect("a development issuer").0
}

/// The tenant of that name.
pub fn tenant_id(name: &str) -> TenantId {
    let mut bytes = [0x11; 16];
    for (byte, letter) in bytes.iter_mut().zip(name.bytes()) {
        *byte = letter;
    }
    TenantId::from(Uuid::from_bytes(bytes))
}

/// A URL of every service on this machine, whatever its port.
pub const SERVICE: &str = "http://127.0.0.1:8080";

/// A good token's request, to be changed.
pub fn token_request(tenant: TenantId, permissions: &[&str]) -> TokenRequest {
    TokenRequest {
        service: SERVICE.to_owned(),
        permissions: permissions.iter().map(|&name| name.to_owned()).collect(),
        delegated: false,
        tenant,
        audience: DevelopmentIssuer::AUDIENCE.to_owned(),
        ttl: Duration::from_hours(1),
        wrong: None,
    }
}

/// A tenant of a running service.
pub struct Tenant<'a> {
    app: &'a TestApp,
    id: TenantId,
}

impl Tenant<'_> {
    /// An application with one permission. One that may read pools may read the audit log, too.
    pub fn caller(&self, permission: Permission) -> Actor {
        let names = match permission {
            Permission::ConfigurationReadAll | Permission::ConfigurationReadWriteAll => {
                vec![permission.name(), Permission::AppsReadAll.name()]
            }
            other => vec![other.name()],
        };
        self.carrying(&names)
    }

    /// A user with one permission, through an application.
    pub fn user(&self, permission: Permission) -> Actor {
        self.token(&TokenRequest {
            delegated: true,
            ..token_request(self.id, &[permission.name()])
        })
    }

    /// An application, by itself or on behalf of a user, whose token is wrong in that way, and
    /// otherwise may write.
    pub fn wrong(&self, wrong: &'static Wrong, delegated: bool) -> Actor {
        let good = token_request(self.id, &[Permission::ConfigurationReadWriteAll.name()]);
        self.token(&TokenRequest { wrong: Some(wrong), delegated, ..good })
    }

    /// An application whose token carries the permissions of these names.
    pub fn carrying(&self, permissions: &[&str]) -> Actor {
        self.token(&token_request(self.id, permissions))
    }

    /// Who has a token as requested.
    pub fn token(&self, request: &TokenRequest) -> Actor {
        self.app.bearer(&self.app.issuer().token(request, self.app.clock.now()))
    }
}
