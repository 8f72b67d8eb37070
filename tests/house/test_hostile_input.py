"""A corpus of bad inputs on every form and every endpoint: always an answer in words, and nothing half-saved."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from incident_app.web.plain_input import LONGEST_TEXT
from tests import databases
from tests.builders import ports_for_tests
from tests.fakes import FakeClock
from tests.house import hostile
from tests.house.full_house import FullHouse
from tests.house.onslaught import Onslaught

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile")]
SHARE = 151
"""One input of so many is tried at each place: every class comes by at every form, at another field each time."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullHouse]:
    """A house with everything in it, on SQLite."""
    clock = FakeClock()
    made = FullHouse(tmp_path_factory.mktemp("full"), ports_for_tests(clock), clock)
    yield made
    made.close()


@pytest.fixture
def onslaught(house: FullHouse) -> Onslaught:
    """Bad inputs, ready to be sent."""
    return Onslaught(house, SHARE)


def test_every_form_answers_in_words_and_keeps_nothing(onslaught: Onslaught) -> None:
    onslaught.every_field()

    assert onslaught.count > 700
    assert onslaught.wrong == {}
    assert onslaught.house.somebody_is_out() == []


def test_every_endpoint_answers_in_words_and_keeps_nothing(onslaught: Onslaught) -> None:
    onslaught.every_place()

    assert onslaught.tried > 5000
    assert onslaught.wrong == {}
    assert onslaught.house.somebody_is_out() == []


def test_every_bad_input_is_of_one_class() -> None:
    classed = [name for names in hostile.CLASSES.values() for name in names.split()]

    assert sorted(classed) == sorted(hostile.VALUES)


def test_whole_requests_that_nobody_would_send_are_answered(onslaught: Onslaught) -> None:
    onslaught.whole_requests()

    assert onslaught.count > 50
    assert onslaught.wrong == {}
    assert onslaught.house.somebody_is_out() == []


def test_addresses_that_nobody_would_type_lead_nowhere(onslaught: Onslaught) -> None:
    onslaught.addresses()

    assert onslaught.count > 20
    assert onslaught.wrong == {}
    assert onslaught.house.somebody_is_out() == []


def test_on_postgresql_too(tmp_path: Path, postgresql_base: str | None) -> None:
    # NUL, lone surrogates, numbers beyond 32 bits and overlong words are other errors there
    if postgresql_base is None:
        pytest.skip(databases.MISSING)
    url, clock = databases.make_database(postgresql_base), FakeClock()
    house = FullHouse(tmp_path, ports_for_tests(clock), clock, url)
    onslaught = Onslaught(house, SHARE * 3)

    onslaught.at_the_api()
    onslaught.addresses()
    onslaught.whole_requests()
    onslaught.at_forms()
    out = house.somebody_is_out()

    house.close()
    databases.drop_database(postgresql_base, url)
    assert onslaught.wrong == {}
    assert out == []


# ------------------------------------------------------------------------------------------------- and in which words


def _post(house: FullHouse, body: bytes, media: str = "application/json") -> tuple[int, dict[str, str]]:
    answer = house.app.test_client().post("/api/v1/cases", data=body, content_type=media,
                                          headers={"Authorization": f"Bearer {house.token}"})
    return answer.status_code, answer.get_json()["problems"]


@pytest.mark.parametrize(("body", "words"), [
    (b'{"title":"a","title":"b"}', "twice"), (b"[" * hostile.DEEP, "deep"), (b'{"a":' * 60 + b"1" + b"}" * 60, "deep"),
    (b'{"version":' + b"9" * 30 + b"}", "64 bit"), (b'{"a":1e999}', "too large"), (b'{"a":NaN}', "no number"),
    (b'{"title":"\xff"}', "UTF-8"), (b"{", "not JSON"), (b'{"title":"a\\u0000"}', "control characters"),
    (b'{"title":"\\ud800"}', "control characters"), (b'{"\\u0000":1}', "control characters"),
    (json.dumps({"title": "x" * (LONGEST_TEXT + 1)}).encode(), "At most"),
])
def test_what_is_no_plain_json_is_refused_and_says_why(house: FullHouse, body: bytes, words: str) -> None:
    status, problems = _post(house, body)

    assert status == 422
    assert words in " ".join(problems.values())


def test_a_body_beyond_a_megabyte_is_too_large(house: FullHouse) -> None:
    answer = house.app.test_client().post("/api/v1/cases", data=b'"' + b"x" * 1_100_000 + b'"',
                                          content_type="application/json", headers={"Authorization": f"Bearer {house.token}"})

    assert answer.status_code == 413


def test_ten_thousand_fields_and_an_endless_address_are_too_much(house: FullHouse) -> None:
    many = house.browser.post("/cases/new", data=hostile.BODIES["many"][0], content_type="application/x-www-form-urlencoded")
    long = house.browser.get("/register?q=" + "x" * 100_000)

    assert (many.status_code, long.status_code) == (413, 414)


@pytest.mark.parametrize("name", ["a\nb.csv", "a\rb.csv", "a\x00.csv"])
def test_a_file_has_a_name_of_one_line(house: FullHouse, name: str) -> None:
    body = f'--x\r\nContent-Disposition: form-data; name="file"; filename*=UTF-8\'\'{"".join(f"%{ord(one):02x}" for one in name)}\r\n\r\na\r\n--x--\r\n'
    answer = house.browser.post(f"/cases/{house.ref}/evidence", data=body.encode(), content_type="multipart/form-data; boundary=x")

    assert answer.status_code == 422


# ------------------------------------------------------------------------------------- user text is never a program

TEMPLATES = Path(__file__).with_name("template_strings.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("words", TEMPLATES)
def test_a_title_that_looks_like_a_program_is_only_words(house: FullHouse, words: str) -> None:
    # Given a case whose title is what template engines would run
    breach = {"title": words, "aware_at": house.clock.now().isoformat(), "zone": "Europe/Berlin", "aware_source": words}
    status, case = house.first("POST", "/cases", breach)
    assert status == 201, case

    # Then page and answer hold it letter by letter, and nothing was worked out
    page = house.browser.get(f"/cases/{case['ref']}").text
    house.put_back()
    assert case["title"] == words.strip()
    assert escaped(words.strip()) in page
    assert not re.search(r"\b(49|7777777|1787569)\b", page)


def escaped(words: str) -> str:
    """Return words as a page holds them."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;").replace('"', "&#34;")
