//! Codes: where they are looked for, and what they do.

use secrecy::SecretString;

use super::{Engine, Here, zone_of};
use crate::account::Person;
use crate::approval::{self, Desk, Refused, Way, totp};
use crate::chat::{PlanCard, Reply, ReplyKind};
use crate::error::Result;
use crate::ids::PlanId;
use crate::phrase;
use crate::plan::Tier;
use crate::store::{Enqueued, Entry, PlanState, StoredPlan};

impl Engine {
    /// A code typed at the prompt of a plan.
    pub(super) async fn approve(
        &self,
        here: Here<'_>,
        plan: PlanId,
        code: &SecretString,
    ) -> Result<Reply> {
        let Here { person, way, .. } = here;
        let lang = person.lang;
        if self.holds() {
            return Ok(Self::no_changes(person));
        }
        let Some(unlocked) = self.unlocked() else {
            return Ok(Reply::said(ReplyKind::Locked, lang, &phrase!("locked.no_approval")));
        };
        let Some(seal) = &unlocked.seal else {
            return Ok(Reply::said(ReplyKind::Locked, lang, &phrase!("locked.no_approval")));
        };
        if !self.time_is_right().await? {
            return Ok(
                Reply::said(ReplyKind::Refuse, lang, &phrase!("approval.clock")).with_code("clock")
            );
        }
        let Some(stored) = self.parts.store.plan(plan).await? else {
            return Ok(refusal(person, &Refused::NotOpen));
        };
        let (clock, chance) = (self.clock(), self.chance());
        let desk = Desk { store: &self.parts.store, clock, chance, seal, way };
        let secret = match self.parts.store.factor(person.id).await? {
            Some(factor) => unlocked.totp.get(&factor.id),
            None => None,
        };
        let approved = match approval::approve(&desk, person, stored.clone(), secret, code).await? {
            Ok(approved) => approved,
            Err(refused) => return Ok(refusal(person, &refused)),
        };
        if let Err(refused) = approval::enqueue(&desk, approved).await? {
            return Ok(refusal(person, &refused));
        }
        self.wake.notify_one();
        let card = PlanCard {
            plan: stored.plan()?,
            label: stored.label.clone(),
            digest: stored.digest.to_string(),
            armed: false,
        };
        let said = phrase!("approval.approved", label = stored.label);
        Ok(Reply { plan: Some(card), ..Reply::said(ReplyKind::Answer, lang, &said) })
    }

    fn no_changes(person: &Person) -> Reply {
        let said = phrase!("approval.no_changes");
        Reply::said(ReplyKind::Refuse, person.lang, &said).with_code("no_changes")
    }

    /// A code inside a text: at the armed plan it approves, anywhere else a right one is burnt. A plan's label
    /// alone brings the plan up. `None` = neither, and the text may be parsed.
    pub(super) async fn code_in(&self, here: Here<'_>, text: &str) -> Result<Option<Reply>> {
        let Here { person, conversation, .. } = here;
        let trimmed = text.trim();
        let (label, rest) = match trimmed.split_once(char::is_whitespace) {
            Some((first, rest)) if is_label(first) => (Some(first), rest),
            // A label of digits only is told from a code by the code behind it.
            Some((first, rest)) if first.len() == 4 && is_code(rest) => (Some(first), rest),
            None if is_label(trimmed) => (Some(trimmed), ""),
            _ => (None, trimmed),
        };
        if let Some(label) = label
            && (rest.is_empty() || is_code(rest))
            && let Some(reply) = self.bring_up(here, label, rest.is_empty()).await?
        {
            return Ok(Some(reply));
        }
        let armed = self.parts.store.armed(person.id, conversation, self.clock().now()).await?;
        let bare = is_code(rest);
        match armed {
            Some(plan) if bare && label.is_none() && plan.plan()?.tier == Tier::Dangerous => {
                let burnt = self.burn(person, trimmed, bare).await?;
                let said = phrase!("approval.label_first", label = plan.label);
                let reply = Reply::said(ReplyKind::Refuse, person.lang, &said);
                Ok(burnt.map(|_| reply.with_code("label_first")))
            }
            Some(plan) if bare && label.is_none_or(|l| plan.label.eq_ignore_ascii_case(l)) => {
                self.approve(here, plan.id, &SecretString::from(rest)).await.map(Some)
            }
            _ if bare => self.burn(person, rest, true).await,
            _ if !runs(trimmed).is_empty() => self.burn(person, trimmed, false).await,
            _ => Ok(None),
        }
    }

    /// Arms the open plan of this label, if it was made in this conversation and none other is armed.
    async fn bring_up(&self, here: Here<'_>, label: &str, show: bool) -> Result<Option<Reply>> {
        let now = self.clock().now();
        let plans = self.parts.store.plans_labelled(here.person.id, label).await?;
        let open = |p: &StoredPlan| {
            p.state == PlanState::Open && p.expires_at > now && p.conversation == here.conversation
        };
        let Some(stored) = plans.into_iter().find(open) else { return Ok(None) };
        let armed = here.arms && self.parts.store.arm(&stored, now).await?;
        if !show {
            return Ok(None);
        }
        let plan = stored.plan()?;
        let card = PlanCard { plan, label: stored.label, digest: stored.digest.to_string(), armed };
        self.show_card(here, card).await.map(Some)
    }

    /// Takes a live code out of use. A bare one never reaches a parser, live or not.
    async fn burn(&self, person: &Person, text: &str, bare: bool) -> Result<Option<Reply>> {
        let factor = self.parts.store.factor(person.id).await?;
        let unlocked = self.unlocked();
        if unlocked.is_none() {
            // Nobody can tell a live code from a number now, so nothing of it may be kept.
            let said = if bare { phrase!("locked.no_approval") } else { phrase!("locked.number") };
            return Ok(Some(Reply::said(ReplyKind::Locked, person.lang, &said)));
        }
        let secret = factor.as_ref().zip(unlocked.as_ref()).and_then(|(f, u)| u.totp.get(&f.id));
        let now = self.clock().now();
        for run in runs(text) {
            let step = secret.and_then(|s| totp::check(s, &SecretString::from(run), now));
            if let (Some(step), Some(factor)) = (step, &factor) {
                self.parts
                    .store
                    .burn_step(factor.id, i64::try_from(step).unwrap_or(i64::MAX), now)
                    .await?;
                let reply = Reply::said(ReplyKind::Refuse, person.lang, &phrase!("approval.burnt"));
                return Ok(Some(reply.with_code("code_burnt")));
            }
        }
        let nothing =
            || Reply::said(ReplyKind::Refuse, person.lang, &phrase!("approval.nothing_waits"));
        Ok(bare.then(|| nothing().with_code("nothing_waits")))
    }

    /// Checks a code at the host for something that is no plan (a new account, say) and uses it up. `what` and its
    /// facts go into the audit log with it.
    pub async fn host_code(
        &self,
        person: &Person,
        code: &SecretString,
        (what, facts): (&str, serde_json::Value),
    ) -> Result<std::result::Result<(), Reply>> {
        if self.holds() {
            return Ok(Err(Self::no_changes(person)));
        }
        // Who is at the host may thaw even himself, and nothing else.
        if person.frozen_at.is_some() && what != "thaw" {
            return Ok(Err(Reply::said(ReplyKind::Refuse, person.lang, &phrase!("access.frozen"))));
        }
        let unlocked = self.unlocked();
        let Some((unlocked, seal)) = unlocked.as_ref().and_then(|u| Some((u, u.seal.as_ref()?)))
        else {
            return Ok(Err(Reply::said(
                ReplyKind::Locked,
                person.lang,
                &phrase!("locked.no_approval"),
            )));
        };
        if !self.time_is_right().await? {
            return Ok(Err(Reply::said(
                ReplyKind::Refuse,
                person.lang,
                &phrase!("approval.clock"),
            )
            .with_code("clock")));
        }
        let (clock, chance, way) = (self.clock(), self.chance(), Way::Host);
        let desk = Desk { store: &self.parts.store, clock, chance, seal, way };
        let factor = self.parts.store.factor(person.id).await?;
        let secret = factor.as_ref().and_then(|f| unlocked.totp.get(&f.id));
        let (factor, step) =
            match approval::code_step(&desk, person, secret, code, Tier::Dangerous).await? {
                Ok(found) => found,
                Err(refused) => return Ok(Err(refusal(person, &refused))),
            };
        let entry = Entry::at_host(what, self.clock().now(), person.id, facts);
        Ok(match self.parts.store.use_step(way, (factor, step), entry).await? {
            Enqueued::Queued => Ok(()),
            Enqueued::Locked(until) => Err(refusal(person, &Refused::Locked { until })),
            _ => Err(refusal(person, &Refused::Replay)),
        })
    }
}

fn is_code(text: &str) -> bool {
    totp::digits(&SecretString::from(text)).is_some()
}

/// Four characters of Crockford's alphabet, not all digits: such a word may be a plan's label.
fn is_label(text: &str) -> bool {
    let crockford =
        |c: char| c.is_ascii_digit() || (c.is_ascii_alphabetic() && !"ILOUilou".contains(c));
    text.len() == 4 && text.chars().all(crockford) && !text.bytes().all(|b| b.is_ascii_digit())
}

fn refusal(person: &Person, refused: &Refused) -> Reply {
    let tz = zone_of(person);
    let said = refused.phrase(|t| t.to_zoned(tz.clone()).strftime("%H:%M").to_string());
    Reply::said(ReplyKind::Refuse, person.lang, &said).with_code(refused.code())
}

/// Digits that stand together in a text.
struct Group {
    digits: String,
    /// Before the first digit.
    before: char,
    /// Between the group before and this one, as far as that is only spaces and dashes.
    joint: Option<String>,
    /// After the last digit.
    after: char,
}

fn groups(text: &str) -> Vec<Group> {
    let mut out: Vec<Group> = Vec::new();
    let (mut between, mut previous, mut inside) = (Some(String::new()), ' ', false);
    for c in text.chars() {
        if c.is_ascii_digit() {
            if !inside {
                let joint = between.take().filter(|b| !b.is_empty());
                out.push(Group { digits: String::new(), before: previous, joint, after: ' ' });
            }
            out.last_mut().expect("pushed when it began").digits.push(c);
        } else {
            if inside {
                out.last_mut().expect("one has just ended").after = c;
                between = Some(String::new());
            }
            between = between.filter(|_| matches!(c, ' ' | '-' | '\u{a0}'));
            if let Some(between) = between.as_mut() {
                between.push(c);
            }
        }
        (previous, inside) = (c, c.is_ascii_digit());
    }
    out
}

/// Runs of six digits, spaces and dashes between them, that stand alone in a text or beside other numbers.
fn runs(text: &str) -> Vec<String> {
    let groups = groups(text);
    let dashed = |g: &Group| g.joint.as_ref().is_some_and(|j| j.contains('-'));
    let mut out = Vec::new();
    for (from, first) in groups.iter().enumerate() {
        // Not in the middle of an address, a word or a date.
        if first.before.is_alphanumeric() || matches!(first.before, '.' | ':') || dashed(first) {
            continue;
        }
        let mut run = String::new();
        for (at, group) in groups.iter().enumerate().skip(from) {
            if at > from && group.joint.is_none() {
                break;
            }
            run.push_str(&group.digits);
            let ends = !group.after.is_alphanumeric() && !groups.get(at + 1).is_some_and(dashed);
            if run.len() == 6 && ends {
                out.push(run.clone());
            }
            if run.len() >= 6 {
                break;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn codes_are_found_and_addresses_are_not() {
        assert_eq!(runs("kod 493 201!"), ["493201"]);
        assert_eq!(runs("493-201"), ["493201"]);
        assert_eq!(runs("493201"), ["493201"]);
        assert_eq!(runs("ustaw www na 203.0.113.7 493201"), ["493201"]);
        assert_eq!(runs("ustaw www na 203.0.113.7 493-201."), ["493201"]);
        assert_eq!(runs("na 2 lata 3 493201"), ["493201"]);
        assert_eq!(runs("4711 493201"), ["493201"]);
        for text in
            ["ustaw www na 203.0.113.7", "abc493201", "2026-12-05", "12345", "1234567", "ttl 3600"]
        {
            assert!(runs(text).is_empty(), "{text}");
        }
    }
}
