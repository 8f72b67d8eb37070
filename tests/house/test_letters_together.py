"""The languages of the letters beside one another: the same facts, and each in its own script and direction."""

import unicodedata
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from incident_app.domain import notices as rules
from incident_app.domain.notices import CaseFacts, Facts, Reader, Text
from incident_app.services.notices import languages, wording
from incident_app.services.notices.wordings import library

AT = datetime(2026, 11, 3, 9, 5, tzinfo=ZoneInfo("America/St_Johns"))
CASE = CaseFacts(date(2026, 11, 5), date(2026, 11, 1), AT, True, True, True, tuple(library().data)[:4], "", True,
                 kind="ransomware", told="Berliner Beauftragte für Datenschutz", again_on=date(2026, 12, 1))
FACTS = Facts("Assistant bot", "Assistant Bot GmbH", "BR-2026-001", "Dana Vidal", "dpo@example.org", "+49 30 555 12-34",
              "https://example.org", kind="ransomware", categories=CASE.categories)
SCRIPTS = {"ar": "ARABIC", "ru": "CYRILLIC", "uk": "CYRILLIC"}
OPENS, CLOSES = "\u2066\u2068", "\u2069"


def drafts() -> dict[str, Text]:
    return {language: Text(*rules.compose(CASE, wording(language))) for language in languages()}


def test_a_notice_can_be_written_in_the_twelve_languages_of_the_people() -> None:
    assert languages() == ("ar", "de", "en", "es", "fr", "it", "nl", "pl", "pt", "ru", "tr", "uk")
    assert len({wording(language).label for language in languages()}) == 12


def test_every_draft_names_the_same_days_times_and_numbers() -> None:
    assert rules.differing_facts(drafts()) == dict.fromkeys(languages(), ())


@pytest.mark.parametrize("language", languages())
def test_what_is_closed_off_ends_on_its_own_line(language: str) -> None:
    # Given everything a person can read, of somebody whose name is of the other direction
    name = "Ann Lee" if rules.direction(language) == "rtl" else "ليلى"
    made = rules.render(drafts()[language], FACTS, Reader(name), wording(language)).telegram

    # Then each line closes what it opens, nothing stands within anything, and the name is closed off
    assert f"\u2068{name}\u2069" in made
    for line in made.splitlines():
        marks = [sign for sign in line if sign in OPENS + CLOSES]
        assert len(marks) % 2 == 0
        assert all((first in OPENS) != (second in OPENS) for first, second in pairwise(marks))
        assert not marks or marks[0] in OPENS


@pytest.mark.parametrize("language", languages())
def test_every_line_begins_in_the_direction_of_the_language(language: str) -> None:
    # Given a message as a phone shows it, which takes each line's direction from its first letter outside of isolates
    made = rules.render(drafts()[language], FACTS, Reader("Ann"), wording(language)).telegram

    for line in made.splitlines():
        outside, deep = [], 0
        for sign in line:
            deep += (sign in OPENS) - (sign in CLOSES)
            if not deep and unicodedata.bidirectional(sign) in {"L", "R", "AL"}:
                outside.append(unicodedata.bidirectional(sign))
        assert not outside or (outside[0] == "L") == (rules.direction(language) == "ltr"), line


@pytest.mark.parametrize("language", languages())
def test_every_word_is_of_the_script_of_its_language(language: str) -> None:
    known = {"IP", "PIN", "Telegram"}  # names that are written so everywhere
    words = wording(language)
    texts = [*words.steps.values(), *(f"{block.label} {block.consequence}" for block in words.blocks.values())]

    wrong = {word for text in texts for word in "".join(
        sign if sign.isalpha() else " " for sign in text if unicodedata.category(sign) != "Mn").split()
        if word not in known and not all(unicodedata.name(sign).startswith(SCRIPTS.get(language, "LATIN")) for sign in word)}
    assert wrong == set()
