"""The language of a person: how lists write it, and what is none."""

import pytest

from incident_app.domain import recipients as rules
from incident_app.domain.notices.languages import NEAR
from incident_app.domain.recipients import Sieve
from incident_app.domain.recipients.cells import clean_language
from incident_app.domain.recipients.languages import LANGUAGES, SHORTER

WRITTEN = ("ar", "de", "en", "es", "fr", "it", "nl", "pl", "pt", "ru", "tr", "uk")


@pytest.mark.parametrize(("given", "expected"), [
    ("DE", "de"), ("pt-BR", "pt"), ("zh_Hans", "zh"), ("", ""), ("ara", "ar"), ("GER", "de"), ("ukr-UA", "uk"), ("arz", "arz"),
    ("sv", "sv"), ("swe", "sv"), ("cmn", "zh"), ("iw-IL", "he"), ("gsw", "gsw"), ("und", ""),
    ("mul", ""), ("mis", ""), ("ZXX", ""), ("mo", "ro"), ("mo-MD", "ro"), ("mol", "ro"),
])
def test_a_language_is_its_first_part(given: str, expected: str) -> None:
    assert clean_language(given) == expected


@pytest.mark.parametrize("bad", ["xx", "qqq", "zz-DE", "English", "deutsch", "qaa"])
def test_what_is_no_language_is_named_and_the_person_is_kept(bad: str) -> None:
    sieve = Sieve()
    table = rules.table([f"email,language\nann@example.org,{bad}\nbob@example.org,sv\n"])

    people = list(sieve.people(table))

    assert [(person.email, person.language) for person in people] == [("ann@example.org", ""), ("bob@example.org", "sv")]
    problem, = sieve.problems
    assert (problem.line, problem.column, problem.refused) == (2, "language", False)
    assert "it is left out, the person is kept" in problem.words


def test_every_language_there_is_a_text_in_is_known_and_so_is_what_stands_for_one() -> None:
    assert {clean_language(code) for code in WRITTEN} <= LANGUAGES
    assert all(clean_language(code) for code in NEAR)
    assert set(SHORTER.values()) <= LANGUAGES
    assert not SHORTER.keys() & LANGUAGES
