from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from incident_app.adapters.runbook_files import load
from incident_app.domain import remediation
from incident_app.domain.remediation import (
    ActionFacts,
    ActionKind,
    Anchor,
    RunbookError,
    Why,
    check_waits,
    parse_runbook,
    what_keeps_a_case_open,
    why_not_done,
)

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
    assert (step.due_hours, step.anchor, step.mandatory, step.waits_for, step.review_days) == (1.5, Anchor.AWARE, False, (), None)
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
        (_file(step=STEP + 'anchor = "added"\n'), "“anchor” is “added”; it must be one of aware, logged, contained"),
        (_file(step=STEP + 'mandatory = "yes"\n'), "“mandatory” must be true or false"),
        (_file(step=STEP + "review_days = true\n"), "“review_days”"),
        (_file(step=STEP + "review_days = 1.5\n"), "“review_days”"),
        (_file(step=STEP + "review_days = 9999\n"), "“review_days”"),
        (_file(step=STEP + 'waits_for = "Stop it"\n'), "“waits_for” must be a list"),
        (_file(step=STEP + 'waits_for = ["Stop it"]\n'), "step 1: “waits_for” must be a list of titles of steps that come before"),
        (_file(step=STEP + STEP), "step 2: a step before it has the same title"),
    ],
)
def test_a_faulty_runbook_says_what_to_change(text: str, words: str) -> None:
    with pytest.raises(RunbookError) as refused:
        parse_runbook("lost", text)

    assert words in refused.value.reason
    assert refused.value.reason.startswith("lost.md")


def test_a_step_may_be_mandatory_wait_for_earlier_ones_and_be_looked_at_later() -> None:
    second = STEP.replace("Stop it", "Look") + (
        'anchor = "contained"\nmandatory = true\nwaits_for = ["Stop it"]\nreview_days = 14\n')

    (_, step) = parse_runbook("lost", _file(step=STEP + second)).steps

    assert (step.anchor, step.mandatory, step.waits_for, step.review_days) == (Anchor.CONTAINED, True, ("Stop it",), 14)


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


def test_a_plan_has_a_date_or_hours_and_a_review_within_reason() -> None:
    assert remediation.check_plan(NOW, None, 0) == remediation.check_plan(None, 4, None) == {}
    assert set(remediation.check_plan(NOW, 4, None)) == {"due_hours"}
    assert set(remediation.check_plan(None, 0, -1)) == {"due_hours", "review_days"}
    assert (remediation.review_days("prevent", None), remediation.review_days("prevent", 0)) == (90, 0)


def test_hours_count_from_the_anchor_and_from_when_it_is_free_where_it_had_to_wait() -> None:
    later = NOW + timedelta(days=2)

    assert remediation.due_at(4, NOW, waits=False, free_at=None) == NOW + timedelta(hours=4)
    assert remediation.due_at(4, NOW, waits=False, free_at=later) == later + timedelta(hours=4)
    assert remediation.due_at(4, NOW, waits=True, free_at=None) is None
    assert remediation.due_at(4, None, waits=False, free_at=None) is None, "nobody knows the anchor yet"


@pytest.mark.parametrize(("link", "good"), [
    ("https://wiki.example.org/a?b=1", True), ("http://10.0.0.1/x", True), ("javascript:alert(1)", False),
    ("https://", False), ("wiki.example.org", False), ("https://a b", False), ("https://[", False),
    ("https://a/" + "x" * 500, False), ("https://a/\u202ex", False),
])
def test_a_link_is_the_address_of_a_page(link: str, good: bool) -> None:
    assert remediation.is_link(link) is good
    assert ("proof_link" not in remediation.check_proof("", link, has_file=False)) is good


def test_a_proof_is_words_a_link_or_a_file() -> None:
    assert set(remediation.check_proof(" ", " ", has_file=False)) == {"proof_text"}
    assert remediation.check_proof("", "", has_file=True) == remediation.check_proof("Seen", "", has_file=False) == {}


def test_actions_that_wait_for_one_another_are_refused_with_the_way_round() -> None:
    titles = {1: "Stop", 2: "Look", 3: "Mend", 4: "Elsewhere", 5: "Prove"}
    waits = {2: [1], 3: [2], 5: [2, 3]}

    assert check_waits(3, [1, 2], titles, waits) == check_waits(4, [5], titles, waits) == {}
    assert check_waits(1, [4, 3], titles, waits) == {
        "waits_for": "These would wait for one another: “Stop” → “Mend” → “Look” → “Stop”."}
    assert "itself" in check_waits(1, [1], titles, waits)["waits_for"]
    assert "same case" in check_waits(1, [9], titles, waits)["waits_for"]
    assert why_not_done([]) == ""
    assert why_not_done(["Stop", "Look"]).startswith("It waits for “Stop”, “Look”.")


def test_what_keeps_a_case_open_are_mandatory_ones_and_reviews_that_are_due() -> None:
    before, later = NOW - timedelta(days=1), NOW + timedelta(days=1)
    facts = [
        ActionFacts(1, "Free", "open", mandatory=False, checked=False),
        ActionFacts(2, "Must", "open", mandatory=True, checked=False),
        ActionFacts(3, "Seen by nobody", "done", mandatory=True, checked=False, review_due_at=before),
        ActionFacts(4, "Waived by one", "not_needed", mandatory=True, checked=False),
        ActionFacts(5, "Does it work", "done", mandatory=False, checked=False, review_due_at=NOW),
        ActionFacts(6, "Later", "done", mandatory=True, checked=True, review_due_at=later),
        ActionFacts(7, "Reopened", "open", mandatory=False, checked=False, review_due_at=before),
    ]

    found = what_keeps_a_case_open(facts, NOW)

    assert [(one.number, one.why) for one in found] == [
        (2, Why.OPEN), (3, Why.UNCHECKED), (4, Why.UNCHECKED), (5, Why.REVIEW_DUE)]
    assert what_keeps_a_case_open(facts[5:], NOW) == ()
