//! One file a command.

pub(crate) mod approve;
pub(crate) mod ask;
pub(crate) mod config;
pub(crate) mod dns;
pub(crate) mod doctor;
pub(crate) mod init;
pub(crate) mod job;
pub(crate) mod json;
pub(crate) mod parse;
pub(crate) mod person;
pub(crate) mod provider;
pub(crate) mod serve;
pub(crate) mod start;
pub(crate) mod worker;

use std::io::{BufRead, IsTerminal, Write};

use clap::CommandFactory;

use crate::Exit;
use crate::request::{Hidden, Response};

/// Prints shell completions.
pub(crate) fn completions(shell: clap_complete::Shell) -> Exit {
    // Into memory first: the generator panics where a reader such as `head` closes the pipe.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::cli::Cli::command(), "dombot", &mut script);
    let _ = std::io::stdout().write_all(&script);
    Exit::Done
}

/// One line to standard output; a closed pipe is the reader's choice, no fault.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Something secret: from a terminal without echo, else the next line of standard input.
pub(crate) fn read_hidden(prompt: &str) -> anyhow::Result<Hidden> {
    if std::io::stdin().is_terminal() {
        return Ok(Hidden(rpassword::prompt_password(prompt)?));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    anyhow::ensure!(
        !line.is_empty(),
        "standard input ended before {}",
        prompt.trim().trim_end_matches(':')
    );
    Ok(Hidden(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Prints a short answer and says how to exit.
pub(crate) fn finish(response: Response) -> Exit {
    match response {
        Response::Done { text } => {
            say(&text);
            Exit::Done
        }
        Response::Failed { text } => {
            eprintln!("dombot: {text}");
            Exit::Error
        }
        other => {
            eprintln!("dombot: unexpected answer {other:?}");
            Exit::Error
        }
    }
}
