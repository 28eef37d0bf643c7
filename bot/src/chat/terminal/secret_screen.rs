//! Secrets are drawn on the terminal's alternate screen, which leaves no trace in the scroll-back. Rule 26.

use std::io::{IsTerminal, Write};

use dombot_core::phrase;
use dombot_core::phrase::Language;

use crate::request::Hidden;

const ENTER: &str = "\x1b[?1049h\x1b[2J\x1b[H";
/// Light modules around the code.
const QUIET: usize = 2;
const LEAVE: &str = "\x1b[?1049l";

/// Leaves the alternate screen whatever happens.
struct Screen {
    alternate: bool,
}

impl Screen {
    fn enter() -> Self {
        let alternate = std::io::stdout().is_terminal();
        if alternate {
            put(ENTER);
        }
        Self { alternate }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if self.alternate {
            put(LEAVE);
        }
    }
}

fn put(text: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// Shows what an authenticator scans, until Enter.
pub(crate) fn enrolment(url: &str, lang: Language) -> anyhow::Result<()> {
    let _screen = Screen::enter();
    let (code, go_on) = (qr(url)?, phrase!("home.press_enter").text(lang));
    let typed = phrase!("home.or_type", key = in_fours(url)).text(lang);
    let head = phrase!("home.scan").text(lang);
    put(&format!("{head}\n\n{code}\n"));
    let rows = rustix::termios::tcgetwinsize(std::io::stdout()).map_or(0, |size| size.ws_row);
    // Head, code, address and prompt together; on a low screen the code alone, whole.
    if (1..code.lines().count() + 11).contains(&usize::from(rows)) {
        put(&format!("{go_on} "));
        wait_for_enter()?;
        put("\x1b[2J\x1b[H");
    }
    put(&format!("{typed}\n\n{url}\n\n{go_on} "));
    wait_for_enter()
}

/// The key inside the address, as people copy it.
fn in_fours(url: &str) -> String {
    let key = url.split(['?', '&']).find_map(|p| p.strip_prefix("secret=")).unwrap_or_default();
    let fours: Vec<&str> =
        key.as_bytes().chunks(4).filter_map(|c| str::from_utf8(c).ok()).collect();
    fours.join(" ")
}

/// Two modules a character, dark on light whatever the terminal's colours: cameras want it so.
fn qr(url: &str) -> anyhow::Result<String> {
    let code = fast_qr::QRBuilder::new(url)
        .ecl(fast_qr::ECL::L)
        .build()
        .map_err(|e| anyhow::anyhow!("QR code: {e:?}"))?;
    let colours = std::io::stdout().is_terminal();
    let (begin, end) = if colours { ("\x1b[38;5;16;48;5;231m", "\x1b[0m") } else { ("", "") };
    let dark = |row: usize, column: usize| {
        let inside = |n: usize| (QUIET..code.size + QUIET).contains(&n);
        inside(row) && inside(column) && code[row - QUIET][column - QUIET].value()
    };
    let side = code.size + 2 * QUIET;
    let mut out = String::new();
    for row in (0..side).step_by(2) {
        out.push_str(begin);
        for column in 0..side {
            // Where there are no colours the light modules are drawn: most such terminals are dark.
            out.push(match (dark(row, column) == colours, dark(row + 1, column) == colours) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        out.push_str(end);
        out.push('\n');
    }
    Ok(out)
}

/// Shows recovery codes and, after `init`, the vault's recovery key, until Enter.
pub(crate) fn recovery(
    codes: &[Hidden],
    vault_key: Option<&str>,
    lang: Language,
) -> anyhow::Result<()> {
    let _screen = Screen::enter();
    put(&format!("{}\n\n", phrase!("home.recovery_codes").text(lang)));
    for pair in codes.chunks(2) {
        let line: Vec<&str> = pair.iter().map(|c| c.0.as_str()).collect();
        put(&format!("    {}\n", line.join("    ")));
    }
    if let Some(key) = vault_key {
        put(&format!("\n{}\n\n    {key}\n", phrase!("home.recovery_key").text(lang)));
    }
    put(&format!("\n{} ", phrase!("home.press_enter").text(lang)));
    wait_for_enter()
}

fn wait_for_enter() -> anyhow::Result<()> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(())
}
