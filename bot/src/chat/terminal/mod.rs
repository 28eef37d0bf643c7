//! The terminal: lines with history, codes without echo, progress in place, pipes.

mod line;
mod paint;
pub(crate) mod secret_screen;

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use dombot_core::chat::{Reply, ReplyKind};
use dombot_core::ids::PlanId;
use dombot_core::phrase;
use dombot_core::phrase::Language;

use self::line::{Lines, Typed};
use crate::Exit;
use crate::door::{self, Door};
use crate::home::Paths;
use crate::request::{Hidden, Request, Response};

/// Talks until the input ends.
pub(crate) async fn run(paths: &Paths) -> anyhow::Result<Exit> {
    let door = Door::open(paths).await?;
    if let Door::Own(home) = &door {
        door::listen(&Arc::clone(home))?;
    }
    let exit = talk(paths, &door).await;
    door.close().await;
    exit
}

struct Chat<'a> {
    door: &'a Door,
    /// One for each chat: a code typed here never counts for a plan that was shown in another window.
    conversation: String,
    lang: Language,
    /// The plan whose code is asked for at the prompt.
    armed: Option<(PlanId, String)>,
    exit: Exit,
}

async fn talk(paths: &Paths, door: &Door) -> anyhow::Result<Exit> {
    let who = door.ask(Request::Who { person: None }).await?;
    let Response::Who { name, lang, locked, .. } = who else {
        return Ok(crate::command::finish(who));
    };
    let conversation = match door {
        Door::Own(_) => "terminal".to_owned(),
        Door::Other(_) => format!("terminal-{}", std::process::id()),
    };
    let mut chat = Chat { door, conversation, lang, armed: None, exit: Exit::Done };
    let mut lines = Lines::new(&paths.home.join("history"))?;
    if lines.interactive {
        paint::show(&phrase!("home.welcome", name = name).text(lang));
    }
    if locked {
        paint::show(&phrase!("home.serving_locked").text(lang));
    }
    chat.news().await?;
    loop {
        match lines.read(chat.armed.as_ref().map(|(_, label)| label.as_str())).await? {
            Typed::Line(text) if text.trim().is_empty() => {}
            Typed::Line(text) if is_goodbye(text.trim()) => break,
            Typed::Line(text) => chat.hear(&text).await?,
            Typed::Interrupted if chat.armed.take().is_some() => {
                paint::show(&phrase!("home.prompt_left").text(lang));
            }
            Typed::Interrupted => paint::show(&phrase!("home.how_to_leave").text(lang)),
            Typed::End => break,
        }
        chat.news().await?;
    }
    Ok(chat.exit)
}

fn is_goodbye(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "exit" | "quit" | "koniec" | "wyjdź" | "wyjdz")
}

impl Chat<'_> {
    async fn hear(&mut self, text: &str) -> anyhow::Result<()> {
        let code = text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-'));
        let request = match &self.armed {
            Some((plan, _)) if code => {
                Request::Code { person: None, plan: *plan, code: Hidden(text.to_owned()) }
            }
            _ => Request::Say {
                person: None,
                conversation: self.conversation.clone(),
                text: text.to_owned(),
                file: None,
                arms: true,
            },
        };
        match self.door.ask(request).await? {
            Response::Reply { reply } => self.show(&reply).await,
            other => {
                self.exit = crate::command::finish(other);
                Ok(())
            }
        }
    }

    async fn show(&mut self, reply: &Reply) -> anyhow::Result<()> {
        paint::show(&reply.text);
        self.delivered(reply).await?;
        self.exit = crate::command::ask::exit_of(reply);
        match (&reply.plan, reply.kind) {
            (Some(card), ReplyKind::Plan) if card.armed => {
                self.armed = Some((card.plan.id, card.label.clone()));
            }
            (Some(card), ReplyKind::Answer) => {
                self.armed = None;
                self.follow(card.plan.id).await?;
            }
            (_, ReplyKind::Refuse) if reply.code.as_deref().is_some_and(still_waits) => {}
            (_, kind) => {
                self.armed = self.waiting_plan().await?;
                // "yes" is no code, and nobody should have to guess what is.
                if self.armed.is_some() && kind == ReplyKind::Chat {
                    paint::show(&phrase!("plan.type_code").text(self.lang));
                }
            }
        }
        Ok(())
    }

    /// The card is on the screen: a code may count for its plan.
    async fn delivered(&self, reply: &Reply) -> anyhow::Result<()> {
        if let (Some(card), ReplyKind::Plan) = (&reply.plan, reply.kind) {
            self.door.ask(Request::Delivered { plan: card.plan.id }).await?;
        }
        Ok(())
    }

    /// Which plan a code would approve now, after something else was said.
    async fn waiting_plan(&self) -> anyhow::Result<Option<(PlanId, String)>> {
        let waiting = Request::Armed { person: None, conversation: self.conversation.clone() };
        match self.door.ask(waiting).await? {
            Response::Plan { plan, label, .. } => Ok(Some((plan, label))),
            _ => Ok(None),
        }
    }

    /// Shows an approved plan getting on, in place, and then its end.
    async fn follow(&mut self, plan: PlanId) -> anyhow::Result<()> {
        let live = std::io::stdout().is_terminal();
        let (mut dots, mut why) = (0, None);
        loop {
            let response = self.door.ask(Request::Progress { plan }).await?;
            let Response::Progress {
                over,
                text,
                state,
                wants_new_plan,
                steps,
                stalled,
                scheduled,
                ..
            } = response
            else {
                self.exit = crate::command::finish(response);
                return Ok(());
            };
            if scheduled {
                paint::show(&text);
                return Ok(());
            }
            if over {
                if live {
                    print_in_place("");
                }
                paint::show(&text);
                self.exit = if state == "completed" { Exit::Done } else { Exit::Halted };
                self.door.ask(Request::Told { person: None, plan }).await?;
                if wants_new_plan
                    && let Response::Reply { reply } =
                        self.door.ask(Request::Replan { person: None, plan, arms: true }).await?
                {
                    return Box::pin(self.show(&reply)).await;
                }
                return Ok(());
            }
            if stalled.is_some() && stalled != why {
                print_in_place("");
                paint::show(stalled.as_deref().unwrap_or_default());
            }
            why = stalled;
            if live {
                dots = dots % 3 + 1;
                let done = steps.iter().filter(|s| s.state.is_final()).count();
                let what = phrase!("progress.changing").text(self.lang);
                print_in_place(&format!(" {what} {done}/{} {}", steps.len(), ".".repeat(dots)));
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    async fn news(&mut self) -> anyhow::Result<()> {
        let request = Request::News { person: None, conversation: self.conversation.clone() };
        if let Response::Replies { replies, messages } = self.door.ask(request).await? {
            for reply in replies {
                paint::show(&reply.text);
                self.delivered(&reply).await?;
                if let Some(card) = reply.plan.filter(|c| c.armed) {
                    self.armed = Some((card.plan.id, card.label));
                }
            }
            // Only now: news that a crash swallows before this are shown again.
            if !messages.is_empty() {
                self.door.ask(Request::Shown { messages }).await?;
            }
        }
        Ok(())
    }
}

/// After these refusals the plan still waits for its code.
fn still_waits(code: &str) -> bool {
    matches!(
        code,
        "code_wrong" | "code_skewed" | "code_replayed" | "factor_locked" | "factor_held" | "clock"
    )
}

fn print_in_place(text: &str) {
    let mut out = std::io::stdout();
    let _ = write!(out, "\r\x1b[2K{text}");
    let _ = out.flush();
}
