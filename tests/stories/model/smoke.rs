//! A real model, only where `DOMBOT_TEST_MODEL_URL` and `DOMBOT_TEST_MODEL` name one: that transport and schema work,
//! never how well it understands. `tests/servers/model_xllamacpp.py` starts a small one.

use std::time::Instant;

use super::*;

#[tokio::test]
async fn a_real_model_answers_in_the_schema() {
    let var = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let (Some(url), Some(name)) = (var("DOMBOT_TEST_MODEL_URL"), var("DOMBOT_TEST_MODEL")) else {
        return;
    };
    let endpoint = Endpoint::new(&url, None, &name).unwrap().within(Duration::from_secs(300));
    endpoint.check().await.expect("it lists its models");
    let parser = Advised::by(endpoint);
    for said in [ODD, "przedłuż firma.pl o 2 lata zgodnie z mailem klienta"] {
        let started = Instant::now();
        let parsed = parser.parse(said, &context()).await;
        eprintln!("{:>7.1?} {said:<60} {}", started.elapsed(), outcome::json(&parsed));
        // What it says of a change must be what the words say.
        let meant = said.starts_with("przedłuż");
        assert!(!changes(&parsed) || meant, "{said}: {parsed:?}");
    }
}
