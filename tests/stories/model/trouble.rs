//! Servers in trouble: one more try where it helps, one deadline for everything, then the offline answer.

use std::time::Instant;

use super::*;

fn error(kind: &str) -> Value {
    json!({"error": {"message": "no", "type": kind, "code": kind}})
}

/// The first answer, then good ones; gives what was heard and how often was asked.
async fn first(says: Says) -> (Value, usize) {
    let script = move |_: &Asked, n: usize| if n == 0 { says.clone() } else { Says::Text(look()) };
    let (server, parser) = scene(Rules::default(), script).await;
    let got = heard(&parser, ODD).await;
    (got, server.journal().len())
}

#[tokio::test]
async fn trouble_that_passes_is_tried_once_more() {
    for says in [
        Says::Error(429, "Retry-After: 1", error("rate_limit_error")),
        Says::Error(429, "", error("rate_limit_error")),
        Says::Error(503, "", error("server_error")),
        Says::Error(500, "Retry-After: 0", Value::Null),
        Says::Bytes(String::new()),
        Says::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"choices\":[{\"mess".into()),
    ] {
        let shown = format!("{says:?}");
        assert_eq!(first(says).await, (looked(), 2), "{shown}");
    }
}

#[tokio::test]
async fn the_server_is_obeyed_when_it_says_how_long_to_wait() {
    let started = Instant::now();
    let _ = first(Says::Error(429, "Retry-After: 1", error("rate_limit_error"))).await;
    // No upper bound: only that it waited.
    assert!(started.elapsed() >= Duration::from_secs(1));
    let (got, asked) =
        first(Says::Error(429, "Retry-After: 3600", error("rate_limit_error"))).await;
    assert_eq!((got, asked), (offline(ODD), 1), "longer than the deadline: not now");
}

#[tokio::test]
async fn trouble_that_stays_is_not_tried_again() {
    for says in [
        Says::Error(429, "Retry-After: 1", error("insufficient_quota")),
        Says::Error(402, "", Value::Null),
        Says::Error(401, "", error("invalid_api_key")),
        Says::Error(403, "", Value::Null),
        Says::Error(404, "", error("model_not_found")),
        Says::Error(307, "Location: /v1/elsewhere", Value::Null),
        Says::Huge(300_000),
    ] {
        let shown = format!("{says:?}").chars().take(60).collect::<String>();
        assert_eq!(first(says).await, (offline(ODD), 1), "{shown}");
    }
}

#[tokio::test]
async fn a_server_that_always_fails_is_asked_twice() {
    for says in [Says::Error(503, "", Value::Null), Says::Bytes("HTTP".into())] {
        let (server, parser) = scene(Rules::default(), move |_, _| says.clone()).await;
        assert_eq!(heard(&parser, ODD).await, offline(ODD));
        assert_eq!(server.journal().len(), 2);
    }
}

#[tokio::test]
async fn one_deadline_for_everything() {
    let (server, _) = scene(Rules::default(), |_, _| Says::Late(Duration::from_secs(600))).await;
    let endpoint =
        Endpoint::new(&server.url(), None, MODEL).unwrap().within(Duration::from_millis(300));
    let parser = Advised::by(endpoint);
    // The second waits for its turn within its own deadline.
    let both = tokio::join!(heard(&parser, ODD), heard(&parser, ODD));
    assert_eq!(both, (offline(ODD), offline(ODD)));
    assert!(server.journal().len() <= 2);
}

#[tokio::test]
async fn nobody_there() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let parser = Advised::by(Endpoint::new(&url, None, MODEL).unwrap());
    assert_eq!(heard(&parser, ODD).await, offline(ODD));
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_the_offline_answer_stands() {
    let (server, _) =
        scene(Rules { key: Some("right"), ..Rules::default() }, |_, _| Says::Text(look())).await;
    for key in [None, Some("wrong")] {
        let parser = Advised::by(Endpoint::new(&server.url(), key.map(Into::into), MODEL).unwrap());
        assert_eq!(heard(&parser, ODD).await, offline(ODD));
    }
    assert_eq!(server.journal().len(), 2);
}
