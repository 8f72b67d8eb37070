"""Days and moments as each person's country writes them: every language, with everything known and with next to nothing."""

import re
from dataclasses import replace
from datetime import date

import pytest

from incident_app.domain import notices as rules
from incident_app.domain.notices import Facts, Reader, Text, compose
from incident_app.domain.recipients import Contact
from incident_app.services.deliveries.printing import Press, Words
from incident_app.services.notices import languages, wording
from incident_app.services.notices.times import day_in, times_of, uses_times, zone_of
from incident_app.services.public_words import public_languages, spell
from tests.fakes import FakeLetters
from tests.house.test_letters import NOTHING, SHARED, barest, fullest

FULL = replace(SHARED, aware_on="2026-11-23", occurred_on="2026-11-20", contained_at="2026-11-24T23:05+01:00", zone="Europe/Berlin")
BARE = replace(NOTHING, aware_on="2026-11-23", zone="Europe/Berlin")
HOLE = re.compile(r"\(\(|\)\)|[{}]|  |\bNone\b")


@pytest.mark.parametrize(("language", "country", "day", "moment"), [
    ("en", "", "20 November 2026", "24 November 2026 at 23:05 (Central European Standard Time)"),
    ("en", "GB", "20 November 2026", "24 November 2026 at 22:05 (Greenwich Mean Time)"),
    ("en", "US", "November 20, 2026", "November 24, 2026 at 11:05\u00a0PM (Central European Standard Time)"),
    ("en", "IN", "20 November 2026", "25 November 2026 at 3:35\u00a0am (India Standard Time)"),
    ("de", "DE", "20. November 2026", "24. November 2026 um 23:05 Uhr (Mitteleuropäische Normalzeit)"),
    ("de", "FR", "20. November 2026", "24. November 2026 um 23:05 Uhr (Mitteleuropäische Normalzeit)"),
    ("pt", "PT", "20 de novembro de 2026", "24 de novembro de 2026, às 22:05 (Hora padrão da Europa Ocidental)"),
    ("pt", "BR", "20 de novembro de 2026", "24 de novembro de 2026, às 23:05 (Horário Padrão da Europa Central)"),
    ("uk", "UA", "20 листопада 2026\u00a0р.", "25 листопада 2026\u00a0р. о 00:05 (за східноєвропейським стандартним часом)"),
    ("ar", "EG", "20 نوفمبر 2026", "25 نوفمبر 2026 الساعة 12:05 ص (توقيت شرق أوروبا الرسمي)"),
    ("en", "TR", "20 November 2026", "25 November 2026 at 01:05 (UTC+3)"),
    ("ar", "SY", "20 تشرين الثاني 2026", None),
])
def test_a_moment_is_told_in_the_persons_time_and_the_zone_is_named(language: str, country: str, day: str, moment: str | None) -> None:
    told = times_of(FULL, language, country)

    assert told["occurred_on"] == day
    assert moment is None or told["contained_at"].replace("\u202f", "\u00a0") == moment


@pytest.mark.parametrize(("country", "summer"), [
    ("DE", "Central European Summer Time"), ("GB", "British Summer Time"), ("IE", "Irish Standard Time"), ("IN", "India Standard Time"),
])
def test_summer_time_is_called_so(country: str, summer: str) -> None:
    facts = Facts("x", "x", "x", contained_at="2026-07-24T23:05+02:00", zone="Europe/Berlin")

    assert times_of(facts, "en", country)["contained_at"].endswith(f"({summer})")


def test_a_day_stays_the_day_of_the_case_wherever_it_is_read() -> None:
    assert times_of(FULL, "en", "JP")["occurred_on"].startswith("20")
    assert times_of(FULL, "en", "JP")["contained_at"].startswith("25")
    assert day_in(date(2026, 1, 2), "de", "AT") == "2. Jänner 2026"
    assert day_in(date(2026, 1, 2), "de", "DE") == "2. Januar 2026"


@pytest.mark.parametrize(("language", "country", "first"), [
    ("fr", "", "1er décembre 2026"), ("fr", "FR", "1er décembre 2026"), ("fr", "CA", "1er décembre 2026"),
    ("it", "", "1º dicembre 2026"), ("it", "CH", "1º dicembre 2026"),
    ("pt", "", "1º de dezembro de 2026"), ("pt", "BR", "1º de dezembro de 2026"), ("pt", "PT", "1 de dezembro de 2026"),
    ("es", "ES", "1 de diciembre de 2026"), ("de", "DE", "1. Dezember 2026"),
])
def test_the_first_of_a_month_is_called_as_the_language_calls_it(language: str, country: str, first: str) -> None:
    assert day_in(date(2026, 12, 1), language, country) == first
    assert day_in(date(2026, 12, 11), language, country).startswith("11")
    if not country and language in public_languages():
        assert spell(date(2026, 12, 1), language) == first


def test_a_country_with_several_main_zones_has_none_of_its_own() -> None:
    assert [zone_of(country) for country in ("DE", "ES", "UA", "JP", "US", "RU", "BR", "", "ZZ")] == [
        "Europe/Berlin", "Europe/Madrid", "Europe/Kyiv", "Asia/Tokyo", None, None, None, None, None]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("country", ["", "DE", "US", "EG", "BR"])
def test_every_language_says_them_with_the_fullest_and_the_barest_facts(language: str, country: str) -> None:
    words = wording(language)
    for case, facts in ((fullest("health"), FULL), (barest("health"), BARE)):
        text = Text(*compose(replace(case, own_times=True), words))
        assert uses_times([text])
        made = rules.render(text, facts, Reader("Ann", times=times_of(facts, language, country)), words)
        assert not HOLE.search(made.telegram), made.telegram
        assert made.body.count("2026") == (4 if facts is FULL else 2)  # the reference of the case is one
        # And where no country is known to the words, the language alone still says them
        assert not HOLE.search(rules.render(text, facts, Reader("Ann"), words).telegram)


def test_texts_without_such_fields_are_the_same_everywhere() -> None:
    assert not uses_times([Text("News", "On 20 November")])
    assert uses_times([Text("News of ((aware_on))", "x")])
    assert times_of(NOTHING, "en", "DE") == {"aware_on": "", "occurred_on": "", "contained_at": "", "authority": ""}


def test_two_people_of_one_language_read_the_moment_each_in_their_own_time() -> None:
    # Given a text that says since when it is under control, and two readers of English
    words = Words({"en": Text("News", "Since ((contained_at)).")}, FULL, "en")
    press = Press(words, FakeLetters())

    london, delhi, nowhere = (press.message("1", "telegram", "en", Contact(), country=country).text for country in ("GB", "IN", ""))

    # Then each reads it in their own time, and who has no country in that of the case
    assert "at 22:05 (Greenwich Mean Time)" in london
    assert "(India Standard Time)" in delhi
    assert "(Central European Standard Time)" in nowhere
    # And a text that is the same everywhere is laid out once
    plain = Press(Words({"en": Text("News", "Hello")}, FULL, "en"), FakeLetters())
    for country in ("GB", "IN"):
        plain.message("1", "telegram", "en", Contact(), country=country)
    assert len(plain.made) == 1
