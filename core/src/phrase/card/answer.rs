//! Answers as lines of text.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::change;
use super::foreign::{domain_text, foreign, whole};
use super::{evidence, short_id, switch};
use crate::action::{
    AccountRow, Answer, CheckRow, Checked, DomainRow, Domains, EventRow, Found, HelpText, History,
    JobRow, Jobs, Records, Unreachable, ZoneRow, Zones,
};
use crate::phrase;
use crate::phrase::{Language, Phrase};

/// An answer for a person. `today` is the person's.
pub fn answer(lang: Language, tz: &TimeZone, answer: &Answer, today: Date) -> String {
    let show = Show { lang, tz, today };
    let lines = match answer {
        Answer::Domains(a) => show.domains(a),
        Answer::Checked(a) => show.checked(a),
        Answer::History(a) => show.history(a),
        Answer::Zones(a) => show.zones(a),
        Answer::Records(a) => show.records(a),
        Answer::Found(a) => show.found(a),
        Answer::Exported(a) => vec![whole(a.file.trim_end())],
        Answer::Accounts(a) => {
            let rows: Vec<Vec<String>> = a.accounts.iter().map(|r| show.account(r)).collect();
            show.or_nothing(table(&rows), &phrase!("card.no_accounts"))
        }
        Answer::Jobs(a) => show.jobs(a),
        Answer::Help(a) => show.help(a),
    };
    lines.join("\n")
}

struct Show<'a> {
    lang: Language,
    tz: &'a TimeZone,
    today: Date,
}

impl Show<'_> {
    fn say(&self, phrase: &Phrase) -> String {
        phrase.text(self.lang)
    }

    fn or_nothing(&self, lines: Vec<String>, nothing: &Phrase) -> Vec<String> {
        if lines.is_empty() { vec![self.say(nothing)] } else { lines }
    }

    fn unreachable(&self, silent: &[Unreachable]) -> Vec<String> {
        let line = |u: &Unreachable| {
            let said =
                phrase!("card.unreachable", account = u.account, problem = foreign(&u.problem));
            format!("! {}", self.say(&said))
        };
        silent.iter().map(line).collect()
    }

    fn domains(&self, a: &Domains) -> Vec<String> {
        let rows: Vec<Vec<String>> = a.domains.iter().map(|r| self.domain(r)).collect();
        let mut lines = self.or_nothing(table(&rows), &phrase!("card.no_domains"));
        lines.extend(self.unreachable(&a.unreachable));
        lines
    }

    fn domain(&self, row: &DomainRow) -> Vec<String> {
        let zone = match &row.zone {
            None => phrase!("card.no_zone"),
            Some(size) => match size.sets {
                Some(n) => phrase!("card.zone_sets", n = n),
                None => phrase!("card.zone_at", account = size.account),
            },
        };
        let auto = self.say(&phrase!("card.auto_renew"));
        let mut cells = vec![
            domain_text(&row.domain),
            row.account.clone(),
            self.say(&expiry(row)),
            format!("{auto} {}", self.say(&switch(row.auto_renew))),
        ];
        // An account without a name was not asked: the vault is locked, and nobody knows of zones.
        let remembered = row.account == "?";
        if !remembered {
            cells.push(self.say(&zone));
        }
        let seen = row.seen_at.to_zoned(self.tz.clone());
        if remembered || seen.date() < self.today {
            let at = seen.strftime("%Y-%m-%d %H:%M");
            cells.push(self.say(&phrase!("card.as_of", at = at)));
        }
        cells
    }

    fn checked(&self, a: &Checked) -> Vec<String> {
        let row = |r: &CheckRow| {
            let mut said = match (r.available, r.price) {
                (Some(true), Some(price)) => phrase!("card.free_for", price = price),
                (Some(true), None) => phrase!("card.free"),
                (Some(false), _) => phrase!("card.taken"),
                (None, _) => phrase!("card.not_told"),
            }
            .text(self.lang);
            if r.premium {
                said.push_str(", ");
                said.push_str(&self.say(&phrase!("card.premium")));
            }
            vec![format!("  {}", r.account), said]
        };
        let mut lines = vec![domain_text(&a.domain)];
        lines.extend(table(&a.answers.iter().map(row).collect::<Vec<_>>()));
        lines
    }

    fn history(&self, a: &History) -> Vec<String> {
        let row = |e: &EventRow| {
            let plan = e.plan.clone().unwrap_or_else(|| "    ".into());
            vec![self.time(e.at), plan, self.say(&e.text)]
        };
        let domain = domain_text(&a.domain);
        let rows = table(&a.events.iter().map(row).collect::<Vec<_>>());
        self.or_nothing(rows, &phrase!("card.no_history", domain = domain))
    }

    fn zones(&self, a: &Zones) -> Vec<String> {
        let row = |r: &ZoneRow| {
            let live = match r.delegated {
                Some(true) => phrase!("card.delegated"),
                Some(false) => phrase!("card.not_delegated"),
                None => phrase!("card.delegation_unknown"),
            };
            vec![domain_text(&r.zone.name), r.account.clone(), self.say(&live)]
        };
        let rows = table(&a.zones.iter().map(row).collect::<Vec<_>>());
        let mut lines = self.or_nothing(rows, &phrase!("card.no_zones"));
        lines.extend(self.unreachable(&a.unreachable));
        lines
    }

    fn records(&self, a: &Records) -> Vec<String> {
        let zone = domain_text(&a.zone.name);
        if a.sets.is_empty() {
            return vec![self.say(&phrase!("card.no_records", zone = zone, account = a.account))];
        }
        let head = phrase!("card.records", zone = zone, account = a.account, n = a.sets.len());
        let mut lines = vec![self.say(&head)];
        lines.extend(change::shown(&a.sets));
        lines
    }

    fn found(&self, a: &Found) -> Vec<String> {
        let value = foreign(&a.value);
        let head = match a.hits.len() {
            0 => phrase!("card.found_none", value = value, zones = a.zones_read),
            n => phrase!("card.found", value = value, n = n, zones = a.zones_read),
        };
        let mut lines = vec![self.say(&head)];
        for group in a.hits.chunk_by(|x, y| (&x.zone, &x.account) == (&y.zone, &y.account)) {
            let (domain, account) = (domain_text(&group[0].zone), &group[0].account);
            let place = phrase!("card.target", domain = domain, account = account);
            lines.push(format!(" {}", self.say(&place)));
            let sets: Vec<_> = group.iter().map(|row| row.set.clone()).collect();
            lines.extend(change::shown(&sets));
        }
        lines.extend(self.unreachable(&a.unreachable));
        if !a.unreachable.is_empty() {
            lines.push(self.say(&phrase!("card.found_partly")));
        }
        lines
    }

    fn account(&self, row: &AccountRow) -> Vec<String> {
        let state = match row.state.as_str() {
            "ok" => self.say(&phrase!("card.ok")),
            problem => foreign(problem),
        };
        vec![row.name.clone(), row.title.clone(), row.proved.clone(), state]
    }

    fn jobs(&self, a: &Jobs) -> Vec<String> {
        let mut lines = Vec::new();
        let heads: Vec<Vec<String>> = a.jobs.iter().map(|j| self.job(j)).collect();
        for (head, job) in table(&heads).into_iter().zip(&a.jobs) {
            lines.push(head);
            lines.extend(job.note.as_ref().map(|n| format!("    {}", self.say(n))));
            let proof = job.evidence.as_ref().map(|e| evidence(self.lang, None, None, e));
            lines.extend(proof.map(|e| format!("    {e}")));
        }
        let spoiled = a.unreadable.iter().map(|id| short_id(id)).collect::<Vec<_>>().join(", ");
        lines.extend(
            (!spoiled.is_empty())
                .then(|| format!("! {}", self.say(&phrase!("card.jobs_spoiled", jobs = spoiled)))),
        );
        self.or_nothing(lines, &phrase!("card.no_jobs"))
    }

    fn job(&self, job: &JobRow) -> Vec<String> {
        // The words of the table: a test names each of them.
        let word = |area: &str, word: &str| {
            Phrase::new(&format!("card.{area}_{word}"), &[]).text(self.lang)
        };
        vec![
            job.label.clone(),
            short_id(&job.id.to_string()).to_owned(),
            word("step", &job.step),
            job.domain.as_ref().map(domain_text).unwrap_or_default(),
            word("state", &job.state),
            self.time(job.at),
        ]
    }

    fn help(&self, a: &HelpText) -> Vec<String> {
        let mut lines = vec![self.say(&phrase!("card.help"))];
        lines.extend(a.topics.iter().map(|t| format!("  {}", t.example)));
        lines
    }

    fn time(&self, at: Timestamp) -> String {
        at.to_zoned(self.tz.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

fn expiry(row: &DomainRow) -> Phrase {
    match (row.expires, row.days_left) {
        (None, _) => phrase!("card.expiry_unknown"),
        (Some(date), None) => phrase!("card.expires_on", date = date),
        (Some(date), Some(0)) => phrase!("card.expires_today", date = date),
        (Some(date), Some(n)) if n > 0 => phrase!("card.expires", date = date, n = n),
        (Some(date), Some(n)) => phrase!("card.expired_on", date = date, n = n.unsigned_abs()),
    }
}

/// Cells in columns, three spaces apart.
fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |i: usize| {
        rows.iter().filter_map(|r| r.get(i)).map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("   ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
