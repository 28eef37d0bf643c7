//! `dombot person`.

use dombot_core::phrase;

use super::{finish, read_hidden, say};
use crate::Exit;
use crate::chat::terminal::secret_screen;
use crate::cli::Person;
use crate::door::Door;
use crate::home::Paths;
use crate::request::{Request, Response};

pub(crate) async fn run(paths: &Paths, args: Person) -> anyhow::Result<Exit> {
    let door = Door::open(paths).await?;
    let exit = match args {
        Person::List => list(&door).await,
        Person::Enrol { recover, person } => enrol(&door, person, recover).await,
        Person::Set { lang, tz } => {
            let lang = lang.map(|l| l.parse()).transpose().map_err(anyhow::Error::msg)?;
            Ok(finish(door.ask(Request::SetPerson { lang, tz }).await?))
        }
    };
    door.close().await;
    exit
}

async fn list(door: &Door) -> anyhow::Result<Exit> {
    let response = door.ask(Request::Persons).await?;
    let Response::Persons { names } = response else { return Ok(finish(response)) };
    for (name, role) in names {
        say(&format!("{name}\t{role}"));
    }
    Ok(Exit::Done)
}

async fn enrol(door: &Door, person: Option<String>, recover: bool) -> anyhow::Result<Exit> {
    let who = door.ask(Request::Who { person: person.clone() }).await?;
    let Response::Who { lang, .. } = who else { return Ok(finish(who)) };
    let prompt =
        if recover { phrase!("home.recovery_prompt") } else { phrase!("home.present_code_prompt") };
    let proof = read_hidden(&prompt.text(lang))?;
    let started = door.ask(Request::EnrolStart { person: person.clone(), proof, recover }).await?;
    let Response::Enrol { url, .. } = started else { return Ok(finish(started)) };
    secret_screen::enrolment(&url.0, lang)?;
    for _ in 0..5 {
        let code = read_hidden(&phrase!("home.first_code_prompt").text(lang))?;
        match door.ask(Request::EnrolFinish { person: person.clone(), code }).await? {
            Response::Enrol { codes, .. } => {
                secret_screen::recovery(&codes, None, lang)?;
                let held =
                    if recover { phrase!("home.enrolled_held") } else { phrase!("home.enrolled") };
                say(&held.text(lang));
                return Ok(Exit::Done);
            }
            other => {
                finish(other);
            }
        }
    }
    Ok(Exit::Refused)
}
