//! `esimpool token`

use std::io::{Write, stdout};
use std::time::Duration;

use clap::Args;
use uuid::Uuid;

use super::{Common, Failure};
use crate::app::development_is_on;
use crate::auth::{DevelopmentIssuer, Permission, TokenRequest, Wrong};
use crate::clock::Clock;
use crate::config::Secrets;

/// What the token should say.
#[derive(Debug, Args)]
pub(super) struct TokenArguments {
    /// A permission to grant; any text [default: DeviceManagementConfiguration.ReadWrite.All]
    #[arg(long, value_name = "NAME")]
    permission: Vec<String>,
    /// On behalf of a user: the permissions stand in scp
    #[arg(long, conflicts_with = "application")]
    delegated: bool,
    /// As an application: the permissions stand in roles [the default]
    #[arg(long)]
    application: bool,
    /// The tenant [default: the development tenant]
    #[arg(long, value_name = "GUID", default_value_t = DevelopmentIssuer::TENANT, hide_default_value = true)]
    tenant: Uuid,
    /// The audience
    #[arg(long, value_name = "A", default_value = DevelopmentIssuer::AUDIENCE)]
    audience: String,
    /// How long the token is good for, as 90s, 15m, 1h or 7d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    ttl: Duration,
    /// Make it wrong in this way; 'list' prints the ways
    #[arg(long, value_name = "KIND", value_parser = kind)]
    wrong: Option<Kind>,
}

/// What `--wrong` takes.
#[derive(Clone, Copy, Debug)]
enum Kind {
    List,
    One(&'static Wrong),
}

fn kind(text: &str) -> Result<Kind, String> {
    match text {
        "list" => Ok(Kind::List),
        name => Wrong::named(name)
            .map(Kind::One)
            .ok_or_else(|| "no such kind; 'esimpool token --wrong list' prints them".to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let error = || "must be a whole number and s, m, h or d, as in 90s or 1h".to_owned();
    let split = text.len().saturating_sub(1);
    let (number, unit) = text.split_at_checked(split).ok_or_else(error)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(error()),
    };
    let number: u32 = number.parse().map_err(|_| error())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// Prints one token on standard output, and nothing else.
pub(super) fn token(common: &Common, arguments: &TokenArguments) -> Result<(), Failure> {
    if let Some(Kind::List) = arguments.wrong {
        // At once: whoever reads only the beginning has it all.
        let line = |wrong: &Wrong| format!("{:<20} {}\n", wrong.name, wrong.what);
        stdout().write_all(Wrong::ALL.iter().map(line).collect::<String>().as_bytes())?;
        return Ok(());
    }
    let config = common.load(Secrets::Leave)?;
    let data_dir = &config.settings.data_dir;
    if !DevelopmentIssuer::exists(data_dir) {
        eprintln!(
            "esimpool: warning: {} holds no development issuer yet, one is made now; a server with \
             another data_dir will not know this token",
            data_dir.display()
        );
    }
    if !development_is_on(&config.settings) {
        eprintln!(
            "esimpool: warning: with these settings the development issuer is off, and this token is refused"
        );
    }
    let (issuer, _) = DevelopmentIssuer::open(data_dir)?;
    let default = || vec![Permission::ConfigurationReadWriteAll.name().to_owned()];
    let request = TokenRequest {
        permissions: if arguments.permission.is_empty() {
            default()
        } else {
            arguments.permission.clone()
        },
        delegated: arguments.delegated,
        tenant: arguments.tenant.into(),
        audience: arguments.audience.clone(),
        ttl: arguments.ttl,
        wrong: match arguments.wrong {
            Some(Kind::One(wrong)) => Some(wrong),
            Some(Kind::List) | None => None,
        },
    };
    writeln!(stdout(), "{}", issuer.token(&request, Clock::system().now()))?;
    Ok(())
}
