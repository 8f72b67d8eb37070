"""How moments, spans and numbers are written."""

from datetime import UTC, date, datetime, timedelta

import pytest
from markupsafe import Markup

from incident_app.web import filters

AT = datetime(2026, 11, 24, 8, 40, tzinfo=UTC)


def test_a_moment_is_absolute_and_carries_its_zone() -> None:
    assert filters.moment(AT, "Europe/Madrid") == "Tue 24 Nov 2026 09:40 CET"
    assert filters.moment(AT) == "Tue 24 Nov 2026 08:40 UTC"
    assert filters.moment(datetime(2026, 7, 4, 22, 30, tzinfo=UTC), "Europe/Madrid") == "Sun 5 Jul 2026 00:30 CEST"


def test_a_short_moment_leaves_out_only_the_year() -> None:
    assert filters.short(AT, "Europe/Madrid") == "Tue 24 Nov 09:40 CET"
    assert filters.hour(AT, "America/Sao_Paulo") == "05:40"
    assert filters.full_date(date(2026, 11, 4)) == "4 Nov 2026"


def test_the_day_is_the_day_of_the_zone() -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)

    assert filters.day(late) == "Tue 24 Nov"
    assert filters.day(late, "Europe/Moscow") == "Wed 25 Nov"


@pytest.mark.parametrize("write", [filters.moment, filters.short, filters.day, filters.hour])
def test_no_moment_is_a_dash(write: filters.Written) -> None:
    assert write(None) == "–"


def test_no_date_is_a_dash() -> None:
    assert filters.full_date(None) == "–"


@pytest.mark.parametrize(("time", "words"), [
    (timedelta(0), "0 min"),
    (timedelta(minutes=2, seconds=59), "2 min"),
    (timedelta(hours=11, minutes=24), "11 h 24 min"),
    (timedelta(hours=95, minutes=59), "95 h 59 min"),
    (timedelta(days=4), "4 d 0 h"),
    (timedelta(days=-5, hours=-3), "5 d 3 h"),
])
def test_a_span_is_never_negative_and_grows_coarser(time: timedelta, words: str) -> None:
    assert filters.span(time) == words


def test_digits_are_grouped_by_thin_spaces() -> None:
    assert filters.thousands(1_234_567) == "1\u202f234\u202f567"
    assert filters.thousands(9) == "9"
    assert filters.thousands("4.0") == "4.0"


@pytest.mark.parametrize(("part", "whole", "digits", "words"), [
    (62, 100, 0, "62\u202f%"),
    (0, 10, 0, "0\u202f%"),
    (10, 10, 0, "100\u202f%"),
    (9_999, 10_000, 0, "99\u202f%"),
    (9_999.9, 10_000, 1, "99.9\u202f%"),
    (1, 10_000, 0, "1\u202f%"),
    (0, 0, 0, "–"),
])
def test_nearly_all_is_not_all_and_hardly_any_is_not_none(part: float, whole: float, digits: int, words: str) -> None:
    assert filters.percent(part, whole, digits) == words


def test_one_of_a_thing_is_singular() -> None:
    assert filters.plural(1, "case") == "1 case"
    assert filters.plural(2, "case") == "2 cases"
    assert filters.plural(0, "person", "people") == "0 people"


def test_initials_are_two_letters() -> None:
    assert filters.initials("Ada Approver") == "AA"
    assert filters.initials("sender") == "SE"


def test_a_squeezed_list_says_the_same_with_less_white_space() -> None:
    assert filters.squeeze(Markup("<tr>\n    <td>a b</td>\n\n      <td>c</td>\n</tr>")) == "<tr>\n<td>a b</td>\n<td>c</td>\n</tr>"


def test_countries_and_languages_stand_by_name() -> None:
    assert filters.countries(["ES", "de", "XQ"]) == "Spain, Germany, XQ"
    assert filters.country("RU") == "Russia"
    assert filters.country("US-CA") == "United States (CA)"
    assert filters.country("XQ-AB") == "XQ-AB"
    assert filters.language("es") == "Spanish"
    assert filters.language("tlh-x") == "tlh-x"
    assert filters.language("") == ""


def test_a_telephone_number_stays_on_one_line() -> None:
    assert filters.unbroken("Call +34 910 000 000 by 3 May") == "Call +34\u00a0910\u00a0000\u00a0000 by 3 May"


@pytest.mark.parametrize(("time", "words"), [
    (timedelta(days=7), "7 d"), (timedelta(hours=48), "48 h"), (timedelta(hours=20), "20 h"), (timedelta(hours=5, minutes=27), "5 h 27 min"),
    (timedelta(days=4, hours=10), "4 d 10 h"), (timedelta(hours=2, minutes=10), "2 h 10 min"), (timedelta(0), "0 min")])
def test_the_length_of_a_shift_says_nothing_of_what_is_zero(time: timedelta, words: str) -> None:
    assert filters.lasts(time) == words
