//! `esimpool import --undo`

use std::io::{Write, stdout};

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::cli::api::{self, Api, Pool, Query};
use crate::cli::common::{Failure, block_on};
use crate::cli::output::counted;

/// The response to a removal.
#[derive(Debug, Deserialize)]
struct Removal {
    removed: u64,
    left: u64,
}

/// Removes the codes of an import that are free, and says what is left.
pub(super) fn undo(api: &Api, import: Uuid) -> Result<(), Failure> {
    let (removal, pool) = block_on(async {
        let codes = Query::default().filter(&[Some(format!("importId eq '{import}'"))]);
        let first = codes.clone().with("$top", "1").with("$select", "poolId");
        let first: Value = api.get(&first.on("/esimpool.codes")).await?;
        let response = api::send(api.request(Method::DELETE, &codes.on("/esimpool.codes"))).await?;
        let removal: Removal = api::json(response).await?;
        let pool = match first["value"][0]["poolId"].as_str() {
            Some(id) => {
                let path = format!("/{id}?$select=id,displayName,activationCodeCount");
                Some(api.get::<Pool>(&path).await?)
            }
            None => None,
        };
        Ok::<_, Failure>((removal, pool))
    })??;
    if removal.removed + removal.left == 0 {
        return Err(format!("no code is of an import {import}; was it undone before?").into());
    }
    stdout().write_all(text(&removal, pool.as_ref()).as_bytes())?;
    Ok(())
}

fn text(Removal { removed, left }: &Removal, pool: Option<&Pool>) -> String {
    let codes = |count| counted(count, "code");
    let mut text = format!("removed {}", codes(*removed));
    if let Some(pool) = pool {
        let count = codes(pool.activation_code_count);
        let id = pool.id.to_string();
        text.extend([" from ", &pool.display_name, " (", &id, "), which stays and has ", &count]);
    }
    text.push('\n');
    if *left > 0 {
        let verb = if *left == 1 { "is" } else { "are" };
        text.extend([&codes(*left), " of the import ", verb, " left: no longer free\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Removal, text};

    #[test]
    fn what_is_left_is_told() {
        assert_eq!(text(&Removal { removed: 1, left: 0 }, None), "removed 1 code\n");
        assert_eq!(
            text(&Removal { removed: 1_998, left: 2 }, None),
            "removed 1,998 codes\n2 codes of the import are left: no longer free\n"
        );
    }
}
