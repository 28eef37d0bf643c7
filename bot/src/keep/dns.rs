//! `dombot dns restore`: one plan that leads a zone back to a time.

use clap::Subcommand;
use dombot_core::action::{Action, DnsRestore};
use dombot_core::phrase;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::Exit;
use crate::command::ask;
use crate::door::Door;
use crate::home::{Paths, Trouble};
use crate::request::Request;

/// `dombot dns`.
#[derive(Debug, Subcommand)]
pub(crate) enum Dns {
    /// Plan a zone as it was at a time: what dombot changed since is taken back; needs a new code
    #[command(
        after_help = "Examples:\n  dombot dns restore firma.pl --at \"2026-11-20 14:30\"\n  dombot dns restore firma.pl --at 2026-11-20T13:30:00Z --json"
    )]
    Restore {
        /// Its apex
        zone: String,
        /// RFC 3339, or a date and time (or a date) of this machine's time zone
        #[arg(long, value_name = "TIME")]
        at: String,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(paths: &Paths, args: Dns) -> anyhow::Result<Exit> {
    let Dns::Restore { zone, at, json } = args;
    let bad = |name: &str| Trouble(phrase!("restore.bad", value = name));
    let at = time(&at).ok_or_else(|| bad(&at))?;
    let domain = zone.parse().map_err(|_| bad(&zone))?;
    let action = Action::DnsRestore(DnsRestore { domain, at });
    let door = Door::open(paths).await?;
    let act = Request::Act { person: None, conversation: "cli".into(), action, file: None };
    let response = door.ask(act).await;
    door.close().await;
    Ok(ask::show(response?, json))
}

/// A date alone is its beginning.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let local = |at: DateTime| at.to_zoned(TimeZone::system()).ok().map(|z| z.timestamp());
    let whole = text.parse::<Timestamp>().ok();
    let minute = || DateTime::strptime("%Y-%m-%d %H:%M", text).ok().and_then(local);
    let second = || text.parse::<DateTime>().ok().and_then(local);
    let day = || text.parse::<Date>().ok().map(|d| d.at(0, 0, 0, 0)).and_then(local);
    whole.or_else(minute).or_else(day).or_else(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_each_manner() {
        assert_eq!(time("2026-11-20T13:30:00Z").unwrap().to_string(), "2026-11-20T13:30:00Z");
        assert_eq!(time("2026-11-20T14:30:00+01:00"), time("2026-11-20T13:30:00Z"));
        assert_eq!(time("2026-11-20"), time("2026-11-20 00:00"));
        assert!(time("2026-11-20 14:30").is_some());
        for bad in ["", "yesterday", "2026-13-01", "14:30"] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }
}
