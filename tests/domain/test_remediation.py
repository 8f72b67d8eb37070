from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from incident_app.adapters.runbook_files import load
from incident_app.domain import remediation
from incident_app.domain.remediation import ActionKind, RunbookError, parse_runbook

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
STEP = '[[steps]]\ntitle = "Stop it"\nkind = "contain"\nrole = "responder"\ndue_hours = 1.5\nproof = "Time"\n'
HEAD = 'kind = "lost"\ntitle = "Lost"\nsummary = "Gone."\n'


def _file(head: str = HEAD, step: str = STEP) -> str:
    return f"+++\n{head}{step}\n+++\n# Words\n"


def test_a_runbook_is_read_with_its_steps_and_the_version_of_its_file() -> None:
    book = parse_runbook("lost", _file())

    (step,) = book.steps
    assert (book.title, book.text, len(book.version)) == ("Lost", "# Words", remediation.VERSION_LENGTH)
    assert (step.title, step.kind) == ("Stop it", ActionKind.CONTAIN)
    assert step.due_at(NOW) == NOW + timedelta(minutes=90)
    assert parse_runbook("lost", _file() + "more").version != book.version


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# no front matter", "begin with a line"),
        ("+++\nkind = 1\n", "begin with a line"),
        ("x" + _file(), "begin with a line"),
        (_file(head="kind = \n"), "is not TOML"),
        (_file(head=HEAD + 'colour = "red"\n'), "unknown colour"),
        (_file(head=HEAD.replace("lost", "found")), "must be the file's name"),
        (_file(head=HEAD.replace('"Gone."', '" "')), "“summary” is missing"),
        (_file(step=""), "no [[steps]]"),
        (_file(step='steps = ["do it"]\n'), "each step is a table"),
        (_file(step=STEP.replace("contain", "hope")), "“kind” is “hope”"),
        (_file(step=STEP.replace("responder", "king")), "“role” is “king”"),
        (_file(step=STEP.replace("1.5", "0")), "due_hours"),
        (_file(step=STEP.replace("1.5", "true")), "due_hours"),
        (_file(step=STEP.replace("1.5", '"soon"')), "due_hours"),
        (_file(step=STEP.replace("Stop it", "x" * 301)), "longer than 300"),
        (_file(step=STEP + "cost = 3\n"), "step 1: unknown cost"),
    ],
)
def test_a_faulty_runbook_says_what_to_change(text: str, words: str) -> None:
    with pytest.raises(RunbookError) as refused:
        parse_runbook("lost", text)

    assert words in refused.value.reason
    assert refused.value.reason.startswith("lost.md")


def test_every_runbook_of_ours_can_be_read() -> None:
    books = load(Path(__file__).parents[2] / "runbooks")

    assert len(books) >= 10
    assert "other" in books
    for book in books.values():
        assert {ActionKind.CONTAIN, ActionKind.PREVENT} <= {step.kind for step in book.steps}
        assert len(book.text.split()) > 20


def test_only_an_open_action_with_a_passed_date_is_overdue() -> None:
    before = NOW - timedelta(minutes=1)

    assert remediation.is_overdue("open", before, NOW)
    assert not remediation.is_overdue("open", NOW, NOW)
    assert not remediation.is_overdue("open", None, NOW)
    assert not remediation.is_overdue("done", before, NOW)


def test_a_new_action_needs_a_title_and_a_kind() -> None:
    assert set(remediation.check_new(" ", "hope")) == {"title", "kind"}
    assert set(remediation.check_new("x" * 301, "remedy")) == {"title"}
    assert remediation.check_new("Rotate keys", "remedy") == {}
