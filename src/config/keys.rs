//! Every setting there is. The README's table is made from this list, and a key that is not on it
//! is refused by name.

/// A setting.
#[derive(Debug)]
pub struct Key {
    /// `section.key`
    pub name: &'static str,
    /// What it does, for the README.
    pub what: &'static str,
}

const fn key(name: &'static str, what: &'static str) -> Key {
    Key { name, what }
}

/// All settings, section by section.
pub const KEYS: &[Key] = &[
    key("data_dir", "folder of the SQLite file, the generated keys and the development issuer"),
    key("server.listen", "address for clients; port 0 takes a free one, the banner tells which"),
    key(
        "server.public_base_url",
        "base of every link in answers, without `/beta`; unset: the Host header, if it names this machine",
    ),
    key("server.tls.listen", "address of a second listener, for https; unset: none"),
    key(
        "server.tls.cert_file",
        "its certificate with the chain, PEM; unset: with the development issuer on, `development-certificate.pem` is made in `data_dir`",
    ),
    key("server.tls.key_file", "the certificate's key, PEM"),
    key("admin.listen", "address for Prometheus (`/metrics`)"),
    key(
        "database.url",
        "`postgres://…` or `sqlite://…`, also as `DATABASE_URL`; unset: `esimpool.db` in `data_dir`",
    ),
    key("database.url_file", "a file that holds the URL"),
    key("database.max_connections", "the most connections to hold"),
    key(
        "database.acquire_timeout",
        "seconds a request waits for a connection or a lock before a 503",
    ),
    key(
        "database.max_waiting",
        "the most changes of one kind that wait for others to be done, before a 503",
    ),
    key("database.statement_timeout", "seconds a statement may run in Postgres"),
    key(
        "database.migrate_on_start",
        "bring the schema up to date at start; else `esimpool migrate` must",
    ),
    key(
        "codes.validation",
        "`lenient` (any text), `graph` (Graph's patterns) or `strict` (and real, unique ICCIDs)",
    ),
    key("codes.max_per_request", "the most codes in one request"),
    key(
        "codes.low_stock_threshold",
        "from how many free codes down a pool's stock is low, where the pool itself does not say",
    ),
    key("audit.retention_days", "days that the audit log is kept; 0: for ever"),
    key("limits.body_bytes", "the longest request body, in bytes"),
    key("limits.import_bytes", "the longest file of codes in an import, in bytes"),
    key("limits.bodies_in_flight_bytes", "all request bodies in memory together, in bytes"),
    key(
        "limits.body_pause",
        "seconds a client has for a body, beside one for each 64 KiB that came",
    ),
    key("limits.json_depth", "how deep a JSON body may nest"),
    key("limits.text_length", "the longest text, in characters, at most 512"),
    key("limits.top_default", "page size where the client names none"),
    key("limits.top_max", "the greatest page size; a greater `$top` is cut to it"),
    key(
        "encryption.key",
        "the master key, 32 bytes in base64; unset: `encryption.key` in `data_dir`, made for an empty database",
    ),
    key("encryption.key_file", "a file that holds the master key"),
    key("log.format", "`pretty`, `json` or `auto` (pretty on a terminal)"),
    key("log.filter", "level, also by module: `esimpool=debug,warn`"),
    key("identity.issuers", "who may issue tokens, see \"Real issuers\""),
    key("identity.clock_skew", "seconds that an issuer's clock may be off"),
    key("identity.key_refresh", "seconds after which an issuer's keys are fetched anew"),
    key(
        "identity.key_cooldown",
        "seconds between two fetches that tokens with an unknown key may cause",
    ),
    key(
        "identity.remembered_tokens",
        "the most verified tokens that are not verified again until they expire; 0: none",
    ),
    key(
        "identity.development.enabled",
        "the development issuer: `true`, `false` or `auto` (no other issuer, and all loopback)",
    ),
    key(
        "identity.development.allow_remote",
        "serve requests from elsewhere although the development issuer is on",
    ),
    key(
        "identity.development.clients",
        "who gets tokens from the development issuer, see \"The development issuer\"; none: one, whose secret is generated",
    ),
];

/// The settings whose values are never shown.
pub(super) const SECRETS: [&str; 2] = ["encryption.key", "database.url"];
