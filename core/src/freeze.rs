//! Freezing: nothing is approved and nothing is sent, at once and without a code. Thawing needs a code at the host.

use std::fmt;

use crate::domain::DomainName;
use crate::ids::{AccountId, PersonId};
use crate::plan::Step;

/// What is frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// Whatever this person asks for.
    Person(PersonId),
    /// One login at one provider.
    Account(AccountId),
    /// A domain with everything below it.
    Domain(DomainName),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Domain(name) => write!(f, "domain:{name}"),
        }
    }
}

impl Scope {
    /// Back from its text.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None => (text == "all").then_some(Self::All),
            Some(("person", id)) => id.parse().ok().map(Self::Person),
            Some(("account", id)) => id.parse().ok().map(Self::Account),
            Some(("domain", name)) => DomainName::parse(name).ok().map(Self::Domain),
            Some(_) => None,
        }
    }

    /// A step of this person's falls under it. A settled outcome calls nobody: only a frozen person may not say it.
    pub fn covers(&self, person: PersonId, step: &Step) -> bool {
        match self {
            Self::All => true,
            Self::Person(id) => *id == person,
            Self::Account(id) => step.account() == Some(*id),
            Self::Domain(name) => step.domain().is_some_and(|d| is_below(d, name)),
        }
    }
}

fn is_below(domain: &DomainName, above: &DomainName) -> bool {
    let rest = domain.as_str().strip_suffix(above.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{SystemChance, SystemClock};

    #[test]
    fn a_domain_covers_what_is_below_it() {
        let covers = |above: &str, domain: &str| {
            is_below(&DomainName::parse(domain).unwrap(), &DomainName::parse(above).unwrap())
        };
        assert!(covers("firma.pl", "firma.pl"));
        assert!(covers("firma.pl", "a.b.firma.pl"));
        assert!(!covers("firma.pl", "innafirma.pl"));
        assert!(!covers("a.firma.pl", "firma.pl"));
    }

    #[test]
    fn its_text_is_it() {
        let id = AccountId::new(&SystemClock::default(), &SystemChance);
        let domain = DomainName::parse("firma.pl").unwrap();
        for scope in [Scope::All, Scope::Account(id), Scope::Domain(domain)] {
            assert_eq!(Scope::parse(&scope.to_string()), Some(scope));
        }
        for text in ["", "nobody", "account:x", "all:x"] {
            assert_eq!(Scope::parse(text), None, "{text}");
        }
    }
}
