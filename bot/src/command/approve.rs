//! `dombot approve`: a code for one named plan.

use std::time::Duration;

use dombot_core::chat::ReplyKind;
use dombot_core::ids::PlanId;
use dombot_core::phrase;
use serde_json::json;

use super::{ask, json, read_hidden, say};
use crate::Exit;
use crate::cli::Approve;
use crate::door::Door;
use crate::home::Paths;
use crate::request::{Request, Response};

pub(crate) async fn run(paths: &Paths, args: Approve) -> anyhow::Result<Exit> {
    let door = Door::open(paths).await?;
    let exit = approve(&door, args).await;
    door.close().await;
    exit
}

async fn approve(door: &Door, args: Approve) -> anyhow::Result<Exit> {
    // Where nobody serves, this process carries the plan out: leaving at once would leave it lying.
    let wait = args.wait || matches!(door, Door::Own(_));
    let found = door.ask(Request::Find { person: args.person.clone(), plan: args.plan }).await?;
    let Response::Plan { plan, label, armed } = found else { return Ok(super::finish(found)) };
    let lang = crate::terminal_language();
    if !armed {
        eprintln!("dombot: {}", phrase!("plan.cannot_arm", label = label).text(lang));
        return Ok(Exit::Refused);
    }
    let code = read_hidden(&phrase!("home.code_prompt", label = label).text(lang))?;
    let response = door.ask(Request::Code { person: args.person.clone(), plan, code }).await?;
    door.ask(Request::Disarm { plan }).await?;
    let Response::Reply { reply } = &response else { return Ok(super::finish(response)) };
    if reply.kind != ReplyKind::Answer || !wait {
        return Ok(ask::show(response, args.json));
    }
    if args.json {
        say(&json::reply(reply).to_string());
    } else {
        say(&reply.text);
    }
    Ok(match follow(door, plan, args.json).await? {
        Followed::Ended(exit) => {
            door.ask(Request::Told { person: args.person, plan }).await?;
            exit
        }
        Followed::Later => Exit::Done,
        Followed::Lost => Exit::Error,
    })
}

/// Where following a plan led.
enum Followed {
    /// Its end was shown.
    Ended(Exit),
    /// It is approved for later, which was shown; its end is still to be told.
    Later,
    /// It could not be followed, which was said; its end is still to be told.
    Lost,
}

/// Follows a plan to its end. One JSON object a line as things happen, the last with the end.
async fn follow(door: &Door, plan: PlanId, as_json: bool) -> anyhow::Result<Followed> {
    let (mut last, mut why) = (String::new(), None);
    loop {
        let response = door.ask(Request::Progress { plan }).await?;
        let Response::Progress { state, over, steps, text, stalled, scheduled, .. } = response
        else {
            super::finish(response);
            return Ok(Followed::Lost);
        };
        let line = json!({"v": 1, "state": state, "steps": steps}).to_string();
        if as_json && line != last {
            say(&line);
        }
        last = line;
        if let Some(stalled) = stalled.filter(|s| why.as_ref() != Some(s)) {
            eprintln!("dombot: {stalled}");
            why = Some(stalled);
        }
        if over || scheduled {
            if !as_json {
                say(&text);
            }
            return Ok(match state.as_str() {
                _ if scheduled => Followed::Later,
                "completed" => Followed::Ended(Exit::Done),
                _ => Followed::Ended(Exit::Halted),
            });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
