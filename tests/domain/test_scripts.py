"""Both directions of writing: what is put into a text stays whole, and nothing around it moves."""

from dataclasses import replace

import pytest

from incident_app.domain import notices as rules
from incident_app.domain.notices import Facts, Reader, Text
from incident_app.domain.notices.scripts import comma, direction, isolated
from incident_app.services.notices import wording

ARABIC = replace(wording("en"), language="ar")
FACTS = Facts("Assistant bot", "Assistant Bot GmbH", "BR-2026-001", "سارة حداد", "dpo@example.org", "+49 30 555", "example.org",
              ("health", "location"))


def test_a_language_is_written_in_one_direction_whatever_its_region() -> None:
    assert [direction(code) for code in ("ar", "ar-EG", "fa_IR", "he", "de", "tr", "uk")] == ["rtl"] * 4 + ["ltr"] * 3
    assert [comma(code) for code in ("ar", "he", "tr")] == ["، ", ", ", ", "]


@pytest.mark.parametrize(("value", "language", "expected"), [
    ("Ann", "en", "Ann"),
    ("Zoë", "de", "Zoë"),
    ("ليلى", "de", "\u2068ليلى\u2069"),
    ("Ann", "ar", "\u2068Ann\u2069"),
    ("ليلى", "ar", "\u2068ليلى\u2069"),
    ("", "ar", ""),
    ("\u202egnp.exe\u2069", "ar", "\u2068gnp.exe\u2069"),
    ("\u2067a", "en", "a"),
])
def test_a_value_is_closed_off_where_it_could_move(value: str, language: str, expected: str) -> None:
    assert isolated(value, language) == expected


def test_addresses_and_numbers_run_from_left_to_right_everywhere() -> None:
    assert isolated("+49 30 555", "ar", left_to_right=True) == "\u2066+49 30 555\u2069"
    assert isolated("+49 30 555", "en", left_to_right=True) == "+49 30 555"


def test_a_letter_from_right_to_left_keeps_foreign_words_whole() -> None:
    # Given an Arabic text that names the service, the officer and the reference
    text = Text("بياناتك في ((service))", "مرحبًا ((name))،\n((dpo)) — ((case_ref)). ((data_kinds))")

    # When it is filled in for somebody with a Latin name
    made = rules.render(text, FACTS, Reader("Ann"), ARABIC)

    # Then each value stands closed off, and lists have Arabic commas
    assert made.subject == "بياناتك في \u2068Assistant bot\u2069"
    assert made.body.startswith("مرحبًا \u2068Ann\u2069،\n\u2068سارة حداد\u2069، \u2066dpo@example.org\u2069، \u2066+49 30 555\u2069 — "
                                "\u2066BR-2026-001\u2069.")
    assert "، " in made.values["data_kinds"]
    # And what is empty leaves nothing behind
    assert rules.render(text, replace(FACTS, dpo_phone="", dpo_name=""), Reader(), ARABIC).body.startswith(
        "مرحبًا،\n\u2066dpo@example.org\u2069 — ")
    # And a drill says so in the words of the language
    spoken = replace(ARABIC, drill="هذا تمرين")
    assert rules.render(text, replace(FACTS, drill=True), Reader(), spoken).subject.startswith("هذا تمرين. ")


def test_an_arabic_name_in_a_german_letter_is_closed_off_and_a_german_one_left_alone() -> None:
    german = wording("de")

    assert rules.render(Text("x", "Hallo ((name)), 3 Fragen"), FACTS, Reader("ليلى"), german).body == "Hallo \u2068ليلى\u2069, 3 Fragen"
    assert rules.render(Text("x", "Hallo ((name)),"), FACTS, Reader("Jörg"), german).body == "Hallo Jörg,"


@pytest.mark.parametrize(("own", "written", "fallback", "expected"), [
    ("de", ("en", "de"), "en", "de"),
    ("pt-BR", ("en", "pt"), "en", "pt"),
    ("pt-BR", ("pt-BR", "pt"), "en", "pt-BR"),
    ("ar_EG", ("en", "ar"), "en", "ar"),
    ("arz", ("en", "ar"), "en", "ar"),
    ("ca", ("de", "en", "es"), "de", "es"),
    ("ca", ("de", "en"), "de", "de"),
    ("lb", ("en", "de"), "en", "de"),
    ("lb", ("en", "de", "fr"), "en", "fr"),
    ("ku", ("en", "tr"), "en", "en"),
    ("uk", ("en", "ru"), "en", "en"),
    ("ru", ("en", "uk"), "en", "en"),
    ("tlh", ("de", "en"), "de-AT", "de"),
    ("", ("de", "en"), "de", "de"),
    ("tlh", ("en", "fr"), "de", "en"),
    ("tlh", ("fr",), "de", "fr"),
    ("tlh", (), "de", "de"),
])
def test_who_has_no_text_in_their_language_gets_the_nearest_they_can_read(
    own: str, written: tuple[str, ...], fallback: str, expected: str
) -> None:
    assert rules.language_for(own, written, fallback) == expected


def test_who_is_told_in_another_language_is_counted_by_it() -> None:
    counts = {"de": 5, "sv": 12, "ca": 2, "": 3, "uk": 1}

    assert rules.told_otherwise(counts, ("de", "en", "es", "uk"), "en") == {"en": {"sv": 12, "": 3}, "es": {"ca": 2}}
    assert rules.told_otherwise({"de": 5}, ("de", "en"), "en") == {}
