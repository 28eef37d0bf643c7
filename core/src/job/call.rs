//! The one place from which a writing call leaves, and its hard end.

use std::task::Poll;
use std::time::Duration;

use super::Claimed;
use super::observe::{Blind, dns, door, registrar};
use crate::account::Accounts;
use crate::clock::Clock;
use crate::error::Result;
use crate::plan::Step;
use crate::provider::{Outcome, Reason, Rejection};

/// No call may last longer, whatever a provider declares: the lease must outlive it.
const LONGEST_CALL: Duration = Duration::from_secs(40);

/// The hard end of a call, by the clock that counts the machine's sleep: a call that slept with it is dropped
/// before it is looked at again, so that nothing more of it leaves. Rule 14.
pub(super) async fn within(
    clock: &dyn Clock,
    limit: Duration,
    sent: impl Future<Output = Outcome>,
) -> Outcome {
    let began = clock.monotonic();
    let over = || Outcome::Unknown("no answer in time".into());
    tokio::pin!(sent);
    let awake = std::future::poll_fn(|cx| {
        if clock.monotonic().saturating_sub(began) > limit {
            return Poll::Ready(over());
        }
        sent.as_mut().poll(cx)
    });
    tokio::pin!(awake);
    loop {
        // The timer does not count the sleep: it looks again every second.
        match tokio::time::timeout(Duration::from_secs(1), &mut awake).await {
            Ok(outcome) => return outcome,
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

pub(super) fn call_deadline(accounts: &Accounts, step: &Step) -> Result<Duration, Blind> {
    let account = door(accounts, step)?;
    let wanted = match step {
        Step::Renew { .. } | Step::AutoRenew { .. } => registrar(account)?.deadline(),
        _ => dns(account)?.limits().deadline,
    };
    Ok(wanted.min(LONGEST_CALL))
}

/// The one place from which a writing call leaves.
pub(super) async fn send(accounts: &Accounts, claim: &Claimed<'_>, step: &Step) -> Outcome {
    let sent = async {
        let account = door(accounts, step)?;
        Ok::<Outcome, Blind>(match step {
            Step::DnsChange { zone, changes } => dns(account)?.change(claim, zone, changes).await,
            Step::ZoneCreate { name, .. } => dns(account)?.create_zone(claim, name).await,
            Step::ZoneDelete { zone, .. } => dns(account)?.delete_zone(claim, zone).await,
            Step::Renew { order, .. } => registrar(account)?.renew(claim, order).await,
            Step::AutoRenew { domain, enabled, .. } => {
                registrar(account)?.set_auto_renew(claim, domain, *enabled).await
            }
            Step::Settle { .. } => Outcome::Unknown("a person's word is no call".into()),
        })
    };
    sent.await.unwrap_or_else(|_| {
        Outcome::Rejected(Rejection {
            reason: Reason::NotFound,
            detail: "the account is gone".into(),
        })
    })
}
