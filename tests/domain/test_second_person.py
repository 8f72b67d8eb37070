"""Who may be the second person, and until when."""

from datetime import timedelta

from incident_app.domain.second_person import LIVES, lapsed, why_not_answer
from tests.fakes import START


def test_a_request_waits_for_a_day() -> None:
    assert not lapsed(START, START + LIVES - timedelta(seconds=1))
    assert lapsed(START, START + LIVES)


def test_the_second_person_is_somebody_who_had_no_hand_in_it() -> None:
    assert why_not_answer(1, 2, frozenset({3})) is None
    assert why_not_answer(2, 2, frozenset()) == "You asked for this. A second person decides it."
    assert "had a hand" in (why_not_answer(3, 2, frozenset({3})) or "")
