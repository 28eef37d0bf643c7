//! What a word can tell about the wish behind it, in no language.

mod set;

use serde::Deserialize;
pub(crate) use set::Cues;

macro_rules! cues {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// One sign of what is wanted. The words that carry it stand in `prompts/<lang>/cues.toml`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum Cue { $($(#[$doc])* $name,)* }

        /// Every cue, in the order of declaration.
        #[cfg(test)]
        pub(crate) const ALL: &[Cue] = &[$(Cue::$name,)*];
    };
}

cues! {
    // Wishes that change something.
    /// "set", "change".
    Set
    /// "point".
    Point
    /// "add".
    Add
    /// "delete".
    Delete
    /// "renew".
    Renew
    /// "create".
    Create
    /// "import".
    Import
    /// "turn on".
    On
    /// "turn off".
    Off
    /// "cancel".
    Cancel
    /// "undo".
    Undo
    /// "mark as".
    Settle
    /// "freeze".
    Freeze
    /// "register", "buy".
    Register
    /// "transfer", "move".
    Transfer
    /// "lock".
    Lock
    /// "unlock".
    Unlock
    /// "sell", "for sale".
    Sell
    /// "withdraw", "take off".
    Withdraw
    /// "issue", "order".
    Issue
    /// "revoke".
    Revoke
    /// "watch", "let me know".
    Watch
    /// "switch to".
    Switch
    /// Something that dombot does not do: copy, remind.
    Other
    // Wishes that look.
    /// "show", "list".
    Show
    /// "find".
    Find
    /// "check".
    Check
    /// "export".
    Export
    /// "help".
    Help
    /// "what points to".
    FindWhat
    /// "where does it point".
    ListWhat
    // Things.
    /// A domain.
    Domain
    /// A zone.
    Zone
    /// A record.
    Record
    /// "DNS".
    Dns
    /// A job.
    Job
    /// A plan.
    Plan
    /// An account at a provider.
    Account
    /// "automatic".
    Auto
    /// "expire".
    Expiry
    /// "history".
    History
    /// "available".
    Free
    /// "TTL".
    Ttl
    /// A file.
    File
    /// "status".
    Status
    /// "all".
    All
    /// "last".
    Last
    /// "my".
    My
    /// "priority".
    Priority
    /// "named", "subdomain": a relative owner name follows.
    Named
    /// "apex".
    Apex
    /// "alias".
    Alias
    /// "open".
    Open
    /// "running".
    Running
    /// "waiting".
    Pending
    /// "failed".
    Failed
    /// "finished".
    Finished
    /// "it happened".
    Happened
    /// "it did not happen".
    DidNot
    /// "leave it".
    Leave
    /// A certificate.
    Cert
    /// DNSSEC.
    Dnssec
    /// Name servers.
    Ns
    /// A contact.
    Contact
    /// Its registrant.
    Registrant
    /// Its technical contact.
    Technical
    /// Its administrative contact.
    Administrative
    /// Its billing contact.
    Billing
    /// "email" as a word.
    Mail
    /// "phone" as a word.
    Phone
    /// A sale, an offer.
    Sale
    /// "price".
    Price
    /// "minimum offer".
    Minimum
    /// A transfer code.
    AuthCode
    /// "code".
    CodeWord
    /// A lock.
    Locking
    /// A profile.
    Profile
    /// The calendar.
    Calendar
    /// Events.
    Events
    /// A web site.
    Site
    /// "wildcard".
    Wildcard
    /// "SPF": a TXT value that begins with v=spf1.
    Spf
    /// "DMARC": a TXT value at `_dmarc`.
    Dmarc
    // Questions.
    /// "what".
    What
    /// "when".
    When
    /// "how".
    How
    /// "whether".
    Whether
    /// "where".
    Where
    /// "why", "may I", "should I".
    Asks
    // What turns a wish around.
    /// "not".
    Not
    /// "if".
    If
    /// "what if".
    Suppose
    /// "only", "except".
    Limit
    /// "or".
    Or
    /// "but".
    But
    /// Before what must be first: "after".
    After
    /// "soon": not now.
    Soon
    /// A form that tells what is or was, not what is wanted.
    Said
    /// "I", "we", "who": before a verb it tells, not asks.
    Subject
    /// A form that asks only at the head of a clause.
    Head
    /// "make", "let": a verb may follow the thing.
    Causes
    /// "because".
    Because
    /// "supposedly", "forget about", "just kidding": the wish may not be one.
    Doubt
    // Small words that matter.
    /// "confirmation", "approved".
    Approval
    /// "need", "want".
    Want
    /// "please": an infinitive or a noun behind it is a wish.
    Please
    /// "the same", "too": what the last message asked for, again.
    Same
    /// "oops", "I meant", "make it": the last wish was wrong.
    Correct
    /// "to us", "in".
    Here
    /// "from", before where something is.
    Source
    /// Before an hour: "at", "o".
    At
    /// Before a length of time that is a moment: "za", "in".
    InTime
    /// Before a weekday that could then be two: "next".
    NextOne
    /// "half".
    Half
    /// Before a length: "for", "o".
    Long
    /// A verb whose past is like its order: "set".
    Past
    /// A verb that is a noun as well: "transfer", "lock".
    Noun
    /// "do", "start": it makes a wish of the noun behind it.
    Light
    /// "the", "a".
    Article
    /// "and", "then".
    And
    /// "it", "that domain".
    It
    /// "the first one", of those named before.
    First
    /// "the second one", "the other one".
    Second
    /// "both", of those named before.
    Both
    /// Before the value: "na", "->".
    Onto
    /// Before the owner or the value: "to".
    To
    /// Before the owner: "dla", "in", "do".
    Of
    /// Before a first day: "od", "from", "between".
    From
    /// Before a last day: "until", "by".
    Until
    /// "within", "next": before a number of days.
    Within
    /// "can you", "would you": a wish in the form of a question.
    Polite
    /// "please", "hi": says nothing about the wish.
    Fill
    // Small talk.
    /// "hello".
    Hello
    /// "thanks".
    Thanks
    /// "goodbye".
    Bye
    /// "yes".
    Yes
    /// "no".
    No
    /// "who are you".
    Identity
    /// "what can you do".
    Abilities
    /// A password, key, seed.
    Secret
    // What the spans add.
    /// A domain or host.
    Host
    /// An address.
    Ip
    /// A record type.
    Type
    /// A TXT value.
    Text
    /// Years, days, minutes.
    Period
    /// A date or month.
    Date
    /// A plan's label or a job's id.
    Id
    /// A relative owner name.
    Name
    /// A provider or an account by name.
    Provider
    /// An amount of money.
    Money
    /// A transfer code itself.
    Code
    /// A form of a file: ics, csv.
    Format
    /// A profile by name.
    ProfileName
}

/// Verbs that change something.
pub(crate) const CHANGES: Cues = Cues::of(&[
    Cue::Set,
    Cue::Point,
    Cue::Add,
    Cue::Delete,
    Cue::Renew,
    Cue::Create,
    Cue::Import,
    Cue::On,
    Cue::Off,
    Cue::Cancel,
    Cue::Undo,
    Cue::Settle,
    Cue::Register,
    Cue::Transfer,
    Cue::Lock,
    Cue::Unlock,
    Cue::Sell,
    Cue::Withdraw,
    Cue::Issue,
    Cue::Revoke,
    Cue::Watch,
    Cue::Switch,
    Cue::Freeze,
    Cue::Other,
]);

/// Verbs that look.
pub(crate) const LOOKS: Cues =
    Cues::of(&[Cue::Show, Cue::Find, Cue::Check, Cue::Export, Cue::Help]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cue_has_a_bit_of_its_own() {
        assert!(ALL.len() <= 256);
        for cue in ALL {
            let only = Cues::of(&[*cue]);
            assert!(only.has(*cue));
            assert_eq!(ALL.iter().filter(|c| only.has(**c)).count(), 1);
        }
    }
}
