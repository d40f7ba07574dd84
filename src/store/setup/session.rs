//! Whether the sessions of PostgreSQL are as they were asked to be, and the server is safe.

use crate::store::db::{
    CHECKED_SETTINGS, Dialect, PLAN_CACHE_MODE, Statement, Transaction, params,
};
use crate::store::error::StoreError;

/// Settings of the server without which a crash of its machine can lose what it acknowledged.
const SAFE: &[&str] = &["fsync", "full_page_writes", "synchronous_commit"];

/// What is not as it should be, for the log.
pub(super) async fn warnings(transaction: &mut Transaction<'_>) -> Result<Vec<String>, StoreError> {
    if transaction.dialect() == Dialect::Sqlite {
        return Ok(Vec::new());
    }
    let read = Statement::new("select name, setting from pg_settings", params![]);
    let read: Vec<(String, String)> = transaction.rows(read).await?;
    let is = |wanted: &str| {
        let found = read.iter().find(|(name, _)| name == wanted);
        found.map_or("", |(_, value)| value.as_str())
    };
    let unsafe_settings = SAFE.iter().filter(|name| is(name) == "off").map(|name| {
        format!(
            "{name} is off: a crash of PostgreSQL's machine can lose or damage what it has stored"
        )
    });
    let lost = CHECKED_SETTINGS.iter().filter(|(name, value)| {
        let known = is(name);
        // Which of the two it is to be is not known yet.
        known != *value && !(*name == PLAN_CACHE_MODE && known == "auto")
    });
    let lost = lost.map(|(name, value)| {
        format!(
            "{name} is '{}' and not '{value}': a pooler loses the settings of sessions; keep them on \
             the role, by 'esimpool migrate --role-settings'",
            is(name)
        )
    });
    Ok(unsafe_settings.chain(lost).collect())
}
