"""A second program at one vault: pykeepass 4.2.0 reads, edits and makes KeePass files.

    vault_pykeepass.py dump VAULT [--key FILE] [--password-from-env]   all of it, as JSON
    vault_pykeepass.py edit VAULT [--key FILE] [--password-from-env]   what a person does in KeePassXC
    vault_pykeepass.py edit-with-history VAULT …                       the same, and keeps the old version
    vault_pykeepass.py make VAULT [--key FILE] [--password-from-env]   a new file with pykeepass's defaults (KDBX 4.0)

The password is in DOMBOT_TEST_PASSWORD.
"""

import argparse
import base64
import json
import os

from pykeepass import PyKeePass, create_database

NOTES = "\n  first line\n  second <line> & ćma\r\n\nlast, with a space "
SCAN = bytes(range(256)) * 300


def dump(kp):
    """Entries by path of groups and title."""
    out = {}
    for entry in kp.entries:
        if entry.is_a_history_entry:
            continue
        path = "/".join([p or "" for p in entry.group.path] + [entry.title or ""])
        out[path] = {
            "id": entry.uuid.hex,
            "username": entry.username,
            "password": entry.password,
            "notes": entry.notes,
            "otp": entry.otp,
            "tags": entry.tags,
            "custom": entry.custom_properties,
            "protected": sorted(
                key for key in entry.custom_properties if entry.is_custom_property_protected(key)
            ),
            "files": {a.filename: base64.b64encode(a.data).decode() for a in entry.attachments},
            "history": [dict(h.custom_properties) for h in entry.history],
        }
    return {
        "version": list(kp.version),
        "cipher": kp.encryption_algorithm,
        "name": kp.database_name,
        "groups": ["/".join(p or "" for p in g.path) for g in kp.groups],
        "entries": out,
    }


def attach(kp, entry, name, data):
    entry.add_attachment(kp.add_binary(data), name)


def edit(kp, history=False):
    """Changes one secret of an account, hangs files on it, and adds what is nobody else's business."""
    account = kp.find_entries(title="home-pdns", first=True)
    attach(kp, account, "letter.txt", "zażółć".encode())
    if history:
        account.save_history()
    account.set_custom_property("api_key", "changed by hand ęą", protect=True)
    account.notes = NOTES
    group = kp.add_group(kp.root_group, "My own", notes="nobody else's")
    own = kp.add_entry(group, "bank", "me", "p4ss <&> wörd", url="https://bank.example", notes=NOTES)
    own.set_custom_property("plain", "seen", protect=False)
    own.set_custom_property("hidden", "ś", protect=True)
    own.tags = ["money", "old"]
    attach(kp, own, "scan.bin", SCAN)
    attach(kp, own, "empty", b"")
    own.password = "second p4ss"
    inner = kp.add_group(group, "inner")
    kp.add_entry(inner, "bank", "", "deep")
    kp.add_entry(group, "behind the group", "", "p3")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["dump", "edit", "edit-with-history", "make"])
    parser.add_argument("vault")
    parser.add_argument("--key")
    parser.add_argument("--password-from-env", action="store_true")
    args = parser.parse_args()
    password = os.environ["DOMBOT_TEST_PASSWORD"] if args.password_from_env else None
    door = {"password": password, "keyfile": args.key}
    if args.what == "make":
        kp = create_database(args.vault, **door)
        kp.add_entry(kp.root_group, "home-pdns", "", "", notes="mine")
        kp.save()
        edit(kp)
        kp.save()
        return
    kp = PyKeePass(args.vault, **door)
    if args.what.startswith("edit"):
        edit(kp, history=args.what == "edit-with-history")
        kp.save()
    print(json.dumps(dump(kp), ensure_ascii=False))


main()
