//! The pool that a file is imported into.

use clap::ValueEnum;

use super::arguments::ImportArguments;
use crate::cli::api::{Api, Pool, PoolSelector, Query};
use crate::cli::common::Failure;

/// The path to send the file to. Looking up the pool first shows before a long upload whether the
/// service is there and accepts the token.
pub(super) async fn path(api: &Api, arguments: &ImportArguments) -> Result<String, Failure> {
    let mode = arguments.mode.to_possible_value();
    let mode = mode.as_ref().map_or("strict", |mode| mode.get_name());
    let mut options = Query::default()
        .with("mode", mode)
        .with("partial", arguments.partial.to_string())
        .with("dryRun", arguments.dry_run.to_string());
    if let Some(names) = &arguments.ignore_columns {
        options = options.with("ignoreColumns", names);
    }
    let Some(selector) = &arguments.pool else {
        api.pools(Query::default().with("$filter", "activationCodeCount lt 0")).await?;
        return Ok(options.on("/esimpool.import"));
    };
    if let Some(pool) = selector.find(api).await? {
        return Ok(options.on(&format!("/{}/esimpool.import", pool.id)));
    }
    if !arguments.create {
        return Err(unknown(selector, &api.pools(Query::default()).await?).into());
    }
    Ok(options.with("displayName", selector.text()).on("/esimpool.import"))
}

/// The message about a pool that does not exist, with the nearest name.
fn unknown(selector: &PoolSelector, pools: &[Pool]) -> String {
    let name = selector.text();
    let nearest = match nearest(name, pools) {
        Some(nearest) => format!("; the nearest name is '{nearest}'"),
        None => String::new(),
    };
    format!("no pool is named '{name}'{nearest}; to create it, add --create")
}

/// The name that differs least, whatever its letter case.
fn nearest<'p>(name: &str, pools: &'p [Pool]) -> Option<&'p str> {
    let name = name.to_lowercase();
    let names = pools.iter().map(|pool| pool.display_name.as_str());
    names.min_by_key(|known| strsim::damerau_levenshtein(&name, &known.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{Pool, nearest};

    #[test]
    fn the_nearest_name_has_the_fewest_differences() {
        let pool = |name: &str| Pool {
            id: Uuid::nil(),
            display_name: name.to_owned(),
            activation_code_count: 0,
        };
        let pools = ["Autumn", "SPRING 2026", "Spring"].map(pool);
        for (typed, meant) in
            [("spirng", "Spring"), ("Spring2026", "SPRING 2026"), ("atumn", "Autumn")]
        {
            assert_eq!(nearest(typed, &pools), Some(meant));
        }
        assert_eq!(nearest("any", &[]), None);
    }
}
