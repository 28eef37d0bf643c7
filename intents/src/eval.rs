//! Scoring a parser on an evaluation set: one JSON case a line, each with turns, contexts and expectations.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use dombot_core::action::{Action, spec};
use dombot_core::domain::DomainName;
use dombot_core::parse::{Clarify, Context, Frame, Parsed, Parser, Refusal, Wish};
use dombot_core::phrase::Language;
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::outcome;

/// A set that can't be read.
#[derive(Debug)]
pub struct BadSet {
    /// From 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Report {
    /// Cases in the set.
    pub cases: usize,
    /// Cases whose every turn was as expected.
    pub exact: usize,
    /// Cases whose every turn had the right kinds.
    pub kind: usize,
    /// Cases that expect a question, and every question was put and asked for the right slots.
    pub clarify_ok: usize,
    /// Turns that made a change which nobody expected, or a forbidden one.
    pub wrong_mutations: usize,
    /// By `lang=pl` and `tag`: cases and exact ones.
    pub groups: BTreeMap<String, (usize, usize)>,
    /// Turns that were not as expected.
    pub misses: Vec<Miss>,
    times: Vec<Duration>,
}

/// One turn that was not as expected.
#[derive(Debug)]
pub struct Miss {
    /// The case's id.
    pub id: String,
    /// What was said.
    pub said: String,
    /// What came out.
    pub got: Value,
    /// It would have changed something wrong.
    pub wrong_mutation: bool,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    #[serde(default)]
    lang: String,
    #[serde(default)]
    tags: Vec<String>,
    context: Given,
    turns: Vec<Turn>,
    #[serde(default)]
    forbid_kinds: Vec<String>,
}

#[derive(Deserialize)]
struct Given {
    now: Timestamp,
    tz: String,
    #[serde(default)]
    portfolio: Vec<String>,
    #[serde(default)]
    profiles: Vec<String>,
    #[serde(default)]
    pending_plan: Value,
}

#[derive(Deserialize)]
struct Turn {
    user: String,
    #[serde(default)]
    forwarded_from: Value,
    #[serde(default)]
    attachments: Vec<Attachment>,
    #[serde(default, rename = "pending_plan_from_previous_turn")]
    plan_before: Value,
    expect: Value,
}

#[derive(Deserialize)]
struct Attachment {
    name: String,
}

/// Runs every case. `code_in` is the interception of codes that stands before every parser: the code in a
/// message that is nothing else.
pub async fn run(
    parser: &dyn Parser,
    set: &str,
    code_in: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Report, BadSet> {
    let mut report = Report::default();
    for (i, line) in set.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let bad = |problem: String| BadSet { line: i + 1, problem };
        let case: Case = serde_json::from_str(line).map_err(|e| bad(e.to_string()))?;
        let ctx = context(&case).map_err(bad)?;
        one(parser, &case, ctx, code_in, &mut report).await;
    }
    report.times.sort();
    Ok(report)
}

fn context(case: &Case) -> Result<Context, String> {
    let tz = TimeZone::get(&case.context.tz).map_err(|e| e.to_string())?;
    Ok(Context {
        now: case.context.now,
        tz,
        lang: case.lang.parse().unwrap_or(Language::En),
        portfolio: case.context.portfolio.iter().filter_map(|d| d.parse().ok()).collect(),
        accounts: vec![],
        frame: None,
        last: None,
        before: planned(&case.context.pending_plan),
        profiles: case.context.profiles.clone(),
        pending_plan: is_set(&case.context.pending_plan),
        attachment: None,
    })
}

/// What a plan that waits would do, where the set tells.
fn planned(plan: &Value) -> Vec<Wish> {
    let list = plan["actions"].as_array().cloned();
    let list = list.unwrap_or_else(|| match plan {
        Value::Object(map) if map.contains_key("action") => vec![plan["action"].clone()],
        plan => vec![plan.clone()],
    });
    list.iter().filter_map(|a| serde_json::from_value(normal(a)).ok()).collect()
}

fn is_set(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

async fn one(
    parser: &dyn Parser,
    case: &Case,
    mut ctx: Context,
    code_in: &(dyn Fn(&str) -> Option<String> + Sync),
    report: &mut Report,
) {
    let (mut exact, mut kinds, mut asked, mut asks) = (true, true, true, false);
    for turn in &case.turns {
        ctx.attachment = turn.attachments.first().map(|a| a.name.clone());
        if is_set(&turn.plan_before) {
            ctx.pending_plan = true;
            let planned = planned(&turn.plan_before);
            if !planned.is_empty() {
                ctx.before = planned;
            }
        }
        let started = Instant::now();
        let got = answer(parser, turn, &mut ctx, code_in).await;
        report.times.push(started.elapsed());
        let accepted = accepted(&turn.expect);
        let fits = accepted.iter().any(|want| agrees(&got, want));
        let wrong = is_wrong_mutation(&got, &accepted, &case.forbid_kinds);
        exact &= fits;
        kinds &= accepted.iter().any(|want| same_kinds(&got, want));
        if accepted.iter().all(|want| want["outcome"] == "clarify") {
            asks = true;
            asked &= fits;
        }
        report.wrong_mutations += usize::from(wrong);
        if !fits || wrong {
            let (id, said) = (case.id.clone(), turn.user.clone());
            report.misses.push(Miss { id, said, got, wrong_mutation: wrong });
        }
    }
    report.cases += 1;
    report.exact += usize::from(exact);
    report.kind += usize::from(kinds);
    report.clarify_ok += usize::from(asks && asked);
    for group in case.tags.iter().cloned().chain([format!("lang={}", case.lang)]) {
        let row = report.groups.entry(group).or_default();
        row.0 += 1;
        row.1 += usize::from(exact);
    }
}

/// One turn as the engine runs it: codes and forwarded texts never reach a parser.
async fn answer(
    parser: &dyn Parser,
    turn: &Turn,
    ctx: &mut Context,
    code_in: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Value {
    if let Some(code) = code_in(&turn.user).filter(|_| ctx.pending_plan) {
        ctx.pending_plan = false;
        ctx.before.clear();
        let confirm = json!({"kind": "plan.confirm", "slots": {"code": code}});
        return json!({"outcome": "action", "actions": [confirm]});
    }
    let parsed = if is_set(&turn.forwarded_from) {
        Parsed::Refuse(Refusal::NotYourWords)
    } else {
        parser.parse(&turn.user, ctx).await
    };
    remember(&parsed, ctx);
    outcome::json(&parsed)
}

/// What the conversation keeps for the next turn.
fn remember(parsed: &Parsed, ctx: &mut Context) {
    ctx.frame = None;
    ctx.before.clear();
    match parsed {
        Parsed::Clarify(Clarify { kind: Some(kind), known, missing, .. }) => {
            let (kind, known, missing) = (kind.clone(), known.clone(), missing.clone());
            ctx.frame = Some(Frame { kind, known, missing });
        }
        Parsed::Actions(wishes) => {
            ctx.before = wishes.iter().filter(|w| w.is_open()).cloned().collect();
            for wish in wishes {
                ctx.last = domain_of(&wish.action).or(ctx.last.take());
                let drops = matches!(wish.action, Action::PlanCancel(_));
                ctx.pending_plan = !drops && (ctx.pending_plan || wish.action.spec().mutates());
            }
        }
        _ => {}
    }
}

fn domain_of(action: &Action) -> Option<DomainName> {
    json!(action)["slots"]["domain"].as_str()?.parse().ok()
}

fn accepted(expect: &Value) -> Vec<&Value> {
    match expect["any_of"].as_array() {
        Some(list) => list.iter().collect(),
        None => vec![expect],
    }
}

/// Actions as an unordered multiset; `missing` must meet; of the other outcomes only the outcome counts.
fn agrees(got: &Value, want: &Value) -> bool {
    if got["outcome"] != want["outcome"] {
        return false;
    }
    match want["outcome"].as_str() {
        Some("action") => sorted(got) == sorted(want),
        Some("clarify") => {
            let missing = |v: &Value| v["missing"].as_array().cloned().unwrap_or_default();
            let wanted = missing(want);
            wanted.is_empty() || missing(got).iter().any(|m| wanted.contains(m))
        }
        _ => true,
    }
}

/// The actions in normal form: no nulls, `slots` always there, order without meaning.
fn sorted(outcome: &Value) -> Vec<String> {
    let mut out: Vec<String> = actions(outcome).map(|a| normal(a).to_string()).collect();
    out.sort();
    out
}

fn actions(outcome: &Value) -> impl Iterator<Item = &Value> {
    outcome["actions"].as_array().into_iter().flatten()
}

fn normal(action: &Value) -> Value {
    let mut out = without_nulls(action);
    if out["slots"].is_null() {
        out["slots"] = json!({});
    }
    out
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, v)| !v.is_null());
            kept.map(|(k, v)| (k.clone(), without_nulls(v))).collect()
        }
        other => other.clone(),
    }
}

fn same_kinds(got: &Value, want: &Value) -> bool {
    let kinds = |o: &Value| {
        let mut kinds: Vec<Value> = actions(o).map(|a| a["kind"].clone()).collect();
        kinds.sort_by_key(ToString::to_string);
        kinds
    };
    let asked = want["kind"].is_null() || got["kind"] == want["kind"];
    got["outcome"] == want["outcome"] && kinds(got) == kinds(want) && asked
}

/// A change that is in no accepted outcome, or whose kind is forbidden.
fn is_wrong_mutation(got: &Value, accepted: &[&Value], forbidden: &[String]) -> bool {
    let allowed: Vec<Value> = accepted.iter().flat_map(|o| actions(o)).map(normal).collect();
    actions(got).any(|action| {
        let kind = action["kind"].as_str().unwrap_or_default();
        let changes = spec(kind).is_none_or(dombot_core::action::Spec::mutates);
        forbidden.iter().any(|f| f == kind) || changes && !allowed.contains(&normal(action))
    })
}

impl Report {
    /// Time within which this share of the turns was answered.
    pub fn within(&self, percent: usize) -> Duration {
        let last = self.times.len().saturating_sub(1);
        self.times.get((self.times.len() * percent / 100).min(last)).copied().unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (group, (cases, exact)) in &self.groups {
            writeln!(f, "{group:<28} {exact:>4} of {cases:>4}")?;
        }
        writeln!(f, "latency p50 {:?} p95 {:?}", self.within(50), self.within(95))?;
        let Self { cases, exact, kind, clarify_ok, wrong_mutations, .. } = self;
        write!(
            f,
            "cases {cases} exact {exact} kind {kind} clarify_ok {clarify_ok} wrong_mutations {wrong_mutations}"
        )
    }
}

impl fmt::Display for BadSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for BadSet {}
