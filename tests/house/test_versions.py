"""What many edit carries a version; what writes many rows at once does not pass it by."""

import ast
from pathlib import Path

from incident_app.extensions import Base
from tests.house.sources import files, short, tree

VERSIONED = {
    "cases": "facts, awareness, closing", "notices": "texts, plan, list", "filings": "answers, phase",
    "actions": "owner, due, done", "organisations": "details, kinds of business", "obligations": "decided, discharged",
    "uploads": "encoding, columns", "shifts": "who and when", "ladders": "steps",
}
BULK = {
    ("incident_app/services/obligations/house.py", "Case"): "law_version only: marks open cases to be looked at anew",
    ("incident_app/services/alerts/ladders.py", "Obligation"): "look_at only: when the alerts look next",
    ("incident_app/services/alerts/evaluate.py", "Obligation"): "look_at only: when the alerts look next",
    ("incident_app/services/recipients/erasing.py", "Upload"): "throws unfinished files away, the case held",
    ("incident_app/services/recipients/importing.py", "Upload"): "forgets a list that is deleted, the list held",
    ("incident_app/services/recipients/reading.py", "Upload"): "compare-and-set by who reads: state and token",
    ("incident_app/services/recipients/uploading.py", "Upload"): "takes back what never arrived whole",
}
MODELS = {"Case", "Notice", "Filing", "Action", "Organisation", "Obligation", "Upload", "Shift", "LadderRow", "Note"}


def _bulk(path: Path) -> set[str]:
    """Return the tables of ours that a file updates or deletes in bulk."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"update", "delete"}:
            found |= {one.id for one in node.args if isinstance(one, ast.Name) and one.id in MODELS}
    return found


def test_every_record_that_a_form_changes_carries_a_version() -> None:
    missing = [name for name in VERSIONED if "version" not in Base.metadata.tables[name].columns]

    assert not missing


def test_no_bulk_write_passes_the_versions_by() -> None:
    found = {(short(path), name) for path in files("incident_app") for name in _bulk(path)}

    assert found == set(BULK), "a bulk UPDATE checks no version: lock the row, or name the reason here"


def test_the_check_sees_a_bulk_write(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("session.execute(update(Case).values(title='x'))\nsession.execute(delete(Note))\n")

    assert _bulk(bad) == {"Case", "Note"}
