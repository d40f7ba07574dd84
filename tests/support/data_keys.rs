//! Data keys of tenants as the database has them, and rotations that are interrupted.

use super::database::{Database, Engine, execute};

/// The number of codes that an older data key has sealed.
pub async fn codes_under_older_keys(database: &Database) -> i64 {
    let older = "select count(*)
        from activation_codes as code
        where key_id < (select max(key_id)
                        from tenant_keys
                        where tenant_keys.tenant_id = code.tenant_id)";
    database.number(older).await
}

/// Waits until each tenant's newest data key has sealed all of its codes, whoever does it.
pub async fn all_codes_are_under_new_data_keys(database: &Database) {
    let begun = std::time::Instant::now();
    while codes_under_older_keys(database).await > 0 {
        assert!(begun.elapsed().as_secs() < 60, "some are left");
    }
}

/// A database in which nobody can change a row of a table, as if the one who tries were interrupted.
pub struct Fault {
    table: &'static str,
}

impl Fault {
    pub async fn at(database: &Database, table: &'static str) -> Self {
        let sql = match database.engine {
            Engine::Sqlite => format!(
                "create trigger fault before update on {table}
                 begin select raise(abort, 'interrupted'); end"
            ),
            Engine::Postgres => format!(
                "create function fault() returns trigger language plpgsql
                 as 'begin raise exception ''interrupted''; end';
                 create trigger fault before update on {table}
                 for each row execute function fault()"
            ),
        };
        execute(database, &sql).await;
        Self { table }
    }

    pub async fn repair(self, database: &Database) {
        let sql = match database.engine {
            Engine::Sqlite => "drop trigger fault".to_owned(),
            Engine::Postgres => {
                format!("drop trigger fault on {}; drop function fault()", self.table)
            }
        };
        execute(database, &sql).await;
    }
}
