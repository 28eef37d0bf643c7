//! `dombot dns`: whole zones as files.

use std::io::Read as _;
use std::path::Path;

use dombot_core::action::{Action, Answer, DnsCompare, DnsExport, DnsImport, FileMode, OfZone};
use dombot_core::chat::ReplyKind;

use super::ask::told;
use super::say;
use crate::Exit;
use crate::cli_dns::{Compare, Dns, Drift, File, Plan, Zone};
use crate::door::Door;
use crate::home::Paths;
use crate::request::{Request, Response};

/// Lines of a card that are printed where the whole went to a file.
const LAST_LINES: usize = 12;

pub(crate) async fn run(paths: &Paths, command: Dns) -> anyhow::Result<Exit> {
    match command {
        Dns::Plan(args) => plan(paths, args).await,
        Dns::Import(File { zone, from }) => {
            let action = import(&zone, &from, None)?;
            tell(act(paths, &zone, action, Some(read(&from)?)).await?, zone.json).await
        }
        Dns::Restore(args) => crate::keep::dns::run(paths, args).await,
        Dns::Export(zone) => export(paths, &zone).await,
        Dns::Compare(args) => compare(paths, args).await,
        Dns::Drift(Drift { zone, accept, put_back }) => {
            let slots = OfZone { domain: zone.name.parse()?, account: zone.account.clone() };
            let action = match (accept, put_back) {
                (true, _) => Action::DnsAccept(slots),
                (_, true) => Action::DnsPutback(slots),
                _ => Action::DnsDrift(slots),
            };
            tell(act(paths, &zone, action, None).await?, zone.json).await
        }
    }
}

async fn plan(paths: &Paths, args: Plan) -> anyhow::Result<Exit> {
    let File { zone, from } = args.file;
    let mode = if args.create_only {
        FileMode::CreateOnly
    } else if args.no_purge {
        FileMode::NoPurge
    } else if args.purge_unknown {
        FileMode::ExactAll
    } else {
        FileMode::Exact
    };
    let mut action = import(&zone, &from, Some(mode))?;
    if let Action::DnsImport(slots) = &mut action {
        slots.ignore = args.ignore;
        slots.ignore_overlap = args.ignore_overlap;
    }
    let (door, mut response) = act(paths, &zone, action, Some(read(&from)?)).await?;
    let (Some(file), Response::Reply { reply }) = (&args.details, &mut response) else {
        return tell((door, response), zone.json).await;
    };
    std::fs::write(file, format!("{}\n", reply.text))?;
    let lines: Vec<&str> = reply.text.lines().collect();
    let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
    reply.text = format!("{}\n{last}", file.display());
    tell((door, response), zone.json).await
}

async fn export(paths: &Paths, zone: &Zone) -> anyhow::Result<Exit> {
    let slots =
        DnsExport { domain: zone.name.parse()?, format: None, account: zone.account.clone() };
    let (door, response) = act(paths, zone, Action::DnsExport(slots), None).await?;
    if let (Response::Reply { reply }, false) = (&response, zone.json)
        && let (ReplyKind::Answer, Some(Answer::Exported(exported))) = (reply.kind, &reply.data)
    {
        say(exported.file.trim_end());
        door.close().await;
        return Ok(Exit::Done);
    }
    tell((door, response), zone.json).await
}

/// An account of that name goes before a file of that name.
async fn compare(paths: &Paths, args: Compare) -> anyhow::Result<Exit> {
    let Compare { zone, with } = args;
    let is_file = with == "-" || Path::new(&with).is_file();
    let file = is_file.then(|| read(Path::new(&with))).transpose()?;
    let slots = DnsCompare {
        domain: zone.name.parse()?,
        account: zone.account.clone(),
        other: (!is_file).then_some(with),
        attachment: is_file.then(|| "file".to_owned()),
    };
    tell(act(paths, &zone, Action::DnsCompare(slots), file).await?, zone.json).await
}

fn import(zone: &Zone, from: &Path, mode: Option<FileMode>) -> anyhow::Result<Action> {
    Ok(Action::DnsImport(DnsImport {
        domain: zone.name.parse()?,
        attachment: from.display().to_string(),
        mode,
        ignore: Vec::new(),
        ignore_overlap: false,
        account: zone.account.clone(),
    }))
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).map_err(|e| anyhow::anyhow!("{}: {e}", file.display()))
}

async fn act(
    paths: &Paths,
    zone: &Zone,
    action: Action,
    file: Option<String>,
) -> anyhow::Result<(Door, Response)> {
    let door = Door::open(paths).await?;
    let request =
        Request::Act { person: zone.person.clone(), conversation: "cli".into(), action, file };
    let response = door.ask(request).await?;
    Ok((door, response))
}

/// Prints it; a plan's card then counts as shown.
async fn tell((door, response): (Door, Response), json: bool) -> anyhow::Result<Exit> {
    let exit = told(&door, response, json).await;
    door.close().await;
    exit
}
