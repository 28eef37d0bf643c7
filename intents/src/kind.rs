//! Which kind of wish: stem cues and spans give points, examples of the languages confirm.

use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::near;

/// One way to ask for a kind: one cue of each group, none of the others.
struct Rule {
    kind: &'static str,
    all: &'static [&'static [Cue]],
    none: &'static [Cue],
    points: u8,
}

/// A kind with its points, 0 to 130.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scored {
    /// `dns.set`.
    pub(crate) kind: &'static str,
    /// From the rules, 0 to 100.
    pub(crate) points: u8,
    /// Likeness of the nearest example, 0 to 1.
    pub(crate) like: f32,
}

impl Scored {
    /// Points and likeness together.
    pub(crate) fn total(&self) -> f32 {
        f32::from(self.points) + 30.0 * self.like
    }
}

const fn rule(
    kind: &'static str,
    points: u8,
    all: &'static [&'static [Cue]],
    none: &'static [Cue],
) -> Rule {
    Rule { kind, all, none, points }
}

use Cue::{
    Account, Add, Alias, All, Auto, Cancel, Check, Create, Date, Delete, DidNot, Dns, Domain,
    Expiry, Export, Failed, File, Find, FindWhat, Finished, Free, Freeze, Happened, Help, History,
    Host, How, Id, Import, Ip, Job, Last, Leave, ListWhat, My, Name, Named, Off, On, Open, Period,
    Plan, Point, Record, Renew, Set, Settle, Show, Status, Text, Ttl, Type, Undo, What, When,
    Where, Whether, Within, Zone,
};

/// Whatever else the words say, these are the readings we know.
const RULES: &[Rule] = &[
    rule("domain.renew", 90, &[&[Renew]], &[Auto, On, Off, Show, What, When]),
    rule("domain.autorenew", 95, &[&[Auto], &[On, Off]], &[Whether, What]),
    rule("domain.autorenew", 80, &[&[Auto], &[Renew, Set]], &[Whether, What, Show, On, Off]),
    rule("domain.expiry", 85, &[&[Auto], &[Whether, What, Show, Check], &[Host]], &[]),
    rule(
        "domain.expiry",
        92,
        &[&[Expiry, Renew], &[Host], &[When, Whether, Show, What, Check, Status, Domain, Expiry]],
        &[Free],
    ),
    rule("domain.expiry", 70, &[&[When], &[Host]], &[]),
    rule("domain.expiry", 90, &[&[Expiry], &[When]], &[Date, Period, What, My, All, Host]),
    rule("domain.check", 92, &[&[Free]], &[]),
    rule("domain.check", 50, &[&[Check, Whether], &[Host]], &[Expiry, Record, Zone, Type, Dns]),
    rule("domain.history", 92, &[&[History]], &[]),
    rule(
        "domain.list",
        85,
        &[&[Domain], &[Show, What, My, All]],
        &[Host, Expiry, Zone, Record, Renew, Date, Period],
    ),
    rule("domain.list", 70, &[&[Domain]], &[Host, Expiry, Zone, Record, Account, Ip, Type]),
    rule("dns.zones", 88, &[&[Zone], &[Show, What, My, All]], &[Host, Record, Type, File]),
    rule("dns.zones", 70, &[&[Zone]], &[Host, Record, Type, Ip, File]),
    rule(
        "dns.list",
        85,
        &[&[Record, Dns, Zone, Type], &[Host]],
        &[Ip, FindWhat, Find, Text, History, Expiry],
    ),
    rule("dns.list", 80, &[&[Record, Type, Dns], &[Show, What]], &[Host, Ip, FindWhat, Find]),
    rule("dns.list", 95, &[&[ListWhat], &[Host]], &[Ip]),
    rule("dns.find", 95, &[&[FindWhat]], &[]),
    rule("dns.find", 85, &[&[Find, Where, What, Show], &[Ip]], &[]),
    rule("dns.find", 80, &[&[Find], &[Host], &[Record]], &[]),
    rule("dns.export", 95, &[&[Export]], &[]),
    rule("dns.export", 88, &[&[File], &[Zone], &[Show, Host]], &[]),
    rule("dns.import", 95, &[&[Import]], &[]),
    rule("dns.set", 92, &[&[Set, Point], &[Ip, Text, Ttl, Alias]], &[Auto, ListWhat, FindWhat]),
    rule(
        "dns.set",
        88,
        &[&[Set, Point], &[Type, Name, Host, Record]],
        &[Auto, Zone, ListWhat, FindWhat],
    ),
    rule("dns.set", 80, &[&[Set, Point], &[Type, Name, Host, Record], &[Zone]], &[Auto]),
    rule("dns.set", 60, &[&[Point]], &[Auto, ListWhat, FindWhat]),
    rule("dns.add", 92, &[&[Add, Create], &[Record, Type, Ip, Text, Alias]], &[]),
    rule("dns.add", 85, &[&[Add, Create], &[Name, Named]], &[]),
    rule("dns.add", 55, &[&[Add], &[Host]], &[]),
    rule("dns.delete", 92, &[&[Delete], &[Record, Type, Text, Ip, Alias]], &[]),
    rule("dns.delete", 85, &[&[Delete], &[Name, Named]], &[]),
    rule("dns.delete", 70, &[&[Delete], &[Host]], &[Zone]),
    rule("zone.create", 92, &[&[Create, Add], &[Zone]], &[Record, Type, Ip, Text, Name]),
    rule(
        "zone.create",
        40,
        &[&[Add, Create], &[Host, Domain]],
        &[Record, Type, Ip, Text, Name, Named, Alias],
    ),
    rule("zone.delete", 92, &[&[Delete], &[Zone]], &[Record, Type, Ip, Text, Name]),
    rule(
        "zone.delete",
        70,
        &[&[Delete], &[Domain, Host]],
        &[Record, Type, Ip, Text, Name, Named, Job, Plan, Zone],
    ),
    rule("provider.list", 88, &[&[Account], &[Show, What, My, All]], &[Host]),
    rule("provider.list", 75, &[&[Account]], &[Host, Record, Zone]),
    rule(
        "calendar.expiring",
        92,
        &[&[Expiry], &[What, Show, Domain, All, Date, Period, Within]],
        &[Host, Id, Job],
    ),
    rule("calendar.expiring", 90, &[&[Renew], &[Show, What]], &[Host, Id, Job]),
    rule("calendar.expiring", 80, &[&[Expiry]], &[Host, Id, Job, When]),
    rule("job.list", 88, &[&[Job], &[Show, What, My, All, Open, Failed, Finished]], &[Id]),
    rule("job.list", 72, &[&[Job]], &[Id, Plan]),
    rule("job.status", 90, &[&[Status, What, How, Show, Check], &[Id]], &[]),
    rule("job.status", 92, &[&[Whether, Expiry, Where], &[Id]], &[]),
    rule("job.status", 80, &[&[Job, Plan], &[Id]], &[]),
    rule("job.status", 86, &[&[Status], &[Job]], &[Open, Failed]),
    rule("job.cancel", 92, &[&[Cancel, Delete], &[Job]], &[]),
    rule("job.cancel", 92, &[&[Cancel], &[Id]], &[]),
    rule("job.settle", 95, &[&[Settle], &[Happened, DidNot, Leave, Finished, Failed]], &[]),
    rule("dns.restore", 97, &[&[Undo], &[Host], &[Date]], &[Job, Plan, Id, Last]),
    rule("undo", 95, &[&[Undo]], &[]),
    rule("plan.cancel", 93, &[&[Cancel, Delete], &[Plan, Last]], &[Id, Job]),
    rule("plan.cancel", 85, &[&[Cancel]], &[Id, Job, Record, Zone, Host, Auto, Renew]),
    rule("freeze", 95, &[&[Freeze]], &[]),
    rule("help", 90, &[&[Help]], &[]),
];

/// Verbs that may stand in a wish of this kind.
pub(crate) fn verbs(kind: &str) -> Cues {
    Cues::of(match kind {
        "dns.set" => &[Set, Point],
        "dns.add" | "zone.create" => &[Add, Create],
        "dns.delete" | "zone.delete" => &[Delete],
        "domain.autorenew" => &[On, Off, Set, Renew],
        "dns.import" => &[Import],
        "job.cancel" | "plan.cancel" => &[Cancel, Delete],
        "job.settle" => &[Settle],
        "undo" => &[Undo, Cancel],
        "dns.restore" => &[Undo],
        "freeze" => &[Freeze],
        "domain.renew" | "calendar.expiring" => &[Renew],
        "domain.expiry" => &[Renew, On, Off],
        "dns.list" => &[Point],
        _ => &[],
    })
    .union(if mutates(kind) { Cues::NONE } else { LOOKS })
}

/// It can change something.
pub(crate) fn mutates(kind: &str) -> bool {
    dombot_core::action::spec(kind).is_some_and(dombot_core::action::Spec::mutates)
}

/// Kinds that the cues and the sentence (spans masked) speak for, best first.
pub(crate) fn scores(cues: Cues, masked: &str) -> Vec<Scored> {
    let nearest = near::nearest(masked);
    let mut out: Vec<Scored> = Vec::new();
    for rule in RULES.iter().filter(|r| r.fits(cues)) {
        match out.iter_mut().find(|s| s.kind == rule.kind) {
            Some(s) => s.points = s.points.max(rule.points),
            None => out.push(Scored { kind: rule.kind, points: rule.points, like: 0.0 }),
        }
    }
    for (kind, like) in &nearest {
        match out.iter_mut().find(|s| s.kind == *kind) {
            Some(s) => s.like = *like,
            // An example alone may suggest a look, never a change: that needs a verb.
            None if !mutates(kind) && !cues.any(CHANGES) => {
                out.push(Scored { kind, points: 30, like: *like });
            }
            None => {}
        }
    }
    out.sort_by(|a, b| b.total().total_cmp(&a.total()));
    out
}

impl Rule {
    fn fits(&self, cues: Cues) -> bool {
        self.all.iter().all(|group| group.iter().any(|c| cues.has(*c)))
            && !self.none.iter().any(|c| cues.has(*c))
            // A look never carries a change in the same breath.
            && (mutates(self.kind) || !cues.minus(verbs(self.kind)).any(CHANGES))
    }
}
