//! What a message asks for, and for when: which moment it names, and which moments are refused.

use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::action::Action;
use crate::ids::PlanId;
use crate::parse::Wish;
use crate::phrase;
use crate::phrase::Phrase;

/// A plan for later that has not begun so long after its time needs a new code. Rule 7.
pub(super) const LATE: SignedDuration = SignedDuration::from_hours(1);
/// Prices, accounts and people change: nobody approves further ahead.
const FURTHEST: SignedDuration = SignedDuration::from_hours(366 * 24);
/// Where only a day was named: people are awake, and the day is long enough to mend what went wrong.
const MORNING: i8 = 9;

/// What was asked, with everything that belongs to it.
pub(super) struct Asked<'a> {
    pub(super) actions: Vec<Action>,
    /// The text of the file that came with the words.
    pub(super) file: Option<&'a String>,
    /// The plan that it repeats.
    pub(super) follows: Option<PlanId>,
    /// Not before that.
    pub(super) at: Option<Timestamp>,
}

impl Asked<'_> {
    pub(super) fn of(actions: Vec<Action>) -> Self {
        Self { actions, file: None, follows: None, at: None }
    }
}

/// The one moment that all wishes of a message name; `None` = now. What a clock shows twice or skips when summer time
/// begins or ends is taken as the calendar rules of jiff do: the earlier of two, the hour after a gap.
pub(super) fn of(
    wishes: &[Wish],
    tz: &TimeZone,
    now: Timestamp,
) -> Result<Option<Timestamp>, Phrase> {
    let Some(first) = wishes.iter().find_map(|w| w.at.as_deref()) else { return Ok(None) };
    if let Some(read) = wishes.iter().find(|w| w.at.is_some() && !w.action.spec().mutates()) {
        return Err(phrase!("plan.only_changes_later", kind = read.action.spec().kind));
    }
    if wishes.iter().any(|w| w.at.as_deref() != Some(first)) {
        return Err(phrase!("plan.two_times"));
    }
    let at =
        moment(first, tz).ok_or_else(|| phrase!("plan.bad_time", at = phrase::foreign(first)))?;
    let shown = at.to_zoned(tz.clone()).strftime("%Y-%m-%d %H:%M");
    if at <= now {
        return Err(phrase!("plan.past_time", at = shown));
    }
    if at.duration_since(now) > FURTHEST {
        return Err(phrase!("plan.far_time", at = shown));
    }
    Ok(Some(at))
}

/// RFC 3339 with an offset, or a bare date in the person's zone.
fn moment(text: &str, tz: &TimeZone) -> Option<Timestamp> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let day: Date = text.parse().ok()?;
    Some(day.to_datetime(time(MORNING, 0, 0, 0)).to_zoned(tz.clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(kind: &str, at: Option<&str>) -> Wish {
        let action = serde_json::json!({"kind": kind, "slots": {"domain": "firma.pl"}});
        Wish { action: serde_json::from_value(action).unwrap(), at: at.map(ToOwned::to_owned) }
    }

    fn said(wishes: &[Wish]) -> Result<Option<String>, String> {
        let tz = TimeZone::get("Europe/Warsaw").unwrap();
        let now = "2026-11-23T09:00:00Z".parse().unwrap();
        let at = of(wishes, &tz, now).map_err(|p| p.key().to_owned())?;
        Ok(at.map(|at| at.to_string()))
    }

    #[test]
    fn one_moment_for_one_message() {
        let renew = |at| wish("domain.renew", at);
        assert_eq!(said(&[renew(None)]), Ok(None));
        let ok = |at: &str| Ok(Some(at.to_owned()));
        assert_eq!(said(&[renew(Some("2026-12-01T08:30:00+01:00"))]), ok("2026-12-01T07:30:00Z"));
        assert_eq!(
            said(&[renew(Some("2026-12-01"))]),
            ok("2026-12-01T08:00:00Z"),
            "in the morning"
        );
        assert_eq!(said(&[renew(Some("2027-07-01"))]), ok("2027-07-01T07:00:00Z"), "summer time");
        let no = |key: &str| Err(format!("plan.{key}"));
        assert_eq!(said(&[renew(Some("2026-11-23T09:59:00+01:00"))]), no("past_time"));
        assert_eq!(said(&[renew(Some("2028-01-01"))]), no("far_time"));
        assert_eq!(said(&[renew(Some("soon"))]), no("bad_time"));
        assert_eq!(said(&[renew(Some("2026-12-01")), renew(None)]), no("two_times"));
        let read = wish("domain.expiry", Some("2026-12-01"));
        assert_eq!(said(&[read]), no("only_changes_later"));
    }

    #[test]
    fn a_day_on_which_the_clocks_change() {
        let day = |d: &str| said(&[wish("domain.renew", Some(d))]).unwrap().unwrap();
        assert_eq!(day("2027-03-28"), "2027-03-28T07:00:00Z");
        assert_eq!(day("2027-10-31"), "2027-10-31T08:00:00Z");
    }
}
