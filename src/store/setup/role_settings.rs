//! Keeping the settings of sessions on the role: for poolers that lend a connection for a transaction
//! only, and so lose what a session has set.

use crate::store::db::{Completion, Statement, Unit, params};
use crate::store::error::OpenError;
use crate::store::handle::Store;

impl Store {
    /// Makes the settings of sessions defaults of the role in this database. Returns how many. They
    /// apply to connections that the pooler opens from then on. Nothing, in SQLite.
    pub async fn keep_session_settings(&self) -> Result<usize, OpenError> {
        let settings = self.engine().session_settings();
        if settings.is_empty() {
            return Ok(0);
        }
        let unit = Unit::new("keep session settings");
        let done = self.engine().transaction(unit, self.engine().deadline(), move |transaction| {
            Box::pin(async move {
                let name =
                    Statement::new("select quote_ident(current_database())::text", params![]);
                let database: Option<(String,)> = transaction.row(name).await?;
                let (database,) = database.unwrap_or_default();
                for (name, value) in &settings {
                    let alter = format!(
                        "alter role current_user in database {database} set {name} = '{value}'"
                    );
                    transaction.script(alter).await?;
                }
                Ok::<_, OpenError>(Completion::Commit(settings.len()))
            })
        });
        done.await
    }
}
