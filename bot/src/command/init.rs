//! `dombot init` and the first start: vault, database, key, authenticator.

use std::ffi::OsStr;
use std::io::{BufRead, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use dombot_core::account::Person;
use dombot_core::action::Role;
use dombot_core::approval::totp;
use dombot_core::clock::{Clock, SystemChance, SystemClock};
use dombot_core::fail_point;
use dombot_core::ids::PersonId;
use dombot_core::phrase;
use dombot_core::phrase::Language;
use dombot_core::store::Store;
use dombot_core::vault::{Content, Key, Memory, Profile, Unlock, Vault};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{read_hidden, say};
use crate::chat::terminal::secret_screen;
use crate::cli::Init;
use crate::home::{self, Home, Opening, Paths, Trouble};
use crate::request::Hidden;
use crate::{Exit, account, demo};

const LOGO: &str = r"
     _                 _           _
  __| | ___  _ __ ___ | |__   ___ | |_
 / _` |/ _ \| '_ ` _ \| '_ \ / _ \| __|
| (_| | (_) | | | | | | |_) | (_) | |_
 \__,_|\___/|_| |_| |_|_.__/ \___/ \__|
";

/// What was chosen before anything is written.
struct Wanted {
    lang: Language,
    demo: bool,
    name: String,
    secret: SecretString,
    /// The step that proved the authenticator; 0 where nobody could type one.
    step: i64,
}

/// What a person must keep.
struct Made {
    person: PersonId,
    codes: Vec<SecretString>,
    vault_key: SecretString,
    sandbox_dns: Option<String>,
}

pub(crate) async fn run(paths: &Paths, args: Init) -> anyhow::Result<Exit> {
    if paths.exists() {
        return Err(Trouble(phrase!("home.exists", path = paths.home.display())).into());
    }
    if !paths.init_mark().exists() {
        key_is_free(paths)?;
    }
    if !args.unattended {
        interactive_with(paths, &args).await?;
        return Ok(Exit::Done);
    }
    secrets_go_somewhere_private()?;
    let lang = args.lang.as_deref().map(str::parse).transpose().map_err(anyhow::Error::msg)?;
    let wanted = Wanted {
        lang: lang.unwrap_or_else(crate::terminal_language),
        demo: args.demo,
        name: args.name.unwrap_or_else(user_name),
        secret: totp::new_secret(&SystemChance),
        step: 0,
    };
    let made = make(paths, &wanted).await?;
    let codes: Vec<&str> = made.codes.iter().map(ExposeSecret::expose_secret).collect();
    let out = json!({
        "v": 1,
        "home": paths.home,
        "person": made.person,
        "otpauth": totp::url(&wanted.secret, &wanted.name).expose_secret(),
        "recovery_codes": codes,
        "recovery_key": made.vault_key.expose_secret(),
        "sandbox_dns": made.sandbox_dns,
    });
    say(&out.to_string());
    finished(paths)?;
    Ok(Exit::Done)
}

/// A shell makes `> file` with the user's umask: others could read it. Rule 26.
pub(crate) fn secrets_go_somewhere_private() -> anyhow::Result<()> {
    use rustix::fs::{FileType, fstat};
    let out = fstat(std::io::stdout())?;
    if FileType::from_raw_mode(out.st_mode) == FileType::RegularFile && out.st_mode & 0o077 != 0 {
        let mode = format!("{:o}", out.st_mode & 0o777);
        return Err(Trouble(phrase!("home.output_open", mode = mode)).into());
    }
    Ok(())
}

/// Asks everything at the terminal.
pub(crate) async fn interactive(paths: &Paths) -> anyhow::Result<()> {
    let args = Init { demo: false, unattended: false, json: false, lang: None, name: None };
    interactive_with(paths, &args).await
}

async fn interactive_with(paths: &Paths, args: &Init) -> anyhow::Result<()> {
    let default = crate::terminal_language();
    say(LOGO);
    say(&phrase!("home.hello", path = paths.home.display()).text(default));
    let lang = match &args.lang {
        Some(lang) => lang.parse().map_err(anyhow::Error::msg)?,
        None => choose(&phrase!("home.which_language").text(default), &["pl", "en"], default.id())?
            .parse()
            .map_err(anyhow::Error::msg)?,
    };
    let demo = args.demo
        || choose(&phrase!("home.demo_or_empty").text(lang), &["demo", "empty"], "demo")? == "demo";
    let name = args.name.clone().unwrap_or_else(user_name);
    let secret = totp::new_secret(&SystemChance);
    let url = totp::url(&secret, &name);
    secret_screen::enrolment(url.expose_secret(), lang)?;
    let step = first_code(&secret, &url, lang)?;
    say(&phrase!("home.making").text(lang));
    let made = make(paths, &Wanted { lang, demo, name, secret, step }).await?;
    let codes: Vec<Hidden> =
        made.codes.iter().map(|c| Hidden(c.expose_secret().to_owned())).collect();
    secret_screen::recovery(&codes, Some(made.vault_key.expose_secret()), lang)?;
    finished(paths)?;
    say(&phrase!("home.made", path = paths.home.display(), key = paths.key().display()).text(lang));
    Ok(())
}

/// Nothing is written before the authenticator has shown a right code.
fn first_code(secret: &SecretString, url: &SecretString, lang: Language) -> anyhow::Result<i64> {
    let clock = SystemClock::default();
    loop {
        let code = read_hidden(&phrase!("home.first_code_prompt").text(lang))?.secret();
        if code.expose_secret().trim().is_empty() {
            secret_screen::enrolment(url.expose_secret(), lang)?;
            continue;
        }
        if let Some(step) = totp::check(secret, &code, clock.now()) {
            return Ok(i64::try_from(step)?);
        }
        if let Some(steps) = totp::offset(secret, &code, clock.now(), 20) {
            say(&phrase!("home.enrol_skewed", seconds = steps.abs() * 30).text(lang));
        } else {
            say(&phrase!("home.enrol_wrong").text(lang));
        }
    }
}

fn choose(question: &str, among: &[&str], default: &str) -> anyhow::Result<String> {
    loop {
        let mut out = std::io::stdout();
        let shown: Vec<String> = among
            .iter()
            .map(|a| if *a == default { a.to_uppercase() } else { (*a).to_owned() })
            .collect();
        write!(out, "{question} [{}] ", shown.join("/"))?;
        out.flush()?;
        let mut line = String::new();
        anyhow::ensure!(
            std::io::stdin().lock().read_line(&mut line)? > 0,
            "the input ended; nothing was made"
        );
        let typed = line.trim().to_lowercase();
        if typed.is_empty() {
            return Ok(default.to_owned());
        }
        if let Some(found) = among.iter().find(|a| a.starts_with(&typed)) {
            return Ok((*found).to_owned());
        }
    }
}

fn user_name() -> String {
    std::env::var("USER").ok().filter(|u| !u.is_empty()).unwrap_or_else(|| "owner".into())
}

/// The secrets were shown: only now the home counts. Before, `init` starts anew.
fn finished(paths: &Paths) -> anyhow::Result<()> {
    fail_point!("init: shown");
    std::fs::remove_file(paths.init_mark())?;
    fail_point!("init: finished");
    Ok(())
}

/// A demo port that another program takes meanwhile is chosen anew.
async fn make(paths: &Paths, wanted: &Wanted) -> anyhow::Result<Made> {
    for _ in 0..5 {
        match make_once(paths, wanted).await {
            Err(e)
                if e.downcast_ref().is_some_and(|Trouble(p)| p.key() == "home.sandbox_failed") => {}
            made => return made,
        }
    }
    make_once(paths, wanted).await
}

async fn make_once(paths: &Paths, wanted: &Wanted) -> anyhow::Result<Made> {
    home::private_folder(&paths.home)?;
    let Some(lock) = home::lock(paths)? else {
        return Err(Trouble(phrase!("home.second", path = paths.home.display())).into());
    };
    if paths.init_mark().exists() {
        clear(paths)?;
        if let Some(url) = &paths.database_url {
            Store::clear_unused(url).await.map_err(|e| paths.store_trouble(e))?;
        }
    }
    key_is_free(paths)?;
    fail_point!("init: locked");
    std::fs::write(paths.init_mark(), paths.key().as_os_str().as_bytes())?;
    fail_point!("init: marked");
    let key = Key::generate(&SystemChance);
    write_key(&key, &paths.key())?;
    fail_point!("init: key");
    let vault_key = key.recovery_text();
    let demo = if wanted.demo { Some(demo::Settings::choose(&paths.home)?) } else { None };
    let vault = new_vault(paths, wanted.lang, demo.clone()).await?;
    let home = Home::open(
        paths.clone(),
        Opening { lock, vault: Some(vault), create: true, no_changes: false },
    )
    .await?;
    let person = add_owner(&home, wanted).await?;
    home.reload().await?;
    let codes = account::enrol(&home, &person, &wanted.secret, wanted.step, None).await?;
    home.close().await;
    Ok(Made { person: person.id, codes, vault_key, sandbox_dns: demo.map(|d| d.dns.to_string()) })
}

/// Clears what an interrupted `init` left: it never came to the first use.
fn clear(paths: &Paths) -> anyhow::Result<()> {
    for name in ["vault.kdbx", "dombot.db", "dombot.db-wal", "dombot.db-shm"] {
        match std::fs::remove_file(paths.home.join(name)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
            _ => {}
        }
    }
    // Only the key that it made, whose name it had noted: any other one opens another vault.
    let noted = std::fs::read(paths.init_mark())?;
    if !noted.is_empty() {
        let _ = std::fs::remove_file(OsStr::from_bytes(&noted));
    }
    Ok(())
}

/// A key file that is there belongs to a vault that was here before; it is never taken nor replaced.
fn key_is_free(paths: &Paths) -> anyhow::Result<()> {
    if paths.key().exists() {
        return Err(Trouble(phrase!("home.key_exists", path = paths.key().display())).into());
    }
    Ok(())
}

fn write_key(key: &Key, path: &Path) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        home::private_folder(folder)?;
    }
    Ok(key.write(path)?)
}

async fn new_vault(
    paths: &Paths,
    lang: Language,
    demo: Option<demo::Settings>,
) -> anyhow::Result<Vault> {
    let (path, unlock) = (paths.vault(), Unlock::KeyFile(paths.key()));
    tokio::task::spawn_blocking(move || {
        let mut vault = Vault::create(
            &path,
            &unlock,
            Profile::for_machine(Memory::of_machine()),
            &SystemChance,
        )?;
        vault.edit(|content: &mut Content| {
            content.put_config("language", lang.id())?;
            match &demo {
                Some(demo) => demo.write(content),
                None => Ok(()),
            }
        })?;
        Ok(vault)
    })
    .await?
}

async fn add_owner(home: &Home, wanted: &Wanted) -> anyhow::Result<Person> {
    let tz = jiff::tz::TimeZone::system().iana_name().unwrap_or("Europe/Warsaw").to_owned();
    let person = Person {
        id: PersonId::new(home.engine.clock(), home.engine.chance()),
        name: wanted.name.clone(),
        role: Role::Owner,
        lang: wanted.lang,
        tz,
        frozen_at: None,
    };
    let sealed = (&home.seal()?, home.engine.clock().now());
    home.engine.store().add_person(&person, &home::host_user(), sealed).await?;
    Ok(person)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_that_was_there_before_stays() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("other.key");
        std::fs::write(&key, "the key of another vault").unwrap();
        let (home, config) = (dir.path().join("home"), dir.path().join("config"));
        let paths = Paths { home, config, key_file: Some(key.clone()), database_url: None };
        let lang = Some("en".to_owned());
        for _ in 0..2 {
            let args =
                Init { demo: false, unattended: true, json: true, lang: lang.clone(), name: None };
            let refused = run(&paths, args).await.unwrap_err();
            assert_eq!(refused.to_string(), "home.key_exists");
        }
        // An `init` of this home that was interrupted had made another key.
        home::private_folder(&paths.home).unwrap();
        std::fs::write(paths.init_mark(), dir.path().join("own.key").as_os_str().as_bytes())
            .unwrap();
        std::fs::write(dir.path().join("own.key"), "own").unwrap();
        clear(&paths).unwrap();
        assert!(key.exists());
        assert!(!dir.path().join("own.key").exists());
    }
}
