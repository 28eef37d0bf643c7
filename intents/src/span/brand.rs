//! Providers by the names that people give them, inflected as Polish does it. Some brands look like domains.

/// What people write, folded, and the provider's id. Names of several words have their spaces taken out.
const BRANDS: &[(&str, &str)] = &[
    ("home.pl", "home_pl"),
    ("home_pl", "home_pl"),
    ("homepl", "home_pl"),
    ("nazwa.pl", "nazwa_pl"),
    ("nazwy.pl", "nazwa_pl"),
    ("nazwie.pl", "nazwa_pl"),
    ("nazwe.pl", "nazwa_pl"),
    ("nazwa_pl", "nazwa_pl"),
    ("nazwapl", "nazwa_pl"),
    ("ovh", "ovh"),
    ("ovh.pl", "ovh"),
    ("ovh.com", "ovh"),
    ("ovhcloud", "ovh"),
    ("cloudflare", "cloudflare"),
    ("cloudflar", "cloudflare"),
    ("cloudflare.com", "cloudflare"),
    ("gandi", "gandi"),
    ("gandi.net", "gandi"),
    ("godaddy", "godaddy"),
    ("godaddy.com", "godaddy"),
    ("namecheap", "namecheap"),
    ("namecheap.com", "namecheap"),
    ("porkbun", "porkbun"),
    ("porkbun.com", "porkbun"),
    ("hetzner", "hetzner"),
    ("hetzner.com", "hetzner"),
    ("desec", "desec"),
    ("desec.io", "desec"),
    ("route53", "route53"),
    ("awsroute53", "route53"),
    ("amazonroute53", "route53"),
    ("digitalocean", "digitalocean"),
    ("digitalocean.com", "digitalocean"),
    ("powerdns", "powerdns"),
    ("sandbox", "sandbox"),
];

/// Endings of names in Polish, after which the same brand is meant.
const ENDINGS: &[&str] =
    &["", "a", "u", "e", "ie", "ze", "em", "iem", "owi", "ego", "go", "emu", "mu", "ym", "y", "s"];

/// Authorities that issue certificates.
const ISSUERS: &[(&str, &str)] = &[
    ("letsencrypt", "letsencrypt"),
    ("let'sencrypt", "letsencrypt"),
    ("letsencryptem", "letsencrypt"),
    ("letsencrypta", "letsencrypt"),
    ("let'sencrypta", "letsencrypt"),
    ("let'sencryptem", "letsencrypt"),
];

/// The provider that these folded words name, and how many of them; the longest name wins.
pub(super) fn provider(words: &[&str]) -> Option<(usize, &'static str)> {
    joined(words, 3).find_map(|(n, name)| Some((n, id(&name)?)))
}

/// The issuer that these folded words name, and how many of them.
pub(super) fn issuer(words: &[&str]) -> Option<(usize, &'static str)> {
    joined(words, 2).find_map(|(n, name)| {
        ISSUERS.iter().find(|(brand, _)| *brand == name).map(|(_, id)| (n, *id))
    })
}

fn joined<'a>(words: &'a [&'a str], most: usize) -> impl Iterator<Item = (usize, String)> + 'a {
    (1..=words.len().min(most)).rev().map(|n| (n, words[..n].concat()))
}

fn id(name: &str) -> Option<&'static str> {
    if let Some((_, id)) = BRANDS.iter().find(|(brand, _)| *brand == name) {
        return Some(id);
    }
    if name.contains('.') {
        return None;
    }
    BRANDS.iter().filter(|(brand, _)| !brand.contains('.')).find_map(|(brand, id)| {
        let rest = name.strip_prefix(brand)?;
        let marked = rest.strip_prefix(['\'', '-']);
        let rest = match marked {
            Some(rest) => rest,
            None if brand.len() >= 5 => rest,
            None => return None,
        };
        ENDINGS.contains(&rest).then_some(*id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brands_in_every_case() {
        for (said, id) in [
            ("cloudflare'a", "cloudflare"),
            ("cloudflara", "cloudflare"),
            ("hetznerze", "hetzner"),
            ("ovh-a", "ovh"),
            ("gandiego", "gandi"),
            ("nazwy.pl", "nazwa_pl"),
            ("digital ocean", "digitalocean"),
            ("route 53", "route53"),
        ] {
            let words: Vec<&str> = said.split(' ').collect();
            assert_eq!(provider(&words), Some((words.len(), id)), "{said}");
        }
        for said in ["ovhu2", "gandhi", "cloudflaresque.com", "hetznerstadt"] {
            assert_eq!(provider(&[said]), None, "{said}");
        }
    }
}
