//! `esimpool token`

use std::io::{Write, stdout};
use std::time::Duration;

use clap::Args;
use uuid::Uuid;

use super::common::{Common, Failure};
use crate::app::{development_is_on, service_urls};
use crate::auth::{DevelopmentIssuer, Permission, TokenRequest, Wrong};
use crate::clock::Clock;
use crate::config::Secrets;

/// The contents of the token.
#[derive(Debug, Args)]
pub(super) struct TokenArguments {
    /// A permission to grant; any string [default: DeviceManagementConfiguration.ReadWrite.All]
    #[arg(long, value_name = "NAME")]
    permission: Vec<String>,
    /// A token on behalf of a user, with the permissions in scp
    #[arg(long, conflicts_with = "application")]
    delegated: bool,
    /// A token of an application, with the permissions in roles [the default]
    #[arg(long)]
    application: bool,
    /// The tenant [default: the development tenant]
    #[arg(long, value_name = "GUID", default_value_t = DevelopmentIssuer::TENANT, hide_default_value = true)]
    tenant: Uuid,
    /// The audience
    #[arg(long, value_name = "A", default_value = DevelopmentIssuer::AUDIENCE)]
    audience: String,
    /// How long the token is valid: 90s, 15m, 1h or 7d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    ttl: Duration,
    /// Build in a fault of this kind; 'list' prints the kinds
    #[arg(long, value_name = "KIND", value_parser = wrong_argument)]
    wrong: Option<WrongArgument>,
}

/// The value of `--wrong`.
#[derive(Clone, Copy, Debug)]
enum WrongArgument {
    List,
    Kind(&'static Wrong),
}

fn wrong_argument(text: &str) -> Result<WrongArgument, String> {
    match text {
        "list" => Ok(WrongArgument::List),
        name => Wrong::named(name)
            .map(WrongArgument::Kind)
            .ok_or_else(|| "unknown kind; 'esimpool token --wrong list' prints them".to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let error = || "must be a whole number followed by s, m, h or d, such as 90s or 1h".to_owned();
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

/// Prints one token to standard output, and nothing else.
pub(super) fn token(common: &Common, arguments: &TokenArguments) -> Result<(), Failure> {
    if let Some(WrongArgument::List) = arguments.wrong {
        // In one write, so that a reader may close the pipe after the first line.
        let line = |wrong: &Wrong| format!("{:<20} {}\n", wrong.name, wrong.what);
        stdout().write_all(Wrong::ALL.iter().map(line).collect::<String>().as_bytes())?;
        return Ok(());
    }
    let config = common.load(Secrets::Skip)?;
    let data_dir = &config.settings.data_dir;
    if !DevelopmentIssuer::exists(data_dir) {
        eprintln!(
            "esimpool: warning: {} has no development issuer yet, so one is created; a server with \
             another data_dir does not trust this token",
            data_dir.display()
        );
    }
    if !development_is_on(&config.settings) {
        eprintln!(
            "esimpool: warning: with these settings the development issuer is off and this token is refused"
        );
    }
    let (issuer, _) = DevelopmentIssuer::open(data_dir)?;
    let default_permissions = || vec![Permission::ConfigurationReadWriteAll.name().to_owned()];
    let request = TokenRequest {
        service: service_urls(&config.settings).default_url().to_owned(),
        permissions: if arguments.permission.is_empty() {
            default_permissions()
        } else {
            arguments.permission.clone()
        },
        delegated: arguments.delegated,
        tenant: arguments.tenant.into(),
        audience: arguments.audience.clone(),
        ttl: arguments.ttl,
        wrong: match arguments.wrong {
            Some(WrongArgument::Kind(wrong)) => Some(wrong),
            Some(WrongArgument::List) | None => None,
        },
    };
    writeln!(stdout(), "{}", issuer.token(&request, Clock::system().now()))?;
    Ok(())
}
