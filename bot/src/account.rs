//! Accounts, configuration and authenticators: what changes the vault. Each change asks for a code at the host.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use dombot_core::account::{Account, Accounts, Person};
use dombot_core::action::AccountRow;
use dombot_core::approval::{Refused, SealKey, recovery, totp};
use dombot_core::chat::Reply;
use dombot_core::engine::Unlocked;
use dombot_core::ids::{AccountId, FactorId};
use dombot_core::phrase;
use dombot_core::provider::{Authority, Settings};
use dombot_core::store::Factor;
use dombot_core::vault::{AccountEntry, Content, FactorEntry};
use dombot_providers::kind;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::home::{Home, Trouble};
use crate::request::{Hidden, Request, Response};

/// An account to connect.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct New {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) settings: BTreeMap<String, Hidden>,
    pub(crate) authorities: Vec<SocketAddr>,
}

/// The half of the requests that concerns the vault.
pub(crate) async fn serve(home: &Home, request: Request) -> anyhow::Result<Response> {
    match request {
        Request::AddAccount { account, code } => add(home, account, &code).await,
        Request::RemoveAccount { name, code } => remove(home, &name, &code).await,
        Request::Accounts { check } => Ok(Response::Accounts { accounts: rows(home, check).await }),
        Request::Config { key, set } => config(home, key, set).await,
        Request::EnrolStart { person, proof, recover } => {
            enrol_start(home, person.as_deref(), &proof, recover).await
        }
        Request::EnrolFinish { person, code } => enrol_finish(home, person.as_deref(), &code).await,
        Request::Doctor { trust_clock } => crate::command::doctor::examine(home, trust_clock).await,
        _ => anyhow::bail!("not a request about the vault"),
    }
}

/// Opens everything that the vault holds. An account that cannot be opened is left out and logged by name.
pub(crate) fn unlocked(content: &Content, persons: &[Person]) -> Unlocked {
    let mut accounts: Vec<Account> = content.accounts().iter().filter_map(open).collect();
    accounts.sort_by(|a, b| a.name.cmp(&b.name));
    let factors = persons.iter().flat_map(|p| content.factors(p.id));
    let totp = factors.filter_map(|f| Some((f.id, totp::secret_of(&f.otpauth)?))).collect();
    Unlocked {
        accounts: Accounts(accounts),
        seal: content.seal_key().map(|k| SealKey::new(*k)),
        totp,
        delay: content.config(DELAY).and_then(|m| m.parse::<u32>().ok()).unwrap_or(0).min(10_080)
            * 60,
    }
}

/// Minutes between the code of a dangerous plan and its first step, a week at most.
const DELAY: &str = "delay.dangerous";

fn open(entry: &AccountEntry) -> Option<Account> {
    let kind = kind(&entry.kind)?;
    match (kind.open)(entry.id, &Settings(entry.settings.clone())) {
        Ok(provider) => Some(Account {
            id: entry.id,
            name: entry.name.clone(),
            kind,
            provider: Arc::clone(&provider),
            authorities: entry.authorities.iter().filter_map(|a| authority(a)).collect(),
        }),
        Err(e) => {
            tracing::error!(account = %entry.name, error = %e, "this account cannot be opened");
            None
        }
    }
}

fn authority(text: &str) -> Option<Authority> {
    Some(Authority { name: text.to_owned(), addr: text.parse().ok()? })
}

/// The entry for a new account, checked as far as that goes without asking the provider.
pub(crate) fn entry(home: &Home, new: &New) -> anyhow::Result<AccountEntry> {
    let kind =
        kind(&new.kind).ok_or_else(|| Trouble(phrase!("home.unknown_kind", kind = new.kind)))?;
    for name in new.settings.keys() {
        if !kind.fields.iter().any(|f| f.name == name) {
            let known: Vec<&str> = kind.fields.iter().map(|f| f.name).collect();
            return Err(Trouble(phrase!(
                "home.unknown_field",
                field = name,
                known = known.join(", ")
            ))
            .into());
        }
    }
    let settings: BTreeMap<String, SecretString> =
        new.settings.iter().map(|(k, v)| (k.clone(), v.secret())).collect();
    let id = AccountId::new(home.engine.clock(), home.engine.chance());
    if let Err(e) = (kind.open)(id, &Settings(settings.clone())) {
        return Err(Trouble(phrase!("home.bad_field", field = e.field, problem = e.problem)).into());
    }
    Ok(AccountEntry {
        id,
        name: new.name.clone(),
        kind: new.kind.clone(),
        settings,
        authorities: new.authorities.iter().map(ToString::to_string).collect(),
    })
}

async fn add(home: &Home, new: New, code: &Hidden) -> anyhow::Result<Response> {
    let person = home.person(None).await?;
    if home.engine.unlocked().is_some_and(|u| u.accounts.named(&new.name).is_some()) {
        return Err(Trouble(phrase!("home.account_exists", name = new.name)).into());
    }
    let entry = entry(home, &new)?;
    let facts = json!({"account": entry.id.to_string(), "name": new.name, "provider": new.kind});
    if let Err(reply) = proved(home, &person, code, ("provider.added", facts)).await? {
        return Ok(Response::Failed { text: reply.text });
    }
    home.edit(move |content| content.put_account(&entry)).await?;
    let row = rows(home, true).await.into_iter().find(|r| r.name == new.name);
    let state = row.map_or_else(|| "?".to_owned(), |r| r.state);
    Ok(Response::Done {
        text: phrase!("home.account_added", name = new.name, state = state).text(person.lang),
    })
}

async fn remove(home: &Home, name: &str, code: &Hidden) -> anyhow::Result<Response> {
    let person = home.person(None).await?;
    let known = home.engine.unlocked().and_then(|u| u.accounts.named(name).map(|a| a.id));
    let id = known.ok_or_else(|| Trouble(phrase!("home.unknown_account", name = name)))?;
    let facts = json!({"account": id.to_string(), "name": name});
    if let Err(reply) = proved(home, &person, code, ("provider.removed", facts)).await? {
        return Ok(Response::Failed { text: reply.text });
    }
    home.edit(move |content| {
        content.remove_account(id);
        Ok(())
    })
    .await?;
    Ok(Response::Done { text: phrase!("home.account_removed", name = name).text(person.lang) })
}

/// A code typed at the host for `what`; its row of the audit log stands in the same transaction as the used code.
pub(crate) async fn proved(
    home: &Home,
    person: &Person,
    code: &Hidden,
    what: (&str, serde_json::Value),
) -> anyhow::Result<Result<(), Reply>> {
    Ok(home.engine.host_code(person, &code.secret(), what).await?)
}

async fn rows(home: &Home, check: bool) -> Vec<AccountRow> {
    let lang = home.speaker(None).await.map_or_else(crate::terminal_language, |p| p.lang);
    let unlocked = home.engine.unlocked().unwrap_or_default();
    let mut rows = Vec::new();
    for account in &unlocked.accounts.0 {
        let state = if check { state(account).await } else { "-".to_owned() };
        rows.push(AccountRow {
            name: account.name.clone(),
            provider: account.kind.id.to_owned(),
            title: account.kind.title.to_owned(),
            proved: dombot_core::action::proved(account.kind.proved).text(lang),
            state,
        });
    }
    rows
}

async fn state(account: &Account) -> String {
    let asked = async {
        match (account.provider.dns(), account.provider.registrar()) {
            (Some(host), _) => host.zones().await.map(|z| format!("ok, {} zones", z.len())),
            (None, Some(registrar)) => {
                registrar.domains().await.map(|d| format!("ok, {} domains", d.len()))
            }
            (None, None) => Ok("ok".to_owned()),
        }
    };
    match tokio::time::timeout(std::time::Duration::from_secs(15), asked).await {
        Ok(Ok(state)) => state,
        Ok(Err(e)) => e.to_string(),
        Err(_) => "no answer in 15 s".to_owned(),
    }
}

async fn config(
    home: &Home,
    key: Option<String>,
    set: Option<(Hidden, Hidden)>,
) -> anyhow::Result<Response> {
    let person = home.person(None).await?;
    if let (Some(key), Some((value, code))) = (&key, set) {
        if key == crate::keep::beat::URL
            && !value.0.is_empty()
            && let Err(why) = dombot_providers::beat::check(&value.0)
        {
            let bad = phrase!("home.bad_field", field = key, problem = why);
            return Ok(Response::Failed { text: bad.text(person.lang) });
        }
        let what = ("config.set", json!({"key": key}));
        if let Err(reply) = proved(home, &person, &code, what).await? {
            return Ok(Response::Failed { text: reply.text });
        }
        let name = key.clone();
        home.edit(move |content| content.put_config(&name, &value.0)).await?;
        return Ok(Response::Done {
            text: phrase!("home.config_set", key = key).text(person.lang),
        });
    }
    let values = home
        .read(|content| {
            let keys = key.map_or_else(|| content.config_keys(), |k| vec![k]);
            keys.into_iter().filter_map(|k| content.config(&k).map(|v| (k, v))).collect()
        })
        .await?;
    Ok(Response::Values { values })
}

/// An authenticator that waits for its first code.
pub(crate) struct Pending {
    pub(crate) secret: SecretString,
    pub(crate) held: bool,
}

async fn enrol_start(
    home: &Home,
    who: Option<&str>,
    proof: &Hidden,
    recover: bool,
) -> anyhow::Result<Response> {
    let person = home.person(who).await?;
    if person.frozen_at.is_some() {
        return Ok(Response::Failed { text: phrase!("access.frozen").text(person.lang) });
    }
    if recover {
        let unlocked = home.engine.unlocked().unwrap_or_default();
        let seal = unlocked.seal.as_ref().ok_or_else(|| Trouble(phrase!("locked.no_approval")))?;
        let store = home.engine.store();
        // The hold that follows counts from now.
        if !home.engine.time_is_right().await? {
            return Ok(Response::Failed { text: phrase!("approval.clock").text(person.lang) });
        }
        let now = home.engine.clock().now();
        let scope = format!("recovery:{}", person.id);
        let until = store.guard(&scope).await?.locked_until;
        if until > now {
            let refused = Refused::Locked { until };
            let text = refused.phrase(|t| t.strftime("%H:%M UTC").to_string()).text(person.lang);
            return Ok(Response::Failed { text });
        }
        let good =
            store.use_recovery_code(person.id, &recovery::hash(seal, &proof.secret()), now).await?;
        if !good {
            store.count_wrong(&scope, now).await?;
            return Ok(Response::Failed {
                text: phrase!("home.bad_recovery_code").text(person.lang),
            });
        }
    } else if let Err(reply) = proved(home, &person, proof, ("factor.replacing", json!({}))).await?
    {
        return Ok(Response::Failed { text: reply.text });
    }
    let secret = totp::new_secret(home.engine.chance());
    let url = totp::url(&secret, &person.name);
    home.pending.lock().await.insert(person.id, Pending { secret, held: recover });
    Ok(Response::Enrol { url: Hidden(url.expose_secret().to_owned()), codes: Vec::new() })
}

async fn enrol_finish(home: &Home, who: Option<&str>, code: &Hidden) -> anyhow::Result<Response> {
    let person = home.person(who).await?;
    let now = home.engine.clock().now();
    let mut waiting = home.pending.lock().await;
    let Some(pending) = waiting.get(&person.id) else {
        return Ok(Response::Failed { text: phrase!("home.enrol_first").text(person.lang) });
    };
    let Some(step) = totp::check(&pending.secret, &code.secret(), now) else {
        return Ok(Response::Failed { text: phrase!("home.enrol_wrong").text(person.lang) });
    };
    let hold = pending.held.then(|| now + SignedDuration::from_hours(24));
    let codes = enrol(home, &person, &pending.secret, i64::try_from(step)?, hold).await?;
    let url = totp::url(&pending.secret, &person.name);
    waiting.remove(&person.id);
    let codes = codes.iter().map(|c| Hidden(c.expose_secret().to_owned())).collect();
    Ok(Response::Enrol { url: Hidden(url.expose_secret().to_owned()), codes })
}

/// Stores an authenticator, revokes earlier ones, and makes new recovery codes.
pub(crate) async fn enrol(
    home: &Home,
    person: &Person,
    secret: &SecretString,
    step: i64,
    hold_until: Option<jiff::Timestamp>,
) -> anyhow::Result<Vec<SecretString>> {
    let id = FactorId::new(home.engine.clock(), home.engine.chance());
    let entry =
        FactorEntry { id, label: "authenticator".into(), otpauth: totp::url(secret, &person.name) };
    let who = person.id;
    // The vault first: a factor row without its secret could approve nothing and would shut the person out.
    home.edit(move |content| content.put_factor(who, &entry)).await?;
    let now = home.engine.clock().now();
    let factor = Factor { id, person: person.id, last_step: step, hold_until };
    let seal = home.seal()?;
    home.engine.store().add_factor(&factor, (&seal, now)).await?;
    let codes = recovery::new_codes(home.engine.chance());
    let hashes: Vec<String> = codes.iter().map(|c| recovery::hash(&seal, c)).collect();
    home.engine.store().set_recovery_codes(person.id, &hashes, now).await?;
    // Only now the old secrets go: until here the old authenticator still worked.
    home.edit(move |content| {
        for old in content.factors(who).into_iter().filter(|f| f.id != id) {
            content.remove_factor(who, old.id);
        }
        Ok(())
    })
    .await?;
    Ok(codes)
}
