"""The verifier inside every evidence bundle: whole bundles are complete, and whatever was planted is named."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from incident_app.domain import bundle_verifier as rules
from incident_app.domain.bundle_verifier import ANCHORS, ENTRIES, MANIFEST, Broken
from incident_app.services.bundles import PROGRAM

Files = dict[str, bytes]
RECORD = {"case_id": 9, "entries": 3, "last": 20, "head": {"seq": 21, "hash": "a" * 64}}
PDF, PROOF = "filings/printed/7-filing.pdf", "notices/notice-1-outcomes.txt"


def lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def plain(facts: list[dict[str, Any]]) -> bytes:
    return b"".join(rules.canonical(one) + b"\n" for one in facts)


def an_entry(seq: int, prev: str, details: dict[str, Any], session: str | None = None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "seq": seq, "at": f"2026-11-24T10:00:{seq:02}.000000Z", "actor_id": 2, "actor_name": "Robin", "action": "document.added",
        "case_id": 9, "subject": "document", "subject_id": "7", "details": details, "actor_session": session, "prev": prev}
    return entry | {"hash": rules.hash_of(entry)}


def sealed(files: Files, **changes: Any) -> Files:
    """Write the manifest of files as they are, and seal it: what whoever makes a bundle anew can do as well."""
    manifest = json.loads(files.get(MANIFEST, b"{}"))
    said = {piece["path"]: piece for piece in manifest.get("pieces", [])}
    made = {
        "form": 1, "case": "BR-2026-001", "record": manifest.get("record", RECORD),
        "pieces": [{"path": path, "size": len(content), "sha256": sha256(content).hexdigest(),
                    "entry": said.get(path, {}).get("entry")} for path, content in files.items() if path != MANIFEST],
    } | changes
    return files | {MANIFEST: json.dumps(made | {"seal": rules.seal_of(made)}).encode()}


def a_bundle() -> Files:
    first = an_entry(11, "0" * 64, {"sha256": sha256(b"%PDF filing").hexdigest()}, "s" * 64)
    second = an_entry(12, first["hash"], {"digest": sha256(b"p-1:accepted\n").hexdigest(), "people": 1})
    third = an_entry(20, "b" * 64, {"reason": "Schrödinger"})
    files = {"case.json": b"{}", PDF: b"%PDF filing", PROOF: b"p-1:accepted\n", ENTRIES: plain([first, second, third]),
             ANCHORS: plain([{"seq": 12, "hash": second["hash"][:16], "at": None, "where": "the email to an auditor"},
                             {"seq": 3, "hash": "c" * 64, "at": None, "where": "anchors.log"},
                             {"seq": 21, "hash": "a" * 64, "at": None, "where": "the foot of a PDF"}])}
    whole = json.loads(sealed(files)[MANIFEST])
    for piece in whole["pieces"]:
        piece["entry"] = {PDF: 11, PROOF: 12}.get(piece["path"])
    return sealed(files | {MANIFEST: json.dumps(whole).encode()})


def written(folder: Path, files: Files, also: Callable[[zipfile.ZipFile], None] = lambda _: None) -> str:
    path = folder / "bundle.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
        also(bundle)
    return str(path)


def seal_of(files: Files) -> str:
    return str(json.loads(files[MANIFEST])["seal"])


def manifest_with(files: Files, change: Callable[[dict[str, Any]], None]) -> Files:
    """Change the manifest and leave its seal."""
    manifest = json.loads(files[MANIFEST])
    change(manifest)
    return files | {MANIFEST: json.dumps(manifest).encode()}


def entries_with(files: Files, change: Callable[[list[dict[str, Any]]], Any]) -> Files:
    entries = lines(files[ENTRIES])
    change(entries)
    return files | {ENTRIES: plain(entries)}


def without(files: Files, name: str) -> Files:
    return {path: content for path, content in files.items() if path != name}


def test_a_whole_bundle_is_complete_and_says_what_it_holds(tmp_path: Path) -> None:
    files = a_bundle()
    path = written(tmp_path, files)

    assert rules.verify(path) == (
        "complete: 5 pieces about BR-2026-001, 3 entries of the record, 2 anchors that agree, 2 pieces named by the record itself."
        f"\nSeal: {seal_of(files)}")
    assert rules.verify(path, seal_of(files)) == rules.verify(path, seal_of(files)[:8])


def test_its_program_runs_alone_with_nothing_but_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files, program = a_bundle(), tmp_path / "verify.py"
    path = written(tmp_path, files)
    program.write_bytes(PROGRAM)

    ran = subprocess.run([sys.executable, "-I", "-S", str(program), path, "--seal", seal_of(files).upper()],
                         capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.partition(":")[0]) == (0, "complete")

    assert rules.main([path, "--seal", seal_of(files)]) == 0
    assert "Hold the seal" not in capsys.readouterr().out
    assert rules.main([path]) == 0
    assert "Hold the seal against the one in the record" in capsys.readouterr().out
    assert rules.main([path, "--seal", "f" * 64]) == 1
    assert capsys.readouterr().out.startswith("broken: The seal of this bundle is ")


# What somebody plants who only touches pieces, and what the verifier says.
CLUMSY: dict[str, tuple[Callable[[Files], Files], str]] = {
    "a changed byte": (lambda files: files | {PDF: b"%PDF fi1ing"}, f"{PDF} was changed"),
    "a longer piece": (lambda files: files | {PDF: b"%PDF filing and more"}, f"{PDF} has not the size"),
    "a shorter piece": (lambda files: files | {PDF: b"%PDF"}, f"{PDF} has not the size"),
    "two pieces swapped": (lambda files: files | {PDF: files[PROOF], PROOF: files[PDF]}, "has not the size|was changed"),
    "a removed piece": (lambda files: without(files, PDF), f"{PDF} is missing"),
    "a piece put in": (lambda files: files | {"more.pdf": b"x"}, "more.pdf does not belong"),
    "no manifest": (lambda files: without(files, MANIFEST), f"{MANIFEST} is missing"),
    "an edited count": (lambda files: manifest_with(files, lambda said: said["record"].update(entries=2)), "its seal does not fit"),
    "another case's name": (lambda files: manifest_with(files, lambda said: said.update(case="BR-2026-002")), "its seal does not"),
    "a piece off the list": (lambda files: without(manifest_with(files, lambda said: said["pieces"].pop(1)), PDF), "its seal does"),
    "a manifest that is none": (lambda files: files | {MANIFEST: b"[1]"}, "is not what it should be"),
    "a manifest that is no JSON": (lambda files: files | {MANIFEST: b"{"}, "not readable JSON"),
    "another form": (lambda files: sealed(files, form=2), "a form that this verifier does not know"),
    "a list that is none": (lambda files: sealed(files, pieces=None), "is not written as it should be"),
}
# What somebody plants who seals the bundle anew, so that sizes, hashes and seal fit: the record itself contradicts it.
CLEVER: dict[str, tuple[Callable[[Files], Files], str]] = {
    "another PDF": (lambda files: files | {PDF: b"%PDF another"}, f"{PDF} is not what entry 11 of the record names"),
    "another outcome": (lambda files: files | {PROOF: b"p-1:rejected\n"}, f"{PROOF} is not what entry 12"),
    "an entry with other words": (lambda files: entries_with(files, lambda all_: all_[2]["details"].update(reason="x")),
                                  "Entry 20 of the record was changed"),
    "an entry of another day": (lambda files: entries_with(files, lambda all_: all_[2].update(at="2026-11-23T10:00:00.000000Z")),
                                "Entry 20 of the record was changed"),
    "an entry without its session": (lambda files: entries_with(files, lambda all_: all_[0].update(actor_session=None)),
                                     "Entry 11 of the record was changed"),
    "a tail cut off": (lambda files: entries_with(files, lambda all_: all_.pop()), "has 2 entries, the manifest says 3"),
    "an entry taken out": (lambda files: entries_with(files, lambda all_: all_.pop(1)), "has 2 entries, the manifest says 3"),
    "entries out of order": (lambda files: entries_with(files, list.reverse), "does not come after"),
    "an entry twice": (lambda files: entries_with(files, lambda all_: all_.__setitem__(2, all_[1])), "does not come after"),
    "an entry of another case": (lambda files: entries_with(files, lambda all_: all_[2].update(case_id=8)), "is of another case"),
    "an entry chained elsewhere": (
        lambda files: entries_with(files, lambda all_: all_.__setitem__(1, an_entry(12, "d" * 64, all_[1]["details"]))),
        "Entry 12 of the record does not follow entry 11"),
    "entries that are none": (lambda files: files | {ENTRIES: b"nothing\n"}, "line 1 is not readable JSON"),
    "an entry without a hash": (lambda files: entries_with(files, lambda all_: all_[0].pop("hash")), "is not written as it"),
    "an anchor that disagrees": (lambda files: files | {ANCHORS: plain([{"seq": 12, "hash": "e" * 64, "where": "the email"}])},
                                 "Entry 12 of the record is not what the email says"),
    "an anchor beyond the end": (lambda files: files | {ANCHORS: plain([{"seq": 99, "hash": "e" * 64, "where": "the email"}])},
                                 "the email knows entry 99, the record ends at 21"),
}


@pytest.mark.parametrize("planted", CLUMSY)
def test_whatever_is_planted_is_named(tmp_path: Path, planted: str) -> None:
    plant, words = CLUMSY[planted]

    with pytest.raises(Broken, match=words):
        rules.verify(written(tmp_path, plant(a_bundle())))


@pytest.mark.parametrize("planted", CLEVER)
def test_whoever_seals_it_anew_is_contradicted_by_the_record_and_by_the_seal(tmp_path: Path, planted: str) -> None:
    plant, words = CLEVER[planted]
    whole = a_bundle()
    forged = sealed(plant(whole))

    with pytest.raises(Broken, match=words):
        rules.verify(written(tmp_path, forged))
    with pytest.raises(Broken, match="it is another bundle, or was made anew"):
        rules.verify(written(tmp_path, forged), seal_of(whole))


def test_a_record_rewritten_to_its_end_is_found_by_its_end_its_head_and_the_seal(tmp_path: Path) -> None:
    whole = a_bundle()
    record = json.loads(whole[MANIFEST])["record"]

    shorter = sealed(entries_with(whole, lambda all_: all_.pop()), record=record | {"entries": 2})
    with pytest.raises(Broken, match="ends at entry 12, the manifest says 20: its tail was cut"):
        rules.verify(written(tmp_path, shorter))

    other_head = sealed(whole, record=record | {"head": {"seq": 20, "hash": "f" * 64}})
    with pytest.raises(Broken, match="says something else about entry 20"):
        rules.verify(written(tmp_path, other_head))

    nameless = sealed(entries_with(whole, lambda all_: all_.pop(0)), record=record | {"entries": 2})
    with pytest.raises(Broken, match=f"{PDF} is not what entry 11"):
        rules.verify(written(tmp_path, nameless))


def test_a_name_that_stands_twice_hides_nothing(tmp_path: Path) -> None:
    def again(bundle: zipfile.ZipFile) -> None:
        with pytest.warns(UserWarning, match="Duplicate name"):
            bundle.writestr(PDF, b"%PDF another")

    with pytest.raises(Broken, match=f"{PDF} stands in the bundle twice"):
        rules.verify(written(tmp_path, a_bundle(), again))


def test_what_is_no_zip_or_a_damaged_one_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="The bundle cannot be read"):
        rules.verify(str(tmp_path / "none.zip"))
    plain_file = tmp_path / "plain.zip"
    plain_file.write_bytes(b"nothing")
    with pytest.raises(Broken, match="The bundle cannot be read"):
        rules.verify(str(plain_file))

    # Given a bundle in which bytes of a piece, or of the manifest, were turned over on the disk
    for name in (PDF, MANIFEST):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as bundle:
            for path, content in a_bundle().items():
                bundle.writestr(path, content)
        raw = bytearray(buffer.getvalue())
        with zipfile.ZipFile(io.BytesIO(raw)) as bundle:
            at = bundle.getinfo(name).header_offset + 30 + len(name) + 3
        raw[at] ^= 0xFF
        plain_file.write_bytes(raw)
        with pytest.raises(Broken, match=f"{name} cannot be read"):
            rules.verify(str(plain_file))
