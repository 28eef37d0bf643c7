//! Domains, hosts, addresses, relative names, record types, providers.

use std::net::IpAddr;

use dombot_core::domain::{DomainName, NameError, RecordName, RecordType};
use dombot_core::parse::Context;
use unicode_security::confusable_detection::skeleton;

use super::{BadHost, Host, Piece, Reader, What, brand, of_span};
use crate::cue::{Cue, Cues};

/// Owner names that people say alone. Others need a word before them ("subdomain x") or a `_`.
const LABELS: &[&str] = &[
    "www",
    "mail",
    "ftp",
    "sftp",
    "api",
    "blog",
    "shop",
    "sklep",
    "app",
    "dev",
    "staging",
    "cdn",
    "static",
    "vpn",
    "smtp",
    "imap",
    "pop",
    "pop3",
    "webmail",
    "autodiscover",
    "autoconfig",
    "ns1",
    "ns2",
    "ns3",
    "git",
    "db",
    "img",
    "wiki",
    "crm",
    "intranet",
    "poczta",
    "m",
];

/// Files' endings that are no top level, or are one that only files have.
const FILES: &[&str] = &["txt", "zone", "db", "csv", "json", "conf", "bind", "dns"];

/// Anything with dots or colons: host, address, e-mail, file. `None` = a word.
pub(super) fn dotted(
    reader: &Reader<'_, '_>,
    i: usize,
    before: &[Piece<'_>],
) -> Option<(usize, What)> {
    let token = &reader.tokens[i];
    // "example.com's".
    let raw = token.raw.trim_end_matches("'s").trim_end_matches("’s");
    if !raw.contains(['.', ':', ',', '@']) || raw.len() > 300 || raw == "@" {
        return None;
    }
    if let Some(what) = address(raw) {
        return Some((1, what));
    }
    if raw.contains('@') {
        return Some((1, if raw.starts_with("@.") { bad(BadHost::Form) } else { What::Email }));
    }
    if let Some(found) = provider(reader, i) {
        return Some(found);
    }
    if is_file(&token.folded, before) {
        return Some((1, What::File(raw.to_owned())));
    }
    host(raw).map(|what| (1, what))
}

/// An IP address, or what tries to be one.
fn address(raw: &str) -> Option<What> {
    let raw = raw.trim_end_matches('.');
    if let Ok(ip) = raw.parse::<IpAddr>() {
        return Some(What::Ip(ip));
    }
    let colons = raw.matches(':').count();
    let hex = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '/' | '%');
    if colons >= 2 && raw.chars().all(hex) {
        return Some(What::BadIp);
    }
    let parts: Vec<&str> = raw.split('.').collect();
    let first_bad = |c: char| !c.is_ascii_digit();
    let numeric = parts.iter().filter(|p| !p.is_empty() && !p.contains(first_bad)).count();
    // 203.0.113.7/24, 203.0.113.7:80, 1.2.3.x, 203.0.113
    let tail = parts.last().is_some_and(|p| p.starts_with(|c: char| c.is_ascii_digit()));
    match (parts.len(), numeric) {
        (3.., n) if n == parts.len() => Some(What::BadIp),
        (4, 3) if tail || parts[3].len() <= 1 => Some(What::BadIp),
        _ => None,
    }
}

fn is_file(folded: &str, before: &[Piece<'_>]) -> bool {
    let Some((stem, ending)) = folded.rsplit_once('.') else { return false };
    let after_file = before.iter().rev().take(2).any(|p| p.cues.has(Cue::File));
    let import = before.iter().any(|p| p.cues.has(Cue::Import));
    FILES.contains(&ending) && !stem.is_empty() && (ending != "zone" || after_file || import)
}

/// A name with dots: `None` when it has no shape of one ("e.g", "np", "2.5").
fn host(raw: &str) -> Option<What> {
    let (rest, scheme) = match raw.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|b| b.is_ascii_alphabetic()) => (rest, true),
        _ => (raw, false),
    };
    let cut = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (mut name, path) = rest.split_at(cut);
    if let Some((head, port)) = name.split_once(':') {
        return (port.is_empty() || port.bytes().all(|b| b.is_ascii_digit()))
            .then(|| if head.contains('.') { bad(BadHost::Form) } else { What::BadDate });
    }
    let wildcard = name.strip_prefix("*.").inspect(|rest| name = rest).is_some();
    let name = name.strip_suffix('.').unwrap_or(name);
    if let Some((left, right)) = name.rsplit_once(',') {
        return comma_for_dot(left, right).then(|| bad(BadHost::Form));
    }
    let last = name.rsplit('.').next()?;
    if !name.contains('.') || last.chars().any(|c| c.is_ascii_digit()) && !last.starts_with("xn--")
    {
        let letters = name.chars().any(char::is_alphabetic) && name.contains('.');
        return letters.then(|| bad(BadHost::Form));
    }
    if matches!(name.to_lowercase().as_str(), "e.g" | "i.e" | "m.in" | "s.a" | "sp.z.o.o" | "z.o.o")
    {
        return None;
    }
    Some(parsed(name).map_or_else(bad, |name| {
        What::Host(Host { name, wildcard, url: scheme || !path.is_empty() })
    }))
}

fn parsed(name: &str) -> Result<DomainName, BadHost> {
    let lookalike = |l: &str| !l.is_ascii() && skeleton(l).all(|c| c.is_ascii());
    let domain = DomainName::parse(name).map_err(|e| match e {
        NameError::MixedScript(_) => BadHost::Scripts,
        _ => BadHost::Form,
    })?;
    if name.split('.').any(lookalike) {
        return Err(BadHost::Scripts);
    }
    if domain.has_known_tld() || domain.is_reserved() { Ok(domain) } else { Err(BadHost::Tld) }
}

/// `firma,pl`: a slip, not a list.
fn comma_for_dot(left: &str, right: &str) -> bool {
    let letters = |s: &str| s.chars().any(char::is_alphabetic);
    letters(left) && letters(right) && right.len() <= 12
}

fn bad(why: BadHost) -> What {
    What::BadHost(why)
}

/// An account's name, a brand or an issuer; a domain of the person's own wins unless a place is meant ("in home.pl").
pub(super) fn provider(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    if let Some((n, account)) = account(reader.ctx, reader.ahead(i)) {
        return Some((n, What::Provider(account)));
    }
    if let Some((n, issuer)) = brand::issuer(reader.ahead(i)) {
        return Some((n, What::Issuer(issuer.to_owned())));
    }
    let (n, id) = brand::provider(reader.ahead(i))?;
    let places = Cues::of(&[Cue::Of, Cue::Source, Cue::To, Cue::Onto, Cue::At]);
    let place = i > 0 && reader.lexicon.cues(reader.word(i - 1)).any(places);
    let own = reader.ctx.portfolio.iter().any(|d| d.as_str() == reader.word(i));
    (!own || place).then(|| (n, What::Provider(id.to_owned())))
}

/// The longest account whose words begin here.
fn account(ctx: &Context, words: &[&str]) -> Option<(usize, String)> {
    let fits = |name: &&String| {
        let folded = crate::fold::fold(name);
        let parts: Vec<&str> = folded.split_whitespace().collect();
        (!parts.is_empty() && words.starts_with(&parts)).then_some(parts.len())
    };
    ctx.accounts.iter().filter_map(|a| Some((fits(&a)?, a.clone()))).max_by_key(|(n, _)| *n)
}

/// A record type. "A" is also a word of both languages: it counts as a capital beside "record" or a change.
pub(super) fn record_type(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    let token = &reader.tokens[i];
    let raw = strip_ending(token.raw);
    let folded = raw.to_ascii_lowercase();
    let servers = folded == "ns" && reader.lexicon.cues(&token.folded).has(Cue::Ns);
    let known = !servers
        && matches!(
            folded.as_str(),
            "a" | "aaaa"
                | "cname"
                | "mx"
                | "txt"
                | "ns"
                | "srv"
                | "caa"
                | "soa"
                | "ptr"
                | "ds"
                | "tlsa"
                | "https"
                | "svcb"
                | "dname"
                | "naptr"
                | "sshfp"
                | "loc"
                | "uri"
        );
    // An answer to "which type?" needs no company.
    let asked = reader.tokens.len() <= 3
        && reader.ctx.frame.as_ref().is_some_and(|f| f.missing.iter().any(|m| m == "type"));
    let rare = !asked && matches!(folded.as_str(), "a" | "https" | "ds" | "loc" | "uri");
    if !known
        || rare
            && !(!reader.shouted && is_capital_type(reader, i, raw) || after_record_noun(reader, i))
    {
        return None;
    }
    Some((1, What::Type(folded.parse::<RecordType>().ok()?)))
}

/// `CNAME'a`, `MX-y`, `CNAMEs`.
fn strip_ending(raw: &str) -> &str {
    let cut = raw.find(['\'', '’', '-']).unwrap_or(raw.len());
    let head = &raw[..cut];
    match head.strip_suffix('s') {
        Some(stem) if stem.len() >= 2 && stem.bytes().all(|b| b.is_ascii_uppercase()) => stem,
        _ => head,
    }
}

/// In a message of capitals nobody can tell the article from the type: then it is neither.
pub(super) fn is_shouted_a(reader: &Reader<'_, '_>, i: usize) -> bool {
    reader.shouted && reader.tokens[i].raw == "A" && is_capital_type(reader, i, "A")
}

fn is_capital_type(reader: &Reader<'_, '_>, i: usize, raw: &str) -> bool {
    let near = Cues::of(&[
        Cue::Record,
        Cue::Add,
        Cue::Set,
        Cue::Delete,
        Cue::Create,
        Cue::And,
        Cue::Named,
    ]);
    let tells = |j: Option<usize>| j.is_some_and(|j| reader.lexicon.cues(reader.word(j)).any(near));
    let beside_type = i > 0 && record_type_word(reader.word(i - 1));
    raw.bytes().all(|b| b.is_ascii_uppercase())
        && (i > 0 || tells(Some(i + 1)))
        && (tells(i.checked_sub(1)) || tells(Some(i + 1)) || beside_type || is_type_word(reader, i))
}

fn record_type_word(word: &str) -> bool {
    matches!(word, "typ" | "typu" | "type" | "a" | "aaaa" | "mx" | "txt")
}

/// "ustaw www.firma.pl A 1.2.3.4", "www A na".
fn is_type_word(reader: &Reader<'_, '_>, i: usize) -> bool {
    let address = |j: usize| reader.tokens.get(j).is_some_and(|t| address(t.raw).is_some());
    address(i + 1) || address(i + 2) || i > 0 && reader.word(i - 1).contains('.')
}

/// "rekord a", "rekordu a", "typu a": no article in Polish.
fn after_record_noun(reader: &Reader<'_, '_>, i: usize) -> bool {
    i > 0
        && (reader.word(i - 1).starts_with("rekord")
            || matches!(reader.word(i - 1), "typu" | "typ"))
        && !reader.word(i + 1).is_empty()
}

/// `www`, `_dmarc`, `@`, and what follows "subdomain".
pub(super) fn mark_relative(pieces: &mut [Piece<'_>]) {
    let roles = Cues::of(&[
        Cue::Contact,
        Cue::Registrant,
        Cue::Technical,
        Cue::Administrative,
        Cue::Billing,
    ]);
    let contacts = pieces.iter().any(|p| p.cues.any(roles));
    for i in 0..pieces.len() {
        let piece = &pieces[i];
        // "mail" of a contact is no host.
        if piece.what != What::Word || contacts && piece.cues.has(Cue::Mail) {
            continue;
        }
        let named = i > 0 && pieces[i - 1].cues.has(Cue::Named) && piece.cues.is_empty();
        // "an A record for grafana on firma.pl"; Polish would inflect it.
        let between = i > 0
            && pieces[i - 1].folded == "for"
            && matches!(
                pieces.get(i + 1).map(|p| p.folded.as_str()),
                Some("on" | "in" | "under" | "at")
            )
            && matches!(pieces.get(i + 2).map(|p| &p.what), Some(What::Host(_)))
            && piece.cues.is_empty();
        let plain = LABELS.contains(&piece.folded.as_str());
        let shaped =
            matches!(piece.raw, "@" | "*") || piece.raw.starts_with('_') && piece.raw.len() > 1;
        let selector = piece.folded.contains("._domainkey");
        if named || between || plain || shaped || selector {
            if let Ok(name) = RecordName::parse(piece.raw) {
                pieces[i].what = What::Name(name);
                pieces[i].cues = of_span(&pieces[i].what);
            }
        } else if piece.cues.has(Cue::Apex) {
            pieces[i].what = What::Name(RecordName::apex());
            pieces[i].cues.put(Cue::Name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_what_tries_to_be_one() {
        for good in ["203.0.113.7", "2001:db8::1", "::1", "203.0.113.7."] {
            assert!(matches!(address(good), Some(What::Ip(_))), "{good}");
        }
        for not in [
            "300.1.2.3",
            "1.2.3",
            "203.0.113.7/24",
            "1.2.3.4.5",
            "2001:db8::zz/",
            "1.2.3.x",
            "2001:db8::1::2",
        ] {
            assert!(!matches!(address(not), Some(What::Ip(_))), "{not}");
        }
        assert_eq!(address("300.1.2.3"), Some(What::BadIp));
        assert_eq!(address("www.firma.pl"), None);
    }

    #[test]
    fn hosts_by_top_level() {
        let name = |s: &str| match host(s) {
            Some(What::Host(h)) => h.name.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(name("WWW.Firma.PL."), "www.firma.pl");
        assert_eq!(name("*.firma.pl"), "firma.pl");
        assert_eq!(name("https://firma.pl/kontakt"), "firma.pl");
        assert_eq!(name("łąka.pl"), "xn--ka-ola7v.pl");
        assert_eq!(host("firma.con"), Some(bad(BadHost::Tld)));
        assert_eq!(host("firma,pl"), Some(bad(BadHost::Form)));
        assert_eq!(host("аpple.com"), Some(bad(BadHost::Scripts)));
        assert_eq!(host("аррӏе.com"), Some(bad(BadHost::Scripts)));
        assert_eq!(host("2.5"), None);
        assert_eq!(host("15:00"), Some(What::BadDate));
    }
}
