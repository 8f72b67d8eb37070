"""The code of a message: made, read as people type it, wrong signs found, and where it is checked."""

import string
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain.notices import (
    Envelope,
    Facts,
    Reader,
    Text,
    check_address,
    new_code,
    read_code,
    render,
    spoken,
)
from incident_app.domain.notices.codes import ALPHABET, LENGTH
from incident_app.services.notices import wording


def made_of(signs: list[str]) -> str:
    """Return the code of these signs."""
    left = iter(signs)
    return new_code(lambda _alphabet: next(left))


codes = st.lists(st.sampled_from(ALPHABET), min_size=LENGTH - 1, max_size=LENGTH - 1).map(made_of)


@given(codes)
def test_a_code_is_read_as_people_type_it(code: str) -> None:
    shown = spoken(code)

    assert len(shown) == LENGTH + 1
    assert {read_code(typed) for typed in (
        shown, shown.lower(), code, f" {shown} ", shown.replace("-", " – "), " ".join(code), f"\u200f{shown}\u200f",
        "".join(chr(ord(sign) + 0xFEE0) for sign in code),  # full-width, from an East Asian keyboard
        code.translate(str.maketrans("234679", "٢٣٤٦٧٩")), code.translate(str.maketrans("CKMHPTXY", "СКМНРТХУ")),
    )} == {code}


@given(codes, st.data())
def test_one_wrong_sign_is_always_found_and_so_are_two_that_changed_places(code: str, data: st.DataObject) -> None:
    place, sign = data.draw(st.integers(0, LENGTH - 1)), data.draw(st.sampled_from(ALPHABET))
    wrong = code[:place] + sign + code[place + 1 :]
    assert (read_code(wrong) is None) == (wrong != code)

    for one, other in combinations(range(LENGTH), 2):
        signs = list(code)
        signs[one], signs[other] = signs[other], signs[one]
        assert (read_code("".join(signs)) is None) == ("".join(signs) != code)


@pytest.mark.parametrize("typed", ["", " ", "----", "KMTR", "A" * 8, "0" * 8, "KMTR-4X7P-KMTR", "٥٥٥٥٥٥٥٥", "<script>", "☃" * 8, "K" * 90])
def test_what_can_be_no_code_is_none(typed: str) -> None:
    assert read_code(typed) is None


def test_no_two_signs_of_a_code_look_alike() -> None:
    assert len(set(ALPHABET)) == 23
    assert set(ALPHABET) <= set(string.ascii_uppercase + string.digits)
    assert not set(ALPHABET) & set("0O1IL5S8BUAEZ")
    assert spoken("") == ""


@pytest.mark.parametrize(("url", "sends", "expected"), [
    ("https://breach.example.org", True, "breach.example.org/check"),
    ("https://www.example.org/data/", True, "example.org/data/check"),
    ("http://127.0.0.1:8000", False, "127.0.0.1:8000/check"),
    ("http://127.0.0.1:8000", True, ""), ("http://localhost", True, ""), ("", False, ""), ("", True, ""),
])
def test_the_address_stands_plainly_and_never_leaves_when_nobody_could_reach_it(url: str, sends: bool, expected: str) -> None:
    assert check_address(url, sends=sends) == expected


def test_a_letter_carries_code_and_address_as_words() -> None:
    facts = Facts("Assistant bot", "Assistant Bot GmbH", "BR-2026-001", code="KMTR4X7P", check="breach.example.org/check")

    made = render(Text("x", "Enter ((code)) at ((check))."), facts, Reader(), wording("en"))

    assert made.body == "Enter KMTR-4X7P at breach.example.org/check."
    assert Facts.from_json(facts.to_json()) == facts


def test_what_was_approved_before_codes_existed_still_binds() -> None:
    before = Facts("Assistant bot", "Assistant Bot GmbH", "BR-2026-001").to_json()

    assert not {"code", "check"} & set(before)
    assert Envelope("a@example.org", "d").to_json() == {"sender": "a@example.org", "layout": "d"}
    assert Envelope().to_json() == {}
