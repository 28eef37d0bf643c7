//! `dombot job`: the same actions as in the chat, with stable words.

use super::ask::show;
use crate::Exit;
use crate::cli::Job;
use crate::door::Door;
use crate::home::Paths;
use crate::request::{Request, Response};
use dombot_core::action::{Action, JobList, JobRef, Settle};
use dombot_core::plan::Verdict;

pub(crate) async fn run(paths: &Paths, args: Job) -> anyhow::Result<Exit> {
    let (action, json) = match args {
        Job::List { state, json } => (Action::JobList(JobList { state }), json),
        Job::Show { job, json } => (Action::JobStatus(JobRef { job_id: job }), json),
        Job::Settle { job, verdict } => {
            let verdict = match verdict.as_str() {
                "happened" => Verdict::Happened,
                "did_not" => Verdict::DidNot,
                _ => Verdict::Leave,
            };
            (Action::JobSettle(Settle { job_id: job, verdict }), false)
        }
    };
    let door = Door::open(paths).await?;
    let response: Response = door
        .ask(Request::Act { person: None, conversation: "cli".into(), action, file: None })
        .await?;
    door.close().await;
    Ok(show(response, json))
}
