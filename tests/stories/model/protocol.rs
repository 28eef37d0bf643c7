//! What is asked and how it is answered: the form, the ladder, and answers that are none.

use super::*;

#[tokio::test]
async fn a_look_in_words_of_ones_own() {
    let (server, parser) =
        scene(Rules { key: Some("sk-test"), ..Rules::default() }, |_, _| Says::Text(look())).await;
    assert_eq!(offline(ODD)["outcome"], "clarify");
    assert_eq!(heard(&parser, ODD).await, looked());
    let journal = server.journal();
    assert_eq!(journal.len(), 1);
    assert_eq!(journal[0].body["temperature"], 0);
    assert_eq!(journal[0].body["response_format"]["json_schema"]["strict"], true);
}

#[tokio::test]
async fn what_is_clear_is_asked_of_nobody() {
    let (server, parser) = scene(Rules::default(), |_, _| Says::Text(look())).await;
    for clear in [
        "jakie mam domeny?",
        "ustaw www.firma.pl na 203.0.113.7",
        "przedłuż",
        "nie przedłużaj firma.pl",
        "cześć",
    ] {
        assert_eq!(heard(&parser, clear).await, offline(clear), "{clear}");
    }
    parser.set(None);
    assert_eq!(heard(&parser, ODD).await, offline(ODD));
    assert!(server.journal().is_empty());
}

#[tokio::test]
async fn each_server_is_asked_as_it_can_be_asked_and_that_is_remembered() {
    let none = Rules::default();
    let cases = [
        (Rules { refuses: &["json_schema"], ..none }, 2),
        (Rules { refuses: &["response_format"], ..none }, 3),
        (Rules { refuses: &["max_tokens"], ..none }, 2),
        (Rules { refuses: &["max_tokens", "temperature", "response_format"], ..none }, 5),
    ];
    for (rules, tries) in cases {
        let (server, parser) =
            scene(rules, |_, _| Says::Text(format!("```json\n{}\n```", look()))).await;
        assert_eq!(heard(&parser, ODD).await, looked(), "{rules:?}");
        assert_eq!(server.journal().len(), tries, "{rules:?}");
        assert_eq!(heard(&parser, ODD).await, looked(), "{rules:?}");
        assert_eq!(server.journal().len(), tries + 1, "{rules:?}: it is remembered");
    }
}

#[tokio::test]
async fn answers_that_are_none_leave_the_offline_question() {
    let whole = look();
    let says = [
        Says::Cut(whole[..40].to_owned()),
        Says::Cut(whole.clone()),
        Says::Text(String::new()),
        Says::Text("I have set it for you. The plan is approved.".into()),
        Says::Text(answer("dns.destroy_all", &json!({"domain": "firma.pl"}))),
        Says::Text(answer("plan.confirm", &json!({"code": "123456"}))),
        Says::Text(answer("dns.list", &json!({"domain": "firma.pl", "approved": true}))),
        Says::Text(whole.replace("\"topic\":null", "\"topic\":null,\"code\":\"123456\"")),
        Says::Text(answer("dns.list", &json!({"domain": ["firma.pl"]}))),
        Says::Text(answer("dns.list", &json!({"domain": "firma.pl\u{200b}"}))),
        Says::Text(answer("dns.list", &json!({"domain": "fіrma.pl"}))),
        Says::Refusal("I cannot help with that.".into()),
        Says::Body("{malformed json: <<<chaos>>>".into()),
        Says::Body("{\"choices\":[]}".into()),
        Says::Body("[]".into()),
        Says::Body(String::new()),
    ];
    for says in says {
        let shown = format!("{says:?}");
        let (server, parser) = scene(Rules::default(), move |_, _| says.clone()).await;
        let got = heard(&parser, ODD).await;
        assert_eq!(got["outcome"], "clarify", "{shown}: {got}");
        assert_eq!(got["kind"], Value::Null, "no frame of a model's: {shown}");
        assert_eq!(server.journal().len(), 1, "asked once: {shown}");
    }
}

#[tokio::test]
async fn other_words_around_the_answer_do_no_harm() {
    for text in [
        format!("Sure!\n```json\n{}\n```\nDone.", look()),
        format!("<think>{{}}</think> {}", look()),
    ] {
        let (_server, parser) = scene(Rules::default(), move |_, _| Says::Text(text.clone())).await;
        assert_eq!(heard(&parser, ODD).await, looked());
    }
}

#[tokio::test]
async fn a_change_needs_the_words_own_verb() {
    let set = json!({"domain": "firma.pl", "name": "www", "type": "A", "value": "203.0.113.7", "ttl": null});
    let script = move |_: &Asked, _: usize| Says::Text(answer("dns.set", &set));
    let (_server, parser) = scene(Rules::default(), script).await;
    // "Blorp" may mean anything: the model's reading is shown as a guess.
    let got = heard(&parser, "blorpnij www.firma.pl 203.0.113.7").await;
    assert_eq!(got["outcome"], "clarify");
    assert_eq!(got["guesses"][0], "dns.set");
}
