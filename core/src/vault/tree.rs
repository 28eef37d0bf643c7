//! Groups and entries of a KeePass file by path and id; writes only what differs.

use keepass::Database;
use keepass::db::{EntryId, GroupId, Times, fields};
use ulid::Ulid;
use zeroize::Zeroizing;

use super::Error;

/// Characters in a name; KeePassXC shows no more.
const LONGEST_NAME: usize = 200;

/// What an entry shall hold: fields with their values, and whether a value is a secret.
pub(super) type Fields = Vec<(String, Zeroizing<String>, bool)>;

pub(super) fn group(db: &Database, path: &[&str]) -> Option<GroupId> {
    path.iter().try_fold(db.root().id(), |id, name| {
        db.group(id)?.groups().find(|g| g.name == *name).map(|g| g.id())
    })
}

/// The group at `path`, made where it is missing.
pub(super) fn ensure_group(db: &mut Database, path: &[&str]) -> GroupId {
    let mut at = db.root().id();
    for (depth, name) in path.iter().enumerate() {
        at = group(db, &path[..=depth]).unwrap_or_else(|| {
            let mut parent = db.group_mut(at).expect("a group that was just found");
            let mut new = parent.add_group();
            (*name).clone_into(&mut new.name);
            new.id()
        });
    }
    at
}

/// Entries right in the group, in the file's order.
pub(super) fn entries(db: &Database, path: &[&str]) -> Vec<EntryId> {
    let group = group(db, path).and_then(|id| db.group(id));
    group.map_or(Vec::new(), |g| g.entry_ids().collect())
}

pub(super) fn titled(db: &Database, path: &[&str], title: &str) -> Option<EntryId> {
    entries(db, path).into_iter().find(|id| field(db, *id, fields::TITLE).as_deref() == Some(title))
}

pub(super) fn field(db: &Database, entry: EntryId, name: &str) -> Option<String> {
    db.entry(entry)?.get(name).map(str::to_owned)
}

/// Makes the entry be in `path` and hold `wanted`; of its other fields those that `theirs` names stay.
///
/// An entry that holds it already is not touched. Old values do not go to the entry's history: who replaces a
/// secret wants the old one gone, and the backups have it for a while.
pub(super) fn put(
    db: &mut Database,
    path: &[&str],
    id: EntryId,
    wanted: &Fields,
    theirs: &dyn Fn(&str) -> bool,
) {
    let group = ensure_group(db, path);
    let home = db.entry(id).map(|e| e.parent().id());
    if home.is_none() {
        let mut group = db.group_mut(group).expect("a group that was just made");
        if let Ok(mut entry) = group.add_entry_with_id(id) {
            set(&mut entry, wanted);
        }
        return;
    }
    let entry = db.entry(id).expect("an entry that was just found");
    let extra: Vec<String> = entry
        .fields
        .keys()
        .filter(|k| !theirs(k) && wanted.iter().all(|(w, ..)| w != *k))
        .cloned()
        .collect();
    let same = wanted.iter().all(|(k, v, _)| entry.get(k) == Some(v.as_str()));
    if same && extra.is_empty() && home == Some(group) {
        return;
    }
    let mut entry = db.entry_mut(id).expect("an entry that was just found");
    set(&mut entry, wanted);
    entry.fields.retain(|k, _| !extra.contains(k));
    entry.times.last_modification = Some(Times::now());
    if home != Some(group) {
        // The group was just made, and that is the only thing that can fail.
        let _ = entry.move_to(group);
    }
}

fn set(entry: &mut keepass::db::Entry, wanted: &Fields) {
    for (name, value, secret) in wanted {
        if *secret {
            entry.set_protected(name, value.as_str());
        } else {
            entry.set_unprotected(name, value.as_str());
        }
    }
}

/// Removes the entry, if it is in `path`, and leaves the tombstone that KeePass's merge looks for.
pub(super) fn remove(db: &mut Database, path: &[&str], id: EntryId) -> bool {
    let there = entries(db, path).contains(&id);
    if let Some(mut entry) = db.entry_mut(id).filter(|_| there) {
        entry.track_changes().remove();
    }
    there
}

/// A ULID as an entry's id: both are 128 bits.
pub(super) fn entry_id(id: &impl std::fmt::Display) -> EntryId {
    let bits = Ulid::from_string(&id.to_string()).map_or(0, u128::from);
    EntryId::from_uuid(format!("{bits:032x}").parse().expect("32 hex digits are a UUID"))
}

/// And back.
pub(super) fn ulid<T: std::str::FromStr>(id: EntryId) -> Option<T> {
    Ulid::from(id.uuid().as_u128()).to_string().parse().ok()
}

/// Names stand in the file as XML text, where edge spaces and control characters do not survive.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    let holds = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let good = !name.is_empty()
        && name.trim() == name
        && name.chars().all(holds)
        && name.chars().count() <= LONGEST_NAME;
    if good { Ok(()) } else { Err(Error::BadName(name.chars().take(LONGEST_NAME).collect())) }
}
