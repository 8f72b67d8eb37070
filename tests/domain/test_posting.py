"""Who may take a file of letters, and when."""

from datetime import timedelta

import pytest

from incident_app.domain import posting as rules
from incident_app.domain.posting import ASKED, BROKEN, CONFIRMED, DONE, REFUSED, TAKEN, WINDOW, Stand
from incident_app.domain.refusals import Refused
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


def test_printed_letters_wait_until_somebody_says_what_became_of_them() -> None:
    def stand(state: str) -> rules.Stand:
        return rules.Stand(state, 1, 2, None, rules.PRINTED)

    assert [state for state in ("asked", "confirmed", "making", "made", "failed", "handed", "dropped", "refused")
            if stand(state).waits(START)] == ["asked", "confirmed", "making", "made"]
    assert stand("confirmed").why_not_take(1, START) == stand("making").why_not_take(1, START) == rules.STILL_MAKING
    assert stand("made").why_not_take(1, START) is stand("made").why_not_take(2, START) is None
    assert stand("made").why_not_take(3, START) == rules.NOT_YOURS
    assert "twice" in (stand("handed").why_not_take(1, START) or "")


def test_the_window_is_where_the_envelopes_of_a_country_have_it() -> None:
    assert (rules.side_for("DE"), rules.side_for("FR"), rules.side_for("")) == ("left", "right", "left")


def test_people_whose_letters_were_not_posted_are_named_as_on_the_letters() -> None:
    assert rules.read_labels("P-00012, 7\np-3;12") == {3, 7, 12}
    assert rules.read_labels("  ") == frozenset()
    for text in ("P-", "Ann", "P-12345678901", "-4", "²"):
        with pytest.raises(Refused) as refused:
            rules.read_labels(text)
        assert "P-00012" in refused.value.problems["left_out"]
