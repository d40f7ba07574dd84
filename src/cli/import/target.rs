//! The pool that a file is imported into.

use clap::ValueEnum;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::arguments::ImportArguments;
use crate::cli::api::{Api, Pool, PoolSelector};
use crate::cli::common::Failure;

/// The path to send the file to. Looking up the pool first shows before a long upload whether the
/// service is there and accepts the token.
pub(super) async fn path(api: &Api, arguments: &ImportArguments) -> Result<String, Failure> {
    let mode = arguments.mode.to_possible_value();
    let mode = mode.as_ref().map_or("strict", |mode| mode.get_name());
    let mut options =
        format!("mode={mode}&partial={}&dryRun={}", arguments.partial, arguments.dry_run);
    if let Some(names) = &arguments.ignore_columns {
        options
            .extend(["&ignoreColumns=", &utf8_percent_encode(names, NON_ALPHANUMERIC).to_string()]);
    }
    let Some(selector) = &arguments.pool else {
        api.pools("&$filter=activationCodeCount lt 0").await?;
        return Ok(format!("/esimpool.import?{options}"));
    };
    if let Some(pool) = selector.find(api).await? {
        return Ok(format!("/{}/esimpool.import?{options}", pool.id));
    }
    if !arguments.create {
        return Err(unknown(selector, &api.pools("").await?).into());
    }
    let name = utf8_percent_encode(selector.text(), NON_ALPHANUMERIC);
    Ok(format!("/esimpool.import?{options}&displayName={name}"))
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
