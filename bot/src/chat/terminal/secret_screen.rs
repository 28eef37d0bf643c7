//! Secrets are drawn on the terminal's alternate screen, which leaves no trace in the scroll-back. Rule 26.

use std::io::{IsTerminal, Write};

use dombot_core::phrase;
use dombot_core::phrase::Language;

use crate::request::Hidden;

const ENTER: &str = "\x1b[?1049h\x1b[2J\x1b[H";
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
    let code =
        fast_qr::QRBuilder::new(url).build().map_err(|e| anyhow::anyhow!("QR code: {e:?}"))?;
    put(&format!("{}\n\n{}\n\n", phrase!("home.scan").text(lang), code.to_str()));
    put(&format!(
        "{}\n{url}\n\n{} ",
        phrase!("home.or_type").text(lang),
        phrase!("home.press_enter").text(lang)
    ));
    wait_for_enter()
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
