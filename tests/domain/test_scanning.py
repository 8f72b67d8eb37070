"""What follows from what a scanner says."""

from datetime import timedelta

from incident_app.domain.ports import Bad, Clean, NotScanned
from incident_app.domain.scanning import (
    LATEST,
    SOONEST,
    ScanState,
    ask_again_after,
    said,
    state_after,
    words_of,
)


def test_a_scanner_that_is_away_is_said_in_words_and_asked_again() -> None:
    verdict = NotScanned("the scanner does not answer")

    assert state_after(verdict) is ScanState.WAITING
    assert said(state_after(verdict).value, words_of(verdict)) == "Not scanned: the scanner does not answer"
    assert said(ScanState.WAITING.value, "") == "Not scanned: no scanner has looked at it yet"


def test_a_file_no_scanner_takes_is_not_asked_about_again() -> None:
    assert state_after(NotScanned("it is too large", again=False)) is ScanState.SKIPPED


def test_what_was_found_is_named_and_what_was_not_is_not_called_harmless() -> None:
    assert said(state_after(Bad("Test.Signature")).value, words_of(Bad("Test.Signature"))) == "Found harmful: Test.Signature"
    assert said(state_after(Clean()).value, words_of(Clean())) == "Scanned: nothing found"
    assert len(words_of(Bad("x" * 500))) == 200


def test_the_longer_a_scanner_is_away_the_rarer_it_is_asked() -> None:
    assert [ask_again_after(timedelta(hours=age)) for age in (0, 2, 1000)] == [SOONEST, timedelta(hours=1), LATEST]
