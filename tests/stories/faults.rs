//! The operator fails, lies or falls silent in the middle of a change. The operator's own ledger is the judge:
//! an approved step takes effect at most once, whatever happens, and a person is told how it ended.

use dombot_core::approval::Way;
use dombot_core::chat::ReplyKind;
use dombot_core::engine::{Here, short};
use dombot_core::job::JobState;
use dombot_core::phrase::Language;
use dombot_core::plan::Step;
use dombot_core::store::PlanState;
use dombot_providers::sandbox::world::{Fault, Rule, View, Who};
use dombot_tests::{HERE, Talk};
use std::fmt::Write as _;

/// What the change under fault is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    /// At registrar a, which knows keys again.
    RenewA,
    /// At registrar b, where only reading tells.
    RenewB,
    /// At the DNS host, compare and swap.
    Dns,
}

use Change::{Dns, RenewA, RenewB};

impl Change {
    fn words(self) -> [&'static str; 2] {
        match self {
            RenewA => ["przedłuż demo-firma.test o 2 lata", "renew demo-firma.test for 2 years"],
            RenewB => ["przedłuż demo-shop.test o 2 lata", "renew demo-shop.test for 2 years"],
            Dns => [
                "ustaw www.demo-firma.test na 203.0.113.7",
                "set www.demo-firma.test to 203.0.113.7",
            ],
        }
    }

    fn verb(self) -> &'static str {
        if self == Dns { "dns_change" } else { "renew" }
    }

    fn domain(self) -> &'static str {
        if self == RenewB { "demo-shop.test" } else { "demo-firma.test" }
    }

    fn who(self) -> Who {
        match self {
            RenewA => Who::A,
            RenewB => Who::B,
            Dns => Who::Dns,
        }
    }

    fn effects(self, talk: &Talk) -> usize {
        talk.effects(self.verb(), self.domain()).len()
    }
}

/// One row: the change, the fault, how often, how it must end, and how many effects the ledger must show.
async fn ends(change: Change, fault: &Fault, times: u32, state: JobState, effects: usize) {
    for lang in [Language::Pl, Language::En] {
        let talk = Talk::new(lang, dombot_core::action::Role::Owner).await;
        let rule = Rule::next(change.verb(), fault.clone()).at(change.who()).times(times);
        let card = talk.plan(change.words()).await;
        talk.fault(rule);
        talk.code().await;
        talk.work().await;
        let progress = talk.progress(card.plan.id).await;
        let row = format!("{change:?} {fault:?}: {}", progress.text(lang));
        assert_eq!(progress.steps[0].state, state, "{row}");
        assert_eq!(change.effects(&talk), effects, "{row}");
        let news = talk.news().await;
        assert!(news.contains(&card.label), "the person is told: {row}\n{news}");
        assert!(news.contains(change.domain()), "{row}\n{news}");
        assert!(talk.news().await.is_empty(), "and told once");
        match state {
            JobState::Done => assert_eq!(progress.state, PlanState::Completed, "{row}"),
            _ => assert_eq!(progress.state, PlanState::Halted, "{row}"),
        }
        if change == Dns {
            let served = talk.zone("www.demo-firma.test", "A").await;
            let expected = if effects == 1 { "300 203.0.113.7" } else { "300 192.0.2.10" };
            assert_eq!(served, [expected], "{row}");
        }
    }
}

fn reject(status: u16, code: &str) -> Fault {
    Fault::Reject { status, code: code.into(), retry_after: None }
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_effect() {
    for fault in [
        Fault::ApplyThenReset,
        Fault::ApplyThenError { status: 500 },
        Fault::ApplyThenError { status: 502 },
        Fault::ApplyThenGarbage,
    ] {
        for change in [RenewA, RenewB, Dns] {
            ends(change, &fault, 1, JobState::Done, 1).await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_without_effect() {
    for fault in [Fault::Error { status: 500 }, Fault::Error { status: 503 }, Fault::Reset] {
        // Repeated where the operator makes that safe, and asked where it does not.
        ends(RenewA, &fault, 1, JobState::Done, 1).await;
        ends(RenewB, &fault, 1, JobState::NeedsHuman, 0).await;
        ends(Dns, &fault, 1, JobState::Done, 1).await;
    }
}

#[tokio::test]
async fn an_operator_that_never_recovers_ends_in_a_question() {
    let fault = Fault::Error { status: 500 };
    ends(RenewA, &fault, 100, JobState::NeedsHuman, 0).await;
    ends(Dns, &fault, 100, JobState::NeedsHuman, 0).await;
}

#[tokio::test]
async fn an_effect_that_arrives_late() {
    for change in [RenewA, RenewB, Dns] {
        ends(change, &Fault::Late { secs: 3 }, 1, JobState::Done, 1).await;
    }
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    for change in [RenewA, RenewB, Dns] {
        ends(change, &Fault::Delay { ms: 1500 }, 1, JobState::Done, 1).await;
    }
}

#[tokio::test]
async fn an_answer_slower_than_the_deadline_is_read_back() {
    // The deadline is 10 s of real time: one change stands for all.
    let talk = Talk::pl().await;
    let card = talk.plan(RenewB.words()).await;
    talk.fault(Rule::next("renew", Fault::Delay { ms: 13_000 }));
    talk.code().await;
    talk.work().await;
    assert_eq!(talk.progress(card.plan.id).await.steps[0].state, JobState::Done);
    assert_eq!(RenewB.effects(&talk), 1);
}

#[tokio::test]
async fn a_face_that_shows_the_old_state_for_a_while() {
    for change in [RenewA, RenewB, Dns] {
        ends(change, &Fault::Stale { secs: 8, view: View::Http }, 1, JobState::Done, 1).await;
    }
    // Books fresh, domain list old for three days: the order is the proof, not the date.
    let three_days = 3 * 24 * 3600;
    for change in [RenewA, RenewB] {
        let fault = Fault::Stale { secs: three_days, view: View::Domains };
        ends(change, &fault, 1, JobState::Done, 1).await;
    }
}

#[tokio::test]
async fn books_that_stay_old_end_in_a_question_and_no_second_charge() {
    let fault = Fault::Stale { secs: 3600, view: View::Http };
    ends(RenewB, &fault, 1, JobState::NeedsHuman, 1).await;
}

#[tokio::test]
async fn a_definite_no_is_final_and_a_busy_operator_is_asked_again() {
    for change in [RenewA, RenewB] {
        ends(change, &reject(402, "balance"), 1, JobState::Failed, 0).await;
        ends(change, &reject(409, "price"), 1, JobState::Failed, 0).await;
        ends(change, &reject(409, "status"), 1, JobState::Failed, 0).await;
        ends(change, &reject(401, "token"), 1, JobState::Failed, 0).await;
    }
    ends(Dns, &reject(409, "changed"), 1, JobState::Failed, 0).await;
    ends(Dns, &reject(401, "token"), 1, JobState::Failed, 0).await;
    for change in [RenewA, RenewB, Dns] {
        ends(change, &reject(429, "rate"), 2, JobState::Done, 1).await;
    }
}

#[tokio::test]
async fn a_refusal_that_no_documentation_lists_is_no_definite_no() {
    ends(RenewB, &reject(418, "teapot"), 1, JobState::NeedsHuman, 0).await;
}

#[tokio::test]
async fn price_and_expiry_that_move_under_the_order() {
    for change in [RenewA, RenewB] {
        ends(change, &Fault::Price { per_year: 9900 }, 1, JobState::Failed, 0).await;
    }
    let date = "2028-01-01".parse().unwrap();
    ends(RenewA, &Fault::Expiry { date }, 1, JobState::Failed, 0).await;
}

/// At registrar b, where nobody can tell: a job that waits for a person. `after` is what arrives later.
async fn in_doubt(talk: &Talk, fault: Fault) -> (String, String) {
    let card = talk.plan(RenewB.words()).await;
    talk.fault(Rule::next("renew", fault).at(Who::B));
    talk.code().await;
    talk.work().await;
    let progress = talk.progress(card.plan.id).await;
    assert_eq!(progress.steps[0].state, JobState::NeedsHuman);
    let job = short(progress.steps[0].job);
    assert!(talk.news().await.contains(&job), "the person is told which job waits");
    (card.label, job)
}

fn settle(job: &str, pl: &str, en: &str) -> [String; 2] {
    [format!("oznacz zadanie {job} jako {pl}"), format!("mark job {job} as {en}")]
}

#[tokio::test]
async fn a_person_says_that_it_happened() {
    for talk in Talk::both().await {
        let (label, job) = in_doubt(&talk, Fault::Stale { secs: 3600, view: View::Http }).await;
        // While it is in doubt, no second order of the domain gets past the approval.
        talk.clock.advance(std::time::Duration::from_hours(1));
        assert_eq!(RenewB.effects(&talk), 1);
        let [pl, en] = settle(&job, "wykonane", "done");
        let card = talk.plan([&pl[..], &en]).await;
        assert_eq!(u8::from(card.plan.tier), 2, "a word about money needs a code as money does");
        assert!(matches!(card.plan.steps[..], [Step::Settle { .. }]));
        talk.work().await;
        let jobs = talk.say(["pokaż zadania", "show jobs"]).await;
        assert!(jobs.text.contains(&job), "still open before the code: {}", jobs.text);
        talk.code().await;
        talk.work().await;
        let plan = talk.engine.find_plan(&talk.person, &label).await.unwrap();
        assert_eq!(plan.state, PlanState::Completed);
        assert_eq!(RenewB.effects(&talk), 1);
    }
}

#[tokio::test]
async fn a_person_says_that_it_did_not_and_tries_anew() {
    for talk in Talk::both().await {
        let (label, job) = in_doubt(&talk, Fault::Reset).await;
        let words = RenewB.words();
        let blocked = talk.say(words).await;
        assert_eq!(blocked.code.as_deref(), Some("domain.order_under_way"), "{}", blocked.text);
        talk.work().await;
        assert_eq!(RenewB.effects(&talk), 0, "nothing is tried while it is in doubt");
        let [pl, en] = settle(&job, "niewykonane", "failed");
        talk.get([&pl[..], &en]).await;
        let plan = talk.engine.find_plan(&talk.person, &label).await.unwrap();
        assert_eq!(plan.state, PlanState::Halted);
        let (_, done) = talk.get(words).await;
        assert_eq!(done.state, PlanState::Completed);
        let [once] = &talk.effects("renew", "demo-shop.test")[..] else { panic!("once") };
        assert_ne!(once.key.as_deref().map(|k| &k[20..]), Some(&job[..]), "a new job, a new key");
    }
}

#[tokio::test]
async fn a_person_leaves_it_and_the_order_stays_blocked() {
    for talk in Talk::both().await {
        let (_, job) = in_doubt(&talk, Fault::Reset).await;
        let slots = serde_json::json!({"job_id": job, "verdict": "leave"});
        let action = serde_json::json!({"kind": "job.settle", "slots": slots});
        let here = Here { person: &talk.person, conversation: HERE, arms: true, way: Way::Host };
        let reply = talk.engine.act(here, serde_json::from_value(action).unwrap(), None).await;
        assert_eq!(reply.kind, ReplyKind::Plan, "{}", reply.text);
        talk.seen(&reply).await;
        talk.code().await;
        talk.work().await;
        let jobs = talk.say(["pokaż zadania", "show jobs"]).await;
        assert!(!jobs.text.contains(&job), "{}", jobs.text);
        let refused = talk.say(RenewB.words()).await;
        assert_eq!(refused.code.as_deref(), Some("domain.order_left"), "{}", refused.text);
        talk.work().await;
        assert_eq!(RenewB.effects(&talk), 0);
    }
}

#[tokio::test]
async fn an_operator_that_cannot_be_read_is_told_with_what_was_not_changed() {
    for talk in Talk::both().await {
        let mut told = String::new();
        for fault in
            [Fault::Error { status: 503 }, Fault::Reset, Fault::CutBody, reject(401, "token")]
        {
            talk.fault(Rule::next("read", fault.clone()).at(Who::Dns).times(20));
            let reply = talk.say(Dns.words()).await;
            assert_ne!(reply.kind, ReplyKind::Plan, "{fault:?}: {}", reply.text);
            write!(told, "{fault:?}\n{}\n\n", reply.text).unwrap();
            talk.world.edit(|s, _| s.rules.clear()).unwrap();
        }
        assert!(talk.ledger().is_empty());
        insta::assert_snapshot!(format!("unreadable_{}", talk.lang.id()), talk.plain(&told));
    }
}

#[tokio::test]
async fn a_paid_renewal_that_the_registrar_does_not_show_yet_is_paid_again_only_knowingly() {
    for talk in Talk::both().await {
        talk.get(RenewB.words()).await;
        assert_eq!(RenewB.effects(&talk), 1);
        // The registrar shows the old date for a while.
        talk.world
            .edit(|s, _| {
                let old = jiff::civil::date(2027, 1, 3);
                s.registrar_mut(Who::B)
                    .unwrap()
                    .domains
                    .get_mut("demo-shop.test")
                    .unwrap()
                    .expires = old;
            })
            .unwrap();
        let again = talk.say(RenewB.words()).await;
        assert_eq!(again.kind, ReplyKind::Plan, "{}", again.text);
        let paid = ["Już zapłacone?", "Already paid?"][usize::from(talk.lang == Language::En)];
        assert!(again.text.contains(paid), "{}", again.text);
        talk.code().await;
        talk.work().await;
        assert_eq!(RenewB.effects(&talk), 2, "the person said so, with a code");
    }
}
