//! Words: parsed, planned, answered.

use std::sync::Mutex;

use jiff::SignedDuration;

use super::{Asked, Engine, Unlocked, schedule, zone_of};
use crate::account::{Accounts, Person};
use crate::action::{Action, Ctx, Desk, Draft, Planned, total};
use crate::approval::{self, Way};
use crate::chat::{PlanCard, Reply, ReplyKind};
use crate::clock::new_ulid;
use crate::error::{Error, Result};
use crate::ids::PlanId;
use crate::parse::{AskReason, Clarify, Context, Frame, Parsed, Refusal, Topic, Wish};
use crate::phrase;
use crate::phrase::{self as words, Phrase};
use crate::plan::{Plan, Tier, Undo, hex};
use crate::store::Dialog;

/// A question waits this long for its answer.
const FRAME_LIVES: SignedDuration = SignedDuration::from_mins(10);
/// Shares of a zone count over this long.
const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Engine {
    pub(super) async fn talk(
        &self,
        here: Here<'_>,
        text: &str,
        file: Option<&String>,
    ) -> Result<Reply> {
        let Here { person, conversation, .. } = here;
        let now = self.clock().now();
        let mut dialog = self.parts.store.dialog(person.id, conversation).await?;
        if dialog.at.is_some_and(|at| now.duration_since(at) > FRAME_LIVES) {
            dialog = Dialog::default();
        }
        let armed = self.parts.store.armed(person.id, conversation, now).await?;
        let ctx = self.context(person, &dialog, (armed.is_some(), file)).await?;
        let parsed = self.parts.parser.parse(text, &ctx).await;
        dialog.frame = None;
        dialog.before.clear();
        let reply = match parsed {
            Parsed::Actions(wishes) => {
                dialog.last =
                    wishes.iter().rev().find_map(|w| w.action.domain().cloned()).or(dialog.last);
                dialog.before.clone_from(&wishes);
                self.wishes(here, (text, wishes), file).await
            }
            Parsed::Clarify(ask) => {
                dialog.frame = ask.kind.clone().map(|kind| Frame {
                    kind,
                    known: ask.known.clone(),
                    missing: ask.missing.clone(),
                });
                Ok(question(person, ask))
            }
            Parsed::Refuse(why) => Ok(refused(person, why)),
            Parsed::Talk(topic) => Ok(small_talk(person, topic)),
        };
        self.parts.store.put_dialog(person.id, conversation, &dialog, now).await?;
        reply
    }

    async fn context(
        &self,
        person: &Person,
        dialog: &Dialog,
        around: (bool, Option<&String>),
    ) -> Result<Context> {
        let (pending_plan, file) = around;
        let facts = self.parts.store.facts().await?;
        let accounts =
            self.unlocked().map(|u| u.accounts.0.iter().map(|a| a.name.clone()).collect());
        Ok(Context {
            now: self.clock().now(),
            tz: zone_of(person),
            lang: person.lang,
            portfolio: facts.into_iter().map(|(_, f, _)| f.name).collect(),
            accounts: accounts.unwrap_or_default(),
            frame: dialog.frame.clone(),
            last: dialog.last.clone(),
            before: dialog.before.clone(),
            profiles: vec![],
            pending_plan,
            attachment: file.map(|_| "file".to_owned()),
        })
    }

    async fn wishes(
        &self,
        here: Here<'_>,
        said: (&str, Vec<Wish>),
        file: Option<&String>,
    ) -> Result<Reply> {
        let Here { person, conversation, .. } = here;
        let (text, wishes) = said;
        let at = match schedule::of(&wishes, &zone_of(person), self.clock().now()) {
            Ok(at) => at,
            Err(why) => return Ok(Reply::said(ReplyKind::Refuse, person.lang, &why)),
        };
        let actions: Vec<Action> = wishes.into_iter().map(|w| w.action).collect();
        let waits = |a: &Action| a.spec().mutates() && !a.is_emergency();
        if self.unlocked().is_none() && actions.iter().any(waits) {
            let key = new_ulid(self.clock(), self.chance()).to_string();
            self.parts.store.keep(&key, person.id, conversation, text, self.clock().now()).await?;
            return Ok(Reply::said(ReplyKind::Locked, person.lang, &phrase!("locked.kept")));
        }
        self.perform(here, Asked { file, at, ..Asked::of(actions) }).await
    }

    /// Answers, or makes one plan of everything that was asked.
    pub(super) async fn perform(&self, here: Here<'_>, asked: Asked<'_>) -> Result<Reply> {
        let (person, actions) = (here.person, &asked.actions);
        for action in actions {
            if person.role < action.spec().role {
                return Ok(Reply::said(
                    ReplyKind::Refuse,
                    person.lang,
                    &phrase!("access.role", kind = action.spec().kind),
                ));
            }
        }
        if self.unlocked().is_none() && actions.iter().any(needs_accounts) {
            return Ok(Reply::said(ReplyKind::Locked, person.lang, &phrase!("locked.reading")));
        }
        let unlocked = self.unlocked().unwrap_or_default();
        let ctx = self.ctx(here, &unlocked.accounts, asked.file);
        let mut made = Made::default();
        for action in actions {
            match action.plan(&ctx).await? {
                Planned::Answer(answer) => made.answers.push(answer),
                Planned::Steps(draft) => made.drafts.push(draft),
                Planned::OnDesk => {}
                Planned::Said(phrase) => made.said.push(phrase),
            }
        }
        let mut desk = std::mem::take(
            &mut *ctx.desk.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        );
        desk.recall(&self.parts.store, self.clock().now() - DAY).await?;
        let cut = desk.into_cut(&unlocked.accounts, person.lang).await?;
        made.said.extend(cut.already);
        // Record changes can be checked and undone: they come before whatever costs money.
        made.drafts.insert(0, cut.draft);
        self.compose(here, asked, made, &unlocked).await
    }

    fn ctx<'a>(
        &'a self,
        here: Here<'a>,
        accounts: &'a Accounts,
        file: Option<&'a String>,
    ) -> Ctx<'a> {
        Ctx {
            person: here.person,
            conversation: here.conversation,
            accounts,
            locked: self.unlocked().is_none(),
            store: &self.parts.store,
            clock: self.clock(),
            chance: self.chance(),
            tz: zone_of(here.person),
            lang: here.person.lang,
            attachment: file.map(String::as_str),
            desk: Mutex::new(Desk::default()),
        }
    }

    async fn compose(
        &self,
        here: Here<'_>,
        asked: Asked<'_>,
        made: Made,
        unlocked: &Unlocked,
    ) -> Result<Reply> {
        let (lang, tz, now) = (here.person.lang, zone_of(here.person), self.clock().now());
        let today = now.to_zoned(tz.clone()).date();
        let mut texts: Vec<String> = made.said.iter().map(|p| p.text(lang)).collect();
        texts.extend(made.answers.iter().map(|a| words::answer(lang, &tz, a, today)));
        let data = made.answers.into_iter().next();
        if made.drafts.iter().all(|d| d.steps.is_empty()) {
            let changes = asked.actions.iter().any(|a| a.spec().mutates());
            if changes && texts.is_empty() {
                texts.push(phrase!("plan.nothing_to_do").text(lang));
            }
            return Ok(Reply { data, ..Reply::text(ReplyKind::Answer, lang, texts.join("\n")) });
        }
        let seal = unlocked.seal.as_ref().ok_or_else(|| phrase!("locked.no_approval"))?;
        let mut plan = self.assemble(here, asked, made.drafts, unlocked.delay)?;
        plan.cost = total(&unlocked.accounts, plan.cost)?;
        if self.parts.store.is_frozen(here.person.id, &plan.steps).await? {
            return Ok(Reply::frozen(lang));
        }
        let (stored, armed) = self.parts.store.put_plan(&plan, seal, now, here.arms).await?;
        let card = PlanCard { plan, label: stored.label, digest: stored.digest.to_string(), armed };
        let shown = self.show_card(here, card).await?;
        texts.push(shown.text);
        Ok(Reply { data, plan: shown.plan, ..Reply::text(ReplyKind::Plan, lang, texts.join("\n")) })
    }

    /// A plan as a reply: its card, and what a code typed now would do.
    pub(super) async fn show_card(&self, here: Here<'_>, card: PlanCard) -> Result<Reply> {
        let (lang, now) = (here.person.lang, self.clock().now());
        let unlocked = self.unlocked().unwrap_or_default();
        let name =
            |id| unlocked.accounts.get(id).map_or_else(|| id.to_string(), |a| a.name.clone());
        let text = words::card(lang, &zone_of(here.person), &card, &name, now);
        let how = match (card.armed, here.arms) {
            (true, _) => phrase!("plan.type_code"),
            (false, true) => {
                let armed = self.parts.store.armed(here.person.id, here.conversation, now).await?;
                let armed = armed.map(|p| p.label).unwrap_or_default();
                phrase!("plan.other_waits", label = card.label, armed = armed)
            }
            (false, false) => phrase!("plan.approve_command", label = card.label),
        };
        let text = format!("{text}\n{}", how.text(lang));
        Ok(Reply { plan: Some(card), ..Reply::text(ReplyKind::Plan, lang, text) })
    }

    fn assemble(
        &self,
        here: Here<'_>,
        asked: Asked<'_>,
        drafts: Vec<Draft>,
        delay: u32,
    ) -> Result<Plan> {
        let (now, actions) = (self.clock().now(), asked.actions);
        let mut nonce = [0u8; 16];
        self.chance().fill(&mut nonce);
        let tier =
            actions.iter().map(|a| a.spec().tier).chain(drafts.iter().filter_map(|d| d.tier)).max();
        let tier = tier.ok_or_else(|| Error::internal("a plan without actions"))?;
        let delay = if tier == Tier::Dangerous { delay } else { 0 };
        let latest = now + SignedDuration::from_hours(24) + SignedDuration::from_secs(delay.into());
        let mut plan = Plan {
            v: 1,
            id: PlanId::new(self.clock(), self.chance()),
            nonce: hex(&nonce),
            person: here.person.id,
            conversation: here.conversation.to_owned(),
            tier,
            actions,
            steps: Vec::new(),
            cost: Vec::new(),
            warnings: Vec::new(),
            undo: Undo::Impossible,
            follows: asked.follows,
            created_at: now,
            expires_at: now + approval::VALID_FOR,
            // Approvals age: a plan of now within a day, one for later within an hour of its time. Rule 7.
            start_by: asked
                .at
                .map_or(latest, |at| at + schedule::LATE + SignedDuration::from_secs(delay.into())),
            not_before: asked.at,
            delay,
        };
        let mut back = Vec::new();
        let whole = drafts.iter().all(|d| d.undo.is_some());
        for draft in drafts {
            plan.steps.extend(draft.steps);
            plan.cost.extend(draft.cost);
            plan.warnings.extend(draft.warnings);
            back.splice(0..0, draft.undo.into_iter().flatten());
        }
        if !back.is_empty() {
            plan.undo = Undo::Steps(back);
            if !whole {
                plan.warnings.push(phrase!("plan.undo_partial"));
            }
        }
        Ok(plan)
    }
}

/// Who speaks, and where.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    /// Who.
    pub person: &'a Person,
    /// One dialogue state and one armed plan for each.
    pub conversation: &'a str,
    /// A plan that is shown here is armed at once: the next code typed here counts for it. Not so where a
    /// script asks; it names the plan when it approves.
    pub arms: bool,
    /// The host's own terminal, or anything else.
    pub way: Way,
}

/// Reading that no database row can answer.
fn needs_accounts(action: &Action) -> bool {
    !matches!(
        action,
        Action::DomainList(_)
            | Action::DomainExpiry(_)
            | Action::DomainHistory(_)
            | Action::CalendarExpiring(_)
            | Action::JobList(_)
            | Action::JobStatus(_)
            | Action::PlanCancel(_)
            | Action::Freeze(_)
            | Action::Help(_)
    )
}

#[derive(Default)]
struct Made {
    answers: Vec<crate::action::Answer>,
    drafts: Vec<Draft>,
    said: Vec<Phrase>,
}

fn question(person: &Person, ask: Clarify) -> Reply {
    let lang = person.lang;
    let mut lines = Vec::new();
    lines.extend(ask.reason.map(|r| reason(r).text(lang)));
    lines.extend(ask.missing.iter().map(|slot| slot_question(slot).text(lang)));
    for kind in &ask.guesses {
        let example =
            Phrase::new(&format!("help.example.{}", kind.replace('.', "_")), &[]).text(lang);
        lines.push(format!("  - {example}"));
    }
    if lines.is_empty() {
        lines.push(phrase!("ask.unclear").text(lang));
    }
    Reply { missing: ask.missing, ..Reply::text(ReplyKind::Clarify, lang, lines.join("\n")) }
}

fn reason(why: AskReason) -> Phrase {
    match why {
        AskReason::Unclear => phrase!("ask.unclear"),
        AskReason::Ambiguous => phrase!("ask.ambiguous"),
        AskReason::Negated => phrase!("ask.negated"),
        AskReason::Condition => phrase!("ask.condition"),
        AskReason::BadValue => phrase!("ask.bad_value"),
        AskReason::UnknownTld => phrase!("ask.unknown_tld"),
        AskReason::TooMany => phrase!("ask.too_many"),
        AskReason::NameThem => phrase!("ask.name_them"),
        AskReason::WantsCode => phrase!("ask.wants_code"),
        AskReason::NoBypass => phrase!("ask.no_bypass"),
        AskReason::BadTime => phrase!("ask.bad_time"),
    }
}

fn slot_question(slot: &str) -> Phrase {
    match slot {
        "domain" => phrase!("ask.domain"),
        "name" => phrase!("ask.name"),
        "type" => phrase!("ask.type"),
        "value" => phrase!("ask.value"),
        "years" => phrase!("ask.years"),
        "enabled" => phrase!("ask.enabled"),
        "attachment" => phrase!("ask.attachment"),
        "job_id" => phrase!("ask.job_id"),
        "target" => phrase!("ask.target"),
        "scope" => phrase!("ask.scope"),
        "ttl" => phrase!("ask.ttl"),
        "priority" => phrase!("ask.priority"),
        "at" => phrase!("ask.at"),
        "to" => phrase!("ask.to"),
        "from" => phrase!("ask.from"),
        "nameservers" => phrase!("ask.nameservers"),
        "names" => phrase!("ask.names"),
        "role" => phrase!("ask.role"),
        "fields" => phrase!("ask.fields"),
        "price" => phrase!("ask.price"),
        "currency" => phrase!("ask.currency"),
        "profile" => phrase!("ask.profile"),
        "format" => phrase!("ask.format"),
        "code" => phrase!("ask.code"),
        "reason" => phrase!("ask.reason"),
        "verdict" => phrase!("ask.verdict"),
        other => phrase!("ask.slot", slot = other),
    }
}

fn refused(person: &Person, why: Refusal) -> Reply {
    let said = match why {
        Refusal::MixedScript => phrase!("refuse.mixed_script"),
        Refusal::HiddenCharacters => phrase!("refuse.hidden"),
        Refusal::TooLong => phrase!("refuse.too_long"),
        Refusal::Secrets => phrase!("refuse.secrets"),
        Refusal::NotYourWords => phrase!("refuse.not_your_words"),
        Refusal::NoPlan => phrase!("plan.none_waits"),
    };
    Reply::said(ReplyKind::Refuse, person.lang, &said)
}

fn small_talk(person: &Person, topic: Topic) -> Reply {
    let said = match topic {
        Topic::Greeting => phrase!("talk.greeting", name = person.name),
        Topic::Thanks => phrase!("talk.thanks"),
        Topic::Bye => phrase!("talk.bye"),
        Topic::Help => phrase!("talk.help"),
        Topic::Identity => {
            phrase!("talk.identity", name = person.name, role = format!("{:?}", person.role))
        }
        Topic::Other => phrase!("talk.other"),
    };
    Reply::said(ReplyKind::Chat, person.lang, &said)
}
