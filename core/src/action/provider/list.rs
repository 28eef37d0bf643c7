//! Every account, how its code was proved, and whether it answers now.

use crate::action::act::reach::{PATIENCE, each, problem};
use crate::action::{AccountRow, Accounts, Answer, Ctx, Nothing, Planned};
use crate::error::Result;
use crate::phrase;
use crate::phrase::Phrase;
use crate::provider::{Proved, ProviderError};

pub(in crate::action) async fn plan(_: &Nothing, ctx: &Ctx<'_>) -> Result<Planned> {
    let said = each(ctx.accounts.0.iter(), PATIENCE, |a| async move {
        if let Some(host) = a.provider.dns() {
            host.zones().await?;
        }
        if let Some(registrar) = a.provider.registrar() {
            registrar.domains().await?;
        }
        Ok(())
    })
    .await;
    let state = |id| {
        let silent = said.silent.iter().find(|(a, _)| a.id == id);
        silent.map_or_else(
            || "ok".to_owned(),
            |(_, e): &(_, ProviderError)| problem(e).text(ctx.lang),
        )
    };
    let mut accounts: Vec<AccountRow> = ctx
        .accounts
        .0
        .iter()
        .map(|a| AccountRow {
            name: a.name.clone(),
            provider: a.kind.id.to_owned(),
            title: a.kind.title.to_owned(),
            proved: proved(a.kind.proved).text(ctx.lang),
            state: state(a.id),
        })
        .collect();
    accounts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Planned::Answer(Answer::Accounts(Accounts { accounts })))
}

/// How a kind of account was proved to work, in words.
pub fn proved(how: Proved) -> Phrase {
    match how {
        Proved::Sandbox => phrase!("provider.proved_sandbox"),
        Proved::RealServer(what) => phrase!("provider.proved_server", what = what),
        Proved::RecordedTraffic(when) => phrase!("provider.proved_traffic", when = when),
        Proved::Documentation => phrase!("provider.proved_nothing"),
    }
}
