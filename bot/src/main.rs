//! dombot: an assistant for internet domains.

mod account;
mod chat;
mod cli;
mod cli_dns;
mod command;
mod demo;
mod door;
mod home;
mod keep;
mod model;
mod request;

use std::process::ExitCode;

use clap::Parser;
use dombot_core::phrase::Language;

use crate::cli::{Cli, Command};
use crate::home::Paths;

/// How the program ends; section 12 of the design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Error = 1,
    PlanWaits = 3,
    Question = 4,
    Refused = 5,
    Halted = 6,
}

/// The language of the terminal's locale, before anybody is known.
pub(crate) fn terminal_language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|v| std::env::var(v).ok().filter(|s| !s.is_empty()));
    if locale.is_some_and(|l| l.to_ascii_lowercase().starts_with("pl")) {
        Language::Pl
    } else {
        Language::En
    }
}

fn main() -> ExitCode {
    // reqwest without a built-in provider: ring for the whole process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let filter = tracing_subscriber::EnvFilter::try_from_env("DOMBOT_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("dombot: {e}");
            return ExitCode::from(Exit::Error as u8);
        }
    };
    let exit = match runtime.block_on(run(cli)) {
        Ok(exit) => exit,
        Err(e) => {
            eprintln!("dombot: {}", request::fault(terminal_language(), &e));
            Exit::Error
        }
    };
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    ExitCode::from(exit as u8)
}

async fn run(cli: Cli) -> anyhow::Result<Exit> {
    let paths = Paths::new(cli.home, cli.key_file)?;
    match cli.command {
        None => command::start::run(&paths).await,
        Some(Command::Init(args)) => command::init::run(&paths, args).await,
        Some(Command::Chat) => chat::terminal::run(&paths).await,
        Some(Command::Ask(args)) => command::ask::run(&paths, args).await,
        Some(Command::Approve(args)) => command::approve::run(&paths, args).await,
        Some(Command::Parse(args)) => command::parse::run(&paths, args).await,
        Some(Command::Serve { no_changes }) => command::serve::run(&paths, no_changes).await,
        Some(Command::Worker) => command::worker::run(&paths).await,
        Some(Command::Sandbox(args)) => command::serve::sandbox(args).await,
        Some(Command::Person(args)) => command::person::run(&paths, args).await,
        Some(Command::Config(args)) => command::config::run(&paths, args).await,
        Some(Command::Provider(args)) => command::provider::run(&paths, args).await,
        Some(Command::Dns(args)) => command::dns::run(&paths, args).await,
        Some(Command::Job(args)) => command::job::run(&paths, args).await,
        Some(Command::Doctor(args)) => command::doctor::run(&paths, args).await,
        Some(Command::Incident(args)) => keep::incident::run(&paths, args).await,
        Some(Command::Freeze(args)) => keep::freeze::run(&paths, args).await,
        Some(Command::Thaw(args)) => keep::freeze::run_thaw(&paths, args).await,
        Some(Command::Backup { file }) => keep::backup::run(&paths, &file).await,
        Some(Command::Restore(args)) => keep::restore::run(&paths, args).await,
        Some(Command::Audit(args)) => keep::audit::run(&paths, args).await,
        Some(Command::Completions { shell }) => Ok(command::completions(shell)),
    }
}
