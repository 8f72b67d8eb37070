"""Every language has words for every kind of data and of breach, and every draft of them is whole, short and plain."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from incident_app.domain import notices as rules
from incident_app.domain.notices import CaseFacts, Facts, Reader, Text
from incident_app.paths import PACKAGE, data_dir
from incident_app.services.notices import languages, wording
from incident_app.services.notices.wordings import library
from incident_app.services.place_files import places

FOLDER = data_dir("templates") / "letters"
KINDS = tuple(library().data)
INCIDENTS = tuple(library().incident)
MOST_WORDS, LONGEST_LETTER, BAREST_LETTER = 20, 350, 200
DIFFER = {"formats", "banned", "headings", "label"}  # what a language has in its own way
_SENTENCE = re.compile(r"[.!?…؟:;]+(?:[»”\"]?\s|$)|\n+")
_MARK = re.compile(r"\(\([^()]*\)\)|\{[^{}]*\}")
_HOLE = re.compile(r"\(\(|\)\)|[{}]|  | [.,;](?:\s|$)|:\s*[.,]|\.\.|,\s*[.,]|^-\s*$", re.MULTILINE)
AUTHORITY = "Agencia Española de Protección de Datos"
SHARED = Facts("Assistant bot", "Assistant Bot GmbH", "BR-2026-001", "Dana Vidal", "dpo@example.org", "+49 30 555",
               "https://example.org", kind="lost-device")
NOTHING = Facts("Assistant bot", "Assistant bot", "BR-2026-001")


def raw(language: str) -> dict[str, Any]:
    """Return the file of a language as it is."""
    return tomllib.loads((FOLDER / language / "words.toml").read_text(encoding="utf-8"))


def texts(table: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a file with its place."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from texts(value, f"{above}{name}.")
        elif isinstance(value, str):
            yield f"{above}{name}", value


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [one for one in _SENTENCE.split(text) if one.strip()]


def fullest(*kinds: str, incident: str = "lost-device", personal: bool = False) -> CaseFacts:
    """Return a case of which everything is known and everything was done."""
    return CaseFacts(date(2026, 11, 23), date(2026, 11, 20), datetime(2026, 11, 24, 14, 5, tzinfo=UTC), True, True, True,
                     kinds, "", True, kind=incident, authority=AUTHORITY, told=AUTHORITY, personal=personal)


def barest(*kinds: str, incident: str = "other", personal: bool = False) -> CaseFacts:
    """Return a case of which next to nothing is known."""
    return CaseFacts(date(2026, 11, 23), categories=kinds, kind=incident, personal=personal, dpo=False, website=False)


def drafts(language: str, *kinds: str) -> Iterator[str]:
    """Yield what a person reads: the fullest and the barest draft, by the case and by their own data."""
    words = wording(language)
    for personal in (False, True):
        reader = Reader("Ann", kinds) if personal else Reader("Ann")
        full = fullest(*kinds, personal=personal), SHARED, reader
        bare = barest(*kinds, personal=personal), NOTHING, Reader("", kinds)
        for case, facts, who in (full, bare):
            text = Text(*rules.compose(case, words))
            yield rules.render(text, replace(facts, categories=kinds), who, words).telegram


def test_the_library_is_of_the_kinds_of_data_and_of_breach_that_the_house_knows() -> None:
    known = tomllib.loads((PACKAGE / "law" / "categories.toml").read_text(encoding="utf-8"))["category"]
    runbooks = {path.stem for path in data_dir("runbooks").glob("*.md")}
    used = {step for steps in [*library().data.values(), *library().incident.values()] for step in steps}

    assert set(KINDS) == {one["id"] for one in known}
    assert set(INCIDENTS) == runbooks
    assert library().read <= runbooks
    assert all(1 <= len(steps) <= 4 for steps in library().data.values())
    assert sorted(library().order) == sorted(used | {"beware"})


@pytest.mark.parametrize("language", languages())
class TestEveryLanguage:
    """What holds for each file."""

    def test_has_the_same_entries_as_the_english_one(self, language: str) -> None:
        ours, english = dict(texts(raw(language))), dict(texts(raw("en")))

        assert set(ours) - {"formats.first"} == set(english)  # few languages call the first of a month anything but 1
        assert [name for name, text in ours.items() if not text.strip()] == ["incident.other"]
        assert len(set(raw(language)["formats"]["months"])) == 12
        assert raw(language)["banned"]

    def test_has_the_same_words_for_everybody_as_the_english_one(self, language: str) -> None:
        ours, english = (dict(texts(tomllib.loads((FOLDER / one / "public.toml").read_text(encoding="utf-8")))) for one in (language, "en"))

        assert {name: sorted(_MARK.findall(text)) for name, text in ours.items()} == {
            name: sorted(_MARK.findall(text)) for name, text in english.items()}
        assert [one for text in ours.values() for one in sentences(text) if len(one.split()) > MOST_WORDS] == []
        assert language == "en" or not set(ours.values()) & set(english.values())

    def test_begins_no_sentence_in_capitals_after_a_colon(self, language: str) -> None:
        intro = raw(language)["consequences"]["intro"]

        assert intro[-1] == (":" if language in {"en", "de", "ar"} else ".")  # their own rules for it, or no capitals at all

    def test_keeps_every_field_and_every_placeholder(self, language: str) -> None:
        ours, english = dict(texts(raw(language))), dict(texts(raw("en")))

        wrong = {name: text for name, text in ours.items() if name.partition(".")[0] not in DIFFER
                 and sorted(_MARK.findall(text)) != sorted(_MARK.findall(english[name]))}
        assert wrong == {}
        assert not rules.unknown_fields("\n".join(ours.values()))

    def test_has_words_for_every_step_and_every_kind(self, language: str) -> None:
        words = wording(language)

        assert set(words.steps) == set(library().order)
        assert set(words.blocks) == set(KINDS)
        assert set(words.incident) == set(INCIDENTS)
        assert len({block.label for block in words.blocks.values()}) == len(KINDS)
        assert not [block.label for block in words.blocks.values() if re.search(r"[,،;؛.]", block.label)]

    def test_says_nothing_in_more_than_twenty_words(self, language: str) -> None:
        long = {name: one for name, text in texts(raw(language)) if not name.startswith("formats")
                for one in sentences(text) if len(one.split()) > MOST_WORDS}

        assert long == {}

    def test_says_no_empty_phrase(self, language: str) -> None:
        words = wording(language)
        whole = "\n".join(text for _, text in texts(raw(language))).casefold()

        assert [phrase for phrase in words.banned if phrase.casefold() in whole] == []

    def test_drafts_every_kind_of_data_without_a_hole(self, language: str) -> None:
        words = wording(language)
        for kind in KINDS:
            for made in drafts(language, kind):
                assert not _HOLE.search(made), (kind, _HOLE.search(made), made)
                assert words.blocks[kind].label in made
                assert words.blocks[kind].consequence in made
                assert words.steps[library().data[kind][0]] in made
                assert len(made) <= 4096

    def test_drafts_every_kind_of_breach_without_a_hole(self, language: str) -> None:
        words = wording(language)
        for incident in INCIDENTS:
            for case, facts in ((fullest("contact", incident=incident), SHARED), (barest(incident=incident), NOTHING)):
                made = rules.render(Text(*rules.compose(case, words)), facts, Reader(), words).telegram
                assert not _HOLE.search(made), (incident, _HOLE.search(made), made)
                assert words.incident[incident] in made

    def test_drafts_pass_the_check_and_keep_sentences_short(self, language: str) -> None:
        words = wording(language)
        text = Text(*rules.compose(fullest(*KINDS[:3]), words))
        found = rules.check_text(text, words, rules.longest_values(SHARED, [Reader("Ann")], words))

        assert found.problems == ()
        assert all(part.ok for part in found.parts)
        assert not [one for one in sentences(text.body) if len(one.split()) > MOST_WORDS]

    def test_is_read_in_a_minute_or_two(self, language: str) -> None:
        words = wording(language)
        triples = [KINDS[start:start + 3] for start in range(len(KINDS) - 2)]
        lengths = [len(rules.compose(fullest(*kinds), words)[1].split()) for kinds in triples]
        bare = len(rules.compose(barest(), words)[1].split())

        assert max(lengths) <= LONGEST_LETTER, max(lengths)
        assert bare <= BAREST_LETTER


def test_one_sentence_of_a_turkish_letter_names_the_website_and_the_country_is_called_as_its_people_call_it() -> None:
    turkish, place = wording("tr"), places()["TR"]
    asked, silent = (Text(*rules.compose(replace(fullest(), website=there), turkish)) for there in (True, False))

    assert rules.for_place(asked, turkish, place, ()).body.count("((website))") == 1
    assert rules.for_place(silent, turkish, place, ()).body.count("((website))") == 1
    assert wording("tr-TR").label == "Türkçe, Türkiye"


def test_portuguese_is_what_brazilians_write_too() -> None:
    # Given everything a letter, a page or a place says in Portuguese
    files = [*(FOLDER / "pt").glob("*.toml"), data_dir("templates") / "public" / "words" / "pt.toml", PACKAGE / "law" / "places" / "BR.toml"]
    whole = "\n".join(one.read_text(encoding="utf-8") for one in files)

    # Then no form of Portugal alone stands there
    found = re.search(r"\w+-lhe\b|\w+ámos\b|\bsobre si\b|\bvoss[oa]s?\b|\bpara vós\b|\bIntroduza\b|\bficheiro|palavras-passe", whole)
    assert found is None, found
