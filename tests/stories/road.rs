//! The whole road: words, plan, code, job, the operator's books and its name server changed.

use dombot_core::chat::ReplyKind;
use dombot_core::store::PlanState;
use dombot_tests::Talk;
use std::fmt::Write as _;

const WWW: &str = "www.demo-firma.test";
const SET_WWW: [&str; 2] =
    ["ustaw www.demo-firma.test na 203.0.113.7", "set www.demo-firma.test to 203.0.113.7"];
const RENEW: [&str; 2] = ["przedłuż demo-firma.test o 2 lata", "renew demo-firma.test for 2 years"];

#[tokio::test]
async fn from_a_sentence_to_another_answer_of_the_name_server() {
    for talk in Talk::both().await {
        let mut told = String::new();
        let domains = talk.say(["jakie mam domeny?", "what domains do I have?"]).await;
        told += &domains.text;
        let asked = talk.say(SET_WWW).await;
        write!(told, "\n\n{}", asked.text).unwrap();
        let card = asked.plan.unwrap();
        assert_eq!(talk.zone(WWW, "A").await, ["300 192.0.2.10"]);
        assert!(talk.ledger().is_empty(), "a plan changes nothing");

        let approved = talk.code().await;
        write!(told, "\n\n{}", approved.text).unwrap();
        assert!(talk.ledger().is_empty(), "a code only queues");
        talk.work().await;
        assert_eq!(talk.zone(WWW, "A").await, ["300 203.0.113.7"]);
        assert_eq!(talk.ledger().len(), 1);
        write!(told, "\n\n{}", talk.news().await).unwrap();

        let asked = talk.say(RENEW).await;
        write!(told, "\n\n{}", asked.text).unwrap();
        write!(told, "\n\n{}", talk.code().await.text).unwrap();
        talk.work().await;
        write!(told, "\n\n{}", talk.news().await).unwrap();
        let [renewed] = &talk.effects("renew", "demo-firma.test")[..] else { panic!("once") };
        assert_eq!(renewed.amount, 9800);
        assert_eq!(renewed.after["expires"], "2028-12-05");

        let (back, progress) = talk
            .get(&format!(
                "{} {}",
                ["cofnij", "undo"][usize::from(talk.lang.id() == "en")],
                card.label
            ))
            .await;
        assert_eq!(progress.state, PlanState::Completed);
        assert_eq!(back.plan.follows, None);
        assert_eq!(talk.zone(WWW, "A").await, ["300 192.0.2.10"]);
        write!(told, "\n\n{}", talk.news().await).unwrap();

        let history = talk.say(["historia demo-firma.test", "history of demo-firma.test"]).await;
        write!(told, "\n\n{}", history.text).unwrap();
        assert_eq!(talk.ledger().len(), 3);
        insta::assert_snapshot!(format!("road_{}", talk.lang.id()), talk.plain(&told));
    }
}

#[tokio::test]
async fn every_question_of_the_table_is_answered_and_changes_nothing() {
    for talk in Talk::both().await {
        let mut told = String::new();
        for words in [
            ["jakie mam domeny?", "what domains do I have?"],
            ["kiedy wygasa demo-firma.test?", "when does demo-firma.test expire?"],
            ["czy nowa-firma.test jest wolna?", "is nowa-firma.test available?"],
            ["czy demo-shop.test jest wolna?", "is demo-shop.test available?"],
            ["historia demo-firma.test", "history of demo-firma.test"],
            ["jakie mam strefy?", "show my zones"],
            ["pokaż rekordy MX demo-firma.test", "show MX records of demo-firma.test"],
            ["co wskazuje na 192.0.2.10?", "what points to 192.0.2.10?"],
            ["wyeksportuj strefę sklep-demo.test", "export the zone sklep-demo.test"],
            ["jakie mam konta?", "what accounts do I have?"],
            ["co wygasa w ciągu 30 dni?", "what expires within 30 days?"],
            ["pokaż zadania", "show jobs"],
            ["pomoc dns", "help dns"],
        ] {
            let reply = talk.say(words).await;
            assert_eq!(reply.kind, ReplyKind::Answer, "{words:?}: {}", reply.text);
            assert!(reply.data.is_some(), "{words:?}: {}", reply.text);
            write!(told, "> {words:?}\n{}\n\n", reply.text).unwrap();
        }
        assert!(talk.ledger().is_empty());
        insta::assert_snapshot!(format!("answers_{}", talk.lang.id()), talk.plain(&told));
    }
}

#[tokio::test]
async fn every_change_of_the_table_is_carried_out() {
    for talk in Talk::both().await {
        let ns = "3600 ns1.sandbox.test.";
        assert!(talk.zone("nowa.test", "NS").await.is_empty());
        talk.get(["utwórz strefę nowa.test", "create zone nowa.test"]).await;
        assert!(talk.zone("nowa.test", "NS").await.contains(&ns.to_owned()));

        talk.get([
            "dodaj rekord A sklep.nowa.test 203.0.113.9",
            "add an A record sklep.nowa.test 203.0.113.9",
        ])
        .await;
        talk.get([
            "dodaj rekord A sklep.nowa.test 203.0.113.10",
            "add an A record sklep.nowa.test 203.0.113.10",
        ])
        .await;
        let two: Vec<String> = talk
            .zone("sklep.nowa.test", "A")
            .await
            .iter()
            .filter_map(|l| Some(l.split_once(' ')?.1.to_owned()))
            .collect();
        assert_eq!(two, ["203.0.113.10", "203.0.113.9"]);

        talk.get(["usuń 203.0.113.9 z sklep.nowa.test", "remove 203.0.113.9 from sklep.nowa.test"])
            .await;
        assert_eq!(talk.zone("sklep.nowa.test", "A").await.len(), 1);
        talk.get(["usuń rekord A sklep.nowa.test", "delete the A record sklep.nowa.test"]).await;
        assert!(talk.zone("sklep.nowa.test", "A").await.is_empty());

        let file = "$ORIGIN nowa.test.\n$TTL 600\nwww A 203.0.113.20\ntxt TXT \"a b\" \"c\"\n";
        let reply =
            talk.attach(["zaimportuj strefę nowa.test", "import the zone nowa.test"], file).await;
        assert_eq!(reply.kind, ReplyKind::Plan, "{}", reply.text);
        talk.code().await;
        talk.work().await;
        assert_eq!(talk.zone("www.nowa.test", "A").await, ["600 203.0.113.20"]);
        assert_eq!(talk.zone("txt.nowa.test", "TXT").await, ["600 \"a b\" \"c\""]);

        let (card, done) = talk.get(["usuń strefę nowa.test", "delete zone nowa.test"]).await;
        assert_eq!((u8::from(card.plan.tier), done.state), (3, PlanState::Completed));
        assert!(talk.zone("nowa.test", "NS").await.is_empty());

        talk.get([
            "wyłącz autoodnawianie sklep-demo.test",
            "turn off auto-renew for sklep-demo.test",
        ])
        .await;
        let [switched] = &talk.effects("auto_renew", "sklep-demo.test")[..] else { panic!("once") };
        assert_eq!(switched.after["auto_renew"], false);
        let (_, done) = talk.get(["cofnij ostatnią zmianę", "undo the last change"]).await;
        assert_eq!(done.state, PlanState::Completed);
        assert_eq!(talk.effects("auto_renew", "sklep-demo.test")[1].after["auto_renew"], true);
    }
}

#[tokio::test]
async fn a_job_can_be_seen_and_cancelled_before_it_begins() {
    for talk in Talk::both().await {
        let card = talk.plan(RENEW).await;
        talk.code().await;
        let status = talk.say([&format!("status {}", card.label)[..]; 2]).await;
        assert_eq!(status.kind, ReplyKind::Answer, "{}", status.text);
        let gone = talk
            .say([&format!("anuluj {}", card.label)[..], &format!("cancel {}", card.label)])
            .await;
        assert_eq!(gone.kind, ReplyKind::Answer, "{}", gone.text);
        talk.work().await;
        assert_eq!(talk.progress(card.plan.id).await.state, PlanState::Cancelled);
        assert!(talk.ledger().is_empty());
        let late = talk
            .say([&format!("anuluj {}", card.label)[..], &format!("cancel {}", card.label)])
            .await;
        assert_ne!(late.kind, ReplyKind::Plan);
        // The order was never given: it may be given now.
        let (_, done) = talk.get(RENEW).await;
        assert_eq!(done.state, PlanState::Completed);
        assert_eq!(talk.effects("renew", "demo-firma.test").len(), 1);
    }
}

#[tokio::test]
async fn two_wishes_in_one_message_are_one_plan_and_one_code() {
    for talk in Talk::both().await {
        let (card, done) = talk
            .get([
                "ustaw www.demo-firma.test na 203.0.113.7, potem przedłuż demo-firma.test o 2 lata",
                "set www.demo-firma.test to 203.0.113.7, then renew demo-firma.test for 2 years",
            ])
            .await;
        assert_eq!(card.plan.steps.len(), 2);
        assert_eq!(u8::from(card.plan.tier), 2);
        assert_eq!(done.state, PlanState::Completed);
        assert_eq!(talk.zone(WWW, "A").await, ["300 203.0.113.7"]);
        assert_eq!(talk.effects("renew", "demo-firma.test").len(), 1);
        let kinds: Vec<String> = talk.ledger().into_iter().map(|e| e.kind).collect();
        assert_eq!(kinds, ["dns_change", "renew"], "what can be undone comes first");
    }
}

#[tokio::test]
async fn what_is_missing_is_asked_for_and_the_answer_completes_it() {
    for talk in Talk::both().await {
        let question =
            talk.say(["przedłuż domenę na 2 lata", "renew the domain for 2 years"]).await;
        assert_eq!(question.kind, ReplyKind::Clarify, "{}", question.text);
        assert_eq!(question.missing, ["domain"]);
        let reply = talk.say("demo-firma.test").await;
        assert_eq!(reply.kind, ReplyKind::Plan, "{}", reply.text);
        let order = serde_json::to_value(&reply.plan.unwrap().plan.steps[0]).unwrap();
        assert_eq!(order["order"]["domain"], "demo-firma.test");
        assert_eq!(order["order"]["years"], 2);
        talk.say(["nie", "no"]).await;

        // A question is forgotten after ten minutes.
        talk.say(["przedłuż domenę na 2 lata", "renew the domain for 2 years"]).await;
        talk.clock.advance(std::time::Duration::from_secs(11 * 60));
        assert_ne!(talk.say("demo-firma.test").await.kind, ReplyKind::Plan);

        let question = talk.say(["ustaw www na 203.0.113.7", "set www to 203.0.113.7"]).await;
        assert_eq!((question.kind, question.missing), (ReplyKind::Clarify, vec!["domain".into()]));
        assert!(talk.ledger().is_empty());
    }
}

#[tokio::test]
async fn no_drops_the_plan_and_a_later_code_does_nothing() {
    for talk in Talk::both().await {
        let card = talk.plan(RENEW).await;
        let dropped = talk.say(["nie", "no"]).await;
        assert!(dropped.text.contains(&card.label), "{}", dropped.text);
        let late = talk.code().await;
        assert_ne!(late.kind, ReplyKind::Answer, "{}", late.text);
        let late = talk.code_for(card.plan.id).await;
        assert_eq!(late.code.as_deref(), Some("plan_not_open"));
        talk.work().await;
        assert!(talk.ledger().is_empty());
        assert_eq!(talk.progress(card.plan.id).await.state, PlanState::Dropped);
    }
}

#[tokio::test]
async fn the_same_again_is_nothing_to_do_and_the_same_order_is_not_given_twice() {
    for talk in Talk::both().await {
        talk.get(SET_WWW).await;
        let again = talk.say(SET_WWW).await;
        assert_eq!(again.kind, ReplyKind::Answer, "{}", again.text);
        // Two plans of one renewal, both shown before either was approved.
        let first = talk.plan(RENEW).await;
        let second = talk.say_in("telegram", RENEW).await.plan.unwrap();
        talk.code().await;
        let refused = talk.code_in("telegram").await;
        assert_eq!(refused.code.as_deref(), Some("already_ordered"), "{}", refused.text);
        talk.work().await;
        assert_eq!(talk.effects("renew", "demo-firma.test").len(), 1);
        assert_eq!(talk.progress(first.plan.id).await.state, PlanState::Completed);
        assert_ne!(talk.progress(second.plan.id).await.state, PlanState::Completed);
    }
}

#[tokio::test]
async fn a_zone_that_was_made_can_be_taken_back() {
    for talk in Talk::both().await {
        let (card, made) = talk.get(["utwórz strefę nowa.test", "create the zone nowa.test"]).await;
        assert_eq!(made.state, PlanState::Completed);
        assert!(made.undoable, "{:?}", card.plan.undo);
        let (back, gone) = talk.get(["cofnij ostatnią zmianę", "undo the last change"]).await;
        assert_eq!(gone.state, PlanState::Completed);
        assert_eq!(u8::from(back.plan.tier), 3, "it deletes a zone");
        let kinds: Vec<_> = talk.ledger().iter().map(|e| e.kind.clone()).collect();
        assert_eq!(kinds, ["zone_create", "zone_delete"]);
    }
}
