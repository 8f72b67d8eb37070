"""Verify an evidence bundle: ``python3 verify.py BUNDLE.zip [--seal HEX]``. It needs nothing but Python 3.8 or newer.

Says "complete" and ends with 0, or names the first piece that is broken and ends with 1. It asks no network and no other
program, and does not need the software that made the bundle. What it checks, in this order:

1. the bundle can be read, and no name stands in it twice;
2. manifest.json is whole: its seal is the SHA-256 over everything else it says; with ``--seal`` also that the seal is the
   one you were given, or read in the record of who made the bundle (without it, whoever changed a piece may have written
   a new manifest as well);
3. every piece is there, none is more than the manifest lists, and each has the size and the SHA-256 it lists;
4. the entries of the record: their number, their order, and that each is what its own hash says, chained to the one before;
5. the anchors: none says something else about an entry than the entry does;
6. every piece whose hash the record itself names: the entry says the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import zipfile
from typing import Any

MANIFEST = "manifest.json"
ENTRIES = "record/entries.jsonl"
ANCHORS = "record/anchors.jsonl"
FORM = 1
CHUNK = 1024 * 1024
_HEX = re.compile(r"[0-9a-f]{8,64}")


class Broken(Exception):
    """The first piece that does not hold, in words."""


def canonical(facts: object) -> bytes:
    """Return the one byte sequence facts have: sorted keys, no blanks, UTF-8."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def seal_of(manifest: dict[str, Any]) -> str:
    """Return the seal of a manifest: SHA-256 over everything in it but the seal itself, in hex."""
    return hashlib.sha256(canonical({name: said for name, said in manifest.items() if name != "seal"})).hexdigest()


def hash_of(entry: dict[str, Any]) -> str:
    """Return what the hash of an entry of the record must be: SHA-256 over the hash before it and its own bytes, in hex."""
    facts = {name: entry[name] for name in (
        "seq", "at", "actor_id", "actor_name", "action", "case_id", "subject", "subject_id", "details")}
    if entry.get("actor_session") is not None:
        facts.update(form=2, actor_session=entry["actor_session"])
    return hashlib.sha256(bytes.fromhex(entry["prev"]) + canonical(facts)).hexdigest()


def _read(bundle: zipfile.ZipFile, name: str) -> bytes:
    try:
        with bundle.open(name) as file:
            return file.read()
    except (KeyError, zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError) as error:
        raise Broken(f"{name} cannot be read: {error}") from error


def _json(content: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Broken(f"{name} is not readable JSON.") from error
    if not isinstance(found, dict):
        raise Broken(f"{name} is not what it should be.")
    return found


def _lines(bundle: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [_json(line, f"{name}, line {number}") for number, line in enumerate(_read(bundle, name).splitlines(), 1)]


def _names(bundle: zipfile.ZipFile) -> set[str]:
    names = [one.filename for one in bundle.infolist()]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Broken(f"{twice[0]} stands in the bundle twice.")
    if MANIFEST not in names:
        raise Broken(f"{MANIFEST} is missing.")
    return set(names) - {MANIFEST}


def _manifest(bundle: zipfile.ZipFile, seal: str | None) -> dict[str, Any]:
    manifest = _json(_read(bundle, MANIFEST), MANIFEST)
    if manifest.get("form") != FORM:
        raise Broken(f"{MANIFEST} has a form that this verifier does not know.")
    said = seal_of(manifest)
    if manifest.get("seal") != said:
        raise Broken(f"{MANIFEST} was changed: its seal does not fit.")
    if seal is not None and (not _HEX.fullmatch(seal) or not said.startswith(seal)):
        raise Broken(f"The seal of this bundle is {said}, not the one given: it is another bundle, or was made anew.")
    return manifest


def _pieces(bundle: zipfile.ZipFile, names: set[str], manifest: dict[str, Any]) -> list[dict[str, Any]]:
    pieces: list[dict[str, Any]] = manifest["pieces"]
    listed = [str(piece["path"]) for piece in pieces]
    for path in listed:
        if path not in names:
            raise Broken(f"{path} is missing.")
    more = sorted(names - set(listed))
    if more:
        raise Broken(f"{more[0]} does not belong to the bundle.")
    for piece in pieces:
        _whole(bundle, piece)
    return pieces


def _whole(bundle: zipfile.ZipFile, piece: dict[str, Any]) -> None:
    path, digest, size = piece["path"], hashlib.sha256(), 0
    try:
        with bundle.open(path) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if size > piece["size"]:
                    break
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError) as error:
        raise Broken(f"{path} cannot be read: {error}") from error
    if size != piece["size"]:
        raise Broken(f"{path} has not the size it should have.")
    if digest.hexdigest() != piece["sha256"]:
        raise Broken(f"{path} was changed: its SHA-256 is {digest.hexdigest()}.")


def _record(bundle: zipfile.ZipFile, manifest: dict[str, Any]) -> dict[int, dict[str, Any]]:
    said, entries = manifest["record"], _lines(bundle, ENTRIES)
    if len(entries) != said["entries"]:
        raise Broken(f"The record has {len(entries)} entries, the manifest says {said['entries']}.")
    before: dict[str, Any] = {"seq": 0, "hash": None}
    for entry in entries:
        seq = entry["seq"]
        if seq <= before["seq"]:
            raise Broken(f"Entry {seq} of the record does not come after entry {before['seq']}.")
        if seq == before["seq"] + 1 and before["hash"] not in (None, entry["prev"]):
            raise Broken(f"Entry {seq} of the record does not follow entry {before['seq']}.")
        if entry["case_id"] != said["case_id"]:
            raise Broken(f"Entry {seq} of the record is of another case.")
        if entry["hash"] != hash_of(entry):
            raise Broken(f"Entry {seq} of the record was changed after it was written.")
        before = entry
    if before["seq"] != said["last"]:
        raise Broken(f"The record ends at entry {before['seq']}, the manifest says {said['last']}: its tail was cut.")
    return {entry["seq"]: entry for entry in entries}


def _anchors(bundle: zipfile.ZipFile, manifest: dict[str, Any], entries: dict[int, dict[str, Any]]) -> int:
    anchors, head = _lines(bundle, ANCHORS), manifest["record"]["head"]
    known = {seq: entry["hash"] for seq, entry in entries.items()}
    known[head["seq"]] = head["hash"]
    if head["seq"] in entries and entries[head["seq"]]["hash"] != head["hash"]:
        raise Broken(f"The head of the record says something else about entry {head['seq']} than the entry.")
    for anchor in anchors:
        if anchor["seq"] > head["seq"]:
            raise Broken(f"{anchor['where']} knows entry {anchor['seq']}, the record ends at {head['seq']}: its tail was cut.")
        if not known.get(anchor["seq"], anchor["hash"]).startswith(anchor["hash"]):
            raise Broken(f"Entry {anchor['seq']} of the record is not what {anchor['where']} says: it was written anew.")
    return sum(anchor["seq"] in known for anchor in anchors)


def _named(pieces: list[dict[str, Any]], entries: dict[int, dict[str, Any]]) -> int:
    named = [piece for piece in pieces if piece.get("entry") is not None]
    for piece in named:
        entry = entries.get(piece["entry"])
        if entry is None or piece["sha256"] not in entry["details"].values():
            raise Broken(f"{piece['path']} is not what entry {piece['entry']} of the record names.")
    return len(named)


def verify(path: str, seal: str | None = None) -> str:
    """Return in words what was found complete. Raises :class:`Broken` with the first piece that is not."""
    try:
        with zipfile.ZipFile(path) as bundle:
            names = _names(bundle)
            manifest = _manifest(bundle, seal)
            pieces = _pieces(bundle, names, manifest)
            entries = _record(bundle, manifest)
            anchors = _anchors(bundle, manifest, entries)
            named = _named(pieces, entries)
    except (OSError, zipfile.BadZipFile) as error:
        raise Broken(f"The bundle cannot be read: {error}") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Broken(f"{MANIFEST} or the record is not written as it should be: {error!r}") from error
    return (f"complete: {len(pieces)} pieces about {manifest['case']}, {len(entries)} entries of the record, "
            f"{anchors} anchors that agree, {named} pieces named by the record itself.\nSeal: {manifest['seal']}")


def main(arguments: list[str] | None = None) -> int:
    """Verify what the command line names, and print the verdict."""
    parser = argparse.ArgumentParser(description="Verify an evidence bundle.")
    parser.add_argument("bundle", help="the ZIP file")
    parser.add_argument("--seal", help="the seal as the record or the page of the case shows it, or its beginning")
    given = parser.parse_args(arguments)
    try:
        words = verify(given.bundle, given.seal.strip().lower() if given.seal else None)
    except Broken as broken:
        sys.stdout.write(f"broken: {broken}\n")
        return 1
    sys.stdout.write(f"{words}\n")
    if not given.seal:
        sys.stdout.write("Hold the seal against the one in the record: whoever changes a piece can write a new manifest too.\n")
    return 0
