//! `dombot ask`: one thing said, one answer.

use dombot_core::chat::{Reply, ReplyKind};

use super::{json, say};
use crate::Exit;
use crate::cli::Ask;
use crate::door::Door;
use crate::home::Paths;
use crate::request::{Request, Response};

pub(crate) async fn run(paths: &Paths, args: Ask) -> anyhow::Result<Exit> {
    let file = args.file.as_ref().map(std::fs::read_to_string).transpose()?;
    let door = Door::open(paths).await?;
    let request = Request::Say {
        person: args.person,
        conversation: args.conversation,
        text: args.text.join(" "),
        arms: false,
        file,
    };
    let response = door.ask(request).await?;
    let plan = match &response {
        Response::Reply { reply } if reply.kind == ReplyKind::Plan => reply.plan.as_ref(),
        _ => None,
    };
    let plan = plan.map(|card| card.plan.id);
    let exit = show(response, args.json);
    // Only now: a card that nobody could read is none that a code counts for.
    if let Some(plan) = plan {
        door.ask(Request::Delivered { plan }).await?;
    }
    door.close().await;
    Ok(exit)
}

/// Prints a reply and says how to exit.
pub(crate) fn show(response: Response, as_json: bool) -> Exit {
    let Response::Reply { reply } = response else { return super::finish(response) };
    if as_json {
        say(&json::reply(&reply).to_string());
    } else {
        say(&reply.text);
    }
    exit_of(&reply)
}

/// The exit code of a reply.
pub(crate) fn exit_of(reply: &Reply) -> Exit {
    match reply.kind {
        ReplyKind::Answer | ReplyKind::Chat => Exit::Done,
        ReplyKind::Plan => Exit::PlanWaits,
        ReplyKind::Clarify => Exit::Question,
        ReplyKind::Refuse | ReplyKind::Locked => Exit::Refused,
        ReplyKind::Error => Exit::Error,
    }
}
