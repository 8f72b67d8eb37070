from pathlib import Path

import pytest

from incident_app.adapters import runbook_files
from incident_app.domain.remediation import RunbookError
from incident_app.paths import data_dir


def test_every_file_of_the_folder_is_one_kind() -> None:
    books = runbook_files.load(data_dir("runbooks"))

    assert set(books) >= {"stolen-credentials", "leaked-token", "ransomware", "processor-breach", "other"}
    assert all(kind == book.kind for kind, book in books.items())


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.md").write_bytes(b"\xff\xfe")

    with pytest.raises(RunbookError, match=r"odd\.md: it is not UTF-8"):
        runbook_files.load(tmp_path)


def test_the_kind_for_everything_else_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(RunbookError, match="other"):
        runbook_files.load(tmp_path)
