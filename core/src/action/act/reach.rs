//! Asking accounts: side by side, each with its own patience, and what to say when one does not answer.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::account::Account;
use crate::error::{Error, Result};
use crate::phrase;
use crate::phrase::{Language, Phrase, foreign};
use crate::provider::ProviderError;

/// How long a person waits for one small answer of one account.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);
/// How long for whole zones.
pub(crate) const LONG_PATIENCE: Duration = Duration::from_secs(45);

/// What several accounts said, in the order in which they were given.
#[derive(Debug)]
pub(crate) struct Answers<'a, T> {
    pub(crate) heard: Vec<(&'a Account, T)>,
    pub(crate) silent: Vec<(&'a Account, ProviderError)>,
}

/// Asks every account the same, side by side. One that hangs costs `patience` and no more.
pub(crate) async fn each<'a, T, F, Fut>(
    accounts: impl Iterator<Item = &'a Account>,
    patience: Duration,
    question: F,
) -> Answers<'a, T>
where
    T: Send + 'static,
    F: Fn(Account) -> Fut,
    Fut: Future<Output = Result<T, ProviderError>> + Send + 'static,
{
    let accounts: Vec<&Account> = accounts.collect();
    let mut asked = JoinSet::new();
    for (i, account) in accounts.iter().enumerate() {
        let answer = patient(patience, question((*account).clone()));
        asked.spawn(async move { (i, answer.await) });
    }
    let stopped = || Err(ProviderError::Unexpected("the question was broken off".into()));
    let mut said: Vec<Result<T, ProviderError>> = accounts.iter().map(|_| stopped()).collect();
    while let Some(joined) = asked.join_next().await {
        if let Ok((i, answer)) = joined {
            said[i] = answer;
        }
    }
    let mut answers = Answers { heard: Vec::new(), silent: Vec::new() };
    for (account, answer) in accounts.into_iter().zip(said) {
        match answer {
            Ok(t) => answers.heard.push((account, t)),
            Err(e) => answers.silent.push((account, e)),
        }
    }
    answers
}

/// One answer in time, or [`ProviderError::Unavailable`].
pub(crate) async fn patient<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    timeout(patience, answer).await.unwrap_or_else(|_| {
        Err(ProviderError::Unavailable(format!("no answer within {} s", patience.as_secs())))
    })
}

/// One answer of one account, in time; its failure as our error.
pub(crate) async fn ask<T>(
    account: &Account,
    patience: Duration,
    answer: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T> {
    patient(patience, answer)
        .await
        .map_err(|source| Error::Provider { account: account.id, source })
}

/// Why an account could not be asked, as half a sentence.
pub fn problem(e: &ProviderError) -> Phrase {
    match e {
        ProviderError::Auth(_) => phrase!("provider.auth"),
        ProviderError::NotFound(_) => phrase!("provider.not_found"),
        ProviderError::RateLimited { .. } => phrase!("provider.rate_limited"),
        ProviderError::Unavailable(d) => phrase!("provider.unavailable", detail = foreign(d)),
        ProviderError::Incomplete(d) => phrase!("provider.incomplete", detail = foreign(d)),
        ProviderError::ClockSkew(_) => phrase!("provider.clock_skew"),
        ProviderError::Unsupported(d) => phrase!("provider.unsupported", detail = foreign(d)),
        ProviderError::Unexpected(d) => phrase!("provider.unexpected", detail = foreign(d)),
    }
}

/// The whole sentence for a reading call that failed while a plan or an answer was made.
pub fn fault(lang: Language, account: &str, e: &ProviderError) -> Phrase {
    phrase!("provider.fault", account = account, problem = problem(e).text(lang))
}
