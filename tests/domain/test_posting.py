"""Who may take a file of letters, and when."""

from datetime import timedelta

import pytest

from incident_app.domain.posting import ASKED, BROKEN, CONFIRMED, DONE, REFUSED, TAKEN, WINDOW, Stand
from tests.fakes import START

OPEN = START + WINDOW


@pytest.mark.parametrize(("stand", "actor", "words"), [
    (Stand(ASKED, 1), 1, "second approver"), (Stand(REFUSED, 1, 2), 1, "sent back"), (Stand(DONE, 1, 2, OPEN), 1, "twice"),
    (Stand(TAKEN, 1, 2, OPEN), 1, "twice"), (Stand(CONFIRMED, 1, 2, START), 1, "quarter of an hour"),
    (Stand(CONFIRMED, 1, 2, OPEN), 3, "two people"), (Stand(CONFIRMED, 1, 2, OPEN), 1, ""),
    (Stand(CONFIRMED, 1, 2, OPEN), 2, ""),
])
def test_the_two_who_let_it_out_may_take_it_once_within_a_quarter_of_an_hour(
    stand: Stand, actor: int, words: str
) -> None:
    found = stand.why_not_take(actor, START)

    assert words in (found or "")
    assert (found is None) is (words == "")


@pytest.mark.parametrize(("stand", "waits"), [
    (Stand(ASKED, 1), True), (Stand(CONFIRMED, 1, 2, OPEN), True), (Stand(TAKEN, 1, 2, OPEN), True),
    (Stand(CONFIRMED, 1, 2, START - timedelta(seconds=1)), False), (Stand(TAKEN, 1, 2), False),
    (Stand(DONE, 1, 2, OPEN), False), (Stand(BROKEN, 1, 2, OPEN), False), (Stand(REFUSED, 1, 2), False),
])
def test_no_other_is_asked_for_while_something_can_come_of_it(stand: Stand, waits: bool) -> None:
    assert stand.waits(START) is waits
