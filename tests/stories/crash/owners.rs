//! Two dombots on one home, and ports that somebody else has.

use std::net::{TcpListener, UdpSocket};

use super::scene::{DNS, Ran, Scene, run};

/// The command in a terminal of either language.
pub(super) fn in_language(scene: &Scene, lang: &str, args: &[&str], input: &str) -> Ran {
    let mut command = scene.command(args);
    command.env("LC_ALL", if lang == "pl" { "pl_PL.UTF-8" } else { "en_US.UTF-8" });
    run(command, input)
}

/// It ends with an error that says this, in both languages.
pub(super) fn refuses(scene: &Scene, args: &[&str], polish: &str, english: &str) {
    for (lang, text) in [("pl", polish), ("en", english)] {
        let ran = in_language(scene, lang, args, "");
        assert_eq!(ran.code(), Some(1), "{args:?}: {ran:?}");
        assert!(ran.err.contains(text), "{args:?} should say {text:?}: {ran:?}");
        assert!(!ran.err.contains("panicked"), "{ran:?}");
    }
}

#[test]
fn the_second_serve_refuses_and_ask_is_a_client() {
    let mut scene = Scene::with_plan(DNS.words);
    let mut first = scene.serve(&[]);
    refuses(
        &scene,
        &["serve"],
        "i działa. Ten nic nie robi.",
        "and is running. This one does nothing.",
    );
    assert!(first.runs(), "the second one disturbed the first");
    scene.ask("ustaw mail.demo-firma.test na 203.0.113.9");
    let approved = scene.approve(&[]);
    assert_eq!(approved.code(), Some(0), "{approved:?}");
    assert_eq!(scene.books.effects().len(), 1);
    assert!(first.runs());
    assert!(first.stop().success());
    let again = scene.serve(&[]);
    assert_eq!(scene.dombot(&["job", "list"]).code(), Some(0));
    assert!(again.stop().success(), "the home is free again");
}

#[test]
fn a_home_is_not_initialised_twice() {
    let scene = Scene::empty("en");
    refuses(
        &scene,
        &["init", "--unattended", "--json"],
        "jest już dombot. Nic nie zmieniono.",
        "already. Nothing was changed.",
    );
    assert_eq!(scene.dombot(&["ask", "help"]).code(), Some(0));
}

#[test]
fn a_busy_port_of_the_demo_world_is_a_clear_error() {
    let scene = Scene::demo();
    let dns = scene.demo_dns.expect("init says where the demo's DNS is");
    let held = (UdpSocket::bind(dns).unwrap(), TcpListener::bind(dns).unwrap());
    refuses(
        &scene,
        &["ask", "jakie mam domeny?"],
        "Czy te porty zajmuje inny program? Nic nie zmieniono.",
        "Is another program on these ports? Nothing was changed.",
    );
    drop(held);
    let ran = scene.dombot(&["ask", "jakie mam domeny?"]);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    assert!(ran.out.contains("demo-firma.test"), "{ran:?}");
}
