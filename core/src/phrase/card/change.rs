//! Record changes as lines: `+` new, `-` gone, `~` changed; one value a line.

use super::foreign::{foreign, name_text};
use crate::domain::{RecordData, RecordSet, SetBody, SetKey};
use crate::plan::{SetChange, Step};

/// One row of a table of record sets; columns are padded when all rows are known.
pub(super) struct Row {
    sign: char,
    name: String,
    rtype: String,
    ttl: String,
    values: Vec<String>,
}

/// The lines of the changes of one step.
pub(super) fn lines(changes: &[SetChange]) -> Vec<String> {
    draw(&changes.iter().map(row).collect::<Vec<_>>())
}

/// The lines of sets that go with their zone.
pub(super) fn deleted(sets: &[RecordSet]) -> Vec<String> {
    draw(&sets.iter().map(|s| Row::new('-', &s.key, &s.body)).collect::<Vec<_>>())
}

/// The lines of sets that are only shown.
pub(super) fn shown(sets: &[RecordSet]) -> Vec<String> {
    draw(&sets.iter().map(|s| Row::new(' ', &s.key, &s.body)).collect::<Vec<_>>())
}

/// The values after a step that changes one set, where they fit on a line.
pub(super) fn only_value(step: &Step) -> Option<String> {
    let Step::DnsChange { changes, .. } = step else { return None };
    let [SetChange { after: Some(body), .. }] = changes.as_slice() else { return None };
    let values: Vec<String> = body.data.iter().map(value).collect();
    let line = values.join(", ");
    (line.chars().count() <= 80).then_some(line)
}

impl Row {
    fn new(sign: char, key: &SetKey, body: &SetBody) -> Self {
        Self {
            sign,
            name: name_text(key.name.as_str()),
            rtype: key.rtype.to_string(),
            ttl: body.ttl.to_string(),
            values: body.data.iter().map(value).collect(),
        }
    }
}

fn value(data: &RecordData) -> String {
    foreign(data.as_str())
}

fn row(change: &SetChange) -> Row {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => Row {
            ttl: if before.ttl == after.ttl {
                after.ttl.to_string()
            } else {
                format!("{} -> {}", before.ttl, after.ttl)
            },
            values: compared(before, after),
            ..Row::new('~', &change.key, after)
        },
        (None, Some(after)) => Row::new('+', &change.key, after),
        (Some(before), None) => Row::new('-', &change.key, before),
        (None, None) => Row {
            sign: ' ',
            name: name_text(change.key.name.as_str()),
            rtype: change.key.rtype.to_string(),
            ttl: String::new(),
            values: Vec::new(),
        },
    }
}

fn compared(before: &SetBody, after: &SetBody) -> Vec<String> {
    let gone: Vec<&RecordData> = before.data.iter().filter(|d| !after.data.contains(d)).collect();
    let new: Vec<&RecordData> = after.data.iter().filter(|d| !before.data.contains(d)).collect();
    let kept: Vec<&RecordData> = after.data.iter().filter(|d| before.data.contains(d)).collect();
    match (gone.as_slice(), new.as_slice(), kept.as_slice()) {
        ([], [], kept) => kept.iter().map(|d| value(d)).collect(),
        ([old], [new], []) => vec![format!("{}  ->  {}", value(old), value(new))],
        _ => {
            let signed = |sign: char, list: &[&RecordData]| -> Vec<String> {
                list.iter().map(|d| format!("{sign} {}", value(d))).collect()
            };
            [signed(' ', &kept), signed('-', &gone), signed('+', &new)].concat()
        }
    }
}

fn draw(rows: &[Row]) -> Vec<String> {
    let widest =
        |of: fn(&Row) -> &String| rows.iter().map(|r| of(r).chars().count()).max().unwrap_or(0);
    let (name, rtype, ttl) = (widest(|r| &r.name), widest(|r| &r.rtype), widest(|r| &r.ttl));
    let mut lines = Vec::new();
    for row in rows {
        let head =
            format!("  {} {:<name$}  {:<rtype$}  {:<ttl$}", row.sign, row.name, row.rtype, row.ttl);
        let indent = " ".repeat(head.chars().count());
        for (i, value) in row.values.iter().enumerate() {
            lines.push(format!("{}   {value}", if i == 0 { &head } else { &indent }));
        }
        if row.values.is_empty() {
            lines.push(head.trim_end().to_owned());
        }
    }
    lines
}
