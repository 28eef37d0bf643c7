//! Plan cards, answers and evidence as plain text in a person's language and time zone.
//!
//! Signs and columns are made here; every word is a [`Phrase`]. What others wrote (values of records,
//! providers' own words) passes through [`foreign()`].

mod answer;
mod change;
mod foreign;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use answer::answer;
pub use foreign::{domain_text, foreign, name_text};

use super::{Language, Phrase};
use crate::chat::PlanCard;
use crate::ids::AccountId;
use crate::phrase;
use crate::plan::{Cost, Plan, Step, Tier, Undo, Verdict};
use crate::provider::{AuthorityAnswer, Evidence, RenewOrder, Tax};

/// Column in which the tier stands.
const TIER_COLUMN: usize = 62;

/// A plan as a card: what will change, what it costs, what to look at twice, until when a code counts.
/// All steps are on it, whatever their number.
pub fn card(
    lang: Language,
    tz: &TimeZone,
    card: &PlanCard,
    name_of: &dyn Fn(AccountId) -> String,
    now: Timestamp,
) -> String {
    let plan = &card.plan;
    let draw = Draw { lang, plan, name_of };
    let mut targets: Vec<String> = plan.steps.iter().map(|s| draw.target(s)).collect();
    targets.dedup();
    let label = phrase!("card.plan", label = card.label).text(lang);
    let head = match targets.as_slice() {
        [one] if !one.is_empty() => format!("{label}  {one}"),
        _ => label,
    };
    let mut lines = vec![format!("{head:<TIER_COLUMN$}  {}", tier(plan.tier).text(lang))];
    let mut last = None;
    for step in &plan.steps {
        let target = draw.target(step);
        if targets.len() > 1 && last.as_ref() != Some(&target) {
            lines.extend((!target.is_empty()).then(|| format!(" {target}")));
            last = Some(target);
        }
        lines.extend(draw.step(step));
    }
    lines.extend(draw.totals());
    lines.extend(plan.warnings.iter().map(|w| format!("! {}", w.text(lang))));
    if plan.undo == Undo::Impossible {
        lines.push(phrase!("card.no_undo").text(lang));
    }
    if let Some(at) = plan.not_before {
        lines.push(phrase!("card.not_before", at = moment(tz, at, now)).text(lang));
    }
    if plan.delay > 0 {
        let minutes = plan.delay.div_ceil(60);
        lines.push(phrase!("card.delay", minutes = minutes, label = card.label).text(lang));
    }
    lines.push(until(tz, card, now).text(lang));
    lines.join("\n")
}

/// What shows that a step happened, on one line. `account` is where it was read back; `step` tells the value
/// that the servers answer, where it is short.
pub fn evidence(
    lang: Language,
    account: Option<&str>,
    step: Option<&Step>,
    evidence: &Evidence,
) -> String {
    let mut parts = Vec::new();
    if evidence.read_back {
        parts.push(match account {
            Some(account) => phrase!("card.read_back_from", account = account).text(lang),
            None => phrase!("card.read_back").text(lang),
        });
    }
    parts.extend(servers(lang, step, &evidence.authorities));
    if let Some(expires) = evidence.expires {
        parts.push(phrase!("card.now_expires", date = expires).text(lang));
    }
    if let Some(charged) = evidence.charged {
        parts.push(phrase!("card.charged", price = charged).text(lang));
    }
    if let Some(balance) = evidence.balance {
        parts.push(phrase!("card.balance_now", balance = balance).text(lang));
    }
    if let Some(reference) = &evidence.reference {
        parts.push(phrase!("card.reference", reference = foreign(reference)).text(lang));
    }
    if parts.is_empty() {
        return phrase!("card.no_evidence").text(lang);
    }
    parts.join("; ")
}

/// One server by its address and answer; several by their number, and each that differs with its reason.
fn servers(lang: Language, step: Option<&Step>, said: &[AuthorityAnswer]) -> Vec<String> {
    let value = step.and_then(change::only_value);
    let agree: Vec<&AuthorityAnswer> = said.iter().filter(|a| a.agrees).collect();
    let mut out = Vec::new();
    match (agree.as_slice(), said.len()) {
        ([], _) => {}
        ([one], 1) => out.push(match &value {
            Some(v) => {
                phrase!("card.server_answers", server = one.server.addr, value = v).text(lang)
            }
            None => phrase!("card.server_agrees", server = one.server.addr).text(lang),
        }),
        (some, all) => {
            let (n, all) = (some.len(), all);
            out.push(phrase!("card.servers_agree", n = n, all = all).text(lang));
        }
    }
    for bad in said.iter().filter(|a| !a.agrees) {
        let server = foreign(&bad.server.name);
        out.push(match bad.problem.as_deref() {
            Some(p) => {
                phrase!("card.server_differs_why", server = server, problem = foreign(p)).text(lang)
            }
            None => phrase!("card.server_differs", server = server).text(lang),
        });
    }
    out
}

struct Draw<'a> {
    lang: Language,
    plan: &'a Plan,
    name_of: &'a dyn Fn(AccountId) -> String,
}

impl Draw<'_> {
    fn target(&self, step: &Step) -> String {
        match (step.domain(), step.account()) {
            (Some(domain), Some(account)) => {
                let (domain, account) = (domain_text(domain), (self.name_of)(account));
                phrase!("card.target", domain = domain, account = account).text(self.lang)
            }
            _ => String::new(),
        }
    }

    fn step(&self, step: &Step) -> Vec<String> {
        let lang = self.lang;
        match step {
            Step::DnsChange { changes, .. } => change::lines(changes),
            Step::ZoneCreate { name, .. } => {
                vec![format!(
                    "  + {}",
                    phrase!("card.zone_new", zone = domain_text(name)).text(lang)
                )]
            }
            Step::ZoneDelete { zone, before } => {
                let zone = domain_text(&zone.name);
                let gone = phrase!("card.zone_gone", zone = zone, n = before.len()).text(lang);
                let mut lines = vec![format!("  - {gone}")];
                lines.extend(change::deleted(before));
                lines
            }
            Step::Renew { account, order, .. } => vec![self.renewal(*account, order)],
            Step::AutoRenew { before, enabled, .. } => {
                let name = phrase!("card.auto_renew").text(lang);
                let (was, will) = (switch(*before).text(lang), switch(Some(*enabled)).text(lang));
                vec![format!("  ~ {name}  {was}  ->  {will}")]
            }
            Step::Settle { job, verdict } => {
                let job = phrase!("card.job", job = short_id(&job.to_string())).text(lang);
                vec![format!("  {job}  {}", self::verdict(*verdict).text(lang))]
            }
        }
    }

    fn renewal(&self, account: AccountId, order: &RenewOrder) -> String {
        let (from, to) = (order.expected_expiry, order.new_expiry);
        let dates = phrase!("card.renew", from = from, to = to).text(self.lang);
        let mut line = format!("  {dates}, {}", order.price_cap);
        if order.tax == Tax::Excluded {
            line = format!("{line} {}", phrase!("card.net").text(self.lang));
        }
        if let Some(cost) = self.only_cost(account) {
            line.extend(self.balance(cost).map(|b| format!(", {b}")));
        }
        line
    }

    /// The account's cost when exactly one step makes it.
    fn only_cost(&self, account: AccountId) -> Option<&Cost> {
        let pays = |s: &&Step| s.is_money() && s.account() == Some(account);
        let alone = self.plan.steps.iter().filter(pays).count() == 1;
        let mut costs = self.plan.cost.iter().filter(|c| c.account == account);
        costs.next().filter(|_| alone && costs.next().is_none())
    }

    fn balance(&self, cost: &Cost) -> Option<String> {
        let before = cost.balance?;
        let after = before.checked_sub(cost.price)?;
        Some(phrase!("card.balance", before = before, after = after).text(self.lang))
    }

    /// Sums of accounts that pay for several steps.
    fn totals(&self) -> Vec<String> {
        let several = self.plan.cost.iter().filter(|c| self.only_cost(c.account).is_none());
        several
            .map(|cost| {
                let account = (self.name_of)(cost.account);
                let sum = phrase!("card.total", account = account, price = cost.price);
                let balance = self.balance(cost).map_or_else(String::new, |b| format!(", {b}"));
                format!("  {}{balance}", sum.text(self.lang))
            })
            .collect()
    }
}

fn tier(tier: Tier) -> Phrase {
    match tier {
        Tier::Read => phrase!("card.tier_0"),
        Tier::Reversible => phrase!("card.tier_1"),
        Tier::Money => phrase!("card.tier_2"),
        Tier::Dangerous => phrase!("card.tier_3"),
    }
}

fn verdict(verdict: Verdict) -> Phrase {
    match verdict {
        Verdict::Happened => phrase!("card.verdict_happened"),
        Verdict::DidNot => phrase!("card.verdict_did_not"),
        Verdict::Leave => phrase!("card.verdict_leave"),
    }
}

fn switch(on: Option<bool>) -> Phrase {
    match on {
        Some(true) => phrase!("card.on"),
        Some(false) => phrase!("card.off"),
        None => phrase!("card.unknown"),
    }
}

/// The part of an id by which people name it.
pub(crate) fn short_id(id: &str) -> &str {
    &id[id.len().saturating_sub(6)..]
}

fn until(tz: &TimeZone, card: &PlanCard, now: Timestamp) -> Phrase {
    let time = moment(tz, card.plan.expires_at, now);
    if card.plan.expires_at <= now {
        phrase!("card.expired", time = time)
    } else {
        phrase!("card.valid_until", time = time)
    }
}

/// `14:32`, with the date where it is not today's.
fn moment(tz: &TimeZone, at: Timestamp, now: Timestamp) -> String {
    let (at, now) = (at.to_zoned(tz.clone()), now.to_zoned(tz.clone()));
    let format = if at.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    at.strftime(format).to_string()
}

#[cfg(test)]
mod tests;
