//! The operator's books beside ours: what dombot did is found there, what somebody else did comes first.

use std::time::Duration;

use dombot_core::books::{Comparison, Whose, compare};
use dombot_core::clock::Clock;
use dombot_providers::sandbox::world::{Fault, Rule, Who};
use dombot_tests::Talk;
use jiff::Timestamp;

async fn compared(talk: &Talk, name: &str, since: Timestamp) -> Comparison {
    let unlocked = talk.engine.unlocked().unwrap();
    let account = unlocked.accounts.named(name).unwrap();
    let entries = account.provider.books().unwrap().since(since).await.unwrap();
    compare(talk.engine.store(), account.id, since, entries).await.unwrap()
}

fn whose(books: &Comparison) -> Vec<Whose> {
    books.entries.iter().map(|e| e.whose).collect()
}

#[tokio::test]
async fn what_dombot_did_is_ours_and_what_it_did_not_do_comes_first() {
    let talk = Talk::pl().await;
    let start = talk.clock.now();
    talk.get("przedłuż demo-shop.test o rok").await;
    talk.get("ustaw www.demo-firma.test na 203.0.113.7").await;
    // An answer that was lost is ours, too.
    talk.fault(Rule::next("write", Fault::ApplyThenReset));
    talk.get("ustaw ftp.demo-firma.test na 203.0.113.8").await;
    let b = compared(&talk, "sandbox-b", start).await;
    assert_eq!(whose(&b), [Whose::Ours]);
    assert_eq!(b.entries[0].entry.charged.unwrap().to_string(), "49.00 PLN");
    let dns = compared(&talk, "sandbox-dns", start).await;
    assert_eq!(whose(&dns), [Whose::Ours; 2]);
    assert!(b.unbooked.is_empty() && dns.unbooked.is_empty());
    assert!(
        compared(&talk, "sandbox", start).await.entries.is_empty(),
        "another account's are not in it"
    );

    // Somebody else renews with our token, at the same time and the same domain, with a key of his own.
    let theirs = |key: Option<&str>, id: u64| {
        let key = key.map(str::to_owned);
        talk.world
            .edit(|state, _| {
                let ours = state.ledger.iter().find(|e| e.account == Who::B).unwrap().clone();
                let at = ours.at + jiff::SignedDuration::from_secs(1);
                state.ledger.push(dombot_providers::sandbox::world::Effect { id, at, key, ..ours });
            })
            .unwrap();
    };
    theirs(Some("somebody's"), 900);
    let b = compared(&talk, "sandbox-b", start).await;
    assert_eq!(whose(&b), [Whose::NotOurs, Whose::Ours]);
    assert_eq!(b.entries[0].entry.reference, "900");
    // Without a key: our job is spoken for already, so it is not ours either.
    theirs(None, 901);
    assert_eq!(
        whose(&compared(&talk, "sandbox-b", start).await),
        [Whose::NotOurs, Whose::NotOurs, Whose::Ours]
    );
}

#[tokio::test]
async fn a_provider_without_keys_is_compared_by_what_and_when_and_what_it_lacks_is_said() {
    let talk = Talk::pl().await;
    let start = talk.clock.now();
    talk.get("ustaw www.demo-firma.test na 203.0.113.7").await;
    talk.world.edit(|state, _| state.ledger.iter_mut().for_each(|e| e.key = None)).unwrap();
    assert_eq!(whose(&compared(&talk, "sandbox-dns", start).await), [Whose::LikelyOurs]);
    talk.world.edit(|state, _| state.ledger.clear()).unwrap();
    let books = compared(&talk, "sandbox-dns", start).await;
    assert!(books.entries.is_empty());
    assert_eq!(books.unbooked.len(), 1, "done, says dombot; the operator's books have nothing");
    talk.clock.advance(Duration::from_secs(3600));
    assert!(compared(&talk, "sandbox-dns", talk.clock.now()).await.unbooked.is_empty());
}
