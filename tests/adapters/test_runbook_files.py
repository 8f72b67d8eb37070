from pathlib import Path

import pytest

from incident_app.adapters import runbook_files
from incident_app.domain.remediation import RunbookError
from incident_app.paths import data_dir


def test_every_file_of_the_folder_is_one_kind() -> None:
    books = runbook_files.load(data_dir("runbooks"))

    assert set(books) >= {"stolen-credentials", "leaked-token", "ransomware", "processor-breach", "other"}
    assert all(kind == book.kind for kind, book in books.items())


def test_a_file_of_the_teams_own_takes_the_place_of_ours(tmp_path: Path) -> None:
    text = (data_dir("runbooks") / "ransomware.md").read_text()
    (tmp_path / "ransomware.md").write_text(text.replace("title = ", "title = \"Ours\"\n#", 1))
    (tmp_path / "drone.md").write_text(text.replace('"ransomware"', '"drone"'))

    books = runbook_files.load(data_dir("runbooks"), tmp_path)

    assert (books["ransomware"].title, books["drone"].kind) == ("Ours", "drone")
    assert runbook_files.load(data_dir("runbooks"), tmp_path / "none")["ransomware"].title != "Ours"


def test_every_faulty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x")
    (tmp_path / "b.md").write_bytes(b"\xff")

    assert [words[:5] for words in runbook_files.faults(data_dir("runbooks"), tmp_path)] == ["a.md:", "b.md:"]


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.md").write_bytes(b"\xff\xfe")

    with pytest.raises(RunbookError, match=r"odd\.md: it is not UTF-8"):
        runbook_files.load(tmp_path)


def test_the_kind_for_everything_else_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(RunbookError, match="other"):
        runbook_files.load(tmp_path)
